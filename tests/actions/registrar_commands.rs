//! The commands that cannot be taken back: DomainRegister, DomainTransfer, DomainRenew and DomainRelease, AcceptOrder with
//! `sendregistrar`, and payments for domains.

use serde_json::json;
use tokio_util::sync::CancellationToken;
use whmcs_api::config::{Registrar, RenewalDueDate, Settings};
use whmcs_api::database::hosts::Hosts;

use crate::support::module::{Module, ScriptedResponse, YES};
use crate::support::{CREDENTIAL, TestApi, all, eventually, post, serve};

use ScriptedResponse::{Json, Nothing, Status, YesLater};

const DOMAIN: &str = "status, registrar, registrationdate, expirydate, nextduedate";
pub const ENTRY: &str = "state, attempts, is_unanswered";
pub const ENTRIES: &str = "mod_whmcs_api_outbox_entries ORDER BY id";
pub const SUCCESS: &str = r#"{"result":"success"}"#;

/// An API with the registrar enom, whose settings `change` changes.
pub async fn api_with(registrar: &Module, change: impl FnOnce(&mut Registrar)) -> TestApi {
    let mut enom = Registrar { display_name: "Enom, Inc.".to_owned(), ..registrar.registrar() };
    change(&mut enom);
    let mut settings = Settings::default();
    settings.registrars.insert("enom".to_owned(), enom);
    with_settings(settings).await
}

fn with_registrar(registrar: &Module) -> Settings {
    let mut settings = Settings::default();
    settings.registrars.insert("enom".to_owned(), registrar.registrar());
    settings
}

async fn with_settings(settings: Settings) -> TestApi {
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../support/fixtures/registered_domains.sql")).await;
    api
}

pub async fn domain(api: &TestApi, id: u32) -> String {
    api.rows(DOMAIN, &format!("tbldomains WHERE id = {id}")).await.concat()
}

/// Makes all entries due, and attempts them.
pub async fn attempt_later(api: &TestApi) {
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:00:00'").await;
    api.api.run_outbox_once().await;
}

#[tokio::test]
async fn a_domain_is_what_its_registrar_has_done() {
    for (request, says, asked, after) in [
        (
            "DomainRegister&domainid=942",
            YES,
            "RegisterDomain new.com",
            "Active | enom | 2026-11-20 | 2028-11-20 | 2026-11-19",
        ),
        (
            "DomainRegister&domain=NEW.com",
            Json(r#"{"success":true,"pending":true,"expirydate":"2028-11-19"}"#),
            "RegisterDomain new.com",
            "Pending Registration | enom | 2026-11-20 | 2028-11-19 | 2026-11-19",
        ),
        (
            "DomainTransfer&domainid=943",
            YES,
            "TransferDomain moved.com",
            "Pending Transfer | enom | 2026-11-19 | 0000-00-00 | 2026-11-19",
        ),
        (
            "DomainRenew&domainid=941",
            Json("[]"),
            "RenewDomain mine.com",
            "Active | enom | 2020-03-01 | 2028-03-01 | 2027-03-01",
        ),
        (
            "DomainRenew&domainid=944&regperiod=3",
            YES,
            "RenewDomain late.com",
            "Active | enom | 2020-11-01 | 2029-11-01 | 2026-11-01",
        ),
        (
            "DomainRelease&domainid=941&newtag=TAG",
            YES,
            "ReleaseDomain mine.com",
            "Active | enom | 2020-03-01 | 2027-03-01 | 2027-03-01",
        ),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        registrar.respond_with([says]);
        api.check(&format!("action={request}"), SUCCESS).await;
        assert_eq!(registrar.domain_functions(), [asked], "{request}");
        let name = asked.split(' ').nth(1).unwrap();
        assert_eq!(api.rows(DOMAIN, &format!("tbldomains WHERE domain = '{name}'")).await, [after], "{request}");
        assert_eq!(api.rows(ENTRY, ENTRIES).await, ["done | 1 | 0"], "{request}");
        assert_eq!(api.rows("COUNT(*)", "tblmodulequeue").await, ["0"], "{request}");
    }
}

#[tokio::test]
async fn settings_choose_what_whmcs_does_not_document() {
    let registrar = Module::start().await;
    let mut settings = Settings::default();
    settings.compat.released_domain_status = "Transferred Away".to_owned();
    settings.compat.renewal_due_date = RenewalDueDate::Moves;
    settings.registrars.insert("enom".to_owned(), registrar.registrar());
    let api = with_settings(settings).await;
    api.reply("action=DomainRenew&domainid=941").await;
    assert_eq!(domain(&api, 941).await, "Active | enom | 2020-03-01 | 2028-03-01 | 2028-03-01");
    api.reply("action=DomainRelease&domainid=941&newtag=TAG").await;
    assert!(domain(&api, 941).await.starts_with("Transferred Away"));
}

#[tokio::test]
async fn a_registrar_is_told_what_whmcs_tells_its_own() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |enom| enom.nameservers = vec!["ns.default.example".to_owned()]).await;
    api.sql("INSERT INTO tbldomainsadditionalfields (domainid, name, value) VALUES (942, 'Tax &amp; ID', 'x&lt;y')")
        .await;
    api.reply("action=DomainRegister&domainid=942&idnlanguage=GER").await;
    api.reply("action=DomainTransfer&domainid=943").await;
    api.reply("action=DomainTransfer&domainid=943&eppcode=another%26code").await;
    api.reply("action=DomainRenew&domainid=944").await;
    api.reply("action=DomainRelease&domainid=941&newtag=TAG").await;
    api.reply("action=DomainRegister&domainid=944").await;
    let asked = registrar.received();
    assert_eq!((&asked[0]["registrar"], &asked[0]["attempt"]), (&json!("enom"), &json!(1)));
    for (at, name, value) in [
        (0, "domain", json!("new.com")),
        (0, "sld", json!("new")),
        (0, "tld", json!("com")),
        (0, "regperiod", json!(2)),
        (0, "domainid", json!(942)),
        (0, "userid", json!(1)),
        (0, "registrar", json!("enom")),
        (0, "firstname", json!("One")),
        (0, "companyname", json!("One & Co")),
        (0, "countrycode", json!("US")),
        (0, "countryname", json!("United States")),
        (0, "phonecc", json!(1)),
        (0, "fullphonenumber", json!("+1.5125550100")),
        (0, "admincity", json!("Austin")),
        (0, "idprotection", json!(true)),
        (0, "dnsmanagement", json!(false)),
        (0, "is_idn", json!(false)),
        (0, "idnlanguage", json!("ger")),
        (0, "additionalfields", json!({"Tax & ID": "x<y"})),
        (0, "ns1", json!("ns1.order.example")),
        (0, "ns2", json!("ns2.order.example")),
        (1, "eppcode", json!("the code")),
        (2, "eppcode", json!("another&code")),
        (3, "isInGracePeriod", json!(true)),
        (3, "isInRedemptionGracePeriod", json!(false)),
        (4, "transfertag", json!("TAG")),
        (5, "ns1", json!("ns.default.example")),
    ] {
        assert_eq!(asked[at]["params"][name], value, "{name}");
    }
    let logged = api.rows("CONCAT(module, ' ', action, ' ', request)", "tblmodulelog ORDER BY id").await;
    assert!(logged[0].starts_with("enom RegisterDomain {"), "{}", logged[0]);
    assert!(!logged.concat().contains("the code") && !logged.concat().contains("another&code"), "{logged:?}");
    // Registries ask for numbers of passports and the like.
    assert!(logged[0].contains(r#""additionalfields":{"***":"***"}"#), "{}", logged[0]);
    let line = api.rows("description, userid, user", "tblactivitylog ORDER BY id LIMIT 1").await;
    assert_eq!(line, ["Domain Register Successful - Domain ID: 942 - Domain: new.com | 1 | alice"]);
}

#[tokio::test]
async fn hosting_that_was_ordered_with_a_domain_determines_its_name_servers() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql(
        "INSERT INTO tblservers (id, name, nameserver1, nameserver2) VALUES (751, 'One', 'ns1.host.example', 'ns2.host.example'); \
         INSERT INTO tblhosting (userid, orderid, server, domain) VALUES (1, 811, 751, 'new.com')",
    )
    .await;
    api.reply("action=DomainRegister&domainid=942").await;
    assert_eq!(registrar.received()[0]["params"]["ns2"], "ns2.host.example");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    let languages = api.send("action=DomainRegister&domainid=942&idnlanguage=xx").await.1;
    assert!(languages.contains("Invalid IDN Language. Must be one of: afr, alb, ara,"), "{languages}");
    let years = "Registration Period must be 1 to 10 years";
    for (request, message) in [
        ("DomainRegister", "Domain Not Found"),
        ("DomainRegister&domainid=x", "Domain Not Found"),
        ("DomainRegister&domainid=999", "Domain Not Found"),
        ("DomainRegister&domain=nobodys.com", "Domain Not Found"),
        ("DomainRegister&domain=n%C3%A9w.com", "Domain Not Found"),
        ("DomainTransfer&domainid=999", "Domain Not Found"),
        ("DomainRenew&domainid=999&regperiod=11", years),
        ("DomainRenew&domainid=941&regperiod=x", years),
        ("DomainRenew&domainid=941&regperiod=-1", years),
        ("DomainRenew&domainid=999", "Domain Not Found"),
        ("DomainRelease&domainid=999&newtag=x", "Domain Not Found"),
        ("DomainRelease&domainid=941", "The tag of the receiving registrar is required: newtag"),
        ("DomainRenew&domainid=945", "Registrar Not Found: this server's settings have no registrars.nowhere"),
        ("DomainRenew&domainid=946", "No registrar is set for none.org, nor for all domains of its extension"),
    ] {
        api.refuse(&format!("action={request}"), message).await;
    }
    assert_eq!(registrar.received().len(), 0);
}

#[tokio::test]
async fn what_a_registrar_says_against_it_is_the_error() {
    for (says, message) in [
        (Json(r#"{"error":"Insufficient funds"}"#), "Insufficient funds"),
        (Json(r#"{"success":false}"#), "The registrar gave no reason"),
        (Status(501), "Registrar Function Not Supported"),
        (Status(401), "The registrar enom answered with HTTP status 401"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        let before = domain(&api, 941).await;
        registrar.respond_with([says]);
        let (status, body) = api.send("action=DomainRenew&domainid=941").await;
        assert_eq!((status, body), (200, json!({"result": "error", "message": message}).to_string()));
        assert_eq!(domain(&api, 941).await, before, "{message}");
        let queue = "service_type, service_id, module_name, module_action, last_attempt_error, completed";
        assert_eq!(
            api.rows(queue, "tblmodulequeue").await,
            [format!("domain | 941 | enom | RenewDomain | {message} | 0")]
        );
        let asked_again = message.contains("401");
        let state = if asked_again { "pending | 1 | 0" } else { "failed | 1 | 0" };
        assert_eq!(api.rows(ENTRY, ENTRIES).await, [state], "{message}");
        attempt_later(&api).await;
        assert_eq!(registrar.domain_functions().len(), if asked_again { 2 } else { 1 }, "{message}");
    }
}

const BUSY: &str = "The registrar is still busy with this domain, please try again later";
const INFORMATION: ScriptedResponse = Json(r#"{"domain":"mine.com","expiryDate":"2028-03-01"}"#);

/// What a registrar that does not recognize repetitions has done is looked up, and never asked for again.
#[tokio::test]
async fn nothing_is_done_twice_at_a_registrar_that_does_not_recognize_it() {
    for (says, tells, status, after) in [
        (Json("<html>"), INFORMATION, 200, "done | 1 | 0"),
        (Status(500), INFORMATION, 200, "done | 1 | 0"),
        (Nothing, INFORMATION, 200, "done | 1 | 0"),
        (Json("\"success\""), INFORMATION, 200, "done | 1 | 0"),
        (Status(502), Json(r#"{"domain":"mine.com","expiryDate":"2027-03-01"}"#), 504, "pending | 1 | 1"),
        (Status(502), Json(r#"{"domain":"other.com","expiryDate":"2028-03-01"}"#), 504, "pending | 1 | 1"),
        (Status(502), Json(r#"{"error":"No such domain"}"#), 504, "pending | 1 | 1"),
        (Status(502), Status(501), 504, "pending | 1 | 1"),
        (Status(502), Status(500), 504, "pending | 1 | 1"),
        (Status(502), Nothing, 504, "pending | 1 | 1"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |enom| enom.timeout_seconds = 1).await;
        let before = domain(&api, 941).await;
        registrar.respond_with([says, tells]);
        let (answered, body) = api.send("action=DomainRenew&domainid=941").await;
        assert_eq!(answered, status, "{says:?} {tells:?} {body}");
        assert_eq!(registrar.domain_functions(), ["RenewDomain mine.com", "GetDomainInformation mine.com"], "{says:?}");
        assert_eq!(api.rows(ENTRY, ENTRIES).await, [after], "{says:?} {tells:?}");
        let expires = if status == 200 { "2028-03-01" } else { "2027-03-01" };
        assert_eq!(domain(&api, 941).await, before.replacen("2027-03-01", expires, 1), "{says:?} {tells:?}");
    }
}

#[tokio::test]
async fn an_outcome_is_looked_up_until_it_is_known_or_given_up() {
    for (tells, state, expires) in [(INFORMATION, "done", "2028-03-01"), (Status(500), "unknown", "2027-03-01")] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        registrar.respond_with([Status(500), Status(500), Status(500), Status(500)]);
        assert_eq!(api.send("action=DomainRenew&domainid=941&idempotencykey=k").await.0, 504);
        for request in ["DomainRenew&domainid=941", "DomainRegister&domain=mine.com"] {
            api.refuse(&format!("action={request}"), BUSY).await;
        }
        attempt_later(&api).await;
        attempt_later(&api).await;
        registrar.respond_with([tells, tells]);
        attempt_later(&api).await;
        attempt_later(&api).await;
        let functions = registrar.domain_functions();
        assert_eq!(functions.iter().filter(|function| *function == "RenewDomain mine.com").count(), 1, "{functions:?}");
        assert_eq!(api.rows("state", ENTRIES).await, [state], "{functions:?}");
        assert!(domain(&api, 941).await.contains(expires));
        // Whoever asks with the same key learns the same.
        let again = api.send("action=DomainRenew&domainid=941&idempotencykey=k").await.0;
        assert_eq!(again, if state == "done" { 200 } else { 504 });
    }
}

#[tokio::test]
async fn a_release_without_an_answer_is_left_to_the_operator() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    registrar.respond_with([Status(500)]);
    assert_eq!(api.send("action=DomainRelease&domainid=941&newtag=TAG").await.0, 504);
    assert_eq!(api.rows(ENTRY, ENTRIES).await, ["unknown | 1 | 0"]);
    assert_eq!(registrar.domain_functions(), ["ReleaseDomain mine.com"]);
}

#[tokio::test]
async fn a_registrar_that_recognizes_repetitions_is_asked_again() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |enom| enom.idempotent = true).await;
    registrar.respond_with([Status(500)]);
    assert_eq!(api.send("action=DomainRenew&domainid=941").await.0, 504);
    assert_eq!(api.rows(ENTRY, ENTRIES).await, ["pending | 1 | 1"]);
    attempt_later(&api).await;
    let asked = registrar.received();
    assert_eq!((asked.len(), &asked[0]["id"]), (2, &asked[1]["id"]));
    assert_eq!(asked[1]["function"], "RenewDomain");
    assert!(domain(&api, 941).await.contains("2028-03-01"));
}

/// The server stopped between the registrar's yes and its own commit.
#[tokio::test]
async fn a_server_that_dies_after_the_yes_registers_nothing_twice() {
    for (is_idempotent, says, asked) in [
        (false, Json(r#"{"domain":"new.com","expiryDate":"2028-11-20"}"#), "GetDomainInformation"),
        (true, YES, "RegisterDomain"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |enom| enom.idempotent = is_idempotent).await;
        api.reply("action=DomainRegister&domainid=942").await;
        let first = registrar.received().remove(0);
        api.sql(
            "UPDATE tbldomains SET status = 'Pending', expirydate = '0000-00-00' WHERE id = 942; \
             UPDATE mod_whmcs_api_outbox_entries SET state = 'running', due_at = '2026-11-20 12:29:00'",
        )
        .await;
        registrar.respond_with([says]);
        api.api.run_outbox_once().await;
        let again = registrar.received();
        assert_eq!((again.len(), &again[0]["function"]), (1, &json!(asked)));
        assert!(!is_idempotent || again[0]["id"] == first["id"]);
        assert_eq!(api.rows("state", ENTRIES).await, ["done"]);
        assert!(domain(&api, 942).await.starts_with("Active | enom | 2026-11-20 | 2028-11-20"), "{asked}");
    }
}

/// The rows of a database that was restored, and of a copy of it, have ids that come again.
#[tokio::test]
async fn the_id_of_a_command_never_comes_again() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    let mut ids = Vec::new();
    for request in ["DomainRenew&domainid=941", "DomainRenew&domainid=941", "DomainRelease&domainid=941&newtag=x"] {
        api.check(&format!("action={request}"), SUCCESS).await;
        ids.push(registrar.received().remove(0)["id"].as_str().unwrap().to_owned());
        api.sql("TRUNCATE TABLE mod_whmcs_api_outbox_entries").await;
    }
    api.reply("action=AddInvoicePayment&invoiceid=821&transid=t1&gateway=paypal").await;
    api.api.run_outbox_once().await;
    ids.extend(registrar.received().iter().map(|asked| asked["id"].as_str().unwrap().to_owned()));
    let form = |id: &String| id.len() == 40 && id.starts_with("command-");
    assert!(ids.len() == 5 && ids.iter().all(form), "{ids:?}");
    let different: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), 5, "{ids:?}");
}

#[tokio::test]
async fn the_years_of_a_command_are_1_to_10() {
    for (period, request, years) in [
        (1, "DomainRenew&domainid=941", 1),
        (3, "DomainRenew&domainid=941&regperiod=0", 3),
        (3, "DomainRenew&domainid=941&regperiod=10", 10),
        (0, "DomainRenew&domainid=941", 1),
        (-1, "DomainRenew&domainid=941", 1),
        (15, "DomainRenew&domainid=941", 10),
        (15, "DomainRegister&domainid=942", 10),
        (15, "DomainTransfer&domainid=943", 1),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        api.sql(&format!("UPDATE tbldomains SET registrationperiod = {period}")).await;
        api.check(&format!("action={request}"), SUCCESS).await;
        assert_eq!(registrar.received()[0]["params"]["regperiod"], years, "{period} {request}");
    }
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql("UPDATE tblorders SET renewals = '941=99' WHERE id = 812").await;
    api.reply("action=AddInvoicePayment&invoiceid=822&transid=t&gateway=paypal").await;
    api.api.run_outbox_once().await;
    assert_eq!(registrar.received()[0]["params"]["regperiod"], 10);
}

#[tokio::test]
async fn a_premium_domain_is_left_to_people() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql("UPDATE tbldomains SET is_premium = 1").await;
    let message = "This is a premium domain, whose price at the registrar is not known here: do it at the registrar";
    for request in ["DomainRegister&domainid=942", "DomainTransfer&domainid=943", "DomainRenew&domainid=941"] {
        let (status, body) = api.send(&format!("action={request}")).await;
        assert_eq!((status, body), (200, json!({"result": "error", "message": message}).to_string()), "{request}");
    }
    assert_eq!(registrar.received().len(), 0);
    api.check("action=DomainRelease&domainid=941&newtag=x", SUCCESS).await;
}

#[tokio::test]
async fn an_international_name_is_found_in_both_forms() {
    for (stored, sent) in [
        ("müller.de", "m%C3%BCller.de"),
        ("müller.de", "M%C3%9CLLER.de"),
        ("müller.de", "xn--mller-kva.de"),
        ("xn--mller-kva.de", "m%C3%BCller.de"),
        ("xn--mller-kva.de", "XN--MLLER-KVA.de"),
        ("a_b.com", "A_B.com"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        api.sql(&format!("UPDATE tbldomains SET domain = '{stored}' WHERE id = 941")).await;
        api.check(&format!("action=DomainRenew&domain={sent}"), SUCCESS).await;
        assert_eq!(registrar.domain_functions(), [format!("RenewDomain {stored}")], "{sent}");
    }
}

/// The first row of an extension counts, for commands of calls and of payments.
#[tokio::test]
async fn a_domain_has_the_registrar_of_its_extension() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql("INSERT INTO tbldomainpricing (id, extension, autoreg) VALUES (700, '.com', 'enom'), (799, '.com', 'zzz')")
        .await;
    api.reply("action=AddInvoicePayment&invoiceid=821&transid=t1&gateway=paypal").await;
    assert_eq!(api.rows("target", ENTRIES).await, ["enom", "enom"]);
    api.check("action=DomainRegister&domainid=942", SUCCESS).await;
    assert_eq!(api.rows("target", ENTRIES).await, ["enom", "enom", "enom"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registrar_does_one_thing_at_a_time_with_a_domain() {
    for (second, message) in [("DomainRenew&domainid=941", BUSY), ("DomainRelease&domainid=941&newtag=x", BUSY)] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        registrar.respond_with([YesLater]);
        let (first, second) = tokio::join!(api.send("action=DomainRenew&domainid=941"), async {
            eventually("the registrar has received the command", async || registrar.in_hand() == 1).await;
            let second = api.send(&format!("action={second}")).await;
            registrar.speak(1);
            second
        });
        assert_eq!(first, (200, SUCCESS.to_owned()));
        assert_eq!(second, (200, json!({"result": "error", "message": message}).to_string()));
        assert_eq!(registrar.domain_functions(), ["RenewDomain mine.com"]);
    }
}

/// Whichever is first, the other one is refused, or is carried out afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn calls_at_the_same_time_renew_a_domain_as_often_as_they_succeed() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    let settings = with_registrar(&registrar);
    let servers =
        [serve(api.database.options(), settings.clone()).await, serve(api.database.options(), settings.clone()).await];
    let request = format!("{CREDENTIAL}&action=DomainRenew&domainid=941");
    let replies = all((0..6).map(|at| post(&servers[at % 2].1, &request))).await;
    let done = replies.iter().filter(|(status, body)| *status == 200 && body.contains("success")).count();
    assert!(done > 0, "{replies:?}");
    assert_eq!(registrar.max_concurrent(), 1);
    assert_eq!(registrar.domain_functions().len(), done, "{replies:?}");
    let expires = api.rows("YEAR(expirydate)", "tbldomains WHERE id = 941").await;
    assert_eq!(expires, [(2027 + done).to_string()], "{replies:?}");
}

#[tokio::test]
async fn a_repeated_key_sends_no_second_command() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    for _ in 0..2 {
        api.check("action=DomainRenew&domainid=941&idempotencykey=k", SUCCESS).await;
    }
    assert_eq!(registrar.domain_functions(), ["RenewDomain mine.com"]);
}

#[tokio::test]
async fn an_order_is_accepted_once_its_domains_are_registered() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    registrar.respond_with([YES, Json(r#"{"error":"Wrong code"}"#)]);
    let order = "status";
    let (_, body) = api.send("action=AcceptOrder&orderid=811&sendregistrar=true").await;
    let functions: std::collections::BTreeSet<String> = registrar.domain_functions().into_iter().collect();
    assert_eq!(Vec::from_iter(functions), ["RegisterDomain new.com", "TransferDomain moved.com"]);
    assert_eq!(body, r#"{"result":"error","message":"Wrong code"}"#);
    assert_eq!(api.rows(order, "tblorders WHERE id = 811").await, ["Pending"]);
    // Only what has not succeeded is sent again.
    api.check("action=AcceptOrder&orderid=811&sendregistrar=true", SUCCESS).await;
    assert_eq!(registrar.domain_functions().len(), 1);
    assert_eq!(api.rows(order, "tblorders WHERE id = 811").await, ["Active"]);
    let statuses = api.rows("status", "tbldomains WHERE orderid = 811 ORDER BY status").await;
    assert_eq!(statuses, ["Active", "Pending Transfer"]);
}

#[tokio::test]
async fn an_order_can_be_accepted_without_its_registrar() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    registrar.respond_with([Json(r#"{"error":"No"}"#), Json(r#"{"error":"No"}"#)]);
    api.send("action=AcceptOrder&orderid=811&sendregistrar=1").await;
    api.check("action=AcceptOrder&orderid=811&registrar=byhand", SUCCESS).await;
    let domains = api.rows("status, registrar", "tbldomains WHERE orderid = 811 ORDER BY id").await;
    assert_eq!(domains, ["Active | byhand", "Active | byhand"]);
    assert_eq!(api.rows("state", ENTRIES).await, ["superseded", "superseded"]);
    assert_eq!(api.rows("completed", "tblmodulequeue").await, ["1", "1"]);
}

#[tokio::test]
async fn a_paid_invoice_sends_what_it_is_for() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.reply("action=AddInvoicePayment&invoiceid=821&transid=t1&gateway=paypal").await;
    api.reply("action=AddInvoicePayment&invoiceid=822&transid=t2&gateway=paypal").await;
    assert_eq!(registrar.received().len(), 0, "the call does not wait for registrars");
    api.api.run_outbox_once().await;
    let mut functions = registrar.domain_functions();
    functions.sort();
    assert_eq!(functions, ["RegisterDomain new.com", "RenewDomain mine.com", "TransferDomain moved.com"]);
    assert_eq!(domain(&api, 942).await, "Active | enom | 2026-11-20 | 2028-11-20 | 2028-11-19");
    assert_eq!(domain(&api, 943).await, "Pending Transfer | enom | 2026-11-19 | 0000-00-00 | 2027-11-19");
    // The order of the invoice renews for three years.
    assert_eq!(domain(&api, 941).await, "Active | enom | 2020-03-01 | 2030-03-01 | 2030-03-01");
}

#[tokio::test]
async fn what_was_paid_for_is_sent_once() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.reply("action=AddInvoicePayment&invoiceid=822&transid=t2&gateway=paypal").await;
    api.api.run_outbox_once().await;
    api.reply("action=AddTransaction&paymentmethod=paypal&invoiceid=822&amountout=30").await;
    api.reply("action=AddInvoicePayment&invoiceid=822&transid=t3&gateway=paypal").await;
    api.api.run_outbox_once().await;
    assert_eq!(registrar.domain_functions(), ["RenewDomain mine.com"]);
    // A reversal before the attempt withdraws it.
    api.reply("action=AddInvoicePayment&invoiceid=821&transid=t1&gateway=paypal").await;
    api.reply("action=AddTransaction&paymentmethod=paypal&invoiceid=821&amountout=20").await;
    api.api.run_outbox_once().await;
    assert_eq!(registrar.domain_functions(), Vec::<String>::new());
}

#[tokio::test]
async fn a_payment_sends_nothing_where_nothing_says_so() {
    for (is_on, prepare) in [
        (false, "SELECT 1"),
        (true, "UPDATE tbldomainpricing SET autoreg = ''"),
        (true, "UPDATE tbldomains SET status = 'Active' WHERE orderid = 811"),
        (true, "UPDATE tbldomainpricing SET autoreg = 'nowhere'"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |enom| enom.on_payment = is_on).await;
        api.sql(prepare).await;
        api.reply("action=AddInvoicePayment&invoiceid=821&transid=t1&gateway=paypal").await;
        api.api.run_outbox_once().await;
        assert_eq!(registrar.domain_functions(), Vec::<String>::new(), "{prepare}");
        let open = "mod_whmcs_api_outbox_entries WHERE state IN ('pending', 'running', 'failed', 'unknown')";
        assert_eq!(api.rows("COUNT(*)", open).await, ["0"], "{prepare}");
    }
}

/// Several servers process the same outbox.
#[tokio::test(flavor = "multi_thread")]
async fn two_servers_send_each_command_once() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.reply("action=AddInvoicePayment&invoiceid=821&transid=t1&gateway=paypal").await;
    let stopping = CancellationToken::new();
    let mut servers = Vec::new();
    for _ in 0..2 {
        let hosts = Hosts::open(vec![api.database.options()], 5).await.unwrap();
        servers.push(crate::support::api_with(hosts, None, &with_registrar(&registrar)).0);
    }
    let workers = servers.into_iter().map(|server| {
        let stopping = stopping.clone();
        tokio::spawn(async move { server.run_outbox(stopping).await })
    });
    let workers: Vec<_> = workers.collect();
    api.eventually("COUNT(*)", "mod_whmcs_api_outbox_entries WHERE state <> 'done'", &["0"]).await;
    stopping.cancel();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(registrar.domain_functions().len(), 2);
}
