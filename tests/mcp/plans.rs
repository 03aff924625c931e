//! Plans of every action that writes, compared with what it then does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row};
use whmcs_api::actions::{Access, CATALOGUE};

use super::agent::tool;
use super::secrets::secret_columns;
use super::writing::confirm;
use crate::actions::CALLS;
use crate::forms::{json_parameters, keep, prepare};
use crate::support::{CREDENTIAL, Replies, TestApi, failures, post};

/// Tables of the program itself, and logs, which plans leave out.
fn is_left_out(table: &str) -> bool {
    table.starts_with("mod_whmcs_api_") || ["tblactivitylog", "tblapilog"].contains(&table)
}

/// Actions of which no call is planned here: they ask a registrar, a gateway or a fraud check first. Of the orders, those of a service
/// are not planned.
const UNPLANNED: [&str; 8] = [
    "DomainRequestEPP",
    "DomainToggleIdProtect",
    "DomainUpdateLockingStatus",
    "DomainUpdateNameservers",
    "DomainUpdateWhoisInfo",
    "OrderFraudCheck",
    "DeletePayMethod",
    "UpdatePayMethod",
];
/// Orders are checked by nobody.
const NO_FRAUD_CHECK: &str =
    "INSERT INTO mod_whmcs_api_inactive_modules (kind, name, since) VALUES ('fraud', 'maxmind', NOW())";
/// Further rows of the client who is deleted, so that each statement finds some.
const BELONGINGS: &str = "INSERT INTO tblhosting (id, userid) VALUES (7001, 1001); \
    INSERT INTO tblhostingaddons (hostingid, userid) VALUES (7001, 1001); \
    INSERT INTO tblhostingconfigoptions (relid, configid, optionid) VALUES (7001, 1, 1); \
    INSERT INTO tblcancelrequests (relid, reason, type) VALUES (7001, 'x', 'Immediate'); \
    INSERT INTO tblmodulequeue (service_type, service_id) VALUES ('service', 7001); \
    INSERT INTO tblinvoices (id, userid) VALUES (7001, 1001); INSERT INTO tblinvoiceitems (invoiceid) VALUES (7001); \
    INSERT INTO tblaccounts (userid) VALUES (1001), (1002); \
    INSERT INTO tbltickets (id, userid) VALUES (7001, 1001); INSERT INTO tblticketnotes (ticketid) VALUES (7001); \
    INSERT INTO tblticketreplies (tid, userid) VALUES (7001, 1001), (7001, 0)";

/// The columns of a table, and those that are its key.
type Table = (Vec<String>, Vec<String>);

async fn tables(api: &TestApi) -> BTreeMap<String, Table> {
    let columns = "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR), column_key = 'PRI' FROM information_schema.columns \
                   WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position";
    let columns: Vec<(String, String, bool)> = sqlx::query_as(columns).fetch_all(&api.pool).await.unwrap();
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (table, column, is_key) in columns.into_iter().filter(|(table, ..)| !is_left_out(table)) {
        let (all, key) = tables.entry(table).or_default();
        if is_key {
            key.push(format!("`{column}`"));
        }
        all.push(format!("QUOTE(`{column}`)"));
    }
    tables
}

/// The next number of each table that the database numbers.
async fn next_numbers(api: &TestApi, tables: &BTreeMap<String, Table>) -> BTreeMap<String, String> {
    let show = |table: &String| format!("SHOW CREATE TABLE `{table}`;");
    let statements: String = tables.keys().map(show).collect();
    let found = sqlx::raw_sql(AssertSqlSafe(statements)).fetch_all(&api.pool).await.unwrap();
    let number = |row: &sqlx::mysql::MySqlRow| {
        let text: String = row.get(1);
        let (_, rest) = text.split_once(" AUTO_INCREMENT=")?;
        Some((row.get(0), rest.split(' ').next()?.to_owned()))
    };
    found.iter().filter_map(number).collect()
}

/// The rows of all tables, by table and key.
type Rows = BTreeMap<(String, String), String>;

async fn rows(api: &TestApi, tables: &BTreeMap<String, Table>) -> Rows {
    let select = |(table, (columns, key)): (&String, &Table)| {
        let (columns, key) = (columns.join(", "), key.join(", "));
        format!("SELECT '{table}', CONCAT_WS('/', {key}), CONCAT_WS('|', {columns}) FROM `{table}`;")
    };
    let statements: String = tables.iter().map(select).collect();
    let found = sqlx::raw_sql(AssertSqlSafe(statements)).fetch_all(&api.pool).await.unwrap();
    let text = |row: &sqlx::mysql::MySqlRow, index| {
        String::from_utf8_lossy(&row.try_get_unchecked::<Vec<u8>, _>(index).unwrap()).into_owned()
    };
    found.iter().map(|row| ((text(row, 0), text(row, 1)), text(row, 2))).collect()
}

/// How often something happens to the rows of a table, or to one of them.
type Changes = BTreeMap<String, usize>;

fn add(changes: &mut Changes, table: &str, change: &str, row: &str) {
    let row = if change == "insert" { "" } else { row };
    *changes.entry(format!("{change} {table} {row}")).or_default() += 1;
}

/// What has happened to rows.
fn done(before: &Rows, after: &Rows) -> Changes {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut changes = Changes::new();
    for key @ (table, row) in keys {
        match (before.get(key), after.get(key)) {
            (None, _) => add(&mut changes, table, "insert", row),
            (_, None) => add(&mut changes, table, "delete", row),
            (old, new) if old != new => add(&mut changes, table, "update", row),
            _ => {}
        }
    }
    changes
}

/// What a plan says will happen to rows, and which of its values are secrets in plain.
fn planned(plan: &Value, secret: &BTreeSet<(String, String)>) -> (Changes, Vec<String>) {
    let (mut changes, mut told) = (Changes::new(), Vec::new());
    for change in plan["would_change"]["changes"].as_array().unwrap() {
        let text = |field: &str| change[field].as_str().unwrap();
        add(&mut changes, text("table"), text("change"), text("row"));
        for (column, values) in change["columns"].as_object().unwrap() {
            let is_secret = secret.contains(&(text("table").to_owned(), column.clone()));
            let is_hidden = |value: &Value| value.is_null() || value == "" || value == "⟦(hidden)⟧";
            if is_secret && !values.as_array().unwrap().iter().all(is_hidden) {
                told.push(format!("{}.{column}: {values}", text("table")));
            }
        }
    }
    (changes, told)
}

/// What is wrong with the plan of a call, which is carried out; `None` if it has none.
async fn flaws(
    api: &TestApi,
    call: &str,
    tables: &BTreeMap<String, Table>,
    replies: &mut Replies,
    secret: &BTreeSet<(String, String)>,
) -> Option<Vec<String>> {
    let (action, _) = call.split_once('&').unwrap_or((call, ""));
    let mut arguments = json_parameters(call).await;
    arguments.remove("action");
    let arguments = Value::from(arguments);
    let before = rows(api, tables).await;
    let numbers = next_numbers(api, tables).await;
    let (failed, text) = tool(api, "plan", json!({"action": action, "arguments": arguments})).await;
    let plan: Value = serde_json::from_str(&text).unwrap_or_default();
    let mut after = next_numbers(api, tables).await;
    // MariaDB skips the number 2 of a table in which one number was given.
    after.retain(|table, _| numbers.get(table).is_none_or(|number| number != "2"));
    let used_up: Vec<_> = after.iter().filter(|(table, number)| numbers.get(*table) != Some(number)).collect();
    assert!(used_up.is_empty(), "numbers were used up by a plan of {call}: {used_up:?}");
    if failed || plan["would_change"].is_null() {
        let (_, body) = post(&api.router, &format!("{CREDENTIAL}&action={call}")).await;
        let reply = serde_json::from_str(&body).unwrap();
        replies.keep(&reply);
        let is_refused = reply["result"] == "error" || text.contains("plan_impossible");
        return (failed && !is_refused).then(|| vec![format!("{text} {:?}", failures::last())]);
    }
    let (failed, text) = confirm(api, action, &arguments, &plan["digest"]).await;
    if failed {
        return Some(vec![format!("it was not confirmed: {text}")]);
    }
    replies.keep(&serde_json::from_str(&text).unwrap());
    let done = done(&before, &rows(api, tables).await);
    let (planned, mut flaws) = planned(&plan, secret);
    let counted = counted(&plan);
    // What modules and others answer comes after the commit.
    let is_all = plan["would_change"]["would_send"].as_array().unwrap().is_empty();
    let is_told = |(change, count): (&String, &usize)| {
        planned.get(change).is_some_and(|told| told == count) || change.split(' ').any(|word| counted.contains(word))
    };
    let is_done = |(change, count): (&String, &usize)| done.get(change).is_some_and(|done| done == count);
    if !planned.iter().all(is_done) || (is_all && !done.iter().all(is_told)) {
        flaws.push(format!("it did {done:?},\n    and the plan had {planned:?} {}", plan["would_change"]["also"]));
    }
    Some(flaws)
}

/// Tables of which a plan tells only how many rows change.
fn counted(plan: &Value) -> BTreeSet<&str> {
    let words = plan["would_change"]["also"].as_array().unwrap().iter();
    words.filter_map(|words| words.as_str()?.split([' ', ':']).nth(1)).collect()
}

#[tokio::test]
async fn every_write_does_what_its_plan_says() {
    let (mut all, mut unplanned) = (Vec::new(), Vec::new());
    let mut secret = BTreeSet::new();
    for entry in CATALOGUE.iter().filter(|entry| entry.access == Access::Write) {
        let (_, calls) = CALLS.iter().find(|(name, _)| *name == entry.name).unwrap();
        let (api, _module) = prepare(calls.setup).await;
        api.sql("INSERT INTO mod_whmcs_api_agents (credential_id, may_write) VALUES (1, 1)").await;
        if secret.is_empty() {
            secret = secret_columns(&api).await;
        }
        match &*entry.name {
            "AddOrder" => api.sql(NO_FRAUD_CHECK).await,
            "DeleteClient" => api.sql(BELONGINGS).await,
            _ => {}
        }
        let (tables, mut replies) = (tables(&api).await, Replies::default());
        let mut is_planned = false;
        for call in calls.writing {
            let call = replies.fill_in(call);
            let flaws = flaws(&api, &call, &tables, &mut replies, &secret).await;
            is_planned |= flaws.is_some() && call.split('&').next() == Some(&*entry.name);
            all.extend(flaws.into_iter().flatten().map(|flaw| format!("{call}:\n    {flaw}")));
        }
        if !is_planned {
            unplanned.push(entry.name.as_ref());
        }
        keep(api.database);
    }
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
    assert_eq!(unplanned, UNPLANNED);
}
