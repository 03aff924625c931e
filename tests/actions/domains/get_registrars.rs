use crate::actions::registrar_commands::api_with;
use crate::support::Calls;
use crate::support::module::Module;

pub const CALLS: Calls = Calls { demo: &["GetRegistrars"], every_parameter: "GetRegistrars", ..Calls::NONE };

#[tokio::test]
async fn tells_the_registrars_of_the_settings_and_those_of_whmcs() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    let own = r#"{"result":"success","registrars":[{"module":"enom","display_name":"Enom, Inc."}]}"#;
    api.check("action=GetRegistrars", own).await;
    api.sql(
        "INSERT INTO tblregistrars (registrar, setting, value) VALUES \
         ('nominet', 'Username', 'x'), ('nominet', 'Password', 'y'), ('Enom', 'Username', 'z')",
    )
    .await;
    let both = r#"{"result":"success","registrars":[{"module":"enom","display_name":"Enom, Inc."},{"module":"nominet","display_name":"nominet"}]}"#;
    api.check("action=GetRegistrars", both).await;
}
