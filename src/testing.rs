//! A WHMCS for the tests of programs that call its API: each [`Server`] has data of its own and a port of its own, and is
//! gone when it is dropped. It needs a MariaDB server on the machine, and neither a runtime nor any preparation.
//!
//! ```ignore
#![doc = include_str!("../tests/library/example.rs")]
//! ```
//!
//! The first server of a process starts a private MariaDB (a second or two), which all of its servers share and which ends
//! with the process; each further one takes a fraction of a second. Its files are in memory where there is room for that.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, mpsc};

use anyhow::{Context, anyhow};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, Executor};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::database::migrations;
use crate::database::pool;
use crate::demo;
use crate::domain::time::Clock;
use crate::embedded::Embedded;
use crate::seed::{self, Plan};
use crate::server::faults::{Faults, Rule};
use crate::serving::Serving;

/// What the folders of processes begin with, before their ids.
const PREFIX: &str = "whmcs-api-testing-";

/// A server that answers until it is dropped.
pub struct Server {
    address: SocketAddr,
    url: String,
    stop: CancellationToken,
    /// Says that it has stopped.
    stopped: mpsc::Receiver<()>,
}

impl Server {
    /// Starts one with the demo data: the books of a small web host, with seven clients.
    pub fn start() -> anyhow::Result<Server> {
        Server::builder().start()
    }

    /// For one that is to be different.
    pub fn builder() -> Builder {
        Builder { has_demo_clients: true, clients: 0, seed: 1, now: None, faults: Vec::new(), change: None }
    }

    /// Where calls are answered: `http://127.0.0.1:41233/includes/api.php`.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// With [`Server::secret`], a credential that may call every action.
    pub fn identifier(&self) -> &'static str {
        demo::IDENTIFIER
    }

    pub fn secret(&self) -> &'static str {
        demo::SECRET
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        let _ = self.stopped.recv();
    }
}

type Change = Box<dyn FnOnce(&mut Settings) + Send>;

/// What a server is to be like.
#[must_use]
pub struct Builder {
    has_demo_clients: bool,
    clients: u64,
    seed: u64,
    now: Option<String>,
    faults: Vec<String>,
    change: Option<Change>,
}

impl Builder {
    /// Leaves out the demo's clients: there are products, prices and staff, and nobody who has bought anything.
    pub fn without_clients(mut self) -> Builder {
        self.has_demo_clients = false;
        self
    }

    /// Adds made-up clients with years of history, as `whmcs-api seed` does.
    pub fn clients(mut self, count: u64) -> Builder {
        self.clients = count;
        self
    }

    /// Decides what is left to chance: made-up clients, and which calls meet a fault. It is 1 otherwise.
    pub fn seed(mut self, number: u64) -> Builder {
        self.seed = number;
        self
    }

    /// Lets the clock stand still at a time such as `2026-11-20T12:30:00Z`.
    pub fn now(mut self, time: &str) -> Builder {
        self.now = Some(time.to_owned());
        self
    }

    /// Lets calls fail, as `whmcs-api demo --fault` does. May be called several times.
    pub fn fault(mut self, fault: &str) -> Builder {
        self.faults.push(fault.to_owned());
        self
    }

    /// Changes settings. The environment and settings files are not looked at.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings) + Send + 'static) -> Builder {
        self.change = Some(Box::new(change));
        self
    }

    /// Starts the server and waits until it answers.
    pub fn start(self) -> anyhow::Result<Server> {
        let runtime = runtime()?;
        let (tell, told) = mpsc::channel();
        // Not waited for within the caller's runtime, which may have no thread to spare.
        runtime.spawn(async move { tell.send(self.open().await) });
        told.recv().context("the server panicked while it started")?
    }

    async fn open(self) -> anyhow::Result<Server> {
        let mut settings = Settings { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..Settings::default() };
        if let Some(change) = self.change {
            change(&mut settings);
        }
        let clock = match &self.now {
            Some(time) => Clock::fixed_at(time, settings.time_zone).with_context(|| format!("{time:?} is no time"))?,
            None => Clock::System(settings.time_zone),
        };
        let rules: Result<Vec<Rule>, String> = self.faults.iter().map(|fault| fault.parse()).collect();
        let rules = rules.map_err(|error| anyhow!("a fault: {error}"))?;
        let shared = SHARED.get_or_try_init(Shared::start).await?;
        let database = Database::create(shared).await?;
        match self.has_demo_clients {
            true => drop(demo::fill(database.options.clone()).await?),
            false => demo::fill_without_clients(database.options.clone()).await?,
        }
        if self.clients > 0 {
            let plan = Plan { clients: self.clients, seed: self.seed, now: clock.now(), is_forced: false };
            let mut connection = pool::connect(database.options.clone()).await?;
            seed::run(&mut connection, plan, |_| {}).await?;
            pool::close(connection).await;
        }
        let folder = shared.folder.join(&database.name);
        demo::adapt(&mut settings, &folder).await?;
        let faults = Faults::new(rules, self.seed, &settings).map_err(|error| anyhow!("a fault: {error}"))?;
        let serving = Serving::open(settings, vec![database.options.clone()], clock).await?;
        let serving = serving.with_faults(Arc::clone(&faults));
        let (address, stop, (tell, stopped)) = (serving.address(), CancellationToken::new(), mpsc::channel());
        let stopping = stop.clone();
        tokio::spawn(async move {
            let stop = async {
                stopping.cancelled().await;
                faults.end();
            };
            serving.answer(stop).await;
            database.remove(shared).await;
            let _ = fs::remove_dir_all(folder);
            let _ = tell.send(());
        });
        Ok(Server { address, url: format!("http://{address}/includes/api.php"), stop, stopped })
    }
}

/// What runs the servers of a process, whatever runs its tests.
fn runtime() -> anyhow::Result<&'static Runtime> {
    static RUNTIME: LazyLock<io::Result<Runtime>> =
        LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("whmcs-api").build());
    RUNTIME.as_ref().map_err(|error| anyhow!("no runtime: {error}"))
}

/// The MariaDB that all servers of this process share.
static SHARED: OnceCell<Shared> = OnceCell::const_new();

struct Shared {
    mariadb: Embedded,
    folder: PathBuf,
}

impl Shared {
    async fn start() -> anyhow::Result<Shared> {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        remove_abandoned(&parent);
        let folder = parent.join(format!("{PREFIX}{}", process::id()));
        let mariadb = Embedded::start(&folder).await?;
        // SAFETY: the function that is registered takes nothing, returns nothing and does not unwind.
        #[expect(unsafe_code, reason = "what is static is never dropped")]
        unsafe {
            libc::atexit(remove_shared);
        }
        Ok(Shared { mariadb, folder })
    }
}

/// Runs when the process ends in good order. What others left is removed by the next one.
extern "C" fn remove_shared() {
    if let Some(shared) = SHARED.get() {
        shared.mariadb.abandon();
        let _ = fs::remove_dir_all(&shared.folder);
    }
}

fn remove_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_abandoned = |process: &str| !Path::new("/proc").join(process).exists();
        if name.strip_prefix(PREFIX).is_some_and(is_abandoned) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The database of one server.
struct Database {
    name: String,
    options: MySqlConnectOptions,
}

impl Database {
    async fn create(shared: &Shared) -> anyhow::Result<Database> {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let name = format!("whmcs_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        pool::create_database(shared.mariadb.options(), &name, true).await?;
        let options = shared.mariadb.options().database(&name);
        migrations::run(options.clone()).await?;
        Ok(Database { name, options })
    }

    /// It takes memory; that it is there still harms nobody.
    async fn remove(&self, shared: &Shared) {
        if let Ok(mut connection) = pool::connect(shared.mariadb.options()).await {
            let _ = connection.execute(AssertSqlSafe(format!("DROP DATABASE `{}`", self.name))).await;
        }
    }
}
