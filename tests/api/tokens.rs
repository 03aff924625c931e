//! Tokens for programs: what they get them for, and what these permit.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{TestApi, post_from, settings_with_keys};

const CREATE: &str = "action=CreateOAuthCredential&grantType=client_credentials&name=Sync&scope=";

/// A program with its identifier and secret.
struct Program {
    api: TestApi,
    identifier: String,
    secret: String,
}

impl Program {
    async fn with(scopes: &str) -> Program {
        // No keys are needed: the secret is hashed.
        let api = TestApi::new().await;
        let reply = api.reply(&format!("{CREATE}{scopes}")).await;
        let text = |name: &str| reply[name].as_str().unwrap().to_owned();
        Program { identifier: text("clientIdentifier"), secret: text("clientSecret"), api }
    }

    /// Asks for a token with the secret in the header.
    async fn ask(&self, secret: &str, form: &str) -> (u16, Value) {
        let login = BASE64.encode(format!("{}:{secret}", self.identifier));
        self.send("/oauth/token.php", Some(format!("Basic {login}")), "application/x-www-form-urlencoded", form).await
    }

    async fn token(&self) -> String {
        let (status, reply) = self.ask(&self.secret, "grant_type=client_credentials").await;
        assert_eq!(status, 200, "{reply}");
        reply["access_token"].as_str().unwrap().to_owned()
    }

    async fn call(&self, token: &str, action: &str, parameters: Value) -> (u16, Value) {
        let (path, body) = (format!("/v1/{action}"), parameters.to_string());
        self.send(&path, Some(format!("Bearer {token}")), "application/json", &body).await
    }

    async fn send(&self, path: &str, authorization: Option<String>, kind: &str, body: &str) -> (u16, Value) {
        let mut request = Request::post(path).header("content-type", kind);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response =
            self.api.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

const GET_CREDITS: &str = "GetCredits";

fn of_client() -> Value {
    json!({"clientid": 1})
}

#[tokio::test]
async fn a_token_permits_its_scopes_within_the_role_of_its_maker() {
    let program = Program::with("api:getcredits+api:AddCredit+api:GetCredits").await;
    let api = &program.api;
    let (status, reply) = program.ask(&program.secret, "grant_type=client_credentials").await;
    let token = reply["access_token"].as_str().unwrap().to_owned();
    let expected = json!({"access_token": token, "token_type": "Bearer", "expires_in": 900, "scope": "api:GetCredits api:AddCredit"});
    assert_eq!((status, &reply), (200, &expected));
    let form = format!(
        "grant_type=client_credentials&scope=api:GetCredits&{}",
        serde_urlencoded::to_string([("client_id", &program.identifier), ("client_secret", &program.secret)]).unwrap()
    );
    let (_, in_body) = program.send("/oauth/token.php", None, "application/x-www-form-urlencoded", &form).await;
    assert_eq!(in_body["scope"], "api:GetCredits", "{in_body}");

    assert_eq!(program.call(&token, GET_CREDITS, of_client()).await.0, 200);
    let credit = json!({"clientid": 1, "description": "x", "amount": "1.00"});
    assert_eq!(program.call(&token, "AddCredit", credit.clone()).await.0, 200);
    let by =
        api.rows("user, admin_id", "tblactivitylog WHERE description LIKE '%redit%' ORDER BY id DESC LIMIT 1").await;
    assert_eq!(by, ["alice | 1"], "it acts for the owner of the API credential");
    let narrow = in_body["access_token"].as_str().unwrap();
    assert_eq!(program.call(narrow, "AddCredit", credit.clone()).await.0, 403, "it was asked for less");
    assert_eq!(program.call(&token, "GetClients", json!({})).await.0, 403, "no scope of it");

    // The role as it is now.
    api.sql("UPDATE tbldeviceauth SET role_ids = '[2]'").await;
    assert_eq!(program.call(&token, GET_CREDITS, of_client()).await.0, 200);
    assert_eq!(program.call(&token, "AddCredit", credit).await.0, 403);
    for (change, undo) in [
        ("UPDATE tbladmins SET disabled = 1 WHERE id = 1", "UPDATE tbladmins SET disabled = 0 WHERE id = 1"),
        (
            "INSERT INTO mod_whmcs_api_credentials (credential_id, disabled, allowed_addresses) VALUES (1, 1, '')",
            "DELETE FROM mod_whmcs_api_credentials",
        ),
        (
            "UPDATE mod_whmcs_api_oauth_grants SET actions = 'AddCredit'",
            "UPDATE mod_whmcs_api_oauth_grants SET actions = 'GetCredits'",
        ),
        ("UPDATE tbldeviceauth SET deleted_at = '2026-01-01'", "UPDATE tbldeviceauth SET deleted_at = NULL"),
        ("UPDATE mod_whmcs_api_oauth_tokens SET expires_at = '2026-11-20 12:30:00'", ""),
    ] {
        assert_eq!(program.call(&token, GET_CREDITS, of_client()).await.0, 200, "before {change}");
        api.sql(change).await;
        assert!([401, 403].contains(&program.call(&token, GET_CREDITS, of_client()).await.0), "{change}");
        api.sql(undo).await;
    }
    let log = api.rows("CONCAT(request, response)", "tblapilog").await.concat();
    assert!(!log.contains(&token) && !log.contains(&program.secret), "{log}");
}

#[tokio::test]
async fn what_is_wrong_gets_no_token() {
    let program = Program::with("api:GetCredits").await;
    let form = "grant_type=client_credentials";
    for (secret, form, status, code) in [
        ("", form, 401, "invalid_client"),
        ("wrong", form, 401, "invalid_client"),
        (&*program.secret, "grant_type=authorization_code", 400, "unsupported_grant_type"),
        (&program.secret, "", 400, "unsupported_grant_type"),
        (&program.secret, "grant_type=client_credentials&scope=api:AddCredit", 400, "invalid_scope"),
        (&program.secret, "grant_type=client_credentials&scope=clientarea:sso", 400, "invalid_scope"),
    ] {
        let (got, reply) = program.ask(secret, form).await;
        assert_eq!((got, &reply["error"]), (status, &code.into()), "{form}");
    }
    // A secret of another grant type opens nothing, and neither does a token that never was.
    let api = &program.api;
    api.sql("UPDATE tbloauthserver_clients SET secret = ''").await;
    assert_eq!(program.ask("", form).await.0, 401);
    assert_eq!(program.ask("x", form).await.0, 401);
    for token in ["x", "é", &"a".repeat(5000)] {
        assert_eq!(program.call(token, GET_CREDITS, of_client()).await.0, 401);
    }
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_oauth_tokens").await, ["0"]);
    // The classic API knows no tokens.
    let (status, _) =
        post_from(&api.router, "127.0.0.1", &[("authorization", "Bearer x")], "action=GetCredits&clientid=1").await;
    assert_eq!(status, 403);
}

/// Wrong secrets and tokens are counted as other failures are; who succeeded recently is let in all the same.
#[tokio::test]
async fn guessing_is_slowed_down() {
    let mut settings = settings_with_keys();
    settings.access.failures_per_identifier = 3;
    let api = TestApi::with_settings(settings).await;
    let reply = api.reply(&format!("{CREATE}api:GetCredits")).await;
    let text = |name: &str| reply[name].as_str().unwrap().to_owned();
    let program = Program { identifier: text("clientIdentifier"), secret: text("clientSecret"), api };
    let token = program.token().await;
    assert_eq!(program.call(&token, GET_CREDITS, of_client()).await.0, 200);
    for _ in 0..3 {
        assert_eq!(program.ask("wrong", "grant_type=client_credentials").await.0, 401);
        assert_eq!(program.call("wrong", GET_CREDITS, of_client()).await.0, 401);
    }
    assert_eq!(program.ask("other", "grant_type=client_credentials").await.0, 429);
    assert_eq!(program.call("other", GET_CREDITS, of_client()).await.0, 429);
    assert_eq!(program.ask(&program.secret, "grant_type=client_credentials").await.0, 200);
    assert_eq!(program.call(&token, GET_CREDITS, of_client()).await.0, 200);
}

/// The addresses of API calls hold for both.
#[tokio::test]
async fn addresses_are_checked() {
    let program = Program::with("api:GetCredits").await;
    let token = program.token().await;
    program.api.sql(
        "INSERT INTO mod_whmcs_api_credentials (credential_id, disabled, allowed_addresses) VALUES (1, 0, '203.0.113.9')",
    ).await;
    assert_eq!(program.call(&token, GET_CREDITS, of_client()).await.0, 403);
    let (status, reply) = program.ask(&program.secret, "grant_type=client_credentials").await;
    assert_eq!((status, &reply["error"]), (403, &"invalid_client".into()), "{reply}");
}

#[tokio::test]
async fn programs_pass_no_rights_on() {
    let program = Program::with("api:CreateOAuthCredential+api:UpdateOAuthCredential+api:DeleteOAuthCredential").await;
    let token = program.token().await;
    let new = json!({"grantType": "client_credentials", "name": "x", "scope": "api:UpdateOAuthCredential"});
    let (_, reply) = program.call(&token, "CreateOAuthCredential", new).await;
    assert_eq!(
        reply["detail"],
        "Only an API credential can give a program rights of its own: staff and programs with tokens cannot",
        "{reply}"
    );
    let not_the_maker = "Another API credential made this one, and only that one can change its scopes and its secret";
    for change in [
        json!({"credentialId": 1, "resetSecret": true}),
        json!({"credentialId": 1, "scope": "api:UpdateOAuthCredential"}),
    ] {
        let (_, reply) = program.call(&token, "UpdateOAuthCredential", change).await;
        assert_eq!(reply["detail"], not_the_maker);
    }
    // Whoever may delete a credential ends its tokens.
    assert_eq!(program.call(&token, "DeleteOAuthCredential", json!({"credentialId": 1})).await.0, 200);
    assert_eq!(program.call(&token, "UpdateOAuthCredential", json!({"credentialId": 1})).await.0, 401);
    assert_eq!(program.api.rows("COUNT(*)", "mod_whmcs_api_oauth_tokens, mod_whmcs_api_oauth_grants").await, ["0"]);
}

#[tokio::test]
async fn the_credential_of_a_program_is_managed_by_its_maker() {
    let program = Program::with("api:GetCredits").await;
    let api = &program.api;
    let row = api.rows("grant_types, name, service_id, secret", "tbloauthserver_clients").await.remove(0);
    assert!(row.starts_with("client_credentials | Sync | 0 | sha256:") && !row.contains(&program.secret), "{row}");
    let listed = api.reply("action=ListOAuthCredentials").await["clients"][0].clone();
    assert_eq!((&listed["scope"], &listed["clientSecret"]), (&"api:GetCredits".into(), &"".into()));

    let token = program.token().await;
    api.reply("action=UpdateOAuthCredential&credentialId=1&scope=api:GetInvoice&description=x").await;
    assert_eq!(program.call(&token, GET_CREDITS, of_client()).await.0, 403, "it has another scope now");
    let reset = api.reply("action=UpdateOAuthCredential&credentialId=1&resetSecret=1").await;
    assert_eq!(program.call(&token, "GetInvoice", json!({"invoiceid": 1})).await.0, 401, "its tokens have ended");
    assert_eq!(program.ask(&program.secret, "grant_type=client_credentials").await.0, 401);
    let form = "grant_type=client_credentials";
    assert_eq!(program.ask(reset["newClientSecret"].as_str().unwrap(), form).await.0, 200);

    api.sql("INSERT INTO tbldeviceauth (id, identifier, secret, user_id, is_admin, role_ids) SELECT 2, 'Other', secret, 1, 1, '[4]' FROM tbldeviceauth; \
             INSERT INTO tblapi_roles (id, role, permissions) VALUES (4, 'OAuth', '{\"authentication/*\":1,\"getcredits\":1}')").await;
    let other = "identifier=Other&secret=TestSecret&responsetype=json&action=";
    for (request, message) in [
        (
            "UpdateOAuthCredential&credentialId=1&resetSecret=1",
            "Another API credential made this one, and only that one can change its scopes and its secret",
        ),
        (
            "UpdateOAuthCredential&credentialId=1&scope=api:GetCredits",
            "Another API credential made this one, and only that one can change its scopes and its secret",
        ),
        (
            "UpdateOAuthCredential&credentialId=1&scope=api:AddCredit",
            "The requested scope \"api:AddCredit\" is invalid.",
        ),
        (
            "CreateOAuthCredential&grantType=client_credentials&name=x&scope=api:AddCredit",
            "The requested scope \"api:AddCredit\" is invalid.",
        ),
    ] {
        let (_, body) = post_from(&api.router, "127.0.0.1", &[], &format!("{other}{request}")).await;
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["message"], message, "{request}");
    }
    for (request, message) in [
        (CREATE.to_owned(), "At least one valid scope is required."),
        (format!("{CREATE}clientarea:sso"), "The requested scope \"clientarea:sso\" is invalid."),
        (format!("{CREATE}api:Fly"), "The requested scope \"api:Fly\" is invalid."),
        (format!("{CREATE}GetCredits"), "The requested scope \"GetCredits\" is invalid."),
        (
            "action=CreateOAuthCredential&grantType=client_credentials&scope=api:GetCredits".to_owned(),
            "A name for the Client Credential is required.",
        ),
        (
            "action=CreateOAuthCredential&grantType=authorization_code&name=x&scope=api:GetCredits".to_owned(),
            "The requested scope \"api:GetCredits\" is invalid.",
        ),
        (
            "action=UpdateOAuthCredential&credentialId=1&grantType=authorization_code".to_owned(),
            "A credential is of the grant type client_credentials from the beginning to its end, or never",
        ),
    ] {
        api.refuse(&request, message).await;
    }
}
