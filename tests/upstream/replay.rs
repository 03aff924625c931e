//! `whmcs-api compare replay` makes the reads in an API log again.

use std::process::Output;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::server::process::{stderr, stdout, whmcs_api};
use crate::support::{CREDENTIAL, Scratch, ScriptedUpstream, TestApi, UpstreamAnswer, listen, post};

const SECRET: &str = "TestSecret";

/// Runs the command on a test's database.
fn replay(api: &TestApi, upstream: &str, log: &str, secret: &str, more: &[&str]) -> Output {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = Scratch::new(&format!("upstream-replay-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
    let file = folder.join("calls.jsonl");
    std::fs::write(&file, log).unwrap();
    let arguments = ["compare", "replay", file.to_str().unwrap(), "--identifier", "TestIdentifier"];
    let mut command = whmcs_api(&[&arguments, more].concat());
    command.env("WHMCS_API_DATABASE_URL", api.database.url()).env("WHMCS_API_COMPARE_SECRET", secret);
    tokio::task::block_in_place(|| command.env("WHMCS_API_UPSTREAM_URL", upstream).output().unwrap())
}

fn record(action: &str, request: &Value) -> String {
    format!("{}\n", json!({"id": 1, "action": action, "status": 200, "request": request}))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_a_log_are_compared() {
    let api = TestApi::new().await;
    let url = listen(api.router.clone()).await;
    for call in
        ["GetCredits&clientid=1", "GetCredits&clientid=3", "GetInvoices", "AddCredit&clientid=1&amount=1&description=x"]
    {
        post(&api.router, &format!("{CREDENTIAL}&action={call}")).await;
    }
    api.eventually("COUNT(*)", "tblapilog", &["4"]).await;
    let database = api.database.url();
    let search = || whmcs_api(&["log", "search", "--json"]).env("WHMCS_API_DATABASE_URL", &database).output().unwrap();
    let log = stdout(&tokio::task::block_in_place(search));
    let before = api.checksums().await;
    let output = replay(&api, &url, &log, SECRET, &[]);
    let (report, lines) = (stdout(&output), stdout(&output).lines().map(str::to_owned).collect::<Vec<_>>());
    assert!(output.status.success(), "{}", stderr(&output));
    let cells: Vec<Vec<&str>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(cells[1..3], [vec!["GetCredits", "2", "none"], vec!["GetInvoices", "1", "none"]], "{report}");
    assert_eq!(
        lines[3],
        "Records that were not compared: 1 are of actions that may change something, or that this server lacks."
    );
    assert_eq!(api.checksums().await, before, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_shown_and_what_cannot_be_repeated_is_counted() {
    let api = TestApi::new().await;
    let upstream = ScriptedUpstream::start().await;
    let here = api.send("action=GetCredits&clientid=1").await.1;
    upstream
        .answer_with([UpstreamAnswer::json(200, &here.replace("100.00", "99.00")), UpstreamAnswer::new(502, "", "")]);
    let call = json!({"identifier": "***", "secret": "***", "responsetype": "xml", "clientid": "1", "action": "x"});
    let log = [
        record("getcredits", &call),
        record("GetCredits", &call),
        record("GetCredits", &json!({"clientid": "3"})),
        record("GetCredits", &json!({"clientid": "***"})),
        record("GetCredits", &json!("{\"clientid\":\"1\",\"x\":\"cut...")),
        record("AddCredit", &call),
        record("Unknown", &call),
        record("ValidateLogin", &call),
        "no record\n".to_owned(),
        "\n".to_owned(),
    ]
    .concat();
    let output = replay(&api, &upstream.url, &log, SECRET, &["--values"]);
    let report = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    let example = r#"credits.credit.0.amount; WHMCS "99.00", here "100.00"; {"clientid":"1"}"#;
    assert!(report.contains("credits.credit.*.amount  ") && report.contains(example), "{report}");
    let unused = "Records that were not compared: 1 are repeated, 3 are of actions that may change something, or that this server \
                  lacks, 1 have values that the log hides, 2 cannot be read, or were cut, 1 got no answer from the WHMCS.";
    assert_eq!(report.lines().last(), Some(unused));
    let received = upstream.received();
    assert_eq!(received.len(), 2, "each call is made once");
    assert_eq!(
        received[0].text(),
        "clientid=1&identifier=TestIdentifier&secret=TestSecret&responsetype=json&action=GetCredits"
    );
    assert_eq!(received[0].header("x-forwarded-for"), None, "the WHMCS sees the address of this machine");
    let output = replay(&api, &upstream.url, &log, SECRET, &["--json", "--limit", "1"]);
    let rows: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&rows[0]["difference"], &rows[0]["calls"]), (&json!("compared"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rejection_ends_it() {
    let api = TestApi::new().await;
    let upstream = ScriptedUpstream::start().await;
    let here = api.send("action=GetCredits&clientid=1").await.1;
    let log = ["1", "3", "4"].map(|client| record("GetCredits", &json!({"clientid": client}))).concat();
    for (answer, rejection) in [
        (
            UpstreamAnswer::json(403, r#"{"result":"error","message":"Invalid IP 203.0.113.9"}"#),
            "the WHMCS rejects the call of GetCredits: ",
        ),
        (UpstreamAnswer::new(403, "", "<html>"), "a server before the WHMCS rejects the call of GetCredits"),
    ] {
        upstream.answer_with([UpstreamAnswer::json(200, &here), answer]);
        let output = replay(&api, &upstream.url, &log, SECRET, &[]);
        assert!(!output.status.success() && stderr(&output).contains(rejection), "{}", stderr(&output));
        assert_eq!(upstream.received().len(), 2);
        let first: Vec<String> = stdout(&output).split_whitespace().map(str::to_owned).collect();
        assert!(
            first.windows(3).any(|cells| cells == ["GetCredits", "1", "none"]),
            "what was found is shown: {first:?}"
        );
    }
    let output = replay(&api, &upstream.url, &log, "wrong", &[]);
    assert!(stderr(&output).contains("this server rejects the call of GetCredits: "), "{}", stderr(&output));
    assert!(!stderr(&output).contains("wrong") && upstream.received().len() == 1);
    let output = replay(&api, "", &log, SECRET, &[]);
    assert!(stderr(&output).contains("upstream.url is not set"), "{}", stderr(&output));
}

/// It says nothing about the reply of an action.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_answered_here_is_no_difference() {
    let api = TestApi::new().await;
    let upstream = ScriptedUpstream::start().await;
    let log = record("GetCredits", &json!({"clientid": "1"}));
    // A column of another type than this server expects.
    api.sql("ALTER TABLE tblcredit MODIFY amount varchar(20); UPDATE tblcredit SET amount = 'x'").await;
    let output = replay(&api, &upstream.url, &log, SECRET, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "Nothing was compared yet.\nRecords that were not compared: 1 got no answer here.\n");
}
