//! Texts with characters that take four bytes, such as emoji, beside tables of old installations (`utf8mb3`), which have
//! none: a filter finds nothing, a text is kept without them, and no call fails because of them.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use whmcs_api::actions::{Access, ActionEntry, CATALOGUE};
use whmcs_api::demo;

use super::{base, pair, pairs};
use crate::actions::CALLS;
use crate::support::{Database, Replies, TestApi, demo_router, post};

const LACKING: &str = "A value is too large, too long or has characters that the database cannot hold";

/// Converts WHMCS's tables to a character set.
async fn convert(database: &Database, charset: &str) {
    let mut connection = MySqlConnection::connect_with(&database.options()).await.unwrap();
    // Rows may have characters that the character set lacks.
    sqlx::raw_sql("SET SESSION sql_mode = ''").execute(&mut connection).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name LIKE 'tbl%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    for table in tables {
        let convert = format!("ALTER TABLE `{table}` CONVERT TO CHARACTER SET {charset}");
        sqlx::raw_sql(AssertSqlSafe(convert)).execute(&mut connection).await.unwrap();
    }
}

/// Every parameter of every action, in a call whose other parameters are as declared.
#[tokio::test]
async fn fail_in_no_parameter() {
    never_fail("utf8mb3", &|_| true).await;
}

/// The tables of the oldest installations lack most of Unicode.
#[tokio::test]
async fn fail_in_no_filter() {
    never_fail("latin1", &|entry| entry.access == Access::Read).await;
}

async fn never_fail(charset: &str, is_meant: &dyn Fn(&ActionEntry) -> bool) {
    let (database, _attachments, router) = demo_router(&format!("characters-{charset}")).await;
    convert(&database, charset).await;
    let credential = format!("identifier={}&secret={}", demo::IDENTIFIER, demo::SECRET);
    let (mut replies, mut failures, mut count) = (Replies::default(), Vec::new(), 0);
    for entry in CATALOGUE.iter().filter(|entry| is_meant(entry)) {
        let (_, calls) = CALLS.iter().find(|(name, _)| *name == entry.name).unwrap();
        for call in calls.demo {
            let (action, declared) = call.split_once('&').unwrap_or((call, ""));
            if action != entry.name {
                let (_, body) = post(&router, &format!("{credential}&action={}", replies.fill_in(call))).await;
                replies.keep(&serde_json::from_str(&body).unwrap());
                continue;
            }
            for (name, _) in pairs(calls.every_parameter) {
                let others = pairs(call).into_iter().filter(|(other, _)| base(other) != base(&name));
                let others: Vec<_> = others.map(|(name, value)| pair(&name, &value)).collect();
                let others = if declared.is_empty() { String::new() } else { others.join("&") };
                let request = format!("action={action}&{}&{}", replies.fill_in(&others), pair(&name, "x😀x"));
                let (status, body) = post(&router, &format!("{credential}&{request}")).await;
                let reply: Value = serde_json::from_str(&body).unwrap();
                count += 1;
                let is_read_in_vain = entry.access == Access::Read && status != 200;
                let is_secret = name.starts_with("servicepassword") || name.starts_with("rootpw");
                let is_refused = reply["message"] == LACKING && !is_secret;
                if status >= 500 || is_refused || is_read_in_vain {
                    failures.push(format!("{request}: {status} {body}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
    assert!(count > 100, "{count}");
}

#[tokio::test]
async fn find_nothing_where_there_are_none_and_what_is_there_elsewhere() {
    for (charset, total) in [("utf8mb3", 0), ("utf8mb4", 1)] {
        let api = TestApi::new().await;
        convert(&api.database, charset).await;
        if charset == "utf8mb4" {
            api.sql("UPDATE tblclients SET lastname = '😀 Smiley', email = '😀@example.com' WHERE id = 2").await;
        }
        for filter in ["search=%F0%9F%98%80", "email=%F0%9F%98%80@example.com"] {
            let reply = api.reply(&format!("action=GetClients&{filter}")).await;
            assert_eq!(reply["totalresults"], total, "{charset} {filter}");
        }
        let (status, body) = post(&api.router, "identifier=%F0%9F%98%80&secret=x&action=GetClients").await;
        assert!(status == 403 && body.contains("Authentication Failed"), "{body}");
    }
}

#[tokio::test]
async fn are_left_out_of_what_is_kept() {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/tickets.sql")).await;
    convert(&api.database, "utf8mb3").await;
    let reply = "action=AddTicketReply&ticketid=1&clientid=1&message=Thanks+%F0%9F%98%80+%E2%82%AC+5";
    api.reply(reply).await;
    let stored = api.rows("message", "tblticketreplies ORDER BY id DESC LIMIT 1").await;
    assert_eq!(stored, ["Thanks \u{FFFD} € 5"]);
    // The same text with a key is the same request, and another one is another.
    let keyed = format!("{reply}&idempotencykey=k1");
    let first = api.reply(&keyed).await;
    assert_eq!(api.reply(&keyed).await, first);
    let (_, body) = api.send(&keyed.replace("%F0%9F%98%80", "%F0%9F%98%81")).await;
    assert!(body.contains(r#""result":"error""#), "{body}");
    // A password is never changed: it is hashed as it is, and works.
    api.reply("action=AddClient&firstname=%F0%9F%98%80&email=s@example.com&password2=p%F0%9F%98%80&skipvalidation=1")
        .await;
    assert_eq!(api.rows("firstname", "tblclients ORDER BY id DESC LIMIT 1").await, ["\u{FFFD}"]);
    api.reply("action=ValidateLogin&email=s@example.com&password2=p%F0%9F%98%80").await;
    api.refuse("action=UpdateClientProduct&serviceid=12&servicepassword=p%F0%9F%98%80", LACKING).await;
}
