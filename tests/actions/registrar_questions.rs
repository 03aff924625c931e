//! What registrars are asked at once: name servers, locks, contacts, transfer codes and the protection of identity.

use serde_json::{Value, json};
use whmcs_api::config::Settings;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::store;

use crate::actions::registrar_commands::api_with;
use crate::support::module::{Module, ScriptedResponse, YES};
use crate::support::{CREDENTIAL, eventually, post, router, serve};

use ScriptedResponse::{Json, Nothing, Status, YesLater};

const SUCCESS: &str = r#"{"result":"success"}"#;

#[tokio::test]
async fn a_registrar_tells_what_it_has() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    for (request, says, asked, reply) in [
        (
            "DomainGetNameservers&domainid=941",
            &[Json(r#"{"ns1":"a.example","ns2":"b.example","ns3":"","success":true}"#)][..],
            "GetNameservers",
            json!({"result": "success", "ns1": "a.example", "ns2": "b.example"}),
        ),
        (
            "DomainGetNameservers&domainid=941",
            &[Status(501), Json(r#"{"domain":"mine.com","nameservers":{"ns1":"a.example"}}"#)],
            "GetNameservers GetDomainInformation",
            json!({"result": "success", "ns1": "a.example"}),
        ),
        (
            "DomainGetLockingStatus&domainid=941",
            &[Json(r#""locked""#)],
            "GetRegistrarLock",
            json!({"result": "success", "lockstatus": "locked"}),
        ),
        (
            "DomainGetLockingStatus&domainid=941",
            &[Status(501), Json(r#"{"transferLock":false}"#)],
            "GetRegistrarLock GetDomainInformation",
            json!({"result": "success", "lockstatus": "unlocked"}),
        ),
        (
            "DomainGetLockingStatus&domainid=941",
            &[Status(501), Status(501)],
            "GetRegistrarLock GetDomainInformation",
            json!({"result": "success", "lockstatus": ""}),
        ),
        (
            "DomainGetWhoisInfo&domainid=941",
            &[Json(r#"{"Registrant":{"First Name":"Ana","Postcode":1200},"Technical":{"City":"Faro"}}"#)],
            "GetContactDetails",
            json!({"result": "success", "Registrant": {"First_Name": "Ana", "Postcode": "1200"}, "Technical": {"City": "Faro"}}),
        ),
        (
            "DomainRequestEPP&domainid=941",
            &[Json(r#"{"eppcode":"x<y&z"}"#)],
            "GetEPPCode",
            json!({"result": "success", "eppcode": "x<y&z"}),
        ),
        ("DomainRequestEPP&domainid=941", &[YES], "GetEPPCode", json!({"result": "success"})),
    ] {
        registrar.respond_with(says.iter().copied());
        assert_eq!(api.reply(&format!("action={request}")).await, reply, "{request}");
        let functions: Vec<String> =
            registrar.domain_functions().iter().map(|asked| asked.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(functions.join(" "), asked, "{request}");
    }
    let logged = api.rows("response", "tblapilog").await.concat();
    assert!(logged.contains("lockstatus") && !logged.contains("x<y"), "{logged}");
}

#[tokio::test]
async fn a_registrar_is_told_what_to_change() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    let xml = "<contactdetails><Registrant><First_Name>J%C3%B6</First_Name><City/></Registrant></contactdetails>";
    let whois = format!("DomainUpdateWhoisInfo&domainid=941&xml={xml}");
    for (request, function, name, value, line) in [
        (
            "DomainUpdateNameservers&domain=mine.com&ns1=+a.example&ns2=b.example&ns4=d.example",
            "SaveNameservers",
            "ns3",
            json!("d.example"),
            "Nameservers Changed",
        ),
        (
            "DomainUpdateLockingStatus&domainid=941&lockstatus=1",
            "SaveRegistrarLock",
            "lockenabled",
            json!("locked"),
            "Locked",
        ),
        ("DomainUpdateLockingStatus&domainid=941", "SaveRegistrarLock", "lockenabled", json!("unlocked"), "Unlocked"),
        (
            &whois,
            "SaveContactDetails",
            "contactdetails",
            json!({"Registrant": {"First Name": "Jö", "City": ""}}),
            "Contact Details Changed",
        ),
        (
            "DomainToggleIdProtect&domainid=941&idprotect=true",
            "IDProtectToggle",
            "protectenable",
            json!(true),
            "ID Protection Enabled",
        ),
        ("DomainRequestEPP&domainid=941", "GetEPPCode", "domain", json!("mine.com"), "EPP Code Requested"),
    ] {
        api.check(&format!("action={request}"), SUCCESS).await;
        let asked = registrar.received();
        assert_eq!(
            (asked.len(), &asked[0]["function"], &asked[0]["params"][name]),
            (1, &json!(function), &value),
            "{request}"
        );
        let logged = api.rows("description", "tblactivitylog ORDER BY id DESC LIMIT 1").await;
        assert_eq!(logged, [format!("Domain {line} - Domain ID: 941 - Domain: mine.com")], "{request}");
    }
    assert_eq!(api.rows("idprotection", "tbldomains WHERE id = 941").await, ["1"]);
    api.reply("action=DomainToggleIdProtect&domainid=941&idprotect=0").await;
    assert_eq!(api.rows("idprotection", "tbldomains WHERE id = 941").await, ["0"]);
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_outbox_entries").await, ["0"]);
}

#[tokio::test]
async fn a_registrar_that_does_not_do_it_is_an_error() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |enom| enom.timeout_seconds = 1).await;
    let xml = "xml=<contactdetails><Admin><City>Faro</City></Admin></contactdetails>";
    for (says, message) in [
        (&[Json(r#"{"error":"No such domain"}"#)][..], "No such domain"),
        (&[Status(501), Status(501)], "Registrar Function Not Supported"),
        (&[Status(403)], "The registrar enom answered with HTTP status 403"),
        (&[Status(500)], "The registrar enom answered with HTTP status 500: what it did is unknown"),
        (&[Json("<html>")], "The registrar enom gave an unreadable answer: what it did is unknown"),
        (&[Nothing], "The registrar enom did not answer within 1 s: what it did is unknown"),
    ] {
        for request in [
            "DomainGetNameservers&domainid=941".to_owned(),
            "DomainGetWhoisInfo&domainid=941".to_owned(),
            "DomainUpdateNameservers&domainid=941&ns1=a&ns2=b".to_owned(),
            "DomainUpdateLockingStatus&domainid=941&lockstatus=1".to_owned(),
            format!("DomainUpdateWhoisInfo&domainid=941&{xml}"),
            "DomainToggleIdProtect&domainid=941&idprotect=1".to_owned(),
            "DomainRequestEPP&domainid=941".to_owned(),
        ] {
            registrar.respond_with(says.iter().copied());
            api.refuse(&format!("action={request}"), message).await;
            registrar.will_say_what_is_usual();
        }
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    let xml = "xml=<contactdetails><Admin><City>Faro</City></Admin></contactdetails>";
    let not_found = "Domain ID Not Found";
    let invalid_xml = "XML is not valid: expected <contactdetails> with an element for each contact";
    let nowhere = "Registrar Not Found: this server's settings have no registrars.nowhere";
    let invalid = "An invalid configuration was detected with the registrar module";
    let whois = |domain: u32| format!("DomainUpdateWhoisInfo&domainid={domain}&{xml}");
    for (request, message) in [
        ("DomainGetNameservers", not_found),
        ("DomainGetNameservers&domainid=x", not_found),
        ("DomainGetNameservers&domainid=999", not_found),
        ("DomainGetLockingStatus&domainid=999", not_found),
        ("DomainGetWhoisInfo&domainid=999", not_found),
        ("DomainRequestEPP&domainid=999", not_found),
        ("DomainUpdateNameservers&domainid=999&ns1=a&ns2=b", not_found),
        ("DomainUpdateNameservers&domainid=941", "ns1 and ns2 required"),
        ("DomainUpdateNameservers&domainid=941&ns1=a&ns3=b", "ns1 and ns2 required"),
        ("DomainUpdateNameservers&domainid=941&ns1=a&ns2=+", "ns1 and ns2 required"),
        ("DomainUpdateLockingStatus&domainid=999", not_found),
        ("DomainUpdateLockingStatus&domainid=945", invalid),
        ("DomainUpdateLockingStatus&domainid=946", invalid),
        ("DomainToggleIdProtect&domainid=999", not_found),
        ("DomainUpdateWhoisInfo&domainid=941", "XML Required"),
        ("DomainUpdateWhoisInfo&domainid=941&xml=+", "XML Required"),
        ("DomainUpdateWhoisInfo&domainid=941&xml=<a>", invalid_xml),
        ("DomainUpdateWhoisInfo&domainid=941&xml=<contactdetails/>", invalid_xml),
        (&whois(999), not_found),
        (&whois(945), nowhere),
        ("DomainGetNameservers&domainid=945", nowhere),
        ("DomainGetNameservers&domainid=946", "No registrar is set for none.org, nor for all domains of its extension"),
    ] {
        api.refuse(&format!("action={request}"), message).await;
    }
    assert!(registrar.received().is_empty());
}

/// The server has one connection, which another call gets while the registrar is silent.
#[tokio::test(flavor = "multi_thread")]
async fn no_connection_is_held_while_a_registrar_answers() {
    for request in [
        "DomainGetNameservers&domainid=941",
        "DomainToggleIdProtect&domainid=941&idprotect=1",
        "DomainRenew&domainid=941",
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        let mut settings = Settings::default();
        settings.database.connections = 1;
        settings.registrars.insert("enom".to_owned(), registrar.registrar());
        let one = Hosts::open(vec![api.database.options()], 1, store::STATEMENTS).await.unwrap();
        let router = router(one, &settings);
        registrar.respond_with([YesLater]);
        let asking = format!("{CREDENTIAL}&action={request}");
        let (silent, other) = tokio::join!(post(&router, &asking), async {
            eventually("the registrar was asked", async || registrar.in_hand() == 1).await;
            let other = post(&router, &format!("{CREDENTIAL}&action=GetCurrencies")).await;
            let locks = api.transactions().await;
            registrar.speak(1);
            (other, locks)
        });
        assert_eq!(other.0.0, 200, "{request}: {}", other.0.1);
        assert!(other.1.is_empty(), "{request} holds a transaction open");
        assert_eq!(silent.0, 200, "{request}: {}", silent.1);
    }
}

/// A call that is ended by its time limit says whether anything may have changed.
#[tokio::test]
async fn a_caller_who_does_not_wait_learns_what_is_known() {
    for (request, status) in
        [("DomainGetNameservers&domainid=941", 503), ("DomainUpdateLockingStatus&domainid=941&lockstatus=1", 504)]
    {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        let mut settings = Settings::default();
        settings.limits.call_seconds = 1;
        settings.registrars.insert("enom".to_owned(), registrar.registrar());
        let (_hosts, router) = serve(api.database.options(), settings).await;
        registrar.respond_with([Nothing]);
        let (answered, body) = post(&router, &format!("{CREDENTIAL}&action={request}")).await;
        assert_eq!(answered, status, "{request}: {body}");
        let reply: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(reply["result"], "error", "{request}");
    }
}
