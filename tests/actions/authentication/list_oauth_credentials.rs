use whmcs_api::config::SecretReaders;

use crate::support::{Calls, TestApi, settings_with_keys};

pub const CALLS: Calls = Calls {
    demo: &["ListOAuthCredentials"],
    setup: "",
    writing: &[],
    every_parameter: "ListOAuthCredentials&grantType=single_sign_on&sortField=name&sortOrder=desc&limit=1",
};

#[tokio::test]
async fn tells_what_was_stored() {
    let api = TestApi::with_settings(settings_with_keys()).await;
    api.check("action=ListOAuthCredentials", r#"{"result":"success","clients":[]}"#).await;
    let created = api
        .reply(
            "action=CreateOAuthCredential&grantType=authorization_code&scope=openid+clientarea:sso&name=Wiki&description=D\
             &logoUri=l&redirectUri=https://one.example/,https://two.example/",
        )
        .await;
    let listed = api.reply("action=ListOAuthCredentials").await;
    let expected = serde_json::json!({
        "credentialId": 1, "name": "Wiki", "description": "D", "grantTypes": "authorization_code",
        "scope": "openid clientarea:sso", "clientIdentifier": created["clientIdentifier"],
        "clientSecret": created["clientSecret"], "uuid": null, "serviceId": 0, "logoUri": "l",
        "redirectUri": ["https://one.example/", "https://two.example/"], "rsaKeyPairId": 0,
        "createdAt": "20th November 2026 12:30:00pm", "updatedAt": "20th November 2026 12:30:00pm",
    });
    assert_eq!(listed["clients"], serde_json::json!([expected]));
}

#[tokio::test]
async fn filters_sorts_and_limits() {
    let api = TestApi::with_settings(settings_with_keys()).await;
    api.sql(
        "INSERT INTO tbloauthserver_clients (id, identifier, grant_types, name, created_at, updated_at) VALUES \
           (1, 'a', 'single_sign_on', 'c', '2026-01-02', '2026-01-03'), (2, 'b', 'authorization_code', 'a', '2026-01-03', '2026-01-01'), \
           (3, 'c', 'authorization_code single_sign_on', 'b', '2026-01-01', '2026-01-02')",
    )
    .await;
    for (request, expected) in [
        ("", vec![1, 2, 3]),
        ("sortOrder=DESC", vec![3, 2, 1]),
        ("sortField=name", vec![2, 3, 1]),
        ("sortField=createdAt", vec![3, 1, 2]),
        ("sortField=updated_at&sortOrder=desc", vec![1, 3, 2]),
        ("sortField=secret", vec![1, 2, 3]),
        ("grantType=single_sign_on", vec![1, 3]),
        ("grantType=x", vec![]),
        ("limit=2", vec![1, 2]),
        ("limit=0", vec![1, 2, 3]),
    ] {
        let reply = api.reply(&format!("action=ListOAuthCredentials&{request}")).await;
        let clients = reply["clients"].as_array().unwrap();
        let ids: Vec<i64> = clients.iter().map(|client| client["credentialId"].as_i64().unwrap()).collect();
        assert_eq!(ids, expected, "{request}");
    }
}

/// Also not what WHMCS has encrypted, or what was sealed for another row.
#[tokio::test]
async fn secrets_are_told_only_to_those_who_get_any() {
    let mut settings = settings_with_keys();
    let api = TestApi::with_settings(settings.clone()).await;
    let create = "action=CreateOAuthCredential&grantType=authorization_code&scope=openid&name=x";
    api.reply(create).await;
    api.reply(create).await;
    api.sql("UPDATE tbloauthserver_clients SET secret = 'rWiOB3XcN+of' WHERE id = 1").await;
    api.reply(create).await;
    let second = api.rows("secret", "tbloauthserver_clients WHERE id = 2").await.remove(0);
    api.sql(&format!("UPDATE tbloauthserver_clients SET secret = '{second}' WHERE id = 3")).await;
    let secrets = |reply: serde_json::Value| {
        let clients = reply["clients"].as_array().unwrap().clone();
        clients.iter().map(|client| client["clientSecret"].as_str().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!(secrets(api.reply("action=ListOAuthCredentials").await), [0, 88, 0]);
    settings.access.secret_readers = SecretReaders::Nobody;
    let (_hosts, router) = crate::support::serve(api.database.options(), settings).await;
    let request = format!("{}&action=ListOAuthCredentials", crate::support::CREDENTIAL);
    let (_, body) = crate::support::post(&router, &request).await;
    assert_eq!(secrets(serde_json::from_str(&body).unwrap()), [0, 0, 0]);
}
