use whmcs_api::config::SecretReaders;

use crate::support::{CREDENTIAL, Calls, TestApi, post, serve, settings_with_keys};

pub const CALLS: Calls = Calls {
    demo: &["EncryptPassword&password2=teststring", "DecryptPassword&password2={password}"],
    setup: "",
    writing: &[],
    every_parameter: "DecryptPassword&password2=x",
};

#[tokio::test]
async fn returns_exactly_what_was_encrypted() {
    let api = TestApi::with_settings(settings_with_keys()).await;
    for text in ["n2w47bVW#QABW63vVw", "", "a & b <c> \"d\" 'é' &amp;", "  blanks  "] {
        let sent = serde_urlencoded::to_string([("password2", text)]).unwrap();
        let encrypted = api.reply(&format!("action=EncryptPassword&{sent}")).await;
        let sent = serde_urlencoded::to_string([("password2", encrypted["password"].as_str().unwrap())]).unwrap();
        let decrypted = api.reply(&format!("action=DecryptPassword&{sent}")).await;
        assert_eq!(decrypted["password"], text);
    }
    api.check("action=DecryptPassword", r#"{"result":"success","password":""}"#).await;
}

#[tokio::test]
async fn refuses_what_it_has_not_encrypted() {
    let api = TestApi::with_settings(settings_with_keys()).await;
    api.reply("action=CreateOAuthCredential&grantType=authorization_code&scope=openid&name=x").await;
    let of_credential = api.rows("secret", "tbloauthserver_clients").await.remove(0);
    for foreign in ["vNRQzRPKQA6obJpHMHCBivS0D9/Pf532oArYvewP", "sealed:", "sealed:x:AAAA", "x", &of_credential] {
        let sent = serde_urlencoded::to_string([("password2", foreign)]).unwrap();
        api.refuse(&format!("action=DecryptPassword&{sent}"), "Unable to decrypt the supplied value").await;
    }
}

#[tokio::test]
async fn is_for_those_who_get_secrets() {
    let mut settings = settings_with_keys();
    let api = TestApi::with_settings(settings.clone()).await;
    settings.access.secret_readers = SecretReaders::Nobody;
    let (_hosts, router) = serve(api.database.options(), settings).await;
    let (status, body) = post(&router, &format!("{CREDENTIAL}&action=DecryptPassword&password2=")).await;
    assert!(status == 403 && body.contains("is not allowed"), "{status}: {body}");
}
