//! One database server for all tests, with a database for each test.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use tokio::sync::OnceCell;
use whmcs_api::database::embedded::Embedded;
use whmcs_api::database::migrations;
use whmcs_api::database::pool;

/// How many databases of ended tests are kept, of some 7 MB each. If a table is dropped before InnoDB has purged what was changed in
/// it, the purge keeps a whole processor busy until then: the tests took twice as long.
const KEPT: usize = 48;

/// Columns then take their empty values.
const NO_SQL_MODE: &str = "SET SESSION sql_mode = '';";

/// A test's own database, which is dropped after the test.
pub struct Database {
    name: String,
}

impl Database {
    pub async fn create() -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        // Before any call: one that is under way when the recorder starts would be recorded without its span.
        super::needs::record();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("whmcs_api_test_{}_{number}", std::process::id());
        pool::create_database(server_options(), &name, true).await.unwrap();
        Database { name }
    }

    /// A database with all tables. Those of the tests' own server come from a template, which is quicker than 34 migrations.
    pub async fn migrated() -> Database {
        let database = Database::create().await;
        match std::env::var_os("TEST_DATABASE_URL") {
            Some(_) => drop(migrations::run(database.options()).await.unwrap()),
            None => {
                let mut connection = MySqlConnection::connect_with(&database.options()).await.unwrap();
                sqlx::raw_sql(&*template().await.statements).execute(&mut connection).await.unwrap();
            }
        }
        database
    }

    /// Makes the rows of all tables those of a database that was just migrated, which takes a tenth of the time of a new one.
    /// The definitions of the tables must be as they were.
    pub async fn reset(self) -> Database {
        if std::env::var_os("TEST_DATABASE_URL").is_some() {
            return Database::migrated().await;
        }
        let template = template().await;
        let mut connection = MySqlConnection::connect_with(&self.options()).await.unwrap();
        let tables = fingerprints(&mut connection).await;
        let changed = tables.iter().filter(|(table, fingerprint)| template.fingerprints[*table] != **fingerprint);
        let restore = |(table, _): (&String, _)| format!("TRUNCATE TABLE `{table}`;{}", template.rows(table));
        let statements: Vec<String> = changed.map(restore).collect();
        sqlx::raw_sql(AssertSqlSafe(NO_SQL_MODE.to_owned() + &statements.concat()))
            .execute(&mut connection)
            .await
            .unwrap();
        drop(connection);
        self
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL as an operator would set it in `database.url`.
    pub fn url(&self) -> String {
        let options = self.options();
        match (std::env::var("TEST_DATABASE_URL"), options.get_socket()) {
            (Ok(url), _) => {
                let (server, query) = url.split_once('?').map_or((&*url, ""), |(server, query)| (server, query));
                let after_scheme = server.find("://").map_or(0, |at| at + 3);
                let host = server[after_scheme..].find('/').map_or(server, |at| &server[..after_scheme + at]);
                format!("{host}/{}?{query}", self.name)
            }
            (_, Some(socket)) => {
                format!("mysql://root@localhost/{}?socket={}&ssl-mode=DISABLED", self.name, socket.display())
            }
            _ => panic!("the tests' server has no socket"),
        }
    }

    pub fn options(&self) -> MySqlConnectOptions {
        server_options().database(&self.name)
    }
}

/// A database that was migrated and stays, so that others are made like it.
struct Template {
    name: String,
    /// Makes the tables and their rows.
    statements: String,
    fingerprints: BTreeMap<String, Fingerprint>,
}

impl Template {
    async fn make() -> Template {
        let database = Database::create().await;
        migrations::run(database.options()).await.unwrap();
        let mut connection = MySqlConnection::connect_with(&database.options()).await.unwrap();
        let fingerprints = fingerprints(&mut connection).await;
        let (name, statements) = (database.name.clone(), NO_SQL_MODE.to_owned());
        let mut template = Template { name, statements, fingerprints };
        for table in template.fingerprints.keys() {
            let show = AssertSqlSafe(format!("SHOW CREATE TABLE `{table}`"));
            let create: String = sqlx::raw_sql(show).fetch_one(&mut connection).await.unwrap().get(1);
            let rows = template.rows(table);
            template.statements.extend([create.as_str(), ";", rows.as_str()]);
        }
        std::mem::forget(database);
        template
    }

    /// A statement that copies the rows of a table, if it has any.
    fn rows(&self, table: &str) -> String {
        match self.fingerprints[table].checksum {
            0 => String::new(),
            _ => format!("INSERT INTO `{table}` SELECT * FROM `{}`.`{table}`;", self.name),
        }
    }
}

async fn template() -> &'static Template {
    static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
    TEMPLATE.get_or_init(|| Box::pin(Template::make())).await
}

/// What tells whether the rows of a table were changed, or would get other ids.
#[derive(PartialEq, Eq)]
struct Fingerprint {
    checksum: i64,
    next_id: Option<u64>,
}

async fn fingerprints(connection: &mut MySqlConnection) -> BTreeMap<String, Fingerprint> {
    let ids = "SELECT CAST(table_name AS CHAR), auto_increment FROM information_schema.tables WHERE table_schema = DATABASE()";
    let ids: Vec<(String, Option<u64>)> = sqlx::query_as(ids).fetch_all(&mut *connection).await.unwrap();
    let names: Vec<String> = ids.iter().map(|(table, _)| format!("`{table}`")).collect();
    let checksums = AssertSqlSafe(format!("CHECKSUM TABLE {}", names.join(", ")));
    let checksums = sqlx::raw_sql(checksums).fetch_all(connection).await.unwrap();
    let fingerprints = ids.into_iter().zip(checksums);
    fingerprints.map(|((table, next_id), row)| (table, Fingerprint { checksum: row.get(1), next_id })).collect()
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        match std::env::var_os("TEST_DATABASE_URL") {
            Some(_) => drop_database(name),
            None => drop_later(name),
        }
    }
}

/// Drops the database that ended longest ago on the tests' own server, once there are some. What is left in the end goes with the
/// server.
fn drop_later(name: String) {
    static ENDED: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
    let longest_ago = {
        let mut ended = ENDED.lock().unwrap();
        ended.push_back(name);
        if ended.len() > KEPT { ended.pop_front() } else { None }
    };
    if let Some(name) = longest_ago {
        drop_database(name);
    }
}

fn drop_database(name: String) {
    block_on(async move {
        let mut connection = MySqlConnection::connect_with(&server_options()).await.unwrap();
        // A failed test may have left a transaction open, which must not block for long.
        connection.execute("SET SESSION lock_wait_timeout = 5").await.unwrap();
        let _ = connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS `{name}`"))).await;
    });
}

pub fn server_options() -> MySqlConnectOptions {
    static SERVER: OnceLock<MySqlConnectOptions> = OnceLock::new();
    let options = SERVER.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => MySqlConnectOptions::from_str(&url).unwrap(),
        Err(_) => block_on(async {
            let folder = Scratch::new("database");
            let embedded = Embedded::start(&folder).await.unwrap();
            let options = embedded.options();
            let mut connection = MySqlConnection::connect_with(&options).await.unwrap();
            // Each table that is created or dropped would cost two more writes, and a file; and the databases of the tests that run at
            // once have more tables than are kept open.
            let sets = "SET GLOBAL innodb_stats_persistent = OFF, GLOBAL innodb_file_per_table = OFF, \
                        GLOBAL table_definition_cache = 4000, GLOBAL table_open_cache = 8000";
            connection.execute(sets).await.unwrap();
            // The database server runs as long as this process, and so must these two values.
            std::mem::forget((embedded, folder));
            options
        }),
    });
    options.clone()
}

/// Runs a future to its end, even from within an asynchronous test.
pub fn block_on<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
    std::thread::spawn(run).join().unwrap()
}

/// A folder for one test, in memory if possible. It is removed when the value is dropped, or by the next run.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Scratch {
        static CLEAN: OnceLock<()> = OnceLock::new();
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        CLEAN.get_or_init(|| remove_abandoned(&parent));
        let folder = parent.join(format!("{PREFIX}{}-{name}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Scratch(folder)
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0).or_else(|_| fs::remove_file(&self.0));
    }
}

const PREFIX: &str = "whmcs-api-test-";

fn remove_abandoned(parent: &Path) {
    let own = std::process::id().to_string();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()).map(str::to_owned);
        // An earlier process may have had the same process id.
        let is_gone = |process: &str| process == own || !Path::new("/proc").join(process).exists();
        if process.is_some_and(|process| is_gone(&process)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
