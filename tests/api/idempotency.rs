//! Idempotency keys: a write with a key happens once, however often it is sent.

use axum::body::{Body, to_bytes};
use axum::http::Response;
use tower::ServiceExt;
use whmcs_api::config::{Compat, Settings};

use crate::support::{CREDENTIAL, NEVER_SECONDS, TestApi, all, eventually, form, post, post_from, replica, serve};

const ADD: &str = "action=AddCredit&clientid=2&amount=1&description=x";

async fn send(api: &TestApi, key: &str, request: &str) -> (u16, String) {
    post_from(&api.router, "127.0.0.1", &[("idempotency-key", key)], &format!("{CREDENTIAL}&{request}")).await
}

#[tokio::test]
async fn the_same_key_brings_back_the_same_reply() {
    let api = TestApi::new().await;
    let first = send(&api, "key-1", ADD).await;
    assert_eq!(first, (200, r#"{"result":"success","newbalance":"1.00"}"#.to_owned()));
    api.reply("action=AddCredit&clientid=2&amount=5").await;
    assert_eq!(send(&api, "key-1", ADD).await, first);
    assert_eq!(api.send(&format!("{ADD}&idempotencykey=key-1")).await, first, "as a parameter");
    let reordered = "clientid=2&description=x&amount=1&action=addcredit";
    assert_eq!(send(&api, "key-1", reordered).await, first, "the request is the same");
    assert_eq!(send(&api, "key-2", ADD).await.1, r#"{"result":"success","newbalance":"7.00"}"#);
    assert_eq!(api.rows("amount", "tblcredit WHERE clientid = 2 ORDER BY id").await, ["1.00", "5.00", "1.00"]);
}

#[tokio::test]
async fn a_key_is_for_one_request_of_one_caller() {
    let api = TestApi::new().await;
    send(&api, "key", ADD).await;
    let reused = r#"{"result":"error","message":"This idempotency key was used with another request. A new request needs a new key"}"#;
    for other in [
        ADD.replace("amount=1", "amount=2"),
        ADD.replace("AddCredit", "AddCreditApi"),
        format!("{ADD}&type=remove"),
        format!("{ADD}&responsetype=JSON"),
    ] {
        assert_eq!(send(&api, "key", &other).await, (422, reused.to_owned()), "{other}");
    }
    api.sql(
        "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) \
         SELECT 'Other', secret, user_id, 1, role_ids FROM tbldeviceauth",
    )
    .await;
    let other = format!("identifier=Other&secret=TestSecret&{ADD}&idempotencykey=key");
    assert_eq!(post(&api.router, &other).await.1, r#"{"result":"success","newbalance":"2.00"}"#);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let api = TestApi::new().await;
    let remove = "action=AddCredit&clientid=2&amount=5&type=remove&description=x";
    assert!(send(&api, "key", remove).await.1.contains("Amount exceeds"));
    api.reply("action=AddCredit&clientid=2&amount=5").await;
    assert_eq!(send(&api, "key", remove).await.1, r#"{"result":"success","newbalance":"0.00"}"#);
    assert_eq!(send(&api, "key", remove).await.1, r#"{"result":"success","newbalance":"0.00"}"#);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let api = TestApi::new().await;
    let refused = r#"{"result":"error","message":"An idempotency key must have 1 to 255 visible ASCII characters"}"#;
    for key in ["with space", "caf%C3%A9", &"x".repeat(256)] {
        assert_eq!(api.send(&format!("{ADD}&idempotencykey={key}")).await, (400, refused.to_owned()), "{key}");
    }
    for list in ["idempotencykey[]=x", "idempotencykey[a]=x"] {
        assert_eq!(api.send(&format!("{ADD}&{list}")).await, (400, refused.to_owned()), "{list}");
    }
    assert_eq!(send(&api, "", ADD).await, (400, refused.to_owned()), "an empty header");
    assert_eq!(api.rows("COUNT(*)", "tblcredit WHERE clientid = 2").await, ["0"]);
    assert_eq!(send(&api, &"x".repeat(255), ADD).await.0, 200);
    assert_eq!(send(&api, "any key at all", "action=GetCredits&clientid=2").await.0, 200, "reads need no key");
}

/// The first request with the key is blocked, and its outcome is not known yet.
#[tokio::test]
async fn a_request_in_progress_is_told_as_such() {
    let api = TestApi::new().await;
    let mut settings = Settings::default();
    settings.limits.call_seconds = NEVER_SECONDS;
    let (_connections, router) = serve(api.database.options(), settings).await;
    // Unlike locks on rows, locks on tables have no short wait timeout.
    let mut lock = api.pool.acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES tblcredit WRITE").execute(&mut *lock).await.unwrap();
    let request = format!("{CREDENTIAL}&{ADD}&responsetype=json&idempotencykey=key");
    let first = tokio::spawn(router.clone().oneshot(form(&request)));
    let mut reader = api.pool.acquire().await.unwrap();
    sqlx::raw_sql("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED").execute(&mut *reader).await.unwrap();
    eventually("the first request has begun", async || {
        let count = "SELECT COUNT(*) FROM mod_whmcs_api_requests";
        sqlx::query_scalar::<_, i64>(count).fetch_one(&mut *reader).await.unwrap() == 1
    })
    .await;
    let second = router.clone().oneshot(form(&request)).await.unwrap();
    assert!(second.headers().contains_key("retry-after"));
    let told = r#"{"result":"error","message":"A request with this idempotency key is in progress. Its reply can be asked for with the same key"}"#;
    assert_eq!(status_and_body(second).await, (409, told.to_owned()));
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut *lock).await.unwrap();
    let reply = (200, r#"{"result":"success","newbalance":"1.00"}"#.to_owned());
    assert_eq!(status_and_body(first.await.unwrap().unwrap()).await, reply);
    assert_eq!(post(&router, &request).await, reply, "the same key returns the reply");
}

async fn status_and_body(response: Response<Body>) -> (u16, String) {
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Each key is sent to three servers concurrently.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_to_several_servers_at_once_is_applied_once() {
    let api = TestApi::new().await;
    let mut servers = vec![api.router.clone()];
    for _ in 0..2 {
        servers.push(replica(&api.database, Compat::default()).await.1);
    }
    for round in 0..40 {
        let request = format!("{CREDENTIAL}&{ADD}&idempotencykey=key-{round}");
        let answers = all(servers.iter().map(|server| post(server, &request))).await;
        let expected = (200, format!(r#"{{"result":"success","newbalance":"{}.00"}}"#, round + 1));
        assert!(answers.iter().all(|answer| *answer == expected), "{round}: {answers:?}");
    }
    assert_eq!(api.rows("COUNT(*), SUM(amount)", "tblcredit WHERE clientid = 2").await, ["40 | 40.00"]);
}

/// A server of version 0.2 writes the same rows, without the columns that it does not know.
#[tokio::test]
async fn a_key_that_an_older_server_has_is_replayed() {
    let api = TestApi::new().await;
    send(&api, "key", ADD).await;
    api.records_are_moved().await;
    let row: (Vec<u8>, Vec<u8>) = sqlx::query_as("SELECT request_key, fingerprint FROM mod_whmcs_api_requests")
        .fetch_one(&api.pool)
        .await
        .unwrap();
    api.sql("DELETE FROM mod_whmcs_api_requests").await;
    let mut older = api.pool.begin().await.unwrap();
    let insert =
        "INSERT INTO mod_whmcs_api_requests (request_key, fingerprint, created_at) VALUES (?, ?, '2026-11-20')";
    sqlx::query(insert).bind(&row.0).bind(&row.1).execute(&mut *older).await.unwrap();
    let subject = "INSERT INTO mod_whmcs_api_revisions (subject, revision) \
                   SELECT 'client:2', 1 FROM mod_whmcs_api_requests WHERE request_key = ? \
                   ON DUPLICATE KEY UPDATE revision = mod_whmcs_api_revisions.revision + 1";
    assert!(sqlx::query(subject).bind(&row.0).execute(&mut *older).await.unwrap().rows_affected() > 0);
    let (answer, ()) = tokio::join!(send(&api, "key", ADD), async {
        api.lock_waits_reach(1).await;
        let complete = "UPDATE mod_whmcs_api_requests SET format = 'json', reply = '{\"by\":\"the older one\"}' WHERE request_key = ?";
        sqlx::query(complete).bind(&row.0).execute(&mut *older).await.unwrap();
        older.commit().await.unwrap();
    });
    assert_eq!(answer, (200, r#"{"by":"the older one"}"#.to_owned()));
    assert_eq!(api.rows("amount", "tblcredit WHERE clientid = 2").await, ["1.00"]);
    assert_eq!(api.rows("is_log_pending, log IS NULL", "mod_whmcs_api_requests").await, ["0 | 1"]);
}

/// Fingerprints of requests are stored, and requests contain passwords.
#[tokio::test]
async fn a_fingerprint_cannot_be_compared_without_the_key() {
    let api = TestApi::new().await;
    for key in ["key-1", "key-2"] {
        assert_eq!(send(&api, key, ADD).await.0, 200);
    }
    let fingerprints = api.rows("COUNT(DISTINCT fingerprint)", "mod_whmcs_api_requests").await;
    assert_eq!(fingerprints, ["2"]);
}
