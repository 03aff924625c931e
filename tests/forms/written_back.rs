//! What was read and is written back changes nothing, whatever it is.

use serde_json::{Map, Value};
use whmcs_api::config::{Compat, Entities};
use whmcs_api::domain::entities;

use super::updates::{UPDATES, Update};
use super::{json_parameters, schemas};
use crate::support::{CREDENTIAL, TestApi, post, post_json};

const HOSTILE_TEXTS: &[&str] = &[
    "",
    "0",
    "-",
    "null",
    "O\\'Hara & Sons <b>\"x\"</b> &amp; &#039;",
    "a;b=c\\r\\nsecond line\\ttab",
    "  blanks  ",
    "José 東京 %41+%2B \\\\ ''",
    "+1.4185550199",
    "2026-02-30",
    "a@b, c",
    "O&#039;Hara &amp; Sons &lt;b&gt;&quot;x&quot;&lt;/b&gt;",
    "&amp;lt; &amp;amp; &#39; &copy; &unknown; & &amp",
    "YTowOnt9",
];

#[tokio::test]
async fn changes_nothing() {
    changes_nothing_where_texts_are(Entities::Plain).await;
}

#[tokio::test]
async fn changes_nothing_beside_a_whmcs() {
    changes_nothing_where_texts_are(Entities::Encoded).await;
}

async fn changes_nothing_where_texts_are(entities: Entities) {
    let mut failures = Vec::new();
    for update in UPDATES {
        let api = TestApi::with(Compat { entities, ..Compat::default() }).await;
        api.sql(update.setup).await;
        api.sql(update.fill).await;
        failures.extend(differences(&api, update, "as filled").await);
        // Without one in the call, it is the row of the caller.
        let id = update.call.rsplit_once('=').map_or("1", |(_, id)| id);
        api.sql(&format!("UPDATE {} SET {} WHERE id = {id}", update.table, update.dangling)).await;
        failures.extend(differences(&api, update, "with what is gone").await);
        api.sql(update.fill).await;
        for hostile in HOSTILE_TEXTS {
            let set: Vec<String> = update.texts.iter().map(|column| format!("{column} = '{hostile}'")).collect();
            if !set.is_empty() {
                api.sql(&format!("UPDATE {} SET {} WHERE id = {id}", update.table, set.join(", "))).await;
                failures.extend(differences(&api, update, hostile).await);
            }
        }
    }
    let statuses = ["Draft", "Unpaid", "Paid", "Cancelled", "Refunded", "Collections", "Payment Pending"];
    let invoice = UPDATES.iter().find(|update| update.action() == "UpdateInvoice").unwrap();
    let api = TestApi::with(Compat { entities, ..Compat::default() }).await;
    api.sql(invoice.setup).await;
    for status in statuses {
        api.sql(invoice.fill).await;
        let paid_at = if status == "Paid" { "2026-01-03 04:05:06" } else { "0000-00-00 00:00:00" };
        api.sql(&format!("UPDATE tblinvoices SET status = '{status}', datepaid = '{paid_at}'")).await;
        failures.extend(differences(&api, invoice, status).await);
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Reads the row, writes it back in JSON and as a form, and returns what has changed. HTML entities may take the place of
/// characters the first time.
async fn differences(api: &TestApi, update: &Update, what: &str) -> Vec<String> {
    let mut failures = Vec::new();
    for is_json in [true, false] {
        let is_first = is_json;
        let before = read(api, update).await;
        let mut call = json_parameters(update.call).await;
        call.extend(write_back(update, &before));
        let reply = if is_json { post_json(&api.router, call).await.1 } else { post_form(api, &call).await };
        let after = read(api, update).await;
        let are_equal = |one: &Value, other: &Value| match is_first {
            true => decoded(one) == decoded(other),
            false => one == other,
        };
        if reply["result"] != "success" || !are_equal(&after, &before) {
            let changed =
                before.as_object().unwrap().iter().filter(|(key, value)| !are_equal(&after[key.as_str()], value));
            let changed: Vec<String> =
                changed.map(|(key, value)| format!("{key}: {value} became {}", after[key.as_str()])).collect();
            failures.push(format!("{} ({what:?}, JSON {is_json}): {reply} {changed:?}", update.action()));
        }
    }
    failures
}

/// Returns a reply with its texts as they mean.
fn decoded(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(entities::decoded(text).into_owned()),
        Value::Array(values) => values.iter().map(decoded).collect(),
        Value::Object(values) => values.iter().map(|(key, value)| (key.clone(), decoded(value))).collect(),
        value => value.clone(),
    }
}

async fn read(api: &TestApi, update: &Update) -> Value {
    api.reply(&format!("action={}", update.read)).await.pointer(update.at).unwrap().clone()
}

/// Returns the parameters that a reply has values for.
fn write_back(update: &Update, read: &Value) -> Map<String, Value> {
    let schemas = schemas(update.action());
    let named = read.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    let mut parameters: Map<String, Value> = named
        .filter_map(|(key, value)| {
            let renamed = update.renamed.iter().find(|(told, _)| told == key);
            let name = renamed.map_or(key.as_str(), |(_, parameter)| *parameter);
            let names_the_row = update.call.contains(&format!("&{name}="));
            (schemas.contains_key(name) && !names_the_row).then(|| (name.to_owned(), value.clone()))
        })
        .collect();
    parameters.extend((update.others)(read).into_iter().map(|(name, value)| (name.to_owned(), value)));
    parameters
}

async fn post_form(api: &TestApi, call: &Map<String, Value>) -> Value {
    let mut pairs = Vec::new();
    call.iter().for_each(|(name, value)| flatten(name, value, &mut pairs));
    let form = serde_urlencoded::to_string(pairs).unwrap();
    serde_json::from_str(&post(&api.router, &format!("{CREDENTIAL}&{form}")).await.1).unwrap()
}

/// Writes a value as a form has it: `name[key]` for the entries of an object or an array.
fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(values) => {
            values.iter().for_each(|(key, value)| flatten(&format!("{name}[{key}]"), value, pairs));
        }
        Value::Array(values) => {
            (0..).zip(values).for_each(|(key, value): (usize, _)| flatten(&format!("{name}[{key}]"), value, pairs));
        }
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        value => pairs.push((name.to_owned(), value.to_string())),
    }
}
