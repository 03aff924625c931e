use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;

use crate::support::{Calls, NOW, TestApi, settings_with_keys};

pub const CALLS: Calls = Calls {
    demo: &["CreateOAuthCredential&grantType=authorization_code&scope=clientarea:sso&name=x&email=stray@example.com"],
    setup: SERVICE,
    writing: &[
        "CreateOAuthCredential&grantType=single_sign_on&scope=clientarea:sso clientarea:invoices&serviceId=7&description=x\
         &logoUri=l&redirectUri=https://one.example/&name=x",
    ],
    every_parameter: "CreateOAuthCredential&grantType=single_sign_on&scope=clientarea:sso&name=x&serviceId=1&description=x\
                      &logoUri=l&redirectUri=https://one.example/",
};

const SERVICE: &str = "INSERT INTO tblhosting (id, userid, domain) VALUES (7, 1, 'x'), (8, 99, 'y');";

pub async fn api() -> TestApi {
    let api = TestApi::with_settings(settings_with_keys()).await;
    api.sql(SERVICE).await;
    api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('CompanyName', 'Atlantic Hosting, Lda.')").await;
    api
}

const COLUMNS: &str = "identifier, redirect_uri, grant_types, user_id, service_id, name, description, logo_uri, \
     rsa_key_pair_id, created_at, updated_at";
const SCOPES: &str = "tbloauthserver_client_scopes g JOIN tbloauthserver_scopes s ON s.id = g.scope_id ORDER BY g.id";

#[tokio::test]
async fn stores_a_credential_with_a_sealed_secret() {
    let api = api().await;
    let reply = api
        .reply(
            "action=CreateOAuthCredential&grantType=Authorization_Code&scope=clientarea:sso+openid+clientarea:sso&name=Wiki\
             &description=D&logoUri=logo.png&redirectUri[]=https://one.example/&redirectUri[]=https://two.example/",
        )
        .await;
    assert_eq!(reply["credentialId"], 1);
    let identifier = reply["clientIdentifier"].as_str().unwrap();
    let random = identifier.strip_prefix("ATLANTIC-HOSTING-LDA.").unwrap_or_else(|| panic!("{identifier}"));
    assert_eq!(BASE64.decode(random).unwrap().len(), 16);
    let secret = reply["clientSecret"].as_str().unwrap();
    assert_eq!(BASE64.decode(secret).unwrap().len(), 64);
    let row = format!(
        "{identifier} | https://one.example/ https://two.example/ | authorization_code |  | 0 | Wiki | D | logo.png | 0 | {NOW} | {NOW}"
    );
    assert_eq!(api.rows(COLUMNS, "tbloauthserver_clients").await, [row]);
    assert_eq!(api.rows("s.scope", SCOPES).await, ["clientarea:sso", "openid"]);
    let sealed = api.rows("secret", "tbloauthserver_clients").await.remove(0);
    assert!(sealed.starts_with("sealed:") && !sealed.contains(secret), "{sealed}");
    let log = api.rows("description", "tblactivitylog").await;
    assert_eq!(log, ["Created OAuth Credential - Credential ID: 1"]);
}

#[tokio::test]
async fn a_service_logs_its_client_in() {
    let api = api().await;
    api.reply("action=CreateOAuthCredential&grantType=single_sign_on&scope=clientarea:sso&serviceId=7").await;
    let row = api.rows("grant_types, user_id, service_id", "tbloauthserver_clients").await;
    assert_eq!(row, ["single_sign_on | 1 | 7"]);
}

#[tokio::test]
async fn refuses_bad_input_in_the_documented_order() {
    let api = api().await;
    for (request, message) in [
        ("", "A valid grant type is required."),
        ("scope=clientarea:sso", "A valid grant type is required."),
        ("grantType=x", r#"The requested grant type "x" is invalid."#),
        ("grantType=authorization_code", "A name for the Client Credential is required."),
        ("grantType=single_sign_on", "A service ID is required for the single sign-on grant type."),
        ("grantType=single_sign_on&serviceId=0", "A service ID is required for the single sign-on grant type."),
        ("grantType=single_sign_on&serviceId=9", "At least one valid scope is required."),
        ("grantType=authorization_code&name=x&scope=+", "At least one valid scope is required."),
        ("grantType=authorization_code&name=x&scope=openid+fly", r#"The requested scope "fly" is invalid."#),
        ("grantType=single_sign_on&serviceId=9&scope=openid", "A valid Service ID is required."),
        ("grantType=single_sign_on&serviceId=x&scope=openid", "A valid Service ID is required."),
        ("grantType=single_sign_on&serviceId=8&scope=openid", "Service ID not associated with valid Client."),
    ] {
        api.refuse(&format!("action=CreateOAuthCredential&{request}"), message).await;
    }
}

#[tokio::test]
async fn without_keys_nothing_is_stored() {
    let api = TestApi::new().await;
    api.refuse(
        "action=CreateOAuthCredential&grantType=authorization_code&scope=openid&name=x",
        "This server has no key file (keys.file), so it can seal nothing",
    )
    .await;
}
