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
use crate::support::{CREDENTIAL, Replies, TestApi, post};

/// Tables of the program itself, and logs, which plans leave out.
fn is_left_out(table: &str) -> bool {
    table.starts_with("mod_whmcs_api_") || ["tblactivitylog", "tblapilog"].contains(&table)
}

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

/// What is wrong with the plan of a call, which is carried out.
async fn flaws(
    api: &TestApi,
    call: &str,
    tables: &BTreeMap<String, Table>,
    replies: &mut Replies,
    secret: &BTreeSet<(String, String)>,
) -> Vec<String> {
    let (action, _) = call.split_once('&').unwrap_or((call, ""));
    let mut arguments = json_parameters(call).await;
    arguments.remove("action");
    let arguments = Value::from(arguments);
    let before = rows(api, tables).await;
    let (failed, text) = tool(api, "plan", json!({"action": action, "arguments": arguments})).await;
    let plan: Value = serde_json::from_str(&text).unwrap_or_default();
    if failed || plan["would_change"].is_null() {
        let (_, body) = post(&api.router, &format!("{CREDENTIAL}&action={call}")).await;
        let reply = serde_json::from_str(&body).unwrap();
        replies.keep(&reply);
        let is_refused = reply["result"] == "error" || text.contains("plan_impossible");
        return if failed && !is_refused {
            vec![format!("{text} {:?}", crate::support::failures::last())]
        } else {
            Vec::new()
        };
    }
    let (failed, text) = confirm(api, action, &arguments, &plan["digest"]).await;
    if failed {
        return vec![format!("it was not confirmed: {text}")];
    }
    replies.keep(&serde_json::from_str(&text).unwrap());
    let done = done(&before, &rows(api, tables).await);
    let (planned, mut flaws) = planned(&plan, secret);
    // What modules and others answer comes after the commit.
    let is_all = plan["would_change"]["would_send"].as_array().unwrap().is_empty();
    let is_told = |(change, count): (&String, &usize)| planned.get(change).is_some_and(|told| told == count);
    let is_done = |(change, count): (&String, &usize)| done.get(change).is_some_and(|done| done == count);
    if !planned.iter().all(is_done) || (is_all && !done.iter().all(is_told)) {
        flaws.push(format!("it did {done:?},\n    and the plan had {planned:?} {}", plan["would_change"]["also"]));
    }
    flaws
}

#[tokio::test]
async fn every_write_does_what_its_plan_says() {
    let mut all = Vec::new();
    let mut secret = BTreeSet::new();
    for entry in CATALOGUE.iter().filter(|entry| entry.access == Access::Write) {
        let (_, calls) = CALLS.iter().find(|(name, _)| *name == entry.name).unwrap();
        let (api, _module) = prepare(calls.setup).await;
        api.sql("INSERT INTO mod_whmcs_api_agents (credential_id, may_write) VALUES (1, 1)").await;
        if secret.is_empty() {
            secret = secret_columns(&api).await;
        }
        let (tables, mut replies) = (tables(&api).await, Replies::default());
        for call in calls.writing {
            let call = replies.fill_in(call);
            let flaws = flaws(&api, &call, &tables, &mut replies, &secret).await;
            all.extend(flaws.into_iter().map(|flaw| format!("{call}:\n    {flaw}")));
        }
        keep(api.database);
    }
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
}
