//! What registrars are asked at once: name servers, locks, contacts, transfer codes and the protection of identity.

use serde_json::{Value, json};
use whmcs_api::config::Settings;
use whmcs_api::database::hosts::Hosts;

use crate::actions::registrar_commands::api_with;
use crate::support::module::{Module, ScriptedResponse, YES};
use crate::support::registry::Registry;
use crate::support::{CREDENTIAL, TestApi, eventually, post, router, serve};

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
            &[Json(r#"{"ns2":"b.example","ns5":"e.example","ns6":"f.example"}"#)],
            "GetNameservers",
            json!({"result": "success", "ns2": "b.example", "ns5": "e.example"}),
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
            "ns4",
            json!("d.example"),
            "Nameservers Changed",
        ),
        (
            "DomainUpdateNameservers&domain=mine.com&ns1=A.Example.&ns2=m%C3%BCller.example",
            "SaveNameservers",
            "ns2",
            json!("xn--mller-kva.example"),
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
            "DomainUpdateNameservers&domainid=941&ns1=a.example&ns2=b.example".to_owned(),
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
    let host = |name: &str| format!("DomainUpdateNameservers&domainid=941&ns1=a.example&ns2=b.example&ns5={name}");
    for (request, message) in [
        ("DomainGetNameservers", not_found),
        ("DomainGetNameservers&domainid=x", not_found),
        ("DomainGetNameservers&domainid=999", not_found),
        ("DomainGetLockingStatus&domainid=999", not_found),
        ("DomainGetWhoisInfo&domainid=999", not_found),
        ("DomainRequestEPP&domainid=999", not_found),
        ("DomainUpdateNameservers&domainid=999&ns1=a.example&ns2=b.example", not_found),
        ("DomainUpdateNameservers&domainid=941", "ns1 and ns2 required"),
        ("DomainUpdateNameservers&domainid=941&ns1=a.example&ns3=b.example", "ns1 and ns2 required"),
        ("DomainUpdateNameservers&domainid=941&ns1=a.example&ns2=+", "ns1 and ns2 required"),
        (&host("a"), "A name server must be the name of a host: a is none"),
        (&host("192.0.2.1"), "A name server must be the name of a host: 192.0.2.1 is none"),
        (&host("a_b.example"), "A name server must be the name of a host: a_b.example is none"),
        (&host("https://a.example"), "A name server must be the name of a host: https://a.example is none"),
        (&host("a.example/b"), "A name server must be the name of a host: a.example/b is none"),
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
        let one = Hosts::open(vec![api.database.options()], 1).await.unwrap();
        let router = router(one, &settings);
        registrar.respond_with([YesLater]);
        let asking = format!("{CREDENTIAL}&action={request}");
        let (silent, other) = tokio::join!(post(&router, &asking), async {
            eventually("the registrar was asked", async || registrar.in_hand() == 1).await;
            let other = post(&router, &format!("{CREDENTIAL}&action=GetCurrencies")).await;
            // The call that has ended may still be recorded.
            eventually("no transaction is open", async || api.transactions().await.is_empty()).await;
            registrar.speak(1);
            other
        });
        assert_eq!(other.0, 200, "{request}: {}", other.1);
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

/// What a registrar has changed stays changed, also if the rest of the call fails.
#[tokio::test]
async fn a_failure_after_a_change_leaves_the_outcome_unknown() {
    for (request, says, status, what) in [
        ("DomainToggleIdProtect&domainid=941&idprotect=1", YES, 504, "not known"),
        ("DomainToggleIdProtect&domainid=941&idprotect=1", Status(500), 200, "what it did is unknown"),
        ("DomainToggleIdProtect&domainid=941&idprotect=1", Json(r#"{"error":"No"}"#), 200, "No"),
        ("UpdateClientDomain&domainid=941&updatens=1&ns1=a.example&ns2=b.example", YES, 504, "not known"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        api.sql("RENAME TABLE tblactivitylog TO elsewhere").await;
        registrar.respond_with([says]);
        let (answered, body) = api.send(&format!("action={request}")).await;
        assert_eq!(answered, status, "{request} {says:?}: {body}");
        assert!(body.contains(what), "{body}");
        assert_eq!(registrar.received().len(), 1, "{request}");
    }
}

#[tokio::test]
async fn a_domain_is_changed_if_its_registrar_has_set_the_name_servers() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    let nameservers = "updatens=1&ns1=ns1.example.com&ns2=ns2.example.com&ns4=ns4.example.com";
    for (domain, says, reply) in [
        (941, YES, json!({"result": "success", "domainid": 941})),
        (941, Json(r#"{"error":"No such host"}"#), json!({"result": "error", "message": "No such host"})),
        (941, Status(501), json!({"result": "error", "message": "Registrar Function Not Supported"})),
        (
            945,
            YES,
            json!({
                "result": "error",
                "message": "Registrar Not Found: this server's settings have no registrars.nowhere",
            }),
        ),
    ] {
        api.sql("UPDATE tbldomains SET additionalnotes = ''").await;
        registrar.will_say_what_is_usual();
        registrar.respond_with([says]);
        let request = format!("action=UpdateClientDomain&domainid={domain}&notes=x&{nameservers}");
        let (status, body) = api.send(&request).await;
        assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()), (200, reply), "{says:?}");
        let asked = registrar.received();
        assert_eq!(asked.len(), usize::from(domain == 941), "{says:?}");
        for asked in asked {
            assert_eq!(asked["function"], "SaveNameservers");
            assert_eq!(asked["params"]["ns3"], Value::Null);
            assert_eq!(asked["params"]["ns4"], "ns4.example.com");
        }
        let is_changed = domain == 941 && matches!(says, Json(r#"{"result":"success"}"#));
        let notes = api.rows("additionalnotes", &format!("tbldomains WHERE id = {domain}")).await;
        assert_eq!(notes, [if is_changed { "x" } else { "" }], "{says:?}");
    }
    // A domain that gets another registrar is looked for there, and nothing is sent if anything else is wrong.
    registrar.will_say_what_is_usual();
    api.refuse(&format!("action=UpdateClientDomain&domainid=941&promoid=999&{nameservers}"), "Promotion ID Not Found")
        .await;
    assert!(registrar.received().is_empty());
}

/// The registrar that sells an extension knows best; what it cannot tell, the registry is asked.
#[tokio::test]
async fn the_registrar_of_an_extension_is_asked_whether_a_name_is_taken() {
    let free = "The registrar enom reports that free.rdap is available.";
    let taken = "The registrar enom reports that free.rdap is registered or reserved.";
    let registry_says = "Domain not found: free.rdap<br />\n";
    for (says, status, text, asks_registry) in [
        (Json(r#"[{"sld":"free","tld":".rdap","status":"NOT_REGISTERED"}]"#), "available", free, false),
        (Json(r#"[{"sld":"free","tld":".rdap","status":"REGISTERED"}]"#), "unavailable", taken, false),
        (Json(r#"[{"sld":"free","tld":".rdap","status":"RESERVED"}]"#), "unavailable", taken, false),
        (Json(r#"[{"sld":"free","tld":".rdap","status":"UNKNOWN"}]"#), "available", registry_says, true),
        (Json(r#"{"error":"No"}"#), "available", registry_says, true),
        (Json("[]"), "available", registry_says, true),
        (Status(501), "available", registry_says, true),
        (Status(500), "available", registry_says, true),
    ] {
        let (registrar, registry) = (Module::start().await, Registry::start("whois-registrar").await);
        let mut settings = registry.settings();
        settings.registrars.insert("enom".to_owned(), registrar.registrar());
        let api = TestApi::with_settings(settings).await;
        api.sql("INSERT INTO tbldomainpricing (extension, autoreg) VALUES ('.rdap', 'enom')").await;
        registrar.respond_with([says]);
        let reply = api.reply("action=DomainWhois&domain=Free.rdap").await;
        assert_eq!(reply, json!({"result": "success", "status": status, "whois": text}), "{says:?}");
        let asked = registrar.received();
        assert_eq!((asked.len(), &asked[0]["function"]), (1, &json!("CheckAvailability")));
        let params = json!({
            "searchTerm": "free", "punyCodeSearchTerm": "free", "tldsToInclude": [".rdap"], "isIdnDomain": false,
            "premiumEnabled": false,
        });
        assert_eq!(asked[0]["params"], params);
        assert_eq!(registry.asked().len(), usize::from(asks_registry), "{says:?}");
    }
}
