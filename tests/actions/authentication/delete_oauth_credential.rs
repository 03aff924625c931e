use super::create_oauth_credential::api;
use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DeleteOAuthCredential&credentialId=2"],
    setup: "INSERT INTO tbloauthserver_clients (id, identifier) VALUES (1, 'ACME.x'); \
            INSERT INTO tbloauthserver_client_scopes (client_id, scope_id) VALUES (1, 1);",
    writing: &["DeleteOAuthCredential&credentialId=1"],
    every_parameter: "DeleteOAuthCredential&credentialId=1",
};

#[tokio::test]
async fn deletes_a_credential_with_its_scopes() {
    let api = api().await;
    let create = "action=CreateOAuthCredential&grantType=authorization_code&scope=openid&name=x";
    api.reply(create).await;
    api.reply(create).await;
    api.check("action=DeleteOAuthCredential&credentialId=1", r#"{"result":"success","credentialId":1}"#).await;
    assert_eq!(api.rows("id", "tbloauthserver_clients").await, ["2"]);
    assert_eq!(api.rows("client_id", "tbloauthserver_client_scopes").await, ["2"]);
    for unknown in ["", "credentialId=1", "credentialId=x", "credentialId=0"] {
        api.refuse(&format!("action=DeleteOAuthCredential&{unknown}"), "Invalid Credential ID provided.").await;
    }
}
