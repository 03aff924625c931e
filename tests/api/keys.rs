//! The operator's keys: kept replies with secrets are sealed, and fingerprints are keyed hashes.

use std::path::PathBuf;

use whmcs_api::actions::{Access, CATALOGUE};
use whmcs_api::config::Settings;
use whmcs_api::keyring::{self, Keyring};
use whmcs_api::openapi;
use whmcs_api::redaction::is_secret;

use crate::server::process::whmcs_api;
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

/// An old key can be removed once everything that it has sealed was sealed anew.
#[tokio::test]
async fn what_is_stored_is_sealed_anew_with_the_first_key() {
    let (folder, api) = (Scratch::new("reseal"), TestApi::new().await);
    let file = folder.join("keys");
    let old = keyring::create(&file).unwrap();
    let keys = Keyring::load(&file).unwrap();
    let seal = |purpose: &str| keys.seal(purpose, purpose.as_bytes()).unwrap();
    // More cards than one batch, one of which was copied from another row.
    let cards: Vec<String> =
        (1..=502).map(|id| format!("({id}, {id}, '{}')", seal(&format!("pay method {id}")))).collect();
    api.sql(&format!(
        "INSERT INTO tblcreditcards (id, pay_method_id, card_data) VALUES {}, (900, 7, '{}'), (901, 901, ''), (902, 902, 'of WHMCS'); \
         INSERT INTO tblbankaccts (id, pay_method_id, bank_name, bank_data) VALUES (1, 600, 'x', '{}'); \
         INSERT INTO tbloauthserver_clients (id, identifier, secret) VALUES (3, 'a', '{}'), (4, 'b', 'hash'); \
         INSERT INTO tblhosting (id, userid, password) VALUES (1, 1, '{}'), (2, 1, 'clear'); \
         INSERT INTO tblservers (id, password, accesshash) VALUES (1, '{}', '{}'); \
         INSERT INTO tblregistrars (registrar, setting, value) VALUES ('enom', 'Password', '{}'); \
         INSERT INTO tblfraud (fraud, setting, value) VALUES ('maxmind', 'key', '{}'); \
         INSERT INTO mod_whmcs_api_webhooks (id, kind, url, events, description, secret, previous_secret, created_at, updated_at) \
         VALUES (5, 'push', 'https://x', '*', '', '{}', '{}', NOW(), NOW())",
        cards.join(", "),
        seal("pay method 8"),
        seal("pay method 600"),
        seal("OAuth credential 3"),
        seal("password of a service"),
        seal("EncryptPassword"),
        seal("EncryptPassword"),
        seal("setting of a module"),
        seal("setting of a module"),
        seal("webhook 5"),
        seal("webhook 5"),
    ))
    .await;
    let new = keyring::add(&file).unwrap();
    keyring::put_first(&file, &new).unwrap();
    let run = |arguments: &[&str]| {
        let arguments = [&["key", "reseal"], arguments].concat();
        let mut command = whmcs_api(&arguments);
        command.env("WHMCS_API_DATABASE_URL", api.database.url()).env("WHMCS_API_KEYS_FILE", &file);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        String::from_utf8(output.stdout).unwrap().lines().map(words).collect::<Vec<_>>()
    };
    let needed = |count: i64, what: &str| format!("{old} is still needed {what} {count}");
    let before = run(&["--dry-run"]);
    let others = [
        "passwords of services",
        "passwords of servers",
        "access hashes of servers",
        "settings of registrars",
        "settings of fraud checks",
        "secrets of webhooks",
        "earlier secrets of webhooks",
    ];
    let of_others = others.map(|what| needed(1, what));
    for line in
        [needed(503, "cards"), needed(1, "bank accounts"), needed(1, "OAuth credentials")].into_iter().chain(of_others)
    {
        assert!(before.contains(&line), "{line}: {before:?}");
    }
    assert!(!before.concat().contains("not needed"));

    let after = run(&[]);
    for line in [
        "cards: 502 sealed anew, 1 that no key opens, 0 changed by somebody else meanwhile".to_owned(),
        needed(1, "cards"),
        format!("{new} seals cards 502"),
        format!("{new} seals OAuth credentials 1"),
    ]
    .into_iter()
    .chain(others.map(|what| format!("{new} seals {what} 1")))
    {
        assert!(after.contains(&line), "{line}: {after:?}");
    }
    api.sql("DELETE FROM tblcreditcards WHERE id = 900").await;
    let again = run(&[]);
    assert!(again.contains(&format!("The key {old} is not needed any more.")), "{again:?}");
    let sealed = api.rows("CONVERT(card_data USING utf8mb4)", "tblcreditcards WHERE id = 502").await.concat();
    let password = api.rows("password", "tblhosting ORDER BY id").await;
    let opened = Keyring::load(&file).unwrap().open("password of a service", &password[0]).unwrap();
    assert_eq!((&*opened, &*password[1]), (&b"password of a service"[..], "clear"));
    assert_eq!(Keyring::load(&file).unwrap().open("pay method 502", &sealed).unwrap(), b"pay method 502");
    assert_eq!(api.rows("card_data", "tblcreditcards WHERE id = 902").await, ["of WHMCS"]);
}
