//! Secrets that are sent in every possible way are stored and logged nowhere.

use std::path::Path;

use sqlx::{AssertSqlSafe, MySqlPool};
use whmcs_api::actions::CATALOGUE;
use whmcs_api::database::embedded::Embedded;
use whmcs_api::demo;

use super::process::{Running, whmcs_api};
use crate::support::{Scratch, eventually};

const CANARY: &str = "c4n4ry-in-the-mine";
const NAMES: [&str; 16] = [
    "password",
    "password2",
    "newpassword",
    "accesskey",
    "cardnum",
    "cvv",
    "cardcvv",
    "bankacct",
    "bankcode",
    "pwresetkey",
    "access_token",
    "api_key",
    "customfields[secret]",
    "a[b][password]",
    "cards[]",
    "pin",
];

/// Each request: its path, its headers and its body.
fn requests(action: &str) -> Vec<(String, String, String)> {
    let form = "content-type: application/x-www-form-urlencoded\r\n".to_owned();
    let credential = format!("identifier={}&secret={}", demo::IDENTIFIER, demo::SECRET);
    let pairs: Vec<String> = NAMES.iter().map(|name| format!("{name}={CANARY}")).collect();
    let pairs = pairs.join("&");
    let json: Vec<String> = NAMES.iter().map(|name| format!("\"{name}\":\"{CANARY}\"")).collect();
    let json = format!(
        "{{\"identifier\":\"{}\",\"secret\":\"{}\",\"action\":\"{action}\",{},\"x\":{{\"secret\":[\"{CANARY}\"]}}}}",
        demo::IDENTIFIER,
        demo::SECRET,
        json.join(",")
    );
    let parts =
        NAMES.iter().map(|name| format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{CANARY}\r\n"));
    let more = [("identifier", demo::IDENTIFIER), ("secret", demo::SECRET), ("action", action)];
    let more =
        more.map(|(name, value)| format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    let multipart: String = parts.chain(more).chain(["--b--\r\n".to_owned()]).collect();
    let path = "/includes/api.php".to_owned();
    vec![
        (path.clone(), form.clone(), format!("action={action}&{credential}&{pairs}")),
        (format!("{path}?action={action}&{credential}&{pairs}"), form.clone(), String::new()),
        (path.clone(), "content-type: application/json\r\n".to_owned(), json),
        (path.clone(), "content-type: multipart/form-data; boundary=b\r\n".to_owned(), multipart),
        (path.clone(), form.clone(), format!("action={action}&identifier={}&secret={CANARY}", demo::IDENTIFIER)),
        (path.clone(), form.clone(), format!("action={action}&username={CANARY}&password={CANARY}")),
        // JSON without a JSON content type is parsed as a form, in which it becomes a name.
        (path.clone(), form.clone(), format!("{{\"identifier\":\"{}\",\"secret\":\"{CANARY}\"}}", demo::IDENTIFIER)),
        // A client that mixes up fields.
        (path.clone(), form.clone(), format!("action={CANARY}&{credential}&password={CANARY}")),
        (
            path.clone(),
            form,
            format!("action={action}&identifier=x&secret={CANARY}&clientid={CANARY}&note=my+{CANARY}"),
        ),
        (
            path,
            format!("cookie: session={CANARY}\r\nauthorization: Bearer {CANARY}\r\n"),
            format!("action={action}&{credential}"),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_table_and_in_no_log() {
    let folder = Scratch::new("canary");
    let mut server = tokio::task::block_in_place(|| {
        let mut command = whmcs_api(&["demo", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
        // All requests are processed to the end, and everything is logged.
        for (name, value) in [
            ("LOG", "trace"),
            ("API_LOG_BYTES", "60000"),
            ("ACCESS_FAILURES_PER_ADDRESS", "10000"),
            ("ACCESS_FAILURES_PER_IDENTIFIER", "10000"),
        ] {
            command.env(format!("WHMCS_API_{name}"), value);
        }
        let server = Running::start(command);
        for entry in CATALOGUE {
            for (path, headers, body) in requests(&entry.name) {
                let request = format!(
                    "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let answer = server.exchange(&request);
                assert!(answer.contains("result"), "{request}\n{answer}");
            }
        }
        server
    });
    let kept = look_into_tables(&folder.join("demo"), CATALOGUE.len() * 10).await;
    assert!(kept.is_empty(), "{kept:?}");
    tokio::task::block_in_place(|| server.stop());
    let said = server.says();
    assert!(said.contains("DEBUG") && said.contains("answered"), "{said}");
    for secret in [CANARY, demo::SECRET] {
        assert!(!said.contains(secret), "{}", said.lines().find(|line| line.contains(secret)).unwrap());
    }
    let database = std::fs::read_to_string(folder.join("demo/mariadbd.log")).unwrap();
    assert!(!database.contains(CANARY));
}

/// Returns the columns that contain a secret, once this number of calls are logged.
async fn look_into_tables(directory: &Path, calls: usize) -> Vec<String> {
    let options = Embedded::running(directory).unwrap().unwrap().database("whmcs");
    let pool = MySqlPool::connect_with(options).await.unwrap();
    eventually("all calls are logged", async || {
        let logged: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM tblapilog").fetch_one(&pool).await.unwrap();
        logged == i64::try_from(calls).unwrap()
    })
    .await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR) FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND data_type LIKE '%char' OR data_type LIKE '%text' OR data_type LIKE '%blob'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let mut found = Vec::new();
    for (table, column) in columns.iter().filter(|(table, _)| table.starts_with("tbl") || table.starts_with("mod_")) {
        for secret in [CANARY, demo::SECRET] {
            let statement = format!("SELECT COUNT(*) FROM `{table}` WHERE `{column}` LIKE '%{secret}%'");
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&pool).await.unwrap();
            if count > 0 {
                found.push(format!("{table}.{column}: {secret}"));
            }
        }
    }
    found
}
