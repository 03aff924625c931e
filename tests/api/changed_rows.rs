//! Replies from memory are those that would be made anew, whatever has changed in the database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use sqlx::AssertSqlSafe;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::doctor::needs::NEEDS;

use super::shared_replies::{kept_actions, without_memory};
use crate::actions::orders::get_products::with_products;
use crate::support::{CREDENTIAL, TestApi, all, post, serve};

/// Calls whose replies are kept, with and without each parameter.
const KEPT: [&str; 11] = [
    "action=GetProducts",
    "action=GetProducts&pid=1,3",
    "action=GetProducts&gid=1",
    "action=GetProducts&module=cpanel",
    "action=GetProductsActive",
    "action=GetProductsActive&pid=1&responsetype=xml",
    "action=GetProductsGroups",
    "action=GetProductsGroups&gid=1",
    "action=GetTLDPricing",
    "action=GetTLDPricing&currencyid=2",
    "action=GetTLDPricing&clientid=3",
];

/// A server that keeps replies, and one that makes each anew, on one database; and the tables that the kept replies
/// depend on, with a copy of each.
struct Pair {
    api: TestApi,
    _hosts: Arc<Hosts>,
    fresh: Router,
    /// The columns that are read, by table.
    tables: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

impl Pair {
    async fn new() -> Pair {
        let api = with_products().await;
        api.sql(include_str!("../support/fixtures/domains.sql")).await;
        let (hosts, fresh) = serve(api.database.options(), without_memory()).await;
        let mut tables: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (table, its) in kept_actions().into_iter().flat_map(|action| &NEEDS[action]) {
            tables.entry(table).or_default().extend(its.select.iter().flatten().map(String::as_str));
        }
        let pair = Pair { api, _hosts: hosts, fresh, tables };
        for table in pair.tables.keys() {
            let columns = pair.columns(table).await;
            let nullable: Vec<String> = columns
                .iter()
                .filter(|(column, _)| column != "id")
                .map(|(column, kind)| format!("MODIFY `{column}` {kind} NULL"))
                .collect();
            pair.api.sql(&format!("ALTER TABLE {table} {}", nullable.join(", "))).await;
            pair.api.sql(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        pair
    }

    /// Returns the names and types of the columns of a table.
    async fn columns(&self, table: &str) -> Vec<(String, String)> {
        sqlx::query_as(
            "SELECT CAST(column_name AS CHAR), CAST(column_type AS CHAR) FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
        )
        .bind(table)
        .fetch_all(&self.api.pool)
        .await
        .unwrap()
    }

    async fn ids(&self, table: &str) -> Vec<i64> {
        let ids = format!("SELECT CAST(id AS SIGNED) FROM {table} ORDER BY id");
        sqlx::query_scalar(AssertSqlSafe(ids)).fetch_all(&self.api.pool).await.unwrap()
    }

    /// Executes a statement, and returns whether it was possible.
    async fn change(&self, statement: &str) -> bool {
        let statement = format!("SET SESSION sql_mode = ''; {statement}");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&self.api.pool).await.is_ok()
    }

    async fn restore(&self, table: &str) {
        self.api.sql(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}")).await;
    }

    /// Returns the replies, which must be those that are made anew.
    async fn replies(&self, after: &str) -> Vec<(u16, String)> {
        self.replies_to(&KEPT, after).await
    }

    async fn replies_to(&self, requests: &[&str], after: &str) -> Vec<(u16, String)> {
        let calls: Vec<String> = requests.iter().map(|request| format!("{CREDENTIAL}&{request}")).collect();
        let kept = all(calls.iter().map(|request| post(&self.api.router, request))).await;
        let fresh = all(calls.iter().map(|request| post(&self.fresh, request))).await;
        for (request, (kept, fresh)) in requests.iter().zip(kept.iter().zip(&fresh)) {
            assert!(kept == fresh, "{request}, after {after}:\n{kept:?}\nis not\n{fresh:?}");
        }
        kept
    }
}

/// The values that a column gets, of whatever type it is.
const VALUES: [&str; 12] =
    ["NULL", "''", "0", "1", "2", "57", "-1", "'on'", "'product'", "'it''s'", "'a\\',\\'b'", "'\u{e9}'"];

/// Each column that is read, as the rights that the actions need say, is changed alone.
#[tokio::test]
async fn a_change_of_any_column_is_seen_at_once() {
    let pair = Pair::new().await;
    let requests = [
        "action=GetProducts",
        "action=GetProductsActive&pid=1,3",
        "action=GetProductsGroups",
        "action=GetTLDPricing",
        "action=GetTLDPricing&clientid=3",
    ];
    let before = pair.replies_to(&requests, "nothing").await;
    let mut unseen = Vec::new();
    for (table, columns) in &pair.tables {
        for column in columns {
            let mut is_seen = false;
            for id in pair.ids(table).await {
                // To NULL and to an empty text, to and fro.
                for value in VALUES {
                    let change = format!(
                        "UPDATE {table} SET `{column}` = {value} WHERE id = {id} AND NOT (CAST(`{column}` AS CHAR) <=> {value})"
                    );
                    if (!is_seen || value == "NULL" || value == "''") && pair.change(&change).await {
                        is_seen |= pair.replies_to(&requests, &change).await != before;
                    }
                }
                pair.restore(table).await;
                // The next change is one of the rows that the kept replies were made from.
                assert!(pair.replies_to(&requests, "all was as before").await == before);
                if is_seen {
                    break;
                }
            }
            if !is_seen {
                unseen.push(format!("{table}.{column}"));
            }
        }
    }
    assert!(unseen.is_empty(), "changes of these columns change no reply, so that this test cannot fail: {unseen:?}");
}

/// Rows are changed at random: values are set and exchanged, rows are duplicated and deleted, and everything is as before.
#[tokio::test]
async fn random_changes_are_seen_at_once() {
    let pair = Pair::new().await;
    let mut random = Random(std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1));
    let tables: Vec<&str> = pair.tables.keys().copied().collect();
    for _ in 0..100 {
        let table = *random.of(&tables);
        let columns = pair.columns(table).await;
        let (column, _) = random.of(&columns).clone();
        let ids = pair.ids(table).await;
        let statement = if ids.is_empty() || random.below(8) == 0 {
            pair.restore(table).await;
            format!("DO '{table} is as before'")
        } else {
            let (one, other) = (*random.of(&ids), *random.of(&ids));
            let others: Vec<String> =
                columns.iter().filter(|(name, _)| name != "id").map(|(name, _)| format!("`{name}`")).collect();
            let names = others.join(", ");
            match random.below(8) {
                0 => format!("DELETE FROM {table} WHERE id = {one}"),
                1 => format!("INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE id = {one}"),
                // The rows exchange their ids, which is as if they had exchanged everything else.
                2 => format!(
                    "UPDATE {table} SET id = -1000 WHERE id = {one}; UPDATE {table} SET id = {one} WHERE id = {other}; \
                     UPDATE {table} SET id = {other} WHERE id = -1000"
                ),
                3 | 4 => format!(
                    "UPDATE {table} AS one JOIN kept_{table} AS other SET one.`{column}` = other.`{column}` \
                     WHERE one.id = {one} AND other.id = {other}"
                ),
                _ => format!("UPDATE {table} SET `{column}` = {} WHERE id = {one}", random.of(&VALUES)),
            }
        };
        pair.change(&statement).await;
        pair.replies(&statement).await;
    }
}

/// Numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn of<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.below(values.len())]
    }
}

/// The column has another character set, and the same bytes.
#[tokio::test]
async fn texts_in_another_character_set_are_a_change() {
    let pair = Pair::new().await;
    pair.api.sql("ALTER TABLE tblproductgroups MODIFY name text CHARACTER SET latin1; UPDATE tblproductgroups SET name = 'caf\u{c3}\u{a9}'").await;
    let before = pair.replies("a text in latin1").await;
    pair.api.sql("ALTER TABLE tblproductgroups MODIFY name blob; ALTER TABLE tblproductgroups MODIFY name text CHARACTER SET utf8mb4").await;
    assert!(pair.replies("the bytes in utf8mb4").await != before);
}
