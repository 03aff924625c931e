//! The operator's keys: kept replies with secrets are sealed, and fingerprints are keyed hashes.

use std::path::PathBuf;

use whmcs_api::actions::{Access, CATALOGUE};
use whmcs_api::config::Settings;
use whmcs_api::keyring;
use whmcs_api::openapi;
use whmcs_api::redaction::is_secret;

use crate::support::module::{Module, ScriptedResponse};
use crate::support::{CREDENTIAL, Scratch, TestApi, post, serve};

const REQUEST: &str = "action=DomainRequestEPP&domainid=941&idempotencykey=key-1";
const TOLD: ScriptedResponse = ScriptedResponse::Json(r#"{"eppcode":"s3cret-c0de"}"#);
const REPLY: &str = r#"{"result":"success","eppcode":"s3cret-c0de"}"#;

/// Settings with a registrar and, if a file is named, with keys.
fn settings(registrar: &Module, keys: Option<PathBuf>) -> Settings {
    let mut settings = Settings::default();
    settings.registrars.insert("enom".to_owned(), registrar.registrar());
    settings.keys.file = keys.unwrap_or_default();
    settings
}

async fn api_with(settings: Settings) -> TestApi {
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../support/fixtures/registered_domains.sql")).await;
    api
}

#[tokio::test]
async fn a_kept_reply_with_a_secret_is_sealed() {
    let (folder, registrar) = (Scratch::new("sealed-replies"), Module::start().await);
    let keys = folder.join("keys");
    keyring::create(&keys).unwrap();
    let settings = settings(&registrar, Some(keys.clone()));
    let api = api_with(settings.clone()).await;
    registrar.respond_with([TOLD]);
    api.check(REQUEST, REPLY).await;
    let kept = "reply IS NULL, sealed_reply LIKE 'sealed:%', sealed_reply LIKE '%c0de%'";
    assert_eq!(api.rows(kept, "mod_whmcs_api_requests").await, ["1 | 1 | 0"]);
    api.check(REQUEST, REPLY).await;
    assert_eq!(registrar.received().len(), 1, "the registrar is asked once");

    // With another first key, what the older one has sealed is opened, and the same request is recognized.
    let added = keyring::add(&keys).unwrap();
    keyring::put_first(&keys, &added).unwrap();
    let (_, other) = serve(api.database.options(), settings).await;
    assert_eq!(post(&other, &format!("{CREDENTIAL}&{REQUEST}")).await, (200, REPLY.to_owned()));
    assert_eq!(post(&other, &format!("{CREDENTIAL}&{REQUEST}&x=1")).await.0, 422, "another request");
}

#[tokio::test]
async fn a_reply_with_a_secret_is_not_kept_without_keys() {
    let registrar = Module::start().await;
    let api = api_with(settings(&registrar, None)).await;
    registrar.respond_with([TOLD]);
    api.check(REQUEST, REPLY).await;
    assert_eq!(api.rows("COALESCE(reply, 'none'), sealed_reply", "mod_whmcs_api_requests").await, ["none | "]);
    let (status, body) = api.send(REQUEST).await;
    assert!(status == 422 && body.contains("which this server does not keep"), "{status} {body}");
    assert_eq!(registrar.received().len(), 1, "the registrar is asked once");
}

#[tokio::test]
async fn nobody_can_guess_a_secret_from_a_fingerprint() {
    let folder = Scratch::new("fingerprints");
    let keys = folder.join("keys");
    keyring::create(&keys).unwrap();
    let mut keyed = Settings::default();
    keyed.keys.file = keys;
    let add = "action=AddCredit&clientid=2&amount=1&description=x&idempotencykey=order-1";
    let fingerprint = async |api: &TestApi| api.rows("HEX(fingerprint)", "mod_whmcs_api_requests").await.concat();
    let (with_keys, without) = (TestApi::with_settings(keyed.clone()).await, TestApi::new().await);
    for api in [&with_keys, &without] {
        assert_eq!(api.send(&format!("{add}&cardnum=4111111111111111")).await.0, 200);
    }
    let (of_keyed, of_plain) = (fingerprint(&with_keys).await, fingerprint(&without).await);
    assert_ne!(of_keyed, of_plain);

    // Without keys the value takes no part. With keys it does, and another file of keys leads to another fingerprint.
    assert_eq!(without.send(&format!("{add}&cardnum=4242424242424242")).await.0, 200, "the first reply");
    assert_eq!(with_keys.send(&format!("{add}&cardnum=4242424242424242")).await.0, 422, "another request");
    assert_eq!(with_keys.send(&format!("{add}&cardnum=4111111111111111")).await.0, 200, "the first reply");
    // A server with keys recognizes what one without keys has stored.
    let (_, server) = serve(without.database.options(), keyed).await;
    let again = format!("{CREDENTIAL}&{add}&cardnum=4111111111111111");
    assert_eq!(post(&server, &again).await.0, 200);
    assert_eq!(without.rows("COUNT(*)", "tblcredit WHERE clientid = 2").await, ["1"]);
}

/// The names of fields tell which replies of writes have secrets, and each of these declares it.
#[test]
fn each_write_whose_reply_has_secrets_declares_it() {
    let document = openapi::document(&whmcs_api::actions::Catalogue::compiled());
    let mut wrong = Vec::new();
    for entry in CATALOGUE.iter().filter(|entry| entry.access == Access::Write) {
        let operation = &document["paths"][format!("/v1/{}", entry.name)]["post"];
        let fields = &operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"];
        let has_secrets = fields.as_object().into_iter().flatten().any(|(name, _)| is_secret(name));
        if has_secrets != entry.reply_has_secrets() {
            wrong.push(&*entry.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
