use super::create_oauth_credential::api;
use crate::support::{Calls, TestApi};

const SETUP: &str = "INSERT INTO tblhosting (id, userid, domain) VALUES (7, 1, 'x'); \
     INSERT INTO tbloauthserver_clients (id, identifier, grant_types, name) VALUES (1, 'ACME.x', 'authorization_code', 'n');";

pub const CALLS: Calls = Calls {
    demo: &["UpdateOAuthCredential&credentialId=1&scope=clientarea:billing_info&resetSecret=1"],
    setup: SETUP,
    writing: &[
        "UpdateOAuthCredential&credentialId=1&name=x&description=y&grantType=single_sign_on&scope=openid&serviceId=7&logoUri=l\
         &redirectUri=https://one.example/&resetSecret=1",
        "UpdateOAuthCredential&clientApiIdentifier=ACME.x&name=x",
    ],
    every_parameter: "UpdateOAuthCredential&credentialId=1&clientApiIdentifier=x&name=x&description=y\
                      &grantType=single_sign_on&scope=openid&serviceId=7&logoUri=l&redirectUri=https://one.example/&resetSecret=1",
};

const COLUMNS: &str = "name, description, grant_types, service_id, user_id, logo_uri, redirect_uri";
const SCOPES: &str = "tbloauthserver_client_scopes g JOIN tbloauthserver_scopes s ON s.id = g.scope_id ORDER BY g.id";

async fn with_credential() -> TestApi {
    let api = api().await;
    api.reply(
        "action=CreateOAuthCredential&grantType=authorization_code&scope=openid&name=Wiki&description=D&logoUri=l",
    )
    .await;
    api
}

#[tokio::test]
async fn changes_the_given_fields() {
    let api = with_credential().await;
    let identifier = api.rows("identifier", "tbloauthserver_clients").await.remove(0).replace('+', "%2B");
    for (request, row) in [
        ("credentialId=1&scope=clientarea:billing_info", "Wiki | D | authorization_code | 0 |  | l | "),
        ("credentialId=1&name=New&name2=x&description=", "New |  | authorization_code | 0 |  | l | "),
        (
            "credentialId=1&redirectUri=https://one.example/",
            "New |  | authorization_code | 0 |  | l | https://one.example/",
        ),
        (
            "credentialId=1&grantType=single_sign_on&serviceId=7",
            "New |  | single_sign_on | 7 | 1 | l | https://one.example/",
        ),
        (
            "credentialId=1&grantType=authorization_code&serviceId=7",
            "New |  | authorization_code | 0 |  | l | https://one.example/",
        ),
        (
            "credentialId=1&grantType=single_sign_on&serviceId=7",
            "New |  | single_sign_on | 7 | 1 | l | https://one.example/",
        ),
        (
            &format!("clientApiIdentifier={identifier}&logoUri="),
            "New |  | single_sign_on | 7 | 1 |  | https://one.example/",
        ),
    ] {
        let reply = r#"{"result":"success","credentialId":1}"#;
        api.check(&format!("action=UpdateOAuthCredential&{request}"), reply).await;
        assert_eq!(api.rows(COLUMNS, "tbloauthserver_clients").await, [row], "{request}");
    }
    assert_eq!(api.rows("s.scope", SCOPES).await, ["clientarea:billing_info"]);
}

#[tokio::test]
async fn gives_a_new_secret() {
    let api = with_credential().await;
    let before = api.reply("action=ListOAuthCredentials").await["clients"][0]["clientSecret"].clone();
    let reply = api.reply("action=UpdateOAuthCredential&credentialId=1&resetSecret=true").await;
    let after = api.reply("action=ListOAuthCredentials").await["clients"][0]["clientSecret"].clone();
    assert!(after == reply["newClientSecret"] && after != before, "{before} {after}");
    api.sql("UPDATE tbloauthserver_clients SET secret = 'rWiOB3XcN+of'").await;
    api.refuse(
        "action=UpdateOAuthCredential&credentialId=1&resetSecret=true",
        "The secret was made by a WHMCS, which would not know another one: reset it there, or delete the credential",
    )
    .await;
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = with_credential().await;
    api.sql("INSERT INTO tbloauthserver_clients (id, grant_types, service_id) VALUES (2, 'single_sign_on', 7)").await;
    for (request, message) in [
        ("credentialId=2&grantType=authorization_code", "A name for the Client Credential is required."),
        (
            "credentialId=1&grantType=client_credentials",
            "A credential is of the grant type client_credentials from the beginning to its end, or never",
        ),
        ("", "A Credential ID or Client Identifier is required."),
        ("credentialId=0", "A Credential ID or Client Identifier is required."),
        ("credentialId=9", "Invalid Credential ID provided."),
        ("credentialId=x", "Invalid Credential ID provided."),
        ("clientApiIdentifier=x", "Invalid Client Identifier provided."),
        ("credentialId=1&grantType=x", r#"The requested grant type "x" is invalid."#),
        ("credentialId=1&grantType=single_sign_on", "A service ID is required for the single sign-on grant type."),
        ("credentialId=1&scope=openid+fly", r#"The requested scope "fly" is invalid."#),
        ("credentialId=1&serviceId=9", "A valid Service ID is required."),
    ] {
        api.refuse(&format!("action=UpdateOAuthCredential&{request}"), message).await;
    }
}
