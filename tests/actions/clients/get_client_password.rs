use whmcs_api::config::{SecretReaders, Settings};

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetClientPassword&email=marie.tremblay@example.org", "GetClientPassword&userid=1"],
    setup: "",
    writing: &[],
    every_parameter: "GetClientPassword&userid=1&email=a@example.com",
};

const UNA: &str = "$argon2id$v=19$m=8,t=1,p=1$rXTBWRm4BbVFJzdCXxlstA$kWw7TW/vkqcTxDtiL2vZqJBlmDTLpWcyHoswHviWnNY";
const BEN: &str = "$2y$04$abcdefghijklmnopqrstuugglmLNoUUTchQNHFkRvCk8BmwkKbU4m";

#[tokio::test]
async fn returns_the_hash_of_the_owner() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    for (request, hash) in [
        ("userid=1", UNA),
        ("userid=2", BEN),
        ("userid=1&email=ben@example.com", UNA),
        ("email=+BEN@example.com", BEN),
        ("email=one@example.com", UNA),
        ("userid=3", ""),
    ] {
        let reply = format!(r#"{{"result":"success","password":"{hash}"}}"#);
        api.check(&format!("action=GetClientPassword&{request}"), &reply).await;
    }
}

#[tokio::test]
async fn refuses_whom_it_does_not_know() {
    let api = TestApi::new().await;
    for request in
        ["", "userid=9", "userid=x", "userid=0", "email=nobody@example.com", "userid=9&email=una@example.com"]
    {
        api.refuse(&format!("action=GetClientPassword&{request}"), "Client ID Not Found").await;
    }
}

#[tokio::test]
async fn tells_nothing_to_those_who_get_no_secrets() {
    let mut settings = Settings::default();
    settings.access.secret_readers = SecretReaders::Nobody;
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.check("action=GetClientPassword&userid=1", r#"{"result":"success","password":""}"#).await;
}
