//! Ids that are 0: replies say so for no row, and callers write back what they have read.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use whmcs_api::actions::{Access, ActionEntry, CATALOGUE};

use super::{Demo, Sequence, base, differences, equal_effects, is_nullable, parameters, post, rewrite, schemas};
use crate::support::{TestApi, post_json};

fn is_id(schema: &Value) -> bool {
    let is_integer =
        schema["type"] == "integer" || schema["type"].as_array().is_some_and(|types| types[1] == "integer");
    is_integer && (schema["minimum"] == 1 || schema["format"] == "int64")
}

/// Returns the names of an action's optional ids. That of SendEmail is required, although it is not documented so.
fn optional_ids(entry: &ActionEntry) -> BTreeSet<String> {
    let is_required = |name: &str| entry.required().contains(&name) || (&*entry.name, name) == ("SendEmail", "id");
    parameters(&entry.name, is_id).into_iter().filter(|name| !is_required(name)).collect()
}

/// Sets the values of these parameters, also in arrays.
fn set(parameters: &mut Map<String, Value>, names: &BTreeSet<String>, value: &Value) {
    let named = parameters.iter_mut().filter(|(name, _)| names.contains(base(name)));
    named.for_each(|(_, old)| set_value(old, value));
}

fn set_value(old: &mut Value, value: &Value) {
    match old {
        Value::Object(values) => values.values_mut().for_each(|old| set_value(old, value)),
        Value::Array(values) => values.iter_mut().for_each(|old| set_value(old, value)),
        old => old.clone_from(value),
    }
}

/// What cannot be nobody is as if it was not sent; the others are stored as nobody, as by `null`.
fn remove(parameters: &mut Map<String, Value>, action: &str, names: &BTreeSet<String>) {
    let schemas = schemas(action);
    let can_be_nobody = |name: &str| schemas.get(name).is_some_and(|schema| is_nullable(schema));
    parameters.retain(|name, _| !names.contains(base(name)) || can_be_nobody(name));
    set(parameters, names, &Value::Null);
}

/// `7.0`, as programs write numbers that they compute with.
#[tokio::test]
async fn have_the_same_effect_in_every_form() {
    fn is_number(value: &str) -> bool {
        value.parse::<i64>().is_ok()
    }
    let padded = |value: &str| if is_number(value) { format!(" {value}.0\u{a0}") } else { value.to_owned() };
    let with_exponent = |value: &str| if is_number(value) { format!("+0{value}e0") } else { value.to_owned() };
    equal_effects(is_id, str::to_owned, &[padded, with_exponent]).await;
}

#[tokio::test]
async fn in_writes_are_not_given_or_nobody() {
    let mut failures = Vec::new();
    let mut walked = 0;
    for entry in CATALOGUE.iter().filter(|entry| entry.access == Access::Write) {
        let all = optional_ids(entry);
        let each = all.iter().map(|name| (BTreeSet::from([name.clone()]), json!(0)));
        let together = [json!(" 0.0 "), json!(0.0), json!(false)];
        let together = together.into_iter().filter(|_| all.len() > 1).map(|zero| (all.clone(), zero));
        for (names, zero) in each.chain(together) {
            let sequence = Sequence::of(entry, &names);
            let expected = sequence.effect_in_json(&|call| remove(call, &entry.name, &names)).await;
            let effect = sequence.effect_in_json(&|call| set(call, &names, &zero)).await;
            let differences = differences(&expected, &effect);
            failures.extend(differences.map(|difference| format!("{} {names:?}={zero}: {difference}", entry.name)));
            walked += 1;
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
    assert!(walked > 40, "{walked}");
}

/// The action whose ids filter nothing: they choose a currency, for which there is a default.
const NO_FILTERS: &str = "GetTLDPricing";

/// A filter that is 0 finds what belongs to nothing, and never everybody's.
#[tokio::test]
async fn in_filters_do_not_find_everything() {
    let mut failures = Vec::new();
    let demo = Demo::new(&[]).await;
    for entry in CATALOGUE.iter().filter(|entry| entry.access == Access::Read) {
        for name in optional_ids(entry).into_iter().filter(|_| entry.name != NO_FILTERS) {
            let names = BTreeSet::from([name.clone()]);
            let sequence = Sequence::of(entry, &names);
            let call = sequence.own.last().unwrap();
            let reply = async |form: &dyn Fn(&str, &str) -> String| {
                let call = rewrite(call, &names, form);
                post(&demo.router, &format!("{}&action={call}", Demo::credential())).await.1
            };
            let everything = reply(&|_, _| String::new()).await;
            let of_nothing = reply(&|name, _| format!("{name}=0")).await;
            if everything == of_nothing && everything.contains(r#""result":"success""#) {
                failures.push(format!("{call}, {name}=0: {everything}"));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// The calls that were seen, and what they store.
#[tokio::test]
async fn are_stored_as_nobody() {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/tickets.sql")).await;
    api.sql(
        "INSERT INTO tblinvoices (id, userid, status) VALUES (1, 1, 'Unpaid'); UPDATE tblclients SET groupid = 1;
         INSERT INTO tblclientgroups (id, groupname) VALUES (1, 'Friends')",
    )
    .await;
    let guest = "name=Gus&email=gus@example.com&deptid=1&subject=x&message=x";
    for (request, columns, rest, row) in [
        (&*format!("OpenTicket&clientid=0&contactid=0&{guest}"), "userid, name", "tbltickets", "0 | Gus"),
        (&format!("OpenTicket&userid=0&serviceid=0&domainid=0&{guest}"), "service", "tbltickets", ""),
        (
            "AddTicketReply&ticketid=1&clientid=1&contactid=0&message=x",
            "userid, contactid",
            "tblticketreplies",
            "1 | 0",
        ),
        (
            "UpdateTicket&ticketid=1&flag=0&deptid=0&userid=0",
            "userid, did, flag",
            "tbltickets WHERE id = 1",
            "1 | 1 | 0",
        ),
        ("UpdateClient&clientid=1&groupid=0&currency=0", "groupid, currency", "tblclients WHERE id = 1", "0 | 1"),
        (
            "AddTransaction&userid=1&invoiceid=0&currencyid=0&paymentmethod=paypal&amountin=1",
            "userid, invoiceid, currency",
            "tblaccounts",
            "1 | 0 | 0",
        ),
        ("AddCredit&clientid=1&amount=1&adminid=0", "clientid, admin_id", "tblcredit", "1 | 1"),
        ("LogActivity&clientid=0&userid=2&description=x", "userid", "tblactivitylog", "2"),
        ("LogActivity&clientid=0&userid=0&description=x", "userid", "tblactivitylog", "0"),
    ] {
        api.reply(&format!("action={request}")).await;
        let ordered = if rest.contains("WHERE") { rest.to_owned() } else { format!("{rest} ORDER BY id DESC LIMIT 1") };
        assert_eq!(api.rows(columns, &ordered).await, [row], "{request}");
    }
}

/// A required id that is 0 has the documented error of one that does not exist, and so does -1 always.
#[tokio::test]
async fn that_are_required_or_negative_are_not_found() {
    let api = TestApi::new().await;
    for (request, message) in [
        ("AddCredit&clientid=0&amount=1", "Client ID Not Found"),
        ("UpdateTicket&ticketid=0", "Ticket ID Not Found"),
        ("AddOrder&clientid=0&paymentmethod=paypal", "Client ID Not Found"),
        ("ModuleSuspend&serviceid=0", "Service ID not found"),
        ("GetClientsDetails&clientid=0", "Client Not Found"),
        ("UpdateClient&clientid=1&groupid=-1", "Client Group ID Not Found"),
        ("AddCredit&clientid=1&amount=1&adminid=-1", "Admin ID Not Found"),
    ] {
        api.refuse(&format!("action={request}"), message).await;
    }
    let call = json!({"action": "AddCredit", "clientid": 0, "amount": 1});
    let (_, reply) = post_json(&api.router, call.as_object().unwrap().clone()).await;
    assert_eq!(reply["message"], "Client ID Not Found");
}
