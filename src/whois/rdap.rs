//! RDAP: a registry's answer in JSON (RFC 9083), and what it says as the lines that WHOIS servers send.

use std::fmt::Write;

use reqwest::Url;
use serde_json::Value;

use super::http::{Fetcher, Page};
use super::{Answer, Unusable};
use crate::domain::domain_name::DomainName;

const MEDIA_TYPE: &str = "application/rdap+json";

/// Asks the RDAP server with this base URL.
pub async fn ask(fetcher: &Fetcher, base: &Url, name: &DomainName) -> Result<Answer, Unusable> {
    let url = base.join(&format!("domain/{}", name.ascii()))?;
    read(&fetcher.get(&url, MEDIA_TYPE).await?, name)
}

fn read(page: &Page, name: &DomainName) -> Result<Answer, Unusable> {
    match page.status {
        200 => {
            let domain: Value = serde_json::from_slice(&page.body)?;
            let is_other = domain["ldhName"].as_str().is_some_and(|told| !is_same(told, name));
            if domain["objectClassName"] != "domain" || is_other {
                return Err(Unusable("an answer about something else".to_owned()));
            }
            Ok(Answer { is_registered: true, text: lines(&domain, name).into() })
        }
        404 if is_rdap(page) => {
            Ok(Answer { is_registered: false, text: format!("Domain not found: {}\n", name.ascii()).into() })
        }
        status => Err(Unusable(format!("HTTP status {status}"))),
    }
}

fn is_same(told: &str, name: &DomainName) -> bool {
    DomainName::parse(told.trim_end_matches('.')).is_some_and(|told| told.ascii() == name.ascii())
}

/// Whether a response without the domain is an RDAP server's, and not that of some web server in its place.
fn is_rdap(page: &Page) -> bool {
    let error: Value = serde_json::from_slice(&page.body).unwrap_or_default();
    page.content_type.starts_with(MEDIA_TYPE) || error["errorCode"] == page.status
}

/// Writes what the registry says in the lines of WHOIS servers of generic top-level domains, which many programs read.
fn lines(domain: &Value, name: &DomainName) -> String {
    let mut lines = format!("Domain Name: {}\n", name.ascii());
    let mut line = |label: &str, value: &str| {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        if !value.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "{label}: {value}");
        }
    };
    line("Registry Domain ID", text(&domain["handle"]));
    for (label, action) in
        [("Updated Date", "last changed"), ("Creation Date", "registration"), ("Registry Expiry Date", "expiration")]
    {
        let event = list(&domain["events"]).iter().find(|event| event["eventAction"] == action);
        line(label, event.map_or("", |event| text(&event["eventDate"])));
    }
    let is_registrar = |entity: &&Value| list(&entity["roles"]).iter().any(|role| role == "registrar");
    if let Some(registrar) = list(&domain["entities"]).iter().find(is_registrar) {
        // A jCard (RFC 7095): `["vcard", [["fn", {}, "text", "Example Registrar"]]]`.
        let name = list(&registrar["vcardArray"][1]).iter().find(|property| property[0] == "fn");
        line("Registrar", name.map_or("", |property| text(&property[3])));
        let id = list(&registrar["publicIds"]).iter().find(|id| id["type"] == "IANA Registrar ID");
        line("Registrar IANA ID", id.map_or("", |id| text(&id["identifier"])));
    }
    for status in list(&domain["status"]) {
        line("Domain Status", &epp_status(text(status)));
    }
    for server in list(&domain["nameservers"]) {
        line("Name Server", text(&server["ldhName"]));
    }
    match domain["secureDNS"]["delegationSigned"].as_bool() {
        Some(true) => line("DNSSEC", "signedDelegation"),
        Some(false) => line("DNSSEC", "unsigned"),
        None => {}
    }
    lines
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The name that a status has in EPP and WHOIS (RFC 8056): `clientHold` for `client hold`.
fn epp_status(status: &str) -> String {
    if status == "active" {
        return "ok".to_owned();
    }
    let mut words = status.split(' ');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |joined, word| {
        let (initial, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        joined + &initial.to_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> String {
        let page = Page { status, content_type: content_type.to_owned(), body: body.as_bytes().to_vec() };
        match read(&page, &DomainName::parse("Müller.example").unwrap()) {
            Ok(answer) => format!("{} {}", answer.is_registered, answer.text),
            Err(Unusable(reason)) => reason,
        }
    }

    #[test]
    fn an_answer_is_written_as_whois_servers_do() {
        let body = r#"{
            "objectClassName": "domain", "handle": "D1-EXAMPLE", "ldhName": "XN--MLLER-KVA.EXAMPLE", "lang": "en",
            "status": ["client transfer prohibited", "active"],
            "entities": [
                {"objectClassName": "entity", "roles": ["technical"], "vcardArray": ["vcard", [["fn", {}, "text", "Ana"]]]},
                {"objectClassName": "entity", "roles": ["registrar"],
                 "publicIds": [{"type": "IANA Registrar ID", "identifier": "9999"}],
                 "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Example\nRegistrar"]]]}
            ],
            "events": [
                {"eventAction": "registration", "eventDate": "2001-02-03T04:05:06Z"},
                {"eventAction": "expiration", "eventDate": "2027-02-03T04:05:06Z"},
                {"eventAction": "last update of RDAP database", "eventDate": "2026-11-20T12:30:00Z"}
            ],
            "secureDNS": {"delegationSigned": false},
            "nameservers": [{"objectClassName": "nameserver", "ldhName": "ns1.example"}, {"ldhName": "ns2.example"}]
        }"#;
        let text = "true Domain Name: xn--mller-kva.example\n\
            Registry Domain ID: D1-EXAMPLE\n\
            Creation Date: 2001-02-03T04:05:06Z\n\
            Registry Expiry Date: 2027-02-03T04:05:06Z\n\
            Registrar: Example Registrar\n\
            Registrar IANA ID: 9999\n\
            Domain Status: clientTransferProhibited\n\
            Domain Status: ok\n\
            Name Server: ns1.example\n\
            Name Server: ns2.example\n\
            DNSSEC: unsigned\n";
        assert_eq!(answer(200, MEDIA_TYPE, body), text);
    }

    #[test]
    fn only_what_is_an_answer_is_believed() {
        let free = "false Domain not found: xn--mller-kva.example\n";
        let taken = "true Domain Name: xn--mller-kva.example\n";
        for (status, content_type, body, understood) in [
            (200, "application/json", r#"{"objectClassName": "domain"}"#, taken),
            (200, "", r#"{"objectClassName": "domain", "ldhName": "xn--mller-kva.example."}"#, taken),
            (200, "", r#"{"objectClassName": "domain", "ldhName": "müller.example"}"#, taken),
            (200, MEDIA_TYPE, r#"{"objectClassName": "domain", "ldhName": "other.example"}"#, "something else"),
            (200, MEDIA_TYPE, r#"{"objectClassName": "entity"}"#, "something else"),
            (200, MEDIA_TYPE, "{}", "something else"),
            (200, MEDIA_TYPE, r#"["domain"]"#, "something else"),
            (200, MEDIA_TYPE, r#"{"objectClassName": "domain", "events": 1, "status": null, "entities": [[]]}"#, taken),
            (200, MEDIA_TYPE, r#"{"objectClassName": "domain""#, "EOF"),
            (200, MEDIA_TYPE, "", "EOF"),
            (200, "text/html", "<html>Welcome</html>", "expected value"),
            (404, "application/rdap+json; charset=utf-8", "", free),
            (404, "application/json", r#"{"errorCode": 404, "title": "Not Found"}"#, free),
            (404, "application/json", r#"{"error": "no route"}"#, "HTTP status 404"),
            (404, "text/html", "<html>Not Found</html>", "HTTP status 404"),
            (404, "", "", "HTTP status 404"),
            (400, MEDIA_TYPE, r#"{"errorCode": 400}"#, "HTTP status 400"),
            (429, MEDIA_TYPE, r#"{"errorCode": 429}"#, "HTTP status 429"),
            (503, MEDIA_TYPE, "", "HTTP status 503"),
        ] {
            let answer = answer(status, content_type, body);
            assert!(answer.contains(understood), "{status} {content_type} {body}: {answer}");
        }
    }

    #[test]
    fn statuses_have_their_names_in_epp() {
        for (status, name) in [
            ("active", "ok"),
            ("locked", "locked"),
            ("server update prohibited", "serverUpdateProhibited"),
            ("pending  delete", "pendingDelete"),
            ("", ""),
        ] {
            assert_eq!(epp_status(status), name);
        }
    }
}
