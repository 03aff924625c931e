//! What all tests share: a database server, a database for each test, and an API on it.

mod address;
mod calls;
mod connections;
mod database;
pub mod derived;
pub mod desk;
pub mod failures;
mod gate;
pub mod module;
pub mod needs;
mod proxy;
pub mod python;
pub mod registry;
mod schema;
mod smtp;
mod tls;
mod upstream;
mod user;
mod waiting;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{HeaderName, Request};
use serde_json::{Map, Value};
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Row};
use tower::ServiceExt;
use whmcs_api::api::Api;
use whmcs_api::config::{Compat, LoggedCalls, Settings};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::demo;
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::openapi;
use whmcs_api::server;

pub use address::UnusedAddress;
pub use calls::{Calls, Replies, documented_calls};
pub use connections::{Connection, connections, connections_to, kill_any};
pub use database::{Database, Scratch, block_on, server_options};
pub use gate::Gate;
pub use proxy::{Cut, Proxy};
pub use schema::{DOCUMENT, reply_schema_violations, schema_violations};
pub use smtp::{SmtpServer, SmtpStage};
pub use tls::{TestCertificate, TlsClient, TlsConnection};
pub use upstream::{Recorded, RecordedUpstream, ScriptedUpstream, UpstreamAnswer, listen};
pub use user::User;
pub use waiting::{HANG, NEVER_SECONDS, ends, eventually, eventually_blocking, processor_time, until_ok};

/// The credential of all test requests. Its hash in the fixture is a cheap one.
pub const CREDENTIAL: &str = "identifier=TestIdentifier&secret=TestSecret";

/// The time of the clock in tests, which stands still.
pub const NOW: &str = "2026-11-20 12:30:00";

/// An API on a database of its own with the rows of `fixture.sql`.
pub struct TestApi {
    pub database: Database,
    /// Connections for inspecting the tables.
    pub pool: MySqlPool,
    /// The API's own connections.
    pub hosts: Arc<Hosts>,
    pub api: Arc<Api>,
    pub router: Router,
}

impl TestApi {
    pub async fn new() -> TestApi {
        TestApi::with(Compat::default()).await
    }

    pub async fn with(compat: Compat) -> TestApi {
        TestApi::with_settings(Settings { compat, ..Settings::default() }).await
    }

    pub async fn with_settings(settings: Settings) -> TestApi {
        // A future of its own, because that of each test would be large.
        Box::pin(async { TestApi::on(Database::migrated().await, settings).await }).await
    }

    /// An API on a database that was just migrated.
    pub async fn on(database: Database, settings: Settings) -> TestApi {
        let looking = MySqlPoolOptions::new().max_connections(4).connect_with(database.options()).await.unwrap();
        sqlx::raw_sql(include_str!("fixtures/fixture.sql")).execute(&looking).await.unwrap();
        let hosts = Hosts::open(vec![database.options()], 10).await.unwrap();
        let (api, router) = api(Arc::clone(&hosts), &settings);
        TestApi { database, pool: looking, hosts, api, router }
    }

    /// Sends a request with the credential, and expects this reply and status 200.
    #[track_caller]
    pub fn check(&self, request: &str, reply: &str) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let (status, body) = self.send(request).await;
            assert_eq!((status, body.as_str()), (200, reply), "\n{request}\nat {caller}\n");
        }
    }

    /// Sends a request with the credential, and expects a business error with this message and no change in any table.
    #[track_caller]
    pub fn refuse(&self, request: &str, message: &str) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let before = self.checksums().await;
            let (status, body) = self.send(request).await;
            let reply: serde_json::Value = serde_json::from_str(&body).unwrap();
            let expected = serde_json::json!({"result": "error", "message": message});
            assert_eq!((status, reply), (200, expected), "\n{request}\nat {caller}\n");
            assert_eq!(self.checksums().await, before, "a rejected call wrote something\n{request}\nat {caller}\n");
        }
    }

    /// Sends a request with the credential, returns the status and the body, and checks the reply against the API
    /// description.
    pub async fn send(&self, request: &str) -> (u16, String) {
        let (status, body) = post(&self.router, &format!("{CREDENTIAL}&{request}")).await;
        needs::check();
        let mut parameters = request.split('&');
        let action = parameters.find_map(|parameter| self.api.catalogue().find(parameter.strip_prefix("action=")?));
        if let (Some(action), Ok(reply)) = (action, serde_json::from_str::<serde_json::Value>(&body))
            && reply["result"] == "success"
        {
            let violations = match action.as_custom() {
                Some(_) => schema::violations_in(&openapi::document(self.api.catalogue()), &action.name, reply),
                None => reply_schema_violations(&action.name, reply),
            };
            assert_eq!(violations, Vec::<String>::new(), "{request}: {body}");
        }
        (status, body)
    }

    /// Sends a request that must succeed, and returns the reply.
    pub async fn reply(&self, request: &str) -> serde_json::Value {
        let (status, body) = self.send(request).await;
        let reply: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &reply["result"]), (200, &"success".into()), "{request}: {body}");
        reply
    }

    /// Waits until the metrics have these series with these values.
    pub async fn metrics_show(&self, series: &[&str]) {
        until_ok(async || {
            let text = self.api.metrics_text().await.unwrap();
            let missing: Vec<_> = series.iter().filter(|one| !text.lines().any(|line| line == **one)).collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} of\n{text}")) }
        })
        .await;
    }

    /// Executes statements. Columns that are not given get the empty value of their type.
    pub async fn sql(&self, statements: &str) {
        execute(&self.pool, statements).await;
    }

    /// Returns the rows of `SELECT CONCAT_WS(' | ', {columns}) FROM {rest}` as text.
    pub async fn rows(&self, columns: &str, rest: &str) -> Vec<String> {
        if rest.starts_with("tblapilog") {
            self.records_are_moved().await;
        }
        rows(&self.pool, columns, rest).await
    }

    /// Waits until the records of all writes are in the API log, if there is one.
    pub async fn records_are_moved(&self) {
        eventually("the records of writes are in the API log", async || {
            let pending = "SELECT COUNT(*) FROM mod_whmcs_api_requests WHERE is_log_pending = 1";
            sqlx::query_scalar::<_, i64>(pending).fetch_one(&self.pool).await.unwrap() == 0
        })
        .await;
    }

    /// Waits until a query returns these rows.
    #[track_caller]
    pub fn eventually(&self, columns: &str, rest: &str, expected: &[&str]) -> impl Future<Output = ()> {
        until_ok(async move || {
            let rows = self.rows(columns, rest).await;
            if rows == expected { Ok(()) } else { Err(format!("{expected:?}, but {rows:?}")) }
        })
    }

    /// Waits until this number of transactions wait for locks, and returns their ids.
    #[track_caller]
    pub fn lock_waits_reach(&self, count: usize) -> impl Future<Output = Vec<String>> {
        until_ok(async move || {
            let waiting = self.lock_waits().await;
            let reached = waiting.len() == count;
            if reached { Ok(waiting) } else { Err(format!("{count} wait for a lock, but {waiting:?}")) }
        })
    }

    /// Returns the connections to the database.
    pub async fn connections(&self) -> Vec<Connection> {
        connections_to(self.database.name(), &self.pool).await.unwrap()
    }

    /// Returns the ids of the transactions that wait for a lock now.
    pub async fn lock_waits(&self) -> Vec<String> {
        let transactions = self.transactions().await;
        transactions.into_iter().filter_map(|(id, waits)| waits.then_some(id)).collect()
    }

    /// Returns the ids of the open transactions, and whether each waits for a lock. InnoDB's status is current;
    /// `information_schema.innodb_trx` is cached, and does not change while it is read ten times a second.
    pub async fn transactions(&self) -> Vec<(String, bool)> {
        let connections: Vec<String> = self.connections().await.iter().map(|ours| ours.id.to_string()).collect();
        let status = sqlx::raw_sql("SHOW ENGINE INNODB STATUS").fetch_one(&self.pool).await.unwrap();
        let status: String = status.get(2);
        let (_, transactions) = status.split_once("LIST OF TRANSACTIONS").unwrap();
        let transactions = transactions.split("\n---TRANSACTION ").skip(1);
        transactions
            .filter(|text| text.lines().next().unwrap().contains(", ACTIVE"))
            .filter(|text| {
                let connection = text.split(" thread id ").nth(1).and_then(|rest| rest.split(',').next());
                connection.is_some_and(|connection| connections.iter().any(|ours| ours == connection))
            })
            .map(|text| (text.split(',').next().unwrap().to_owned(), text.contains("\nLOCK WAIT ")))
            .collect()
    }

    /// Returns the number of statements of a call, including the credential's, without those that begin and end
    /// transactions.
    pub async fn statements(&self, request: &str) -> u64 {
        let mut settings = Settings::default();
        settings.limits.reply_cache_bytes = 0;
        self.statements_with(settings, request).await
    }

    /// The same for a server with these settings that has answered the call before.
    pub async fn statements_with(&self, mut settings: Settings, request: &str) -> u64 {
        let one = Hosts::open(vec![self.database.options()], 1).await.unwrap();
        // Statements in the background would be counted, too.
        settings.api_log.calls = LoggedCalls::Off;
        let router = router(Arc::clone(&one), &settings);
        let executed = || async {
            let status = "SHOW SESSION STATUS LIKE 'Com_stmt_execute'";
            let mut connection = one.acquire().await.unwrap().connection;
            let row = sqlx::raw_sql(status).fetch_one(&mut *connection).await.unwrap();
            connection.release_clean();
            row.get::<String, _>(1).parse::<u64>().unwrap()
        };
        post(&router, &format!("{CREDENTIAL}&{request}")).await;
        let before = executed().await;
        let (status, body) = post(&router, &format!("{CREDENTIAL}&{request}")).await;
        assert!(status == 200 && body.contains("success"), "{request}: {body}");
        executed().await - before
    }

    /// Returns a checksum of every table except the API log and its index.
    pub async fn checksums(&self) -> Vec<(String, Option<i64>)> {
        self.records_are_moved().await;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT CONCAT('`', CAST(table_name AS CHAR), '`') FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT IN ('tblapilog', 'mod_whmcs_api_calls')",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let statement = format!("CHECKSUM TABLE {}", tables.join(", "));
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(&self.pool).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

/// Executes statements as [`TestApi::sql`] does.
pub async fn execute(pool: &MySqlPool, statements: &str) {
    let statements = AssertSqlSafe(format!("SET SESSION sql_mode = ''; {statements}"));
    sqlx::raw_sql(statements).execute(pool).await.unwrap();
}

/// Returns rows as [`TestApi::rows`] does.
pub async fn rows(pool: &MySqlPool, columns: &str, rest: &str) -> Vec<String> {
    let statement = format!("SELECT CAST(CONCAT_WS(' | ', {columns}) AS CHAR) FROM {rest}");
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(pool).await.unwrap()
}

/// Creates a further server on a database.
pub async fn replica(database: &Database, compat: Compat) -> (Arc<Hosts>, Router) {
    serve(database.options(), Settings { compat, ..Settings::default() }).await
}

/// Creates a server on the demo data, with its database and its folder for attachments.
pub async fn demo_router(name: &str) -> (Database, Scratch, Router) {
    let (database, folder, settings) = demo(name).await;
    let hosts = Hosts::open(vec![database.options()], 4).await.unwrap();
    let router = router(hosts, &settings);
    (database, folder, router)
}

/// Creates the demo data, a folder for attachments, and the settings of a server that uses them.
pub async fn demo(name: &str) -> (Database, Scratch, Settings) {
    let database = Database::migrated().await;
    demo::fill(database.options()).await.unwrap();
    let mut settings = settings_with_keys();
    let folder = Scratch::new(name);
    settings.attachments.dir = folder.to_path_buf();
    demo::write_attachments(&folder).unwrap();
    demo::add_stand_ins(&mut settings).await.unwrap();
    (database, folder, settings)
}

/// The file of keys with which the demo data are sealed.
pub fn demo_keys() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/keys").into()
}

/// Settings with keys, by which secrets are sealed. All tests have those of the demo.
pub fn settings_with_keys() -> Settings {
    let mut settings = Settings::default();
    settings.keys.file = demo_keys();
    settings
}

/// Creates a server that connects to its database with these options.
pub async fn serve(options: MySqlConnectOptions, settings: Settings) -> (Arc<Hosts>, Router) {
    let hosts = Hosts::open(vec![options], 10).await.unwrap();
    (Arc::clone(&hosts), router(hosts, &settings))
}

/// Creates a server on these database servers.
pub fn router(hosts: Arc<Hosts>, settings: &Settings) -> Router {
    api(hosts, settings).1
}

fn api(hosts: Arc<Hosts>, settings: &Settings) -> (Arc<Api>, Router) {
    api_with(hosts, None, settings)
}

/// Creates a server that may read from a replica. It asks no registry outside.
pub fn api_with(hosts: Arc<Hosts>, replica: Option<Arc<Hosts>>, settings: &Settings) -> (Arc<Api>, Router) {
    api_at(hosts, replica, settings, Clock::fixed(parse_date_time(NOW).unwrap()))
}

/// Creates such a server at another time than [`NOW`].
pub fn api_at(hosts: Arc<Hosts>, replica: Option<Arc<Hosts>>, settings: &Settings, clock: Clock) -> (Arc<Api>, Router) {
    needs::record();
    let settings = &registry::with_stand_in(settings);
    let api = Api::new(hosts, replica, settings, clock).unwrap();
    let router = server::router(Arc::clone(&api), settings);
    (api, router.layer(MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711)))))
}

/// Creates a request that posts this form.
pub fn form(body: &str) -> Request<Body> {
    Request::post("/includes/api.php")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// Sends a form that requests JSON.
pub async fn post(router: &Router, body: &str) -> (u16, String) {
    answer(router, form(&format!("responsetype=json&{body}"))).await
}

/// Sends parameters in JSON with the credential, and returns the status and the reply.
pub async fn post_json(router: &Router, mut parameters: Map<String, Value>) -> (u16, Value) {
    for (name, value) in CREDENTIAL.split('&').filter_map(|pair| pair.split_once('=')) {
        parameters.insert(name.to_owned(), value.into());
    }
    let request = Request::post("/includes/api.php").header("content-type", "application/json");
    let (status, body) = answer(router, request.body(Body::from(Value::from(parameters).to_string())).unwrap()).await;
    (status, serde_json::from_str(&body).unwrap())
}

async fn answer(router: &Router, request: Request<Body>) -> (u16, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Sends a form from a network address, with headers.
pub async fn post_from(router: &Router, address: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut request = form(&format!("responsetype=json&{body}"));
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 4711)));
    for (name, value) in headers {
        request.headers_mut().append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    answer(router, request).await
}

/// Runs futures concurrently and returns their results in order.
pub async fn all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, done) in running.iter_mut().filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        match running.iter().all(|(_, done)| done.is_some()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}
