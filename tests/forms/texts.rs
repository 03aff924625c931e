//! Texts, which are stored with HTML entities beside a WHMCS: its pages show them as they are stored.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Column, Row};
use whmcs_api::actions::{Access, CATALOGUE};
use whmcs_api::config::{Compat, Entities, Settings};
use whmcs_api::demo;

use super::{Sequence, base, is_placeholder, pair, parameters, replies, rewrite};
use crate::support::module::Module;
use crate::support::{CREDENTIAL, TestApi, post, settings_with_keys};

/// Parameters that choose something by its name, or have a form of their own: they cannot have any text.
const WORDS: [&str; 73] = [
    "addons",
    "addonsqty",
    "adminusername",
    "affid",
    "assignedips",
    "auto_registrar",
    "autosetup",
    "billingcycle",
    "card_expiry",
    "card_issue_number",
    "card_start",
    "cc",
    "clientApiIdentifier",
    "clientemail",
    "clientip",
    "code",
    "color",
    "created",
    "currency_code",
    "customtype",
    "cycles",
    "date",
    "dedicatedip",
    "destination",
    "display_after",
    "domain",
    "events",
    "extension",
    "func_name",
    "gateway",
    "gateway_module_name",
    "grantType",
    "group",
    "hostname",
    "idnlanguage",
    "ip",
    "ipaddress",
    "kind",
    "language",
    "messagename",
    "module",
    "moduleName",
    "moduleType",
    "nameserver1",
    "nameserver2",
    "nameserver3",
    "nameserver4",
    "nameserver5",
    "newGateway",
    "newtag",
    "ns1",
    "ns1prefix",
    "ns2",
    "ns2prefix",
    "ns3",
    "ns4",
    "ns5",
    "paymentmethod",
    "paytype",
    "permissions",
    "phonenumber",
    "promocode",
    "redirectUri",
    "registrar",
    "scope",
    "setting",
    "slug",
    "sso_redirect_path",
    "status",
    "subdomain",
    "ticketnum",
    "type",
    "unset",
];

/// Texts that the declared calls do not store: the other test here sends these, or they are sealed.
const ELSEWHERE: [(&str, &str); 17] = [
    ("AddOrder", "eppcode"),
    ("AddPayMethod", "bank_account_type"),
    ("AddPayMethod", "bank_name"),
    ("AddWebhook", "description"),
    ("AddWebhook", "url"),
    ("SendAdminEmail", "customsubject"),
    ("SendEmail", "customsubject"),
    ("TriggerNotificationEvent", "message"),
    ("TriggerNotificationEvent", "status"),
    ("TriggerNotificationEvent", "statusStyle"),
    ("TriggerNotificationEvent", "url"),
    ("UpdateInvoice", "itemdescription"),
    ("UpdatePayMethod", "bank_account_type"),
    ("UpdatePayMethod", "bank_name"),
    ("UpdateWebhook", "description"),
    ("UpdateWebhook", "url"),
    ("ValidateLogin", "email"),
];

/// Whether a parameter can have any text.
pub fn is_text(schema: &Value) -> bool {
    let has = |key| schema.get(key).is_some();
    schema["type"] == "string" && !["enum", "pattern", "format", "contentMediaType"].into_iter().any(has)
}

fn encoding() -> Settings {
    let writable = vec!["*".to_owned()];
    let compat = Compat { entities: Entities::Encoded, configuration_writable: writable, ..Compat::default() };
    Settings { compat, ..settings_with_keys() }
}

/// The mark of a parameter, which no table may contain as it is.
fn mark(name: &str) -> String {
    format!("<{}>", base(name))
}

/// The calls that the tests of the actions declare, with a mark in each of their texts. Each mark is stored, encoded.
#[tokio::test]
async fn are_stored_with_entities_beside_a_whmcs() {
    let mut failures = Vec::new();
    for entry in CATALOGUE.iter().filter(|entry| entry.access == Access::Write) {
        let is_tested_here = |name: &String| !WORDS.contains(&&**name) && !ELSEWHERE.contains(&(&*entry.name, &**name));
        let names: BTreeSet<String> = parameters(&entry.name, is_text).into_iter().filter(is_tested_here).collect();
        if names.is_empty() {
            continue;
        }
        let sequence = Sequence::of(entry, &names);
        let (mut settings, module) = (encoding(), Module::start().await);
        settings.modules.insert("cpanel".to_owned(), module.settings());
        settings.registrars.insert("enom".to_owned(), module.registrar());
        demo::add_stand_ins(&mut settings).await.unwrap();
        let api = TestApi::with_settings(settings).await;
        api.sql(sequence.setup).await;
        let marked = |name: &str, value: &str| match is_placeholder(value) {
            true => pair(name, value),
            false => pair(name, &(value.to_owned() + &mark(name))),
        };
        let own: Vec<String> = sequence.own.iter().map(|call| rewrite(call, &names, &marked)).collect();
        let effect = replies(&api.router, CREDENTIAL, &sequence.before, &own).await;
        let refused = effect.iter().filter(|(_, reply)| reply.contains(r#""result":"error""#));
        failures.extend(refused.map(|(call, reply)| format!("{own:?}:\n    {call}: {reply}")));
        let stored = stored_texts(&api).await;
        for name in &names {
            let (raw, encoded) = (mark(name), format!("&lt;{name}&gt;"));
            let places = |text: &str| {
                stored.iter().filter(|(_, value)| value.contains(text)).map(|(place, _)| place).collect::<Vec<_>>()
            };
            let leaks = places(&raw);
            if !leaks.is_empty() {
                failures.push(format!("{}: {name} is stored as it was sent in {leaks:?}", entry.name));
            }
            if places(&encoded).is_empty() {
                failures.push(format!("{}: {name} is not stored", entry.name));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Every value in the tables of WHMCS except the log of calls, with its column.
async fn stored_texts(api: &TestApi) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for table in api.rows("table_name", "information_schema.tables WHERE table_schema = DATABASE()").await {
        if table.starts_with("mod_whmcs_api_") || table == "tblapilog" {
            continue;
        }
        let rows = sqlx::raw_sql(AssertSqlSafe(format!("SELECT * FROM `{table}`"))).fetch_all(&api.pool).await.unwrap();
        for row in &rows {
            for column in row.columns() {
                let value: Option<Vec<u8>> = row.try_get_unchecked(column.ordinal()).unwrap();
                let text = String::from_utf8_lossy(&value.unwrap_or_default()).into_owned();
                values.push((format!("{table}.{}", column.name()), text));
            }
        }
    }
    values
}

/// Returns base64 of `{id: text}` as PHP serializes it, percent-encoded.
fn serialized(id: i64, text: &str) -> String {
    use base64::Engine;
    let php = format!("a:1:{{i:{id};s:{}:\"{text}\";}}", text.len());
    base64::prelude::BASE64_STANDARD.encode(php).replace('+', "%2B").replace('=', "%3D")
}

/// What is within arrays and base64 is encoded, HTML and passwords are not, and what was stored is found again by what was
/// sent.
#[tokio::test]
async fn are_found_again_by_what_was_sent() {
    let api = TestApi::with_settings(encoding()).await;
    api.sql(include_str!("../support/fixtures/shop.sql")).await;
    api.sql(
        "INSERT INTO tblcustomfields (id, type, relid, fieldname, fieldtype) VALUES (900, 'client', 0, 'Motto', 'text'); \
         INSERT INTO tbladminroles (id, name, systememails) VALUES (1, 'Full', 1); \
         UPDATE tbladmins SET roleid = 1, email = 'alice@atlantic.example' WHERE id = 1",
    )
    .await;
    let (text, sent) = ("<b>\"R&D\"'", "%3Cb%3E%22R%26D%22%27");
    let stored = "&lt;b&gt;&quot;R&amp;D&quot;&#039;";
    let mail = "o%27neil%26co@example.com";
    for (call, columns, rest, expected) in [
        (
            format!("UpdateClient&clientid=1&customfields={}", serialized(900, text)),
            "value",
            "tblcustomfieldsvalues WHERE fieldid = 900",
            stored,
        ),
        (
            format!("UpdateClient&clientid=1&customfields[900]=2{sent}"),
            "value",
            "tblcustomfieldsvalues WHERE fieldid = 900",
            &format!("2{stored}"),
        ),
        (
            format!("UpdateClient&clientid=1&firstname={sent}&email={mail}"),
            "CONCAT(firstname, email)",
            "tblclients WHERE id = 1",
            &format!("{stored}o&#039;neil&amp;co@example.com"),
        ),
        (
            format!("AddContact&clientid=1&firstname={sent}&email={mail}"),
            "CONCAT(firstname, email)",
            "tblcontacts ORDER BY id DESC LIMIT 1",
            &format!("{stored}o&#039;neil&amp;co@example.com"),
        ),
        (
            "AddPromoCode&promoaction=create&code=A%26B&type=Percentage&value=10&cycles=Monthly".to_owned(),
            "code",
            "tblpromotions ORDER BY id DESC LIMIT 1",
            "A&amp;B",
        ),
        (format!("LogActivity&description={sent}"), "description", "tblactivitylog ORDER BY id DESC LIMIT 1", stored),
        (
            format!(
                "SendEmail&id=1&customtype=general&customsubject={sent}+for+%7B%24client_first_name%7D&custommessage=%3Cb%3EHi%3C/b%3E+%7B%24x%7D&customvars[x]=%3Ci%3Ex%3C/i%3E"
            ),
            "CONCAT(subject, '|', message)",
            "tblemails ORDER BY id DESC LIMIT 1",
            &format!("{stored} for {stored}|<b>Hi</b> <i>x</i>"),
        ),
        (
            format!("CreateInvoice&userid=1&itemdescription1={sent}&itemamount1=5"),
            "description",
            "tblinvoiceitems ORDER BY id DESC LIMIT 1",
            stored,
        ),
        (
            format!("SendAdminEmail&customsubject={sent}&custommessage=%3Cb%3EHi%3C/b%3E&type=system"),
            "CONCAT(subject, '|', message)",
            "tblemails ORDER BY id DESC LIMIT 1",
            &format!("{stored}|<b>Hi</b>"),
        ),
        (
            format!(
                "AddOrder&clientid=1&paymentmethod=paypal&domain[0]=example.com&domaintype[0]=transfer&regperiod[0]=1&eppcode[0]={sent}"
            ),
            "transfersecret LIKE '%&lt;b&gt;%' AND transfersecret NOT LIKE '%<%'",
            "tblorders ORDER BY id DESC LIMIT 1",
            "1",
        ),
    ] {
        let (status, body) = api.send(&format!("action={call}")).await;
        assert!(status == 200 && body.contains(r#""result":"success""#), "{call}: {body}");
        assert_eq!(api.rows(columns, rest).await, [expected], "{call}");
    }
    assert_eq!(api.rows("description", "tblactivitylog WHERE description REGEXP '[<>]'").await, Vec::<String>::new());
    let line =
        api.rows("MAX(id)", "tblinvoiceitems WHERE description = '&lt;b&gt;&quot;R&amp;D&quot;&#039;'").await.remove(0);
    let invoice = api.rows("invoiceid", &format!("tblinvoiceitems WHERE id = {line}")).await.remove(0);
    let lines = format!("itemdescription[{line}]=%3Ci%3E&itemamount[{line}]=5&itemtaxed[{line}]=0");
    api.reply(&format!("action=UpdateInvoice&invoiceid={invoice}&{lines}")).await;
    assert_eq!(api.rows("description", &format!("tblinvoiceitems WHERE id = {line}")).await, ["&lt;i&gt;"]);
    for (call, found) in [
        ("GetClients&search=%3Cb%3E%22R%26D", r#""totalresults":1"#),
        ("GetClients&search=o%27neil%26", r#""totalresults":1"#),
        (&format!("GetClientsDetails&email={mail}"), r#""result":"success""#),
        (&format!("UpdateClient&clientemail={mail}&city=X"), r#""result":"success""#),
        (&format!("GetContacts&email={mail}"), r#""totalresults":1"#),
        (&format!("GetContacts&firstname={sent}"), r#""totalresults":1"#),
        ("GetPromotions&code=A%26B", r#""totalresults":1"#),
        ("GetActivityLog&description=%3Cb%3E%22R%26D", r#""totalresults":2"#),
        ("GetEmails&clientid=1&subject=R%26D", r#""totalresults":1"#),
    ] {
        let (_, body) = post(&api.router, &format!("{CREDENTIAL}&action={call}")).await;
        let body = body.replace("\"totalresults\":\"1\"", "\"totalresults\":1");
        assert!(body.contains(found), "{call}: {body}");
    }
    // A user with such an address and password can log in, and the address cannot be taken twice.
    let owner = "firstname=A&lastname=B&address1=C&city=D&state=E&postcode=F&country=US&phonenumber=5551234";
    let new = format!("action=AddClient&{owner}&email=x{mail}&password2={sent}");
    api.reply(&new).await;
    api.reply(&format!("action=ValidateLogin&email=x{mail}&password2={sent}")).await;
    let (_, body) = api.send(&new).await;
    assert!(body.contains("already exists"), "{body}");
}

/// Rows that were stored without entities are written back, or with a text in another form.
#[tokio::test]
async fn another_form_is_no_change() {
    let api = TestApi::with_settings(encoding()).await;
    api.sql(include_str!("../support/fixtures/tickets.sql")).await;
    api.sql(
        "INSERT INTO tblticketstatuses (title) VALUES ('On & Off'); DELETE FROM tblticketlog; \
         UPDATE tbltickets SET title = 'R&D <x>', status = 'On & Off' WHERE id = 1",
    )
    .await;
    for (subject, is_change) in [("R%26D+<x>", false), ("R%26amp;D+%26lt;x%26gt;", false), ("R%26D", true)] {
        let subject = subject.replace('<', "%3C").replace('>', "%3E").replace(';', "%3B");
        api.reply(&format!("action=UpdateTicket&ticketid=1&status=On+%26amp%3B+Off&subject={subject}")).await;
        let changes = api.rows("action", "tblticketlog WHERE action LIKE '%hanged%'").await;
        assert_eq!(changes.len(), usize::from(is_change), "{subject}: {changes:?}");
    }
    assert_eq!(api.rows("title", "tbltickets WHERE id = 1").await, ["R&amp;D"]);
}
