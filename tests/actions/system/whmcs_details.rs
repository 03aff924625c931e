use whmcs_api::config::Compat;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls { demo: &["WhmcsDetails"], every_parameter: "WhmcsDetails", ..Calls::NONE };

#[tokio::test]
async fn tells_the_version_of_the_database() {
    let api = TestApi::new().await;
    for (stored, version, canonical) in [
        (None, "8.13.1", "8.13.1-release.1"),
        (Some("8.0.0-release.1"), "8.0.0", "8.0.0-release.1"),
        (Some("9.0.9-rc.2"), "9.0.9", "9.0.9-rc.2"),
        (Some("7.10.2"), "7.10.2", "7.10.2-release.1"),
        (Some(" "), "8.13.1", "8.13.1-release.1"),
    ] {
        api.sql("DELETE FROM tblconfiguration WHERE setting = 'Version'").await;
        if let Some(stored) = stored {
            api.sql(&format!("INSERT INTO tblconfiguration (setting, value) VALUES ('Version', '{stored}')")).await;
        }
        let reply =
            format!(r#"{{"result":"success","whmcs":{{"version":"{version}","canonicalversion":"{canonical}"}}}}"#);
        api.check("action=WhmcsDetails", &reply).await;
    }
}

#[tokio::test]
async fn tells_what_the_operator_set_where_the_database_does_not() {
    let api = TestApi::with(Compat { xml_version: "8.1.0".to_owned(), ..Compat::default() }).await;
    let reply = r#"{"result":"success","whmcs":{"version":"8.1.0","canonicalversion":"8.1.0-release.1"}}"#;
    api.check("action=whmcsdetails&x=1", reply).await;
}
