//! Replies of the upstream are compared with those of this server.

use std::sync::Arc;

use serde_json::{Value, json};
use whmcs_api::actions::{Access, Catalogue};
use whmcs_api::api::Api;
use whmcs_api::config::{Settings, Upstream};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::demo;
use whmcs_api::domain::time::Clock;
use whmcs_api::upstream::is_comparable;

use super::{passing, respond};
use crate::actions::CALLS;
use crate::server::process::{stderr, stdout, whmcs_api};
use crate::support::{
    CREDENTIAL, NEVER_SECONDS, RecordedUpstream, ScriptedUpstream, TestApi, UpstreamAnswer, api_with,
    demo as demo_data, form, post, router, until_ok,
};

const ROWS: &str = "action, kind, path, calls";
const TABLE: &str = "mod_whmcs_api_differences ORDER BY kind, path";

fn comparing(url: &str, patterns: &[&str]) -> Upstream {
    let compare = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Upstream { url: url.to_owned(), compare, ..Upstream::default() }
}

/// Waits until this number of comparisons has ended in this way.
async fn compared(api: &Api, outcome: &str, count: u64) {
    let line = format!(r#"whmcs_api_upstream_comparisons_total{{outcome="{outcome}"}} {count}"#);
    until_ok(async || {
        let metrics = api.metrics_text().await.unwrap();
        let found: Vec<&str> = metrics.lines().filter(|line| line.contains("upstream_comparisons_total{")).collect();
        if found.contains(&&*line) { Ok(()) } else { Err(format!("{line}, but {found:?}")) }
    })
    .await;
}

/// Two servers on the same data have nothing to tell, in any format.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_differs_between_two_servers_on_the_same_data() {
    let (database, _folder, mut settings) = demo_data("upstream-compare").await;
    let hosts = Hosts::open(vec![database.options()], 4).await.unwrap();
    let upstream = RecordedUpstream::start(router(Arc::clone(&hosts), &settings)).await;
    settings.upstream = comparing(&upstream.url, &["*"]);
    let (api, passing) = api_with(hosts, None, &settings);
    let catalogue = Catalogue::compiled();
    let mut count = 0;
    for (name, calls) in CALLS.iter().filter(|(name, _)| catalogue.find(name).unwrap().access == Access::Read) {
        for call in calls.demo.iter().filter(|call| call.split('&').next() == Some(*name) && !call.contains('{')) {
            for format in ["json", "xml", "nvp", ""] {
                let credential = format!("identifier={}&secret={}", demo::IDENTIFIER, demo::SECRET);
                let answer =
                    respond(&passing, form(&format!("{credential}&responsetype={format}&action={call}"))).await;
                if upstream.answered() != Some(answer) {
                    // What checks a password or asks others is neither passed nor compared.
                    assert!(!is_comparable(catalogue.find(name).unwrap()), "{name}");
                    continue;
                }
                count += 1;
                compared(&api, "equal", count).await;
            }
        }
    }
    assert!(count > 100, "{count}");
}

/// The WHMCS's reply is this server's with a change; in each of the formats.
#[tokio::test]
async fn planted_differences_are_found_counted_and_reported() {
    let upstream = ScriptedUpstream::start().await;
    let settings = Upstream { compare_values: true, ..comparing(&upstream.url, &["GetCredits"]) };
    let api = passing(settings).await;
    let plain = TestApi::with_settings(Settings::default()).await;
    let call = |format: &str| format!("{CREDENTIAL}&action=getcredits&clientid=1&responsetype={format}");
    let (_, _, reply) = respond(&plain.router, form(&call("json"))).await;
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    let changed = |change: fn(&mut Value)| {
        let mut reply = reply.clone();
        change(&mut reply);
        reply.to_string()
    };
    let first = "credits.credit.0";
    let mut count = 0;
    for (answer, kind, path, example, values) in [
        (
            changed(|reply| reply["credits"]["credit"][0]["uuid"] = "x".into()),
            "missing",
            "credits.credit.*.uuid",
            &*format!("{first}.uuid"),
            [Some("\"x\""), None],
        ),
        (
            changed(|reply| {
                reply["credits"]["credit"][0].as_object_mut().unwrap().shift_remove("relid");
            }),
            "extra",
            "credits.credit.*.relid",
            &format!("{first}.relid"),
            [None, Some("\"0\"")],
        ),
        (
            changed(|reply| reply["totalresults"] = "1".into()),
            "type",
            "totalresults",
            "totalresults",
            [Some("\"1\""), Some("1")],
        ),
        (
            changed(|reply| reply["credits"]["credit"][0]["amount"] = "100.0".into()),
            "value",
            "credits.credit.*.amount",
            &format!("{first}.amount"),
            [Some("\"100.0\""), Some("\"100.00\"")],
        ),
        (
            changed(|reply| {
                let total = reply.as_object_mut().unwrap().shift_remove("totalresults").unwrap();
                reply["totalresults"] = total;
            }),
            "order",
            "",
            "",
            [
                Some(r#"["result", "clientid", "credits", "totalresults"]"#),
                Some(r#"["result", "totalresults", "clientid", "credits"]"#),
            ],
        ),
        ("<html>".to_owned(), "status", "", "", [Some("\"unreadable\""), Some("\"a reply\"")]),
        (
            r#"{"result":"error","message":"Client ID Not Found"}"#.to_owned(),
            "value",
            "result",
            "result",
            [Some("\"Client ID Not Found\""), Some("\"success\"")],
        ),
    ] {
        upstream.answer_with([UpstreamAnswer::json(200, &answer)]);
        assert_eq!(respond(&api.router, form(&call("json"))).await.2, answer.as_bytes(), "the caller gets the WHMCS's");
        count += 1;
        compared(&api.api, "different", count).await;
        api.eventually(ROWS, TABLE, &["GetCredits | compared |  | 1", &format!("GetCredits | {kind} | {path} | 1")])
            .await;
        let stored = api.rows("example", &format!("mod_whmcs_api_differences WHERE kind = '{kind}'")).await.remove(0);
        let stored: Value = serde_json::from_str(&stored).unwrap();
        assert_eq!(stored["path"], example, "{stored}");
        assert_eq!([stored["upstream"].as_str(), stored["here"].as_str()], values, "{stored}");
        assert!(stored["request"].as_str().unwrap().contains(r#""clientid":"1""#), "{stored}");
        assert!(!stored.to_string().contains("TestSecret"), "{stored}");
        let metrics = api.api.metrics_text().await.unwrap();
        assert!(
            metrics.contains(&format!(r#"whmcs_api_upstream_differences_total{{action="GetCredits",kind="{kind}"}} "#))
        );
        api.sql("DELETE FROM mod_whmcs_api_differences").await;
    }
    // In the other formats, the same change has a path of the format.
    for (format, change, path) in [
        ("xml", ("<amount>100.00</amount>", "<amount>99.00</amount>"), "credits.*.credit.*.amount.*"),
        ("nvp", ("[amount]=100.00", "[amount]=99.00"), "credits.credit.*.amount"),
        ("", ("<amount>100.00</amount>", "<amount>99.00</amount>"), "credits.*.credit.*.amount.*"),
    ] {
        let (_, _, reply) = respond(&plain.router, form(&call(format))).await;
        let answer = str::from_utf8(&reply).unwrap().replace(change.0, change.1);
        assert_ne!(answer.as_bytes(), &reply[..]);
        upstream.answer_with([UpstreamAnswer::new(200, "", &answer)]);
        post_form(&api, &call(format)).await;
        api.eventually(ROWS, TABLE, &["GetCredits | compared |  | 1", &format!("GetCredits | value | {path} | 1")])
            .await;
        api.sql("DELETE FROM mod_whmcs_api_differences").await;
    }
}

async fn post_form(api: &TestApi, body: &str) {
    respond(&api.router, form(body)).await;
}

/// Counts add up, values are stored only if wanted, and what is ignored is not counted.
#[tokio::test(flavor = "multi_thread")]
async fn the_report_shows_what_was_found() {
    let upstream = ScriptedUpstream::start().await;
    let settings = Upstream {
        compare_ignore: vec!["GetCredits:**.relid".to_owned(), "totalresults".to_owned()],
        ..comparing(&upstream.url, &["Get*"])
    };
    let api = passing(settings).await;
    let here: Value = serde_json::from_str(&TestApi::new().await.send("action=GetCredits&clientid=1").await.1).unwrap();
    let mut there = here.clone();
    for (key, value) in [("amount", "99.00"), ("relid", "7"), ("description", "canary")] {
        there["credits"]["credit"][0][key] = value.into();
    }
    there["totalresults"] = 7.into();
    for _ in 0..3 {
        upstream.answer_with([UpstreamAnswer::json(200, &there.to_string())]);
        post(&api.router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await;
    }
    upstream.answer_with([UpstreamAnswer::json(200, &here.to_string().replace("\"clientid\":1", "\"clientid\":2"))]);
    compared(&api.api, "different", 3).await;
    api.eventually(
        ROWS,
        TABLE,
        &[
            "GetCredits | compared |  | 3",
            "GetCredits | value | credits.credit.*.amount | 3",
            "GetCredits | value | credits.credit.*.description | 3",
        ],
    )
    .await;
    assert!(!api.rows("example", TABLE).await.concat().contains("canary"), "no values are stored");

    let url = api.database.url();
    let run = |arguments: &[&str]| {
        let output = whmcs_api(arguments).env("WHMCS_API_DATABASE_URL", &url).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let report = tokio::task::block_in_place(|| run(&["compare", "report"]));
    let lines: Vec<Vec<&str>> = report.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..4], ["ACTION", "COMPARED", "DIFFERENCE", "CALLS"]);
    assert_eq!(lines[1][..4], ["GetCredits", "3", "value", "3"]);
    assert_eq!(lines[1][6..], ["credits.credit.*.amount", "credits.credit.0.amount;", r#"{"clientid":"1"}"#]);
    assert_eq!(lines.len(), 3, "{report}");
    let report = tokio::task::block_in_place(|| run(&["compare", "report", "--json", "--action", "getcredits"]));
    let row: Value = serde_json::from_str(report.lines().nth(1).unwrap()).unwrap();
    let expected = json!(["GetCredits", "value", "credits.credit.*.amount", 3]);
    assert_eq!(json!([row["action"], row["difference"], row["path"], row["calls"]]), expected);
    assert_eq!(tokio::task::block_in_place(|| run(&["compare", "clear", "--action", "GetOrders"])), "Forgot 0 rows.\n");
    assert_eq!(tokio::task::block_in_place(|| run(&["compare", "clear"])), "Forgot 3 rows.\n");
    assert_eq!(tokio::task::block_in_place(|| run(&["compare", "report"])), "Nothing was compared yet.\n");
}

/// Unverified callers, failures and large replies are left out and counted; so is a call that this server answers by itself.
#[tokio::test]
async fn what_cannot_be_compared_is_counted() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(Upstream { unverified: true, ..comparing(&upstream.url, &["Get*", "*Credit"]) }).await;
    let call = "action=GetCredits&clientid=1";
    for (count, (credential, answer)) in [
        ("identifier=Unknown&secret=x", UpstreamAnswer::json(200, r#"{"result":"success"}"#)),
        (CREDENTIAL, UpstreamAnswer::new(502, "", "")),
        (CREDENTIAL, UpstreamAnswer::json(403, r#"{"result":"error","message":"x"}"#)),
        (CREDENTIAL, UpstreamAnswer::json(200, &" ".repeat(5 << 20))),
        (CREDENTIAL, UpstreamAnswer::json(429, r#"{"result":"error","message":"x"}"#)),
        (CREDENTIAL, UpstreamAnswer::json(503, r#"{"result":"error","message":"x"}"#)),
    ]
    .into_iter()
    .enumerate()
    {
        upstream.answer_with([answer]);
        post(&api.router, &format!("{credential}&{call}")).await;
        compared(&api.api, "skipped", count as u64 + 1).await;
    }
    assert_eq!(upstream.received().len(), 6);
    // A pattern leaves writes out, and the modern style has no counterpart.
    assert_eq!(
        post(&api.router, &format!("{CREDENTIAL}&action=AddCredit&clientid=1&amount=1&description=x")).await.0,
        200
    );
    let request =
        axum::http::Request::post("/v1/GetCredits").header("authorization", "Bearer TestIdentifier:TestSecret");
    let request = request.header("content-type", "application/json");
    assert_eq!(respond(&api.router, request.body(r#"{"clientid":1}"#.into()).unwrap()).await.0, 200);
    assert_eq!(upstream.received(), []);
    assert_eq!(api.rows(ROWS, TABLE).await, [""; 0]);
}

/// An API whose calls may take any time.
async fn never_in_a_hurry(upstream: Upstream) -> TestApi {
    let mut settings = Settings { upstream, ..Settings::default() };
    settings.limits.call_seconds = NEVER_SECONDS;
    TestApi::with_settings(settings).await
}

/// A stop does not wait for comparisons, which could take as long as their calls.
#[tokio::test]
async fn comparisons_are_given_up_when_the_server_stops() {
    let upstream = ScriptedUpstream::start().await;
    let api = never_in_a_hurry(comparing(&upstream.url, &["GetCredits"])).await;
    let mut locked = api.pool.acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES tblcredit WRITE").execute(&mut *locked).await.unwrap();
    for _ in 0..3 {
        assert_eq!(post(&api.router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await.0, 200);
    }
    crate::support::ends("the server stops", api.api.shut_down(crate::support::HANG * 2)).await;
    compared(&api.api, "dropped", 3).await;
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut *locked).await.unwrap();
}

/// Nothing that was found is lost.
#[tokio::test]
async fn differences_that_cannot_be_stored_are_stored_later() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(comparing(&upstream.url, &["GetCredits"])).await;
    let call = format!("{CREDENTIAL}&action=GetCredits&clientid=1");
    let rename = |from: &str, to: &str| format!("RENAME TABLE {from} TO {to}");
    api.sql(&rename("mod_whmcs_api_differences", "elsewhere")).await;
    for count in 1..=2 {
        post(&api.router, &call).await;
        compared(&api.api, "different", count).await;
        api.api.store_differences().await;
    }
    api.sql(&rename("elsewhere", "mod_whmcs_api_differences")).await;
    post(&api.router, &call).await;
    compared(&api.api, "different", 3).await;
    api.api.store_differences().await;
    let rows = api.rows(ROWS, TABLE).await;
    assert_eq!(rows[0], "GetCredits | compared |  | 3");
    assert!(rows.len() > 1 && rows.iter().all(|row| row.ends_with(" | 3")), "{rows:?}");
}

/// Beyond those that wait, comparisons are left out, and callers do not notice.
#[tokio::test]
async fn comparisons_are_bounded() {
    let upstream = ScriptedUpstream::start().await;
    let api = never_in_a_hurry(comparing(&upstream.url, &["GetCredits"])).await;
    let mut locked = api.pool.acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES tblcredit WRITE").execute(&mut *locked).await.unwrap();
    for _ in 0..20 {
        assert_eq!(post(&api.router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await.0, 200);
    }
    compared(&api.api, "dropped", 4).await;
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut *locked).await.unwrap();
    compared(&api.api, "different", 16).await;
}

#[tokio::test]
async fn a_server_that_is_read_only_stores_nothing() {
    let upstream = ScriptedUpstream::start().await;
    let api = TestApi::new().await;
    let hosts = Hosts::open_to_read(vec![api.database.options()], 2).await.unwrap();
    let settings = Settings { upstream: comparing(&upstream.url, &["Get*"]), read_only: true, ..Settings::default() };
    let (reading, router) = api_with(hosts, None, &settings);
    post(&router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await;
    compared(&reading, "different", 1).await;
    reading.shut_down(crate::support::HANG).await;
    assert_eq!(api.rows(ROWS, TABLE).await, [""; 0]);
}

#[tokio::test]
async fn only_reads_of_this_server_can_be_named() {
    let api = TestApi::new().await;
    for (pattern, error) in [
        ("AddCredit", "upstream.compare: AddCredit may change something, and only reads can be compared"),
        ("DomainWhois", "upstream.compare: DomainWhois is not answered by this server alone"),
        ("ValidateLogin", "upstream.compare: ValidateLogin may change something, and only reads can be compared"),
        ("GetWidgets", "upstream.compare: GetWidgets is no action of this server"),
    ] {
        let settings = Settings { upstream: comparing("http://127.0.0.1:9/", &[pattern]), ..Settings::default() };
        let started = Api::new(Arc::clone(&api.hosts), None, &settings, Clock::System(chrono_tz::Tz::UTC));
        assert_eq!(started.err().unwrap().to_string(), error);
    }
}
