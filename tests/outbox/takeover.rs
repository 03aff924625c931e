//! A database as servers of version 0.1 leave it, with one of them still running: it claims and finishes entries of its
//! own tables by the statements of that version.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use whmcs_api::api::Api;
use whmcs_api::config::{Mail, Settings};

use crate::support::module::{Module, ScriptedResponse, YES};
use crate::support::{SmtpServer, TestApi};

const ENTRIES: &str = "mod_whmcs_api_outbox_entries";

struct Worker {
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    fn start(api: &Arc<Api>) -> Worker {
        let stopping = CancellationToken::new();
        let task = tokio::spawn({
            let (api, stopping) = (Arc::clone(api), stopping.clone());
            async move { api.run_outbox(stopping).await }
        });
        Worker { stopping, task }
    }

    async fn stop(self) {
        self.stopping.cancel();
        self.task.await.unwrap();
    }
}

/// Runs the worker until the latest due entry is done: all earlier ones have been processed by then.
async fn work_until(api: &TestApi, columns: &str, rest: &str, expected: &[&str]) {
    let worker = Worker::start(&api.api);
    api.eventually(columns, rest, expected).await;
    worker.stop().await;
}

const MAILS: &str = "\
    INSERT INTO tblemails (id, userid, `to`, subject, message, failed, failure_reason) VALUES \
      (1, 3, 'three@example.com', 'Due', 'x', 0, ''), (2, 3, 'three@example.com', 'Claimed', 'x', 0, ''), \
      (3, 3, 'three@example.com', 'Abandoned', 'x', 0, ''), (4, 3, 'three@example.com', 'Failed', 'x', 1, 'Go away'), \
      (5, 3, 'three@example.com', 'Later', 'x', 0, 'Come again'), \
      (6, 3, 'three@example.com', 'Unknown', 'x', 1, 'Interrupted while it was being sent: it may have arrived (x)'); \
    INSERT INTO mod_whmcs_api_outbox (email_id, sender_name, is_plain, attempts, is_sending, is_failed, claim, due_at) VALUES \
      (1, 'Accounts', 1, 2, 0, 0, '', '2026-11-20 12:30:00'), (2, '', 0, 1, 1, 0, 'theirs', '2026-11-20 12:31:00'), \
      (3, '', 0, 1, 1, 0, 'of the dead', '2026-11-20 12:29:59'), (4, '', 0, 5, 0, 1, '', '2026-11-20 11:00:00'), \
      (5, '', 0, 1, 0, 0, '', '2026-11-20 12:40:00'), (6, '', 0, 1, 0, 1, '', '2026-11-20 11:00:00')";

/// Simulates an older server that finds this mail due after this number of attempts, and then records the end of its
/// attempt.
async fn older_server_claims_and_sends(api: &TestApi, mail: i64, attempts: i64) -> u64 {
    let claim = format!(
        "UPDATE mod_whmcs_api_outbox SET attempts = attempts + 1, is_sending = 1, claim = 'theirs', due_at = '2026-11-20 12:32:00' \
         WHERE email_id = {mail} AND attempts = {attempts} AND is_sending = 0 AND is_failed = 0"
    );
    sqlx::query(sqlx::AssertSqlSafe(claim)).execute(&api.pool).await.unwrap().rows_affected()
}

#[tokio::test]
async fn mails_of_older_servers_are_sent_once_and_their_claims_are_honored() {
    let server = SmtpServer::start().await;
    let api = TestApi::with_settings(Settings { mail: server.settings(), ..Settings::default() }).await;
    api.sql(include_str!("../support/fixtures/mail.sql")).await;
    api.sql("DELETE FROM tblemails").await;
    api.sql(MAILS).await;
    // All rows are awaited at once: a worker that is stopped in the middle of an attempt counts it.
    let left = format!(
        "(SELECT 1 FROM {ENTRIES} WHERE record_id = 1 \
          UNION ALL SELECT 1 FROM mod_whmcs_api_outbox WHERE email_id NOT IN (2, 5)) a"
    );
    work_until(&api, "COUNT(*)", &left, &["0"]).await;
    let subjects = || server.received().iter().map(|mail| mail.header("Subject").to_owned()).collect::<Vec<_>>();
    assert_eq!(subjects(), ["Due"]);
    assert!(server.received()[0].header("From").starts_with("Accounts <"), "{}", server.received()[0].text);
    assert!(server.received()[0].text.contains("text/plain"), "the content type is preserved");
    assert_eq!(
        api.rows("record_id, subject, subject_id, state, summary", &format!("{ENTRIES} ORDER BY record_id")).await,
        [
            "3 | client | 3 | unknown | three@example.com: Abandoned",
            "4 | client | 3 | failed | three@example.com: Failed",
            "6 | client | 3 | unknown | three@example.com: Unknown",
        ]
    );
    let interrupted = "Interrupted while it was being sent: it may have arrived";
    assert_eq!(
        api.rows("failed, failure_reason, retry_count", "tblemails WHERE id IN (1, 3)").await,
        ["0 |  | 2".to_owned(), format!("1 | {interrupted} | 0")]
    );
    // An older server cannot claim mails that were moved; it finishes those that it has claimed.
    assert_eq!(older_server_claims_and_sends(&api, 1, 2).await, 0);
    let sent = "DELETE FROM mod_whmcs_api_outbox WHERE email_id = 2 AND claim = RPAD('theirs', 16, CHAR(0)) AND is_sending = 1";
    assert_eq!(sqlx::query(sent).execute(&api.pool).await.unwrap().rows_affected(), 1);
    // Callers get the same reply for mails of both versions.
    let emails = api.reply("action=GetEmails&clientid=3").await;
    let pending: Vec<_> = emails["emails"]["email"].as_array().unwrap().iter().map(|mail| &mail["pending"]).collect();
    assert_eq!(
        pending,
        [&json!(0), &json!(1), &json!(0), &json!(0), &json!(0), &json!(0)],
        "the fifth is to be sent later"
    );

    // Mails that it adds from now on are sent as well.
    api.sql(
        "INSERT INTO tblemails (id, userid, `to`, subject, message) VALUES (7, 3, 'three@example.com', 'New', 'x'); \
         INSERT INTO mod_whmcs_api_outbox (email_id, due_at) VALUES (7, '2026-11-20 12:30:00')",
    )
    .await;
    let left = format!(
        "(SELECT 1 FROM {ENTRIES} WHERE record_id = 7 UNION ALL SELECT 1 FROM mod_whmcs_api_outbox WHERE email_id = 7) a"
    );
    work_until(&api, "COUNT(*)", &left, &["0"]).await;
    assert_eq!(subjects(), ["Due", "New"]);
}

#[tokio::test]
async fn a_server_without_mail_leaves_mails_to_older_ones_that_send() {
    let api = TestApi::with_settings(Settings { mail: Mail::default(), ..Settings::default() }).await;
    api.sql(MAILS).await;
    work_until(&api, "record_id", &format!("{ENTRIES} ORDER BY record_id"), &["4", "6"]).await;
    assert_eq!(api.rows("email_id", "mod_whmcs_api_outbox ORDER BY email_id").await, ["1", "2", "3", "5"]);
    assert_eq!(older_server_claims_and_sends(&api, 1, 2).await, 1);
}

const COLUMNS: &str = "INSERT INTO mod_whmcs_api_module_calls (id, request_key, service_id, module, command, arguments, admin_id, \
    user, address, attempts, is_running, due_at, outcome, message, queue_id, created_at) VALUES";

async fn api_with(module: &Module) -> TestApi {
    let modules = BTreeMap::from([("cpanel".to_owned(), module.settings())]);
    let api = TestApi::with_settings(Settings { modules, ..Settings::default() }).await;
    api.sql(include_str!("../support/fixtures/services.sql")).await;
    api
}

#[tokio::test]
async fn commands_of_older_servers_are_sent_once_and_their_claims_are_honored() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    api.sql(&format!(
        "INSERT INTO tblmodulequeue (id, service_type, service_id, completed) VALUES (70, 'service', 911, 0); \
         {COLUMNS} \
           (11, 'a', 901, 'cpanel', 'ChangePassword', '{{\"password\":\"new\"}}', 1, 'alice', '192.0.2.1', 0, 0, \
            '2026-11-20 12:30:00', '', '', 0, '2026-11-20 12:29:00'), \
           (12, 'b', 902, 'cpanel', 'SuspendAccount', '{{}}', 1, 'alice', '', 1, 1, '2026-11-20 12:31:00', '', '', 0, \
            '2026-11-20 12:29:00'), \
           (13, 'c', 911, 'cpanel', 'CreateAccount', '{{}}', 1, 'alice', '', 2, 1, '2026-11-20 12:29:59', '', 'Full', 70, \
            '2026-11-20 12:00:00'), \
           (14, 'd', 901, 'cpanel', 'SuspendAccount', '{{}}', 1, 'alice', '', 1, 0, '2026-11-20 12:00:00', 'success', '', 0, \
            '2026-11-20 12:00:00')"
    ))
    .await;
    let done = format!("{ENTRIES} ORDER BY created_at DESC");
    work_until(&api, "state, attempts, subject_id", &done, &["done | 1 | 901", "done | 3 | 911"]).await;
    let mut asked: Vec<_> = module.received();
    asked.sort_by_key(|asked| asked["id"].to_string());
    assert_eq!(
        asked
            .iter()
            .map(|asked| (asked["id"].as_str().unwrap(), asked["attempt"].as_i64().unwrap()))
            .collect::<Vec<_>>(),
        [("module-call-11", 1), ("module-call-13", 3)],
        "under the ids by which the module knows them"
    );
    assert_eq!(asked[0]["params"]["password"], "new");
    assert_eq!(api.rows("password", "tblhosting WHERE id = 901").await, ["new"]);
    assert_eq!(api.rows("completed", "tblmodulequeue").await, ["1"]);
    assert_eq!(
        api.rows("id, outcome, is_running, arguments", "mod_whmcs_api_module_calls").await,
        ["11 | moved | 0 | {}", "12 |  | 1 | {}", "13 | moved | 0 | {}", "14 | success | 0 | {}"]
    );
    // An older server cannot claim commands that were moved; it finishes those that it has claimed.
    for (change, affected) in [
        ("attempts = attempts + 1, is_running = 1 WHERE id = 11 AND outcome = '' AND attempts = 0", 0),
        ("is_running = 0, outcome = 'success' WHERE id = 13 AND attempts = 2 AND is_running = 1 AND outcome = ''", 0),
        ("is_running = 0, outcome = 'success' WHERE id = 12 AND attempts = 1 AND is_running = 1 AND outcome = ''", 1),
    ] {
        let statement = format!("UPDATE mod_whmcs_api_module_calls SET {change}");
        let changed = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&api.pool).await.unwrap();
        assert_eq!(changed.rows_affected(), affected, "{change}");
    }
}

/// A service has one command at a time, whichever version added it, and the latest one is executed.
#[tokio::test]
async fn commands_of_both_versions_take_each_others_place() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    // An older server is sending the module a command of the service.
    let running = "'2026-11-20 12:31:00', '', '', 0, '2026-11-20 12:00:00')";
    api.sql(&format!("{COLUMNS} (11, 'a', 901, 'cpanel', 'SuspendAccount', '{{}}', 1, 'a', '', 1, 1, {running}")).await;
    let busy = "The module is still busy with this service, please try again";
    api.refuse("action=ModuleTerminate&serviceid=901", busy).await;
    // Its command has failed and waits for a retry: the next command supersedes it, for an older server, too.
    api.sql("UPDATE mod_whmcs_api_module_calls SET is_running = 0").await;
    module.respond_with([ScriptedResponse::Status(503)]);
    api.send("action=ModuleUnsuspend&serviceid=901").await;
    assert_eq!(api.rows("outcome", "mod_whmcs_api_module_calls").await, ["superseded"]);
    // That command fails, and an older server, which does not see it, adds a later one.
    let later = "'2026-11-20 12:30:00', '', '', 0, '2026-11-20 12:31:00')";
    api.sql(&format!("{COLUMNS} (12, 'b', 901, 'cpanel', 'TerminateAccount', '{{}}', 1, 'a', '', 1, 0, {later}")).await;
    module.respond_with([YES]);
    work_until(&api, "state", &format!("{ENTRIES} ORDER BY id"), &["superseded", "done"]).await;
    assert_eq!(module.functions(), ["UnsuspendAccount 901", "TerminateAccount 901"]);
    // An earlier command of the older server is outdated.
    let earlier = "'2026-11-20 12:30:00', '', '', 0, '2026-11-20 12:10:00')";
    api.sql(&format!("{COLUMNS} (13, 'c', 901, 'cpanel', 'CreateAccount', '{{}}', 1, 'a', '', 1, 0, {earlier}")).await;
    work_until(&api, "outcome", "mod_whmcs_api_module_calls WHERE id = 13", &["superseded"]).await;
    assert!(module.received().is_empty());
}

/// This server returns the same reply for a key that was used with an older server.
#[tokio::test]
async fn a_key_that_an_older_server_knows_is_told_what_the_module_said() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    let request = "action=ModuleSuspend&serviceid=901&idempotencykey=k1";
    api.reply(request).await;
    api.sql(&format!(
        "{COLUMNS} (11, '', 901, 'cpanel', 'SuspendAccount', '{{}}', 1, 'a', '', 1, 0, '2026-11-20 12:40:00', '', 'Disk full', 0, \
         '2026-11-20 12:00:00'); \
         UPDATE mod_whmcs_api_module_calls SET request_key = (SELECT request_key FROM {ENTRIES}); DELETE FROM {ENTRIES}"
    ))
    .await;
    let full = (200, r#"{"result":"error","message":"Disk full"}"#.to_owned());
    assert_eq!(api.send(request).await, full);
    api.sql("UPDATE mod_whmcs_api_module_calls SET message = ''").await;
    assert_eq!(api.send(request).await.0, 409, "the outcome is not known yet");
    api.sql("UPDATE mod_whmcs_api_module_calls SET outcome = 'success'").await;
    assert_eq!(api.send(request).await, (200, r#"{"result":"success"}"#.to_owned()));
    assert_eq!(module.received().len(), 1, "the command is not sent again");
}
