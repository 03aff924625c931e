//! `whmcs-api doctor` examines the upstream.

use serde_json::Value;

use crate::server::process::{stdout, whmcs_api};
use crate::support::{ScriptedUpstream, TestApi, UnusedAddress, UpstreamAnswer, listen};

/// Returns the findings about the upstream as `code: message`.
fn findings(api: &TestApi, upstream: &str) -> Vec<String> {
    let mut command = whmcs_api(&["doctor", "--json", "--action", "GetCredits"]);
    command.env("WHMCS_API_DATABASE_URL", api.database.url()).env("WHMCS_API_UPSTREAM_URL", upstream);
    let output = tokio::task::block_in_place(|| command.output().unwrap());
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let all = ["problems", "warnings"].map(|kind| report[kind].as_array().unwrap().clone()).concat();
    let found = all
        .iter()
        .map(|finding| format!("{}: {}", finding["code"].as_str().unwrap(), finding["message"].as_str().unwrap()));
    found.filter(|finding| finding.starts_with("upstream")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_calls_from_being_passed_is_told() {
    let api = TestApi::new().await;
    let upstream = ScriptedUpstream::start().await;
    for (answer, expected) in [
        (UpstreamAnswer::json(403, r#"{"result":"error","message":"Authentication Failed"}"#), ""),
        (UpstreamAnswer::new(403, "", "result=error;message=Authentication Failed"), ""),
        (
            UpstreamAnswer::new(403, "", "result=error;message=Invalid IP 203.0.113.9"),
            "upstream_address: the WHMCS does not let this server in: add 203.0.113.9 to its API IP Access Restriction (General Settings, Security)",
        ),
        (
            UpstreamAnswer::new(301, "Location: https://www.example.com/includes/api.php?x=canary\r\n", ""),
            "upstream_redirect: upstream.url answers with a redirect to https://www.example.com/includes/api.php, which is not followed: set the final address",
        ),
        (
            UpstreamAnswer::new(404, "", "<html>"),
            "upstream_not_whmcs: upstream.url answers with HTTP status 404, and not as the API of a WHMCS does: it must be the address of includes/api.php",
        ),
        (
            UpstreamAnswer::new(200, "", "<html>Welcome</html>"),
            "upstream_not_whmcs: upstream.url answers with HTTP status 200, and not as the API of a WHMCS does: it must be the address of includes/api.php",
        ),
    ] {
        upstream.answer_with([answer]);
        assert_eq!(findings(&api, &upstream.url).join("\n"), expected);
        let received = upstream.received();
        assert_eq!(received.len(), 1);
        assert!(received[0].body.is_empty() && received[0].header("authorization").is_none());
    }
    let unused = UnusedAddress::reserve();
    let found = findings(&api, &format!("http://{unused}/includes/api.php"));
    assert!(
        found.len() == 1 && found[0].starts_with("upstream_not_reached: upstream.url cannot be reached: "),
        "{found:?}"
    );
    let found = findings(&api, "http://billing.invalid/includes/api.php");
    assert!(found.iter().any(|finding| finding.starts_with("upstream_in_clear: ")), "{found:?}");
    assert_eq!(findings(&api, &listen(api.router.clone()).await), [""; 0], "a server of this program");
    assert_eq!(findings(&api, ""), [""; 0]);
}
