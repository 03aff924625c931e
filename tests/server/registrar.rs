//! The life of a domain over HTTP, against the registrar of docs/registrars.md.

use serde_json::Value;

use super::process::{Running, stderr, stdout, whmcs_api};
use crate::support::module::{Module, ScriptedResponse};
use crate::support::python::DocumentedEndpoint;
use crate::support::{Scratch, TestApi};

const SECRET: &str = DocumentedEndpoint::SECRET;

#[test]
fn a_domain_lives_at_a_registrar_in_python() {
    let registrar = DocumentedEndpoint::start(include_str!("../../docs/registrars.md"));
    let folder = Scratch::new("registrar");
    let mut command = whmcs_api(&["demo", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
    command
        .env("WHMCS_API_REGISTRARS_ENOM_URL", registrar.url())
        .env("WHMCS_API_REGISTRARS_ENOM_SECRET", SECRET)
        .env("WHMCS_API_REGISTRARS_ENOM_ON_PAYMENT", "false");
    let server = Running::start(command);
    let call = |request: &str| -> Value { serde_json::from_str(&server.call(request)).unwrap() };
    let done = |request: &str| {
        let reply = call(request);
        assert_eq!(reply["result"], "success", "{request}: {reply}");
        reply
    };

    let order = done(
        "action=AddOrder&clientid=2&paymentmethod=paypal&domain=life-of-a-domain.com&domaintype=register&nameserver1=ns1.first.example&nameserver2=ns2.first.example",
    );
    let domain = order["domainids"].as_str().unwrap();
    let invoice = &order["invoiceid"];
    let column = |name: &str| {
        let domains = done(&format!("action=GetClientsDomains&domainid={domain}"));
        domains["domains"]["domain"][0][name].as_str().unwrap().to_owned()
    };
    assert_eq!((column("status"), column("expirydate")), ("Pending".to_owned(), "0000-00-00".to_owned()));
    done(&format!("action=AddInvoicePayment&invoiceid={invoice}&transid=life-1&gateway=paypal"));
    assert_eq!(column("status"), "Pending");

    done(&format!("action=DomainRegister&domainid={domain}"));
    assert_eq!(column("status"), "Active");
    let expires = column("expirydate");
    assert_ne!(expires, "0000-00-00");
    let taken = call(&format!("action=DomainRegister&domainid={domain}"));
    assert_eq!(taken["message"], "life-of-a-domain.com is taken");

    let nameservers = done(&format!("action=DomainGetNameservers&domainid={domain}"));
    assert_eq!((&nameservers["ns1"], &nameservers["ns2"]), (&"ns1.first.example".into(), &"ns2.first.example".into()));
    done("action=DomainUpdateNameservers&domain=life-of-a-domain.com&ns1=ns1.second.example&ns2=ns2.second.example");
    assert_eq!(done(&format!("action=DomainGetNameservers&domainid={domain}"))["ns1"], "ns1.second.example");

    assert_eq!(done(&format!("action=DomainGetLockingStatus&domainid={domain}"))["lockstatus"], "locked");
    done(&format!("action=DomainUpdateLockingStatus&domainid={domain}&lockstatus=0"));
    assert_eq!(done(&format!("action=DomainGetLockingStatus&domainid={domain}"))["lockstatus"], "unlocked");

    let xml = "<contactdetails><Registrant><First_Name>Ana</First_Name></Registrant></contactdetails>";
    done(&format!("action=DomainUpdateWhoisInfo&domainid={domain}&xml={xml}"));
    let whois = done(&format!("action=DomainGetWhoisInfo&domainid={domain}"));
    assert_eq!(whois["Registrant"]["First_Name"], "Ana");
    let unsupported = call(&format!("action=DomainToggleIdProtect&domainid={domain}&idprotect=1"));
    assert_eq!(unsupported["message"], "Registrar Function Not Supported");

    done(&format!("action=DomainRenew&domainid={domain}&regperiod=2"));
    let year = |date: &str| date[..4].parse::<i32>().unwrap();
    assert_eq!(year(&column("expirydate")), year(&expires) + 2);
    assert_eq!(done(&format!("action=DomainRequestEPP&domainid={domain}"))["eppcode"], "s3cret");
    done(&format!("action=DomainRelease&domainid={domain}&newtag=OTHER"));
    let gone = call(&format!("action=DomainGetNameservers&domainid={domain}"));
    assert_eq!(gone["message"], "life-of-a-domain.com is not registered here");
}

/// The command reads the settings and the database of the server.
#[tokio::test(flavor = "multi_thread")]
async fn domains_are_synchronized_from_the_command_line() {
    let registrar = Module::start().await;
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/registered_domains.sql")).await;
    let run = |arguments: &[&str]| {
        registrar.respond_with([ScriptedResponse::Json(r#"{"active":true,"expirydate":"2028-03-01"}"#)]);
        let mut command = whmcs_api(arguments);
        command.env("WHMCS_API_DATABASE_URL", api.database.url());
        command.env("WHMCS_API_REGISTRARS_ENOM_URL", registrar.registrar().url);
        let output = command.env("WHMCS_API_REGISTRARS_ENOM_SECRET", registrar.registrar().secret.0).output().unwrap();
        format!("{}{}", stdout(&output), stderr(&output))
    };
    let sync = ["domains", "sync", "--domain", "941"];
    let report = "ID   DOMAIN    REGISTRAR  OUTCOME\n941  mine.com  enom       expires 2028-03-01\n";
    let dry = tokio::task::block_in_place(|| run(&[&sync[..], &["--dry-run"]].concat()));
    assert_eq!(dry, format!("{report}Domains compared: 1, that differ: 1\n"));
    assert_eq!(api.rows("expirydate", "tbldomains WHERE id = 941").await, ["2027-03-01"]);
    let done = tokio::task::block_in_place(|| run(&sync));
    assert_eq!(done, format!("{report}Domains compared: 1, changed: 1\n"));
    assert_eq!(api.rows("expirydate", "tbldomains WHERE id = 941").await, ["2028-03-01"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_resolved_from_the_command_line() {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/registered_domains.sql")).await;
    api.sql(
        "INSERT INTO mod_whmcs_api_outbox_entries \
           (id, kind, target, subject, subject_id, payload, state, due_at, last_error, created_at) VALUES \
           (1, 'registrar', 'enom', 'domain', 941, '{\"function\": \"RenewDomain\"}', 'unknown', '2026-01-01', 'x', '2026-01-01'), \
           (2, 'registrar', 'enom', 'domain', 944, '{\"function\": \"RenewDomain\"}', 'unknown', '2026-01-01', 'x', '2026-01-01'), \
           (3, 'mail', '', 'client', 1, '{}', 'unknown', '2026-01-01', 'x', '2026-01-01')",
    )
    .await;
    let run = |arguments: &[&str]| {
        let mut command = whmcs_api(&[&["outbox", "resolve"], arguments].concat());
        let output = command.env("WHMCS_API_DATABASE_URL", api.database.url()).output().unwrap();
        format!("{}{}", stdout(&output), stderr(&output))
    };
    for (arguments, says) in [
        (&["1", "--done"][..], "Entry 1 is recorded as done"),
        (&["2", "--not-done"], "Entry 2 is recorded as not done"),
        (&["2", "--not-done"], "no entry 2 has an unknown outcome"),
        (&["3", "--done"], "entry 3 cannot be resolved: only commands to registrars and gateways can"),
        (&["1"], "--done"),
        (&["1", "--done", "--not-done"], "cannot be used with"),
    ] {
        let said = tokio::task::block_in_place(|| run(arguments));
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    let states = api.rows("state", "mod_whmcs_api_outbox_entries ORDER BY id").await;
    assert_eq!(states, ["done", "failed", "unknown"]);
    assert_eq!(api.rows("expirydate", "tbldomains WHERE id IN (941, 944)").await, ["2028-03-01", "2026-11-01"]);
}
