//! Commands whose outcome is unknown: what is sent again, what is not, and what an operator can do.

use sqlx::{Connection, MySqlConnection};
use whmcs_api::config::Compat;
use whmcs_api::database::lease::Lease;
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::outbox::operator::{Resolution, ResolveResult, RetryResult, resolve, retry};

use crate::actions::registrar_commands::{ENTRIES, ENTRY, SUCCESS, api_with, attempt_later, domain};
use crate::support::module::{Module, ScriptedResponse};
use crate::support::{NOW, TestApi};

use ScriptedResponse::{Json, Status};

const DONE: Resolution = Resolution::Done { transaction: String::new() };
const BUSY: &str = "The registrar is still busy with this domain, please try again later";
const RENEWED: ScriptedResponse = Json(r#"{"domain":"mine.com","expiryDate":"2028-03-01"}"#);
const NOT_RENEWED: ScriptedResponse = Json(r#"{"domain":"mine.com","expiryDate":"2027-03-01"}"#);
const REGISTERED: ScriptedResponse = Json(r#"{"domain":"new.com","expiryDate":"2028-11-20"}"#);

async fn connection(api: &TestApi) -> MySqlConnection {
    MySqlConnection::connect_with(&api.database.options()).await.unwrap()
}

async fn resolved(api: &TestApi, id: i64, resolution: &Resolution) -> ResolveResult {
    let now = Clock::fixed(parse_date_time(NOW).unwrap()).now();
    let mut lease = Lease::acquire_to_write(&api.hosts).await.unwrap();
    let result = resolve(&mut lease, id, resolution, &(), &Compat::default(), now).await.unwrap();
    lease.release_clean();
    result
}

/// Sends a command whose outcome is unknown in the end.
async fn unknown(api: &TestApi, registrar: &Module, request: &str) {
    registrar.respond_with([Status(500), Status(500)]);
    assert_eq!(api.send(&format!("action={request}")).await.0, 504, "{request}");
    let latest = "ORDER BY id DESC LIMIT 1";
    api.sql(&format!("UPDATE mod_whmcs_api_outbox_entries SET state = 'unknown', is_unanswered = 0 {latest}")).await;
    registrar.will_say_what_is_usual();
    registrar.received();
}

#[tokio::test]
async fn no_obstacle_makes_an_unanswered_command_be_sent_again() {
    let nothing = "SELECT 1";
    for (obstacle, removal, state) in [
        (
            "RENAME TABLE tbldomainsadditionalfields TO elsewhere",
            "RENAME TABLE elsewhere TO tbldomainsadditionalfields",
            "pending | 2 | 1",
        ),
        (
            "UPDATE mod_whmcs_api_outbox_entries SET target = 'nowhere'",
            "UPDATE mod_whmcs_api_outbox_entries SET target = 'enom'",
            "pending | 2 | 1",
        ),
        ("UPDATE tblmodulequeue SET completed = 1", nothing, "unknown | 2 | 0"),
        ("DELETE FROM tbldomains WHERE id = 941", nothing, "unknown | 2 | 0"),
        ("UPDATE mod_whmcs_api_outbox_entries SET payload = '{}'", nothing, "unknown | 2 | 0"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        registrar.respond_with([Status(500), Status(500)]);
        assert_eq!(api.send("action=DomainRenew&domainid=941").await.0, 504, "{obstacle}");
        api.sql(obstacle).await;
        attempt_later(&api).await;
        assert_eq!(api.rows(ENTRY, ENTRIES).await, [state], "{obstacle}");
        api.sql(removal).await;
        attempt_later(&api).await;
        attempt_later(&api).await;
        let functions = registrar.domain_functions();
        assert_eq!(functions[0], "RenewDomain mine.com");
        assert!(functions[1..].iter().all(|function| function == "GetDomainInformation mine.com"), "{functions:?}");
    }
}

/// A registrar that recognizes the command says of all attempts that nothing was done; a status that rejects a request does not.
#[tokio::test]
async fn a_registrar_that_recognizes_repetitions_settles_the_outcome() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |enom| enom.idempotent = true).await;
    registrar.respond_with([Status(500), Status(401), Json(r#"{"error":"Insufficient funds"}"#)]);
    assert_eq!(api.send("action=DomainRenew&domainid=941").await.0, 504);
    for state in ["pending | 2 | 1", "failed | 3 | 0"] {
        attempt_later(&api).await;
        assert_eq!(api.rows(ENTRY, ENTRIES).await, [state]);
    }
    registrar.respond_with(std::iter::repeat_n(Status(500), 5).chain([Status(401)]));
    assert_eq!(api.send("action=DomainRenew&domainid=941").await.0, 504);
    for _ in 2..=5 {
        attempt_later(&api).await;
    }
    let second = "mod_whmcs_api_outbox_entries WHERE id = 2";
    assert_eq!(api.rows(ENTRY, second).await, ["unknown | 5 | 0"]);
}

#[tokio::test]
async fn a_look_up_proves_only_what_the_command_has_done() {
    let other = "INSERT INTO tbldomains (id, userid, domain, status) VALUES (950, 1, 'NEW.com', 'Active')";
    for (prepare, before, request, tells, is_proof) in [
        ("SELECT 1", None, "DomainRegister&domainid=942", REGISTERED, true),
        (other, None, "DomainRegister&domainid=942", REGISTERED, false),
        ("SELECT 1", None, "DomainRenew&domainid=941", RENEWED, true),
        // It was renewed elsewhere before, which the operator's record does not show.
        ("SELECT 1", Some(RENEWED), "DomainRenew&domainid=941", RENEWED, false),
        ("SELECT 1", Some(Status(501)), "DomainRenew&domainid=941", RENEWED, false),
        ("SELECT 1", Some(Status(500)), "DomainRenew&domainid=941", RENEWED, false),
        ("SELECT 1", Some(Json(r#"{"expiryDate":"2027-03-01"}"#)), "DomainRenew&domainid=941", RENEWED, false),
        ("UPDATE tbldomains SET expirydate = '2020-01-01'", None, "DomainRenew&domainid=941", NOT_RENEWED, true),
        ("SELECT 1", None, "DomainTransfer&domainid=943", Json(r#"{"domain":"moved.com"}"#), true),
        (
            "SELECT 1",
            None,
            "DomainRegister&domainid=942",
            Json(r#"{"domain":"new.com","registrationStatus":"Pending Delete"}"#),
            false,
        ),
        (
            "SELECT 1",
            Some(NOT_RENEWED),
            "DomainRenew&domainid=941",
            Json(r#"{"domain":"mine.com","expiryDate":"2028-03-01","registrationStatus":"pendingDelete"}"#),
            false,
        ),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        api.sql(prepare).await;
        if let Some(before) = before {
            registrar.respond_before_renewals(before);
        }
        registrar.respond_with([Status(500), tells]);
        let status = api.send(&format!("action={request}")).await.0;
        assert_eq!(status, if is_proof { 200 } else { 504 }, "{request} {prepare} {before:?} {tells:?}");
    }
}

#[tokio::test]
async fn while_an_outcome_is_unknown_nothing_else_happens_to_the_domain() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    unknown(&api, &registrar, "DomainRegister&domainid=942").await;
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET created_at = '2020-01-01'").await;
    for request in [
        "DomainRegister&domainid=942",
        "DomainRenew&domainid=942",
        "AcceptOrder&orderid=811",
        "AcceptOrder&orderid=811&sendregistrar=1",
        "CancelOrder&orderid=811",
        "FraudOrder&orderid=811",
        "PendingOrder&orderid=811",
    ] {
        api.refuse(&format!("action={request}"), BUSY).await;
        assert_eq!(api.rows("id, state", ENTRIES).await, ["1 | unknown"], "{request}");
    }
    assert_eq!(registrar.domain_functions(), Vec::<String>::new());
}

#[tokio::test]
async fn what_an_operator_says_counts_as_the_registrars_answer() {
    for (request, id, before, after) in [
        (
            "DomainRegister&domainid=942",
            942,
            "Pending |  | 2026-11-19 | 0000-00-00 | 2026-11-19",
            "Active | enom | 2026-11-20 | 2028-11-20 | 2026-11-19",
        ),
        (
            "DomainTransfer&domainid=943&eppcode=a+secret",
            943,
            "Pending |  | 2026-11-19 | 0000-00-00 | 2026-11-19",
            "Pending Transfer | enom | 2026-11-19 | 0000-00-00 | 2026-11-19",
        ),
        (
            "DomainRenew&domainid=941&regperiod=2",
            941,
            "Active | enom | 2020-03-01 | 2027-03-01 | 2027-03-01",
            "Active | enom | 2020-03-01 | 2029-03-01 | 2027-03-01",
        ),
        (
            "DomainRelease&domainid=941&newtag=TAG",
            941,
            "Active | enom | 2020-03-01 | 2027-03-01 | 2027-03-01",
            "Active | enom | 2020-03-01 | 2027-03-01 | 2027-03-01",
        ),
    ] {
        for (resolution, state, columns, completed) in
            [(&DONE, "done", after, "1"), (&Resolution::NotDone, "failed", before, "0")]
        {
            let registrar = Module::start().await;
            let api = api_with(&registrar, |_| {}).await;
            unknown(&api, &registrar, request).await;
            assert_eq!(domain(&api, id).await, before, "{request}");
            assert_eq!(resolved(&api, 1, resolution).await, ResolveResult::Resolved, "{request}");
            assert_eq!(domain(&api, id).await, columns, "{request} {resolution:?}");
            assert_eq!(api.rows("state", ENTRIES).await, [state], "{request}");
            assert!(!api.rows("payload", ENTRIES).await.concat().contains("a secret"), "{request}");
            assert_eq!(api.rows("completed", "tblmodulequeue").await, [completed], "{request}");
            let line = api.rows("description, user", "tblactivitylog ORDER BY id DESC LIMIT 1").await.remove(0);
            let word = if state == "done" { " Successful - " } else { " Failed - " };
            assert!(line.contains(word) && line.ends_with(" | System"), "{line}");
            assert_eq!(resolved(&api, 1, resolution).await, ResolveResult::NotUnknown);
            assert_eq!(registrar.domain_functions(), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn an_operator_resolves_commands_to_registrars_only() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO mod_whmcs_api_outbox_entries (id, kind, payload, state, due_at, last_error, created_at) VALUES \
         (1, 'mail', '{}', 'unknown', '2026-01-01', '', '2026-01-01'), \
         (2, 'module', '{}', 'unknown', '2026-01-01', '', '2026-01-01'), \
         (3, 'registrar', '', 'unknown', '2026-01-01', '', '2026-01-01'), \
         (4, 'registrar', '{}', 'failed', '2026-01-01', '', '2026-01-01')",
    )
    .await;
    let before = api.checksums().await;
    for (id, result) in [
        (1, ResolveResult::NotResolvable),
        (2, ResolveResult::NotResolvable),
        (3, ResolveResult::NotResolvable),
        (4, ResolveResult::NotUnknown),
        (5, ResolveResult::NotUnknown),
    ] {
        assert_eq!(resolved(&api, id, &DONE).await, result, "{id}");
    }
    assert_eq!(api.checksums().await, before);
}

#[tokio::test]
async fn an_operators_retry_looks_up_before_it_sends() {
    let not_there = Json(r#"{"error":"Unknown domain"}"#);
    for (request, tells, functions, state) in [
        ("DomainRenew&domainid=941", RENEWED, "GetDomainInformation", "done | 1 | 0"),
        ("DomainRenew&domainid=941", NOT_RENEWED, "GetDomainInformation RenewDomain", "done | 1 | 0"),
        ("DomainRenew&domainid=941", Status(500), "GetDomainInformation", "pending | 1 | 1"),
        ("DomainRenew&domainid=941", not_there, "GetDomainInformation", "pending | 1 | 1"),
        ("DomainRegister&domainid=942", REGISTERED, "GetDomainInformation", "done | 1 | 0"),
        ("DomainRegister&domainid=942", not_there, "GetDomainInformation RegisterDomain", "done | 1 | 0"),
        ("DomainRelease&domainid=941&newtag=x", NOT_RENEWED, "GetDomainInformation ReleaseDomain", "done | 1 | 0"),
        ("DomainRelease&domainid=941&newtag=x", not_there, "GetDomainInformation", "unknown | 1 | 0"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        unknown(&api, &registrar, request).await;
        let now = parse_date_time(NOW).unwrap();
        assert_eq!(retry(&mut connection(&api).await, 1, now).await.unwrap(), RetryResult::Scheduled);
        registrar.respond_with([tells]);
        api.api.run_outbox_once().await;
        let asked: Vec<String> =
            registrar.domain_functions().iter().map(|asked| asked.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(asked.join(" "), functions, "{request} {tells:?}");
        assert_eq!(api.rows(ENTRY, ENTRIES).await, [state], "{request} {tells:?}");
        // It was an operator's decision once, and nothing is sent again by itself.
        registrar.respond_with([NOT_RENEWED]);
        attempt_later(&api).await;
        assert!(!registrar.domain_functions().iter().any(|asked| asked.starts_with("Renew")), "{request} {tells:?}");
    }
}

/// After a retry, "it is taken" may mean that the first attempt has taken it.
#[tokio::test]
async fn a_no_after_a_retry_leaves_the_outcome_unknown() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    unknown(&api, &registrar, "DomainRegister&domainid=942").await;
    retry(&mut connection(&api).await, 1, parse_date_time(NOW).unwrap()).await.unwrap();
    registrar.respond_with([Json(r#"{"error":"Unknown domain"}"#), Json(r#"{"error":"new.com is taken"}"#)]);
    api.api.run_outbox_once().await;
    assert_eq!(api.rows("state, last_error", ENTRIES).await, ["unknown | new.com is taken"]);
}

#[tokio::test]
async fn what_was_not_done_can_be_sent_again() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    unknown(&api, &registrar, "DomainRenew&domainid=941").await;
    resolved(&api, 1, &Resolution::NotDone).await;
    let now = parse_date_time(NOW).unwrap();
    assert_eq!(retry(&mut connection(&api).await, 1, now).await.unwrap(), RetryResult::Scheduled);
    api.api.run_outbox_once().await;
    assert_eq!(registrar.domain_functions(), ["RenewDomain mine.com"]);
    unknown(&api, &registrar, "DomainRelease&domainid=941&newtag=x").await;
    resolved(&api, 2, &Resolution::NotDone).await;
    api.check("action=DomainRenew&domainid=941", SUCCESS).await;
}

/// What was carried out has certainly not failed.
#[tokio::test]
async fn what_cannot_be_stored_is_unknown() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql(
        "SET SESSION sql_mode = ''; ALTER TABLE tbldomains MODIFY status ENUM('Active', 'Pending', 'Grace') NOT NULL",
    )
    .await;
    registrar.respond_with([Json(r#"{"success":true,"pending":true,"note":"Größe 😀"}"#)]);
    assert_eq!(api.send("action=DomainRegister&domainid=942").await.0, 504);
    let reason = "The registrar carried out the command, but its answer cannot be stored";
    assert_eq!(api.rows("state, last_error", ENTRIES).await, [format!("unknown | {reason}")]);
    assert_eq!(resolved(&api, 1, &DONE).await, ResolveResult::Resolved);
    assert!(domain(&api, 942).await.starts_with("Active | enom"));
}

#[tokio::test]
async fn the_log_shows_what_was_said_in_ascii() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    registrar.respond_with([Json(r#"{"success":true,"note":"Größe 😀"}"#)]);
    api.check("action=DomainRegister&domainid=942", SUCCESS).await;
    let logged = api.rows("response", "tblmodulelog").await.concat();
    assert!(logged.is_ascii() && logged.contains(r"Gr\u00f6\u00dfe \ud83d\ude00"), "{logged}");
}
