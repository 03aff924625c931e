//! What callers are told whose calls are passed while the server stops.

use whmcs_api::config::Upstream;

use super::passing;
use crate::server::process::{Running, whmcs_api};
use crate::support::{CREDENTIAL, ScriptedUpstream, TestApi, UpstreamAnswer, eventually, post};

const UNFINISHED: &str =
    "The server did not finish in time. Whether the change was made is not known: check before trying again";
const BUSY: &str = "The server is busy. Nothing was changed, please try again";

#[tokio::test]
async fn passed_calls_are_answered_before_the_server_ends() {
    let upstream = ScriptedUpstream::start().await;
    for (action, status, message) in [("GetOdd", 503, BUSY), ("ChangeOdd", 504, UNFINISHED)] {
        let api = passing(Upstream { timeout_seconds: 600, ..upstream.settings() }).await;
        upstream.answer_with([UpstreamAnswer::Nothing]);
        let (router, call) = (api.router.clone(), format!("{CREDENTIAL}&action={action}"));
        let waiting = tokio::spawn(async move { post(&router, &call).await });
        eventually("the call was passed", async || !upstream.received().is_empty()).await;
        // What this server answers itself is not cut short.
        api.api.end_passed_calls();
        assert_eq!(post(&api.router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await.0, 200);
        let answer = waiting.await.unwrap();
        assert_eq!(answer, (status, format!(r#"{{"result":"error","message":"{message}"}}"#)), "{action}");
    }
}

/// The whole program: a client that waits gets its answer although the WHMCS never answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_told_to_stop_answers_passed_calls() {
    let (api, upstream) = (TestApi::new().await, ScriptedUpstream::start().await);
    let mut command = whmcs_api(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("WHMCS_API_DATABASE_URL", api.database.url()).env("WHMCS_API_UPSTREAM_URL", &upstream.url);
    command.env("WHMCS_API_UPSTREAM_TIMEOUT_SECONDS", "600").env("WHMCS_API_DRAIN_SECONDS", "0");
    let mut server = Running::start(command);
    upstream.answer_with([UpstreamAnswer::Nothing]);
    let body = format!("{CREDENTIAL}&responsetype=json&action=ChangeOdd");
    let request = format!(
        "POST /includes/api.php HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let answer = scope.spawn(|| server.exchange(&request));
            let is_passed = || !upstream.received().is_empty();
            crate::support::eventually_blocking("the call was passed", is_passed);
            server.signal("TERM");
            let answer = answer.join().unwrap();
            assert!(answer.starts_with("HTTP/1.1 504 ") && answer.contains(UNFINISHED), "{answer}");
        });
        assert!(server.ends().success());
    });
}
