//! The exact number of statements of each action. Unlike times, it does not depend on the machine.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use serde_json::json;
use sqlx::Row;
use whmcs_api::actions::CATALOGUE;
use whmcs_api::config::LoggedCalls;
use whmcs_api::database::hosts::Hosts;

use crate::openapi::{call, example, example_order};
use crate::support::{demo, derived, router};

const HEAD: &str = "\
# Number of statements of each action on the demo data, for its example in the API description: the one that reads the
# credential, those of the action, and for a write those that lock its subject, insert its request row and commit. With an
# idempotency key, a write has one more. A second number is that of the same call again, where its reply is kept. A test
# compares the numbers, and `make update` renews them; a larger number needs a reason.
";

/// The examples of the API description, on the demo data and in their order.
#[tokio::test]
async fn each_action_takes_as_many_statements_as_it_did() {
    let (database, _folder, mut settings) = demo("statements").await;
    // Background writes would be counted, too.
    settings.api_log.calls = LoggedCalls::Off;
    let one = Hosts::open(vec![database.options()], 1).await.unwrap();
    let router = router(Arc::clone(&one), &settings);
    // The secret is hashed with the first call.
    call(&router, "GetCurrencies", &json!({})).await;
    let mut counts = String::from(HEAD);
    for action in example_order() {
        let before = executed(&one).await;
        let (status, reply) = call(&router, &action, &example(&action)).await;
        assert_eq!(status, 200, "{action}: {reply}");
        let first = executed(&one).await - before;
        let is_kept = CATALOGUE.iter().any(|entry| entry.name == action && entry.has_fingerprint());
        let again = if is_kept { format!(" {}", executed_again(&one, &router, &action).await) } else { String::new() };
        writeln!(counts, "{action} {first}{again}").unwrap();
    }
    derived::check("tests/performance/statements", &counts);
}

async fn executed_again(hosts: &Arc<Hosts>, router: &Router, action: &str) -> u64 {
    let before = executed(hosts).await;
    assert_eq!(call(router, action, &example(action)).await.0, 200);
    executed(hosts).await - before
}

/// Returns the number of statements that the connection has executed, including those that begin and commit
/// transactions. Not counted are those that change a connection of readers into one of writers and back, which only the
/// limit of one makes necessary; it is there so that statements in the background are over before the next call.
pub async fn executed(hosts: &Arc<Hosts>) -> u64 {
    let status = "SHOW SESSION STATUS WHERE Variable_name IN ('Com_stmt_execute', 'Com_begin', 'Com_commit')";
    let mut connection = hosts.acquire().await.unwrap().connection;
    let rows = sqlx::raw_sql(status).fetch_all(&mut *connection).await.unwrap();
    connection.release_clean();
    rows.iter().map(|row| row.get::<String, _>(1).parse::<u64>().unwrap()).sum()
}
