//! The hosts of one database: the preferred one gets all calls, the others take over if it fails.
//!
//! The first usable host of the list gets every call, so that there is one writer: on a Galera cluster two writers
//! abort each other's transactions. A host becomes unusable when it reports that it is not ready or read-only, when no
//! connection to it can be made, or when it does not answer; once it is usable again it gets calls again, in the order
//! of the list.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use prometheus_client::metrics::histogram::Histogram;
use sqlx::MySqlConnection;
use sqlx::mysql::MySqlConnectOptions;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::Access;
use crate::database::errors::has_no_connection_left;
use crate::database::errors::is_server_unusable;
use crate::database::listeners::Listeners;
use crate::database::migrations::OwnTables;
use crate::database::pool::{self, Commits, Pool, Pooled};

/// Interval and time limit of the health checks of hosts.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

pub struct Hosts {
    /// The hosts in the order of preference.
    hosts: Vec<Host>,
    purpose: Purpose,
    own_tables: OwnTables,
    /// Which events anybody listens for.
    listeners: Listeners,
    /// Histogram of waits for a connection, once metrics are set up.
    waits: OnceLock<Histogram>,
}

/// The state of one host, for metrics.
#[derive(Debug)]
pub struct HostStatus {
    /// Host and port.
    pub name: String,
    pub purpose: &'static str,
    pub is_usable: bool,
    pub idle: usize,
    pub used: usize,
    pub limit: usize,
}

/// What the hosts are used for, which decides what they must be capable of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Everything,
    /// Only reading: the hosts may be read-only and lack our own tables.
    ReadingOnly,
    /// Reading from replicas: they may be read-only, and the server works without them.
    Replica,
    /// Running the statements of custom actions, with an account that need not be able to read any other table. The server works
    /// without these hosts.
    Statements,
}

struct Host {
    name: String,
    options: MySqlConnectOptions,
    pool: Arc<Pool>,
    is_usable: AtomicBool,
}

/// A pooled connection with the index of its host.
pub struct HostConnection {
    pub connection: Pooled,
    pub host: usize,
}

impl Hosts {
    /// Opens a pool for each host; at least one host must be usable.
    pub async fn open(servers: Vec<MySqlConnectOptions>, connections: u32) -> sqlx::Result<Arc<Hosts>> {
        Hosts::open_for(Purpose::Everything, servers, connections).await
    }

    /// As [`Hosts::open`], for programs that write nothing.
    pub async fn open_to_read(servers: Vec<MySqlConnectOptions>, connections: u32) -> sqlx::Result<Arc<Hosts>> {
        Hosts::open_for(Purpose::ReadingOnly, servers, connections).await
    }

    async fn open_for(
        purpose: Purpose,
        servers: Vec<MySqlConnectOptions>,
        connections: u32,
    ) -> sqlx::Result<Arc<Hosts>> {
        let mut hosts = Hosts::new(servers, connections, purpose);
        let mut failure = None;
        for host in &hosts.hosts {
            // A single host may be slow and may be read-only; writes then fail with that error.
            let result = if hosts.hosts.len() == 1 { host.connect().await } else { host.probe(hosts.purpose).await };
            if let Err(error) = result {
                warn!(server = host.name, %error, "a database host is unusable");
                host.is_usable.store(false, Ordering::Relaxed);
                failure = Some(error);
            }
        }
        match failure {
            Some(error) if !hosts.has_usable() => Err(error),
            _ => {
                if purpose == Purpose::ReadingOnly {
                    hosts.own_tables = OwnTables::find(&mut hosts.acquire().await?.connection).await?;
                }
                Ok(Arc::new(hosts))
            }
        }
    }

    /// Which events anybody listens for.
    pub fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// Whether our own tables exist.
    pub fn has_own_tables(&self) -> bool {
        self.own_tables.credentials
    }

    /// Which of our own tables about credentials exist.
    pub fn own_tables(&self) -> OwnTables {
        self.own_tables
    }

    /// Opens a pool for each host for the statements of custom actions, without connecting.
    pub fn for_statements(servers: Vec<MySqlConnectOptions>, connections: u32) -> Arc<Hosts> {
        Arc::new(Hosts::new(servers, connections, Purpose::Statements))
    }

    /// Where and how these hosts are connected to.
    pub fn servers(&self) -> impl Iterator<Item = &MySqlConnectOptions> {
        self.hosts.iter().map(|host| &host.options)
    }

    /// Opens a pool for each replica. No replica needs to be usable yet.
    pub async fn open_replicas(servers: Vec<MySqlConnectOptions>, connections: u32) -> Arc<Hosts> {
        let hosts = Hosts::new(servers, connections, Purpose::Replica);
        hosts.probe_all().await;
        Arc::new(hosts)
    }

    fn new(servers: Vec<MySqlConnectOptions>, connections: u32, purpose: Purpose) -> Hosts {
        let is_only = servers.len() == 1 && purpose != Purpose::Replica;
        let access = if purpose == Purpose::Everything { Access::Write } else { Access::Read };
        let host = |options: MySqlConnectOptions| Host {
            name: format!("{}:{}", options.get_host(), options.get_port()),
            pool: Pool::new(options.clone(), connections, is_only, access),
            options,
            is_usable: AtomicBool::new(true),
        };
        Hosts {
            hosts: servers.into_iter().map(host).collect(),
            purpose,
            own_tables: OwnTables::ALL,
            listeners: Listeners::default(),
            waits: OnceLock::new(),
        }
    }

    /// Acquires a connection to the first usable host, which commits each statement.
    pub async fn acquire(&self) -> sqlx::Result<HostConnection> {
        self.acquire_for(Commits::EachStatement).await
    }

    /// Acquires a connection to the first usable host.
    pub async fn acquire_for(&self, commits: Commits) -> sqlx::Result<HostConnection> {
        self.timed(commits, true).await
    }

    /// Acquires a connection to the first usable host; it may be dead.
    pub async fn acquire_untested(&self, commits: Commits) -> sqlx::Result<HostConnection> {
        self.timed(commits, false).await
    }

    /// Acquires a connection, which `is_tested` or may be dead, and records the wait.
    async fn timed(&self, commits: Commits, is_tested: bool) -> sqlx::Result<HostConnection> {
        let start = Instant::now();
        let taken = self.try_hosts(commits, is_tested).await;
        if let Some(waits) = self.waits.get() {
            waits.observe(start.elapsed().as_secs_f64());
        }
        taken
    }

    async fn try_hosts(&self, commits: Commits, is_tested: bool) -> sqlx::Result<HostConnection> {
        let mut failure = sqlx::Error::PoolTimedOut;
        // All hosts may have been marked unusable by mistake; then each is tried, unless they are optional replicas.
        let tries_all = !self.has_usable() && self.purpose != Purpose::Replica;
        for (host, server) in self.hosts.iter().enumerate() {
            if !server.is_usable() && !tries_all {
                continue;
            }
            let taken = match is_tested {
                true => server.pool.acquire(commits).await,
                false => server.pool.acquire_untested(commits).await,
            };
            match taken {
                Ok(connection) => return Ok(HostConnection { connection, host }),
                // The pool may merely be exhausted, which is no reason to write to another host: the health check
                // decides that.
                Err(sqlx::Error::PoolTimedOut) if server.is_usable() => return Err(sqlx::Error::PoolTimedOut),
                Err(error) => failure = error,
            }
            self.mark_unusable(host, &failure);
        }
        Err(failure)
    }

    /// The pool of the host that gets calls now.
    pub fn current(&self) -> &Arc<Pool> {
        let usable = self.hosts.iter().position(Host::is_usable);
        &self.hosts[usable.unwrap_or(0)].pool
    }

    /// Sets the histogram in which waits for connections are recorded.
    pub fn count_waits(&self, waits: Histogram) {
        let _ = self.waits.set(waits);
    }

    /// Name of the purpose of these hosts, for metrics and log lines.
    pub fn purpose(&self) -> &'static str {
        match self.purpose {
            Purpose::Everything | Purpose::ReadingOnly => "everything",
            Purpose::Replica => "reading",
            Purpose::Statements => "custom_actions",
        }
    }

    /// The state of each host.
    pub fn statuses(&self) -> impl Iterator<Item = HostStatus> {
        self.hosts.iter().map(|host| HostStatus {
            name: host.name.clone(),
            purpose: self.purpose(),
            is_usable: host.is_usable(),
            idle: host.pool.idle(),
            used: host.pool.used(),
            limit: host.pool.limit(),
        })
    }

    /// Marks a host as unusable if the error means that. A lost connection alone does not.
    pub fn report_failure(&self, host: usize, error: &sqlx::Error) {
        if is_server_unusable(error) {
            self.mark_unusable(host, error);
        }
    }

    fn has_usable(&self) -> bool {
        self.hosts.iter().any(Host::is_usable)
    }

    fn is_optional(&self) -> bool {
        self.hosts.len() > 1 || self.purpose == Purpose::Replica
    }

    fn mark_unusable(&self, host: usize, error: &sqlx::Error) {
        let host = &self.hosts[host];
        if self.is_optional() && host.is_usable.swap(false, Ordering::Relaxed) {
            warn!(server = host.name, %error, "a database host has become unusable");
        }
    }

    /// Checks the hosts periodically, unless there is only one.
    pub async fn watch(&self) {
        if !self.is_optional() {
            std::future::pending::<()>().await;
        }
        loop {
            sleep(PROBE_INTERVAL).await;
            self.probe_all().await;
        }
    }

    async fn probe_all(&self) {
        for (number, host) in self.hosts.iter().enumerate() {
            match host.probe(self.purpose).await {
                Err(error) => self.mark_unusable(number, &error),
                Ok(()) if host.is_usable.swap(true, Ordering::Relaxed) => {}
                Ok(()) => info!(server = host.name, "a database host is usable again"),
            }
        }
    }

    /// Closes connections that have been idle for too long.
    pub fn close_idle(&self) {
        self.hosts.iter().for_each(|host| host.pool.close_idle());
    }

    pub async fn close(&self) {
        for host in &self.hosts {
            host.pool.close().await;
        }
    }
}

/// Checks that tables can be read: a node that has lost its cluster accepts connections, but rejects reads.
pub async fn read(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("SELECT 1 FROM mod_whmcs_api_revisions LIMIT 1").execute(connection).await.map(|_| ())
}

impl Host {
    fn is_usable(&self) -> bool {
        self.is_usable.load(Ordering::Relaxed)
    }

    async fn connect(&self) -> sqlx::Result<()> {
        pool::close(pool::connect(self.options.clone()).await?).await;
        Ok(())
    }

    /// Checks that a new connection can be made, tables can be read and, if the purpose needs it, written.
    async fn probe(&self, purpose: Purpose) -> sqlx::Result<()> {
        let result = timeout(PROBE_TIMEOUT, async {
            let mut connection = pool::connect(self.options.clone()).await?;
            if purpose == Purpose::Statements {
                pool::close(connection).await;
                return Ok(());
            }
            // A node that has lost its cluster rejects every read of a table.
            let (is_read_only, _): (i64, i64) = sqlx::query_as(
                "SELECT CAST(@@GLOBAL.read_only + @@GLOBAL.innodb_read_only AS SIGNED), COUNT(*) \
                 FROM tblconfiguration WHERE setting = ''",
            )
            .persistent(false)
            .fetch_one(&mut connection)
            .await?;
            pool::close(connection).await;
            match is_read_only {
                1.. if purpose == Purpose::Everything => Err(sqlx::Error::Protocol("it is read-only".into())),
                _ => Ok(()),
            }
        });
        match result.await.unwrap_or_else(|_| Err(sqlx::Error::Protocol("it does not answer".into()))) {
            // The host has reached its connection limit, but serves the connections that are open.
            Err(error) if has_no_connection_left(&error) => Ok(()),
            result => result,
        }
    }
}
