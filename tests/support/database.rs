//! One database server for all tests, with a database for each test.

use std::collections::VecDeque;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};
use whmcs_api::database::embedded::Embedded;
use whmcs_api::database::pool;

/// How many databases of ended tests are kept, of some 7 MB each. If a table is dropped before InnoDB has purged what was changed in
/// it, the purge keeps a whole processor busy until then: the tests took twice as long.
const KEPT: usize = 48;

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
            // Each table that is created or dropped would cost two more writes.
            let mut connection = MySqlConnection::connect_with(&options).await.unwrap();
            connection.execute("SET GLOBAL innodb_stats_persistent = OFF").await.unwrap();
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
