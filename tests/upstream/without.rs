//! What an upstream costs calls that this server answers, and servers that have none: nothing.

use std::sync::Arc;

use whmcs_api::config::{LoggedCalls, Settings, Upstream};
use whmcs_api::database::hosts::Hosts;

use super::respond;
use crate::api::statements::executed;
use crate::support::{CREDENTIAL, ScriptedUpstream, TestApi, form, router};

/// The same replies with the same number of statements.
#[tokio::test]
async fn calls_that_are_answered_here_cost_the_same_with_and_without() {
    let upstream = ScriptedUpstream::start().await;
    let api = TestApi::new().await;
    let with = Upstream { unverified: true, ..upstream.settings() };
    let mut seen = Vec::new();
    for upstream in [Upstream::default(), with] {
        let one = Hosts::open(vec![api.database.options()], 1).await.unwrap();
        let mut settings = Settings { upstream, ..Settings::default() };
        // Background writes would be counted, too.
        settings.api_log.calls = LoggedCalls::Off;
        let router = router(Arc::clone(&one), &settings);
        // The secret is hashed with the first call.
        respond(&router, form(&format!("{CREDENTIAL}&action=GetCurrencies"))).await;
        let mut of_calls = Vec::new();
        for call in [
            "action=GetCredits&clientid=1",
            "action=GetInvoices&action=x",
            "action=GetInvoice&invoiceid=4711",
            "action=AddCredit&clientid=4711&amount=1&description=x",
            "action=ValidateLogin&email=a@example.com&password2=x",
            "action=",
            "",
        ] {
            let before = executed(&one).await;
            let reply = respond(&router, form(&format!("{CREDENTIAL}&{call}"))).await;
            of_calls.push((call, reply, executed(&one).await - before));
        }
        for login in ["identifier=Unknown&secret=x", "identifier=TestIdentifier&secret=x", "username=alice&password=x"]
        {
            let before = executed(&one).await;
            let reply = respond(&router, form(&format!("{login}&action=GetCredits&clientid=1"))).await;
            of_calls.push((login, reply, executed(&one).await - before));
        }
        one.close().await;
        seen.push(of_calls);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(upstream.received(), []);
}

/// Without an upstream there is nothing that could be passed, whatever is sent.
#[tokio::test]
async fn without_an_upstream_nothing_is_read_as_php_would() {
    let api = TestApi::new().await;
    for (call, status, message) in [
        ("action=Unknown", 200, "Invalid API Action: \\u0022unknown\\u0022 is not a valid API action"),
        ("action=AddOdd&action=GetInvoices", 200, ""),
        ("identifier=Other&identifier=TestIdentifier&action=GetInvoices", 200, ""),
        ("username=Other&action=GetInvoices", 200, ""),
    ] {
        let (got, reply) = api.send(call).await;
        assert_eq!(got, status, "{call}: {reply}");
        assert!(reply.contains(message), "{call}: {reply}");
    }
}
