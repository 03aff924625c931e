//! Secrets that are sent in every possible way are stored and logged nowhere.

use std::path::Path;

use sqlx::{AssertSqlSafe, MySqlPool};
use whmcs_api::actions::CATALOGUE;
use whmcs_api::database::embedded::Embedded;
use whmcs_api::demo;

use super::process::{Running, whmcs_api};
use crate::support::{Scratch, eventually};

const CANARY: &str = "c4n4ry-in-the-mine";
/// Parameters whose names say that they are secrets, or that custom fields of type password may be in them.
const NAMES: [&str; 28] = [
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
    "ftp_pw",
    "userpw",
    "otp",
    "license_key",
    "licensekey",
    "sshkey",
    "ssh_key",
    "session_id",
    "transfersecret",
    "customfields[1]",
    "domainfields[0][Tax ID]",
    " customfields",
];

/// A request as a client sends it.
struct Request {
    path: String,
    headers: String,
    body: String,
}

impl Request {
    fn form(path: &str, headers: &str, parameters: &str) -> Request {
        let headers = format!("content-type: application/x-www-form-urlencoded\r\n{headers}");
        Request { path: path.to_owned(), headers, body: parameters.to_owned() }
    }

    /// The request as it is sent on a connection.
    fn text(&self) -> String {
        let Request { path, headers, body } = self;
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        )
    }
}

const PATH: &str = "/includes/api.php";

fn credential() -> String {
    format!("identifier={}&secret={}", demo::IDENTIFIER, demo::SECRET)
}

/// Sends the parameters in every format, and in every style of the API.
fn in_every_format(action: &str, parameters: &[(&str, &str)]) -> Vec<Request> {
    let credential = [("identifier", demo::IDENTIFIER), ("secret", demo::SECRET), ("action", action)];
    let all: Vec<_> = credential.iter().chain(parameters).collect();
    let form: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}").replace(' ', "+")).collect();
    let form = form.join("&");
    let json: serde_json::Map<String, serde_json::Value> =
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let json = serde_json::Value::from(json).to_string();
    let part = |(name, value): &&(&str, &str)| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let multipart: String = all.iter().map(part).chain(["--b--\r\n".to_owned()]).collect();
    let with_type = |path: &str, content_type: &str, more: &str, body: &str| Request {
        path: path.to_owned(),
        headers: format!("content-type: {content_type}\r\n{more}"),
        body: body.to_owned(),
    };
    let bearer = format!("authorization: Bearer {}:{}\r\n", demo::IDENTIFIER, demo::SECRET);
    vec![
        Request::form(PATH, "", &form),
        Request::form(PATH, "", &format!("{form}&responsetype=xml")),
        Request::form(&format!("{PATH}?{form}"), "", "responsetype=nvp"),
        with_type(PATH, "application/json", "", &json),
        with_type(PATH, "multipart/form-data; boundary=b", "", &multipart),
        with_type(&format!("/v1/{action}"), "application/json", &bearer, &json),
    ]
}

/// Requests in which a secret stands in a place that is not meant for it.
fn in_wrong_places(action: &str) -> Vec<Request> {
    let (identifier, credential) = (demo::IDENTIFIER, credential());
    let sent = format!("action={action}&{credential}&password={CANARY}");
    let json = format!("{{\"identifier\":\"{identifier}\",\"secret\":\"{CANARY}\"}}");
    let php = "YToxOntpOjE7czoxODoiYzRuNHJ5LWluLXRoZS1taW5lIjt9";
    let bearer = format!("authorization: Bearer {identifier}:{CANARY}\r\nuser-agent: {CANARY}\r\n");
    let secret = demo::SECRET;
    let mut requests = vec![
        Request::form(PATH, "", &format!("action={action}&identifier={identifier}&secret={CANARY}")),
        Request::form(PATH, "", &format!("action={action}&username={CANARY}&password={CANARY}")),
        // Swapped.
        Request::form(PATH, "", &format!("action={action}&identifier={CANARY}&secret={identifier}")),
        Request::form(PATH, "", &format!("action={action}&identifier={secret}&secret={identifier}")),
        Request::form(PATH, "", &format!("action={action}&username={CANARY}&password={identifier}")),
        Request::form(PATH, "", &format!("action={action}&identifier={CANARY}")),
        // JSON without a JSON content type is parsed as a form, in which it becomes a name.
        Request::form(PATH, "", &json),
        // A client that mixes up fields.
        Request::form(PATH, "", &format!("action={CANARY}&{credential}&password={CANARY}")),
        Request::form(
            PATH,
            "",
            &format!("action={action}&identifier=x&secret={CANARY}&clientid={CANARY}&note=my+{CANARY}"),
        ),
        Request::form(PATH, &format!("cookie: session={CANARY}\r\nauthorization: Bearer {CANARY}\r\n"), &sent),
        Request::form(
            PATH,
            &format!("cookie: a=1; session={CANARY}\r\n"),
            &format!("action={action}&{credential}&note={CANARY}"),
        ),
        Request::form(PATH, &format!("user-agent: sync {CANARY}\r\nx-request-id: {CANARY}\r\n"), &sent),
        Request::form(PATH, &format!("x-request-id: {secret}\r\nuser-agent: {secret}\r\n"), "action=x"),
        Request::form(PATH, &format!("traceparent: {CANARY}\r\n"), &sent),
        Request::form(&format!("/{CANARY}{PATH}"), "", &sent),
        Request::form(&format!("/v1/{CANARY}"), &bearer, &format!("clientid={CANARY}")),
        Request::form(&format!("/v1/{secret}"), "", ""),
        Request::form(&format!("/v1/{action}"), &bearer, &format!("secret={CANARY}&clientid={CANARY}")),
        // Decoders ignore white space around base64.
        Request::form(
            PATH,
            "",
            &format!("action={action}&{credential}&customfields=+{php}&lineitems=%0A{php}&x=%09+{php}"),
        ),
        // What looks like a credential.
        Request::form(PATH, "", &format!("action={action}&{credential}&notes=see+password%3D{CANARY}+or+x")),
    ];
    // The refusal of a call without a permission, or of an unknown action, repeats the action's name.
    requests.extend(in_every_format(CANARY, &[("password", CANARY), ("clientid", CANARY)]));
    requests
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_table_and_in_no_log() {
    let folder = Scratch::new("canary");
    let (mut server, calls) = tokio::task::block_in_place(|| {
        let mut command = whmcs_api(&["demo", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
        // All requests are processed to the end, and everything is logged.
        for (name, value) in [
            ("LOG", "trace"),
            ("API_LOG_BYTES", "60000"),
            ("API_LOG_REFUSED_PER_MINUTE", "10000"),
            ("API_LOG_REFUSED_PER_ADDRESS", "10000"),
            ("ACCESS_FAILURES_PER_ADDRESS", "10000"),
            ("ACCESS_FAILURES_PER_IDENTIFIER", "10000"),
        ] {
            command.env(format!("WHMCS_API_{name}"), value);
        }
        let server = Running::start(command);
        let named: Vec<(&str, &str)> = NAMES.iter().map(|name| (*name, CANARY)).collect();
        let mut requests: Vec<Request> =
            CATALOGUE.iter().flat_map(|entry| in_every_format(&entry.name, &named)).collect();
        requests.extend(["GetClients", "AddCredit", "Unknown"].iter().flat_map(|action| in_wrong_places(action)));
        for request in requests.iter().map(Request::text) {
            let answer = server.exchange(&request);
            assert!(answer.starts_with("HTTP/1.1 "), "{request}\n{answer}");
        }
        (server, requests.len())
    });
    let kept = look_into_tables(&folder.join("demo"), calls).await;
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
