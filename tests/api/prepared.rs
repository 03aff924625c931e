//! On a cluster, the statements of writes are prepared in advance, and none within a transaction.

use std::sync::Arc;

use sqlx::Row;
use whmcs_api::actions::{Access, CATALOGUE};
use whmcs_api::config::LoggedCalls;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::database::prepared;
use whmcs_api::demo;
use whmcs_api::store;

use crate::actions::CALLS;
use crate::support::module::Module;
use crate::support::{CREDENTIAL, Replies, TestApi, post, router, settings_with_keys};

#[tokio::test]
async fn writing_calls_prepare_nothing() {
    for entry in CATALOGUE.iter().filter(|entry| entry.access == Access::Write) {
        let (_, calls) = CALLS.iter().find(|(name, _)| *name == entry.name).unwrap();
        let prefix = format!("{}&", entry.name);
        assert!(
            calls.writing.iter().any(|call| call.starts_with(&prefix)),
            "{} has no calls for this test",
            entry.name
        );
        let api = TestApi::new().await;
        api.sql(calls.setup).await;
        let module = Module::start().await;
        let mut settings = settings_with_keys();
        settings.compat.configuration_writable.push("*".to_owned());
        settings.modules.insert("cpanel".to_owned(), module.settings());
        settings.registrars.insert("enom".to_owned(), module.registrar());
        demo::add_stand_ins(&mut settings).await.unwrap();
        let one = Hosts::open(vec![api.database.options()], 1, store::STATEMENTS).await.unwrap();
        let logged = router(Arc::clone(&one), &settings);
        // For calls with module commands, the record is written after the modules have answered.
        settings.api_log.calls = LoggedCalls::Off;
        let unlogged = router(Arc::clone(&one), &settings);
        // Authentication precedes the transaction.
        post(&unlogged, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await;
        prepare_as_on_a_cluster(&one).await;
        let mut replies = Replies::default();
        for call in calls.writing {
            let call = replies.fill_in(call);
            let commands = [
                "Module",
                "AcceptOrder",
                "DomainRegister",
                "DomainTransfer",
                "DomainRenew",
                "DomainRelease",
                "CapturePayment",
                "RefundPayment",
            ];
            let asks_modules = commands.iter().any(|command| call.starts_with(command));
            let router = if asks_modules { &unlogged } else { &logged };
            let before = count_prepared(&one).await;
            let (status, body) = post(router, &format!("{CREDENTIAL}&action={call}")).await;
            assert!(status == 200 && body.contains("success"), "{call}: {body}");
            api.records_are_moved().await;
            replies.keep(&serde_json::from_str(&body).unwrap());
            assert_eq!(count_prepared(&one).await, before, "{call} prepares what no statements! of store lists");
        }
    }
}

async fn prepare_as_on_a_cluster(hosts: &Hosts) {
    let mut connection = hosts.acquire().await.unwrap().connection;
    prepared::prepare(&mut connection, store::STATEMENTS).await.unwrap();
    connection.release_clean();
}

/// Returns the number of prepared statements. MySQL counts a statement that the server itself prepares again as both.
async fn count_prepared(hosts: &Hosts) -> u64 {
    let statement = "SHOW SESSION STATUS WHERE Variable_name IN ('Com_stmt_prepare', 'Com_stmt_reprepare')";
    let mut connection = hosts.acquire().await.unwrap().connection;
    let rows = sqlx::raw_sql(statement).fetch_all(&mut *connection).await.unwrap();
    connection.release_clean();
    let counts: Vec<u64> = rows.iter().map(|row| row.get::<String, _>(1).parse().unwrap()).collect();
    counts[0] - counts[1]
}
