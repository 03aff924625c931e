//! A WHMCS server for the tests of programs that call its API: each [`Server`] has its own data and port, and ends when
//! it is dropped. It needs a MariaDB server on the machine, and neither a runtime nor any preparation.
//!
//! ```ignore
#![doc = include_str!("../tests/library/example.rs")]
//! ```
//!
//! The first server of a process starts a private MariaDB (a second or two), which all of its servers share and which
//! ends with the process; each further one takes a fraction of a second. The database's files are in memory if that has
//! space.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, mpsc};

use anyhow::{Context, anyhow};
use chrono::Utc;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, Executor};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::config::{AutomationRun, Settings};
use crate::database::embedded::Embedded;
use crate::database::migrations;
use crate::database::pool;
use crate::demo;
use crate::demo::seed::{self, SeedPlan};
use crate::domain::time::Clock;
use crate::server::faults::{Faults, Rule};
use crate::server::serving::Serving;
use crate::tls::self_signed;

/// Prefix of the processes' folders, followed by the process id.
const PREFIX: &str = "whmcs-api-testing-";

/// A server that runs until it is dropped.
pub struct Server {
    address: SocketAddr,
    url: String,
    certificate: Option<PathBuf>,
    stop: CancellationToken,
    /// Signals that the server has stopped.
    stopped: mpsc::Receiver<()>,
}

impl Server {
    /// Starts a server with the demo data: a small web host's books, with seven clients.
    pub fn start() -> anyhow::Result<Server> {
        Server::builder().start()
    }

    /// Returns a builder for a server with other settings.
    pub fn builder() -> Builder {
        Builder {
            has_demo_clients: true,
            clients: 0,
            seed: 1,
            now: None,
            faults: Vec::new(),
            is_tls: false,
            change: None,
        }
    }

    /// The URL of the API, such as `http://127.0.0.1:41233/includes/api.php`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The PEM file that clients must trust, if the server speaks HTTPS.
    pub fn certificate(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The identifier of a credential that may call every action; its secret is [`Server::secret`].
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

/// Configures a server before it starts.
#[must_use]
pub struct Builder {
    has_demo_clients: bool,
    clients: u64,
    seed: u64,
    now: Option<String>,
    faults: Vec<String>,
    is_tls: bool,
    change: Option<Change>,
}

impl Builder {
    /// Leaves out the demo's clients: products, prices and staff exist, but no clients.
    pub fn without_clients(mut self) -> Builder {
        self.has_demo_clients = false;
        self
    }

    /// Adds made-up clients with years of history, as `whmcs-api seed` does.
    pub fn clients(mut self, count: u64) -> Builder {
        self.clients = count;
        self
    }

    /// Sets the seed for made-up clients and fault injection. The default is 1.
    pub fn seed(mut self, number: u64) -> Builder {
        self.seed = number;
        self
    }

    /// Stops the clock at a time such as `2026-11-20T12:30:00Z`.
    pub fn now(mut self, time: &str) -> Builder {
        self.now = Some(time.to_owned());
        self
    }

    /// Adds a fault rule, as `whmcs-api demo --fault` does. Can be called several times.
    pub fn fault(mut self, fault: &str) -> Builder {
        self.faults.push(fault.to_owned());
        self
    }

    /// Speaks HTTPS, with a certificate for this machine: [`Server::certificate`] is the file that clients must trust.
    pub fn tls(mut self) -> Builder {
        self.is_tls = true;
        self
    }

    /// Changes settings. The environment and settings files are not read.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings) + Send + 'static) -> Builder {
        self.change = Some(Box::new(change));
        self
    }

    /// Starts the server and waits until it accepts calls.
    pub fn start(self) -> anyhow::Result<Server> {
        let runtime = runtime()?;
        let (tell, result) = mpsc::channel();
        // Runs on a separate runtime, because the caller's may have no free thread.
        runtime.spawn(async move { tell.send(self.open().await) });
        result.recv().context("the server panicked while it started")?
    }

    async fn open(self) -> anyhow::Result<Server> {
        let mut settings = Settings { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..Settings::default() };
        // Tests see what they have caused, and nothing else.
        settings.automation.run = AutomationRun::Never;
        if let Some(change) = self.change {
            change(&mut settings);
        }
        let clock = match &self.now {
            Some(time) => {
                Clock::fixed_at(time, settings.time_zone).with_context(|| format!("{time:?} is not a time"))?
            }
            None => Clock::System(settings.time_zone),
        };
        let rules: Result<Vec<Rule>, String> = self.faults.iter().map(|fault| fault.parse()).collect();
        let rules = rules.map_err(|error| anyhow!("fault rule: {error}"))?;
        let shared = SHARED.get_or_try_init(Shared::start).await?;
        let database = Database::create(shared).await?;
        match self.has_demo_clients {
            true => drop(demo::fill(database.options.clone()).await?),
            false => demo::fill_without_clients(database.options.clone()).await?,
        }
        if self.clients > 0 {
            let plan = SeedPlan { clients: self.clients, seed: self.seed, now: clock.now(), is_forced: false };
            let mut connection = pool::connect(database.options.clone()).await?;
            seed::run(&mut connection, plan, |_| {}).await?;
            pool::close(connection).await;
        }
        let folder = shared.folder.join(&database.name);
        demo::adapt(&mut settings, &folder).await?;
        if self.is_tls {
            let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
            settings.tls = self_signed::ensure(&folder.join("tls"), &names, Utc::now())?;
        }
        let certificate = settings.tls.is_enabled().then(|| settings.tls.certificate.clone());
        let faults = Faults::new(rules, self.seed, &settings).map_err(|error| anyhow!("a fault: {error}"))?;
        let serving = Serving::open(settings, vec![database.options.clone()], clock).await?;
        let serving = serving.with_faults(Arc::clone(&faults));
        let (address, url) = (serving.address(), serving.url());
        let (stop, (tell, stopped)) = (CancellationToken::new(), mpsc::channel());
        let stopping = stop.clone();
        tokio::spawn(async move {
            let stop = async {
                stopping.cancelled().await;
                faults.stop();
            };
            Box::pin(serving.run(stop)).await;
            database.remove(shared).await;
            let _ = fs::remove_dir_all(folder);
            let _ = tell.send(());
        });
        Ok(Server { address, url, certificate, stop, stopped })
    }
}

/// The runtime of all servers of this process, independent of the one that runs the tests.
fn runtime() -> anyhow::Result<&'static Runtime> {
    static RUNTIME: LazyLock<io::Result<Runtime>> =
        LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("whmcs-api").build());
    RUNTIME.as_ref().map_err(|error| anyhow!("creating the runtime: {error}"))
}

/// The MariaDB server that all servers of this process share.
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

/// Runs when the process exits normally. What crashed processes left is removed by the next one.
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

    /// Drops the database, which frees memory. Errors are ignored.
    async fn remove(&self, shared: &Shared) {
        if let Ok(mut connection) = pool::connect(shared.mariadb.options()).await {
            let _ = connection.execute(AssertSqlSafe(format!("DROP DATABASE `{}`", self.name))).await;
        }
    }
}
