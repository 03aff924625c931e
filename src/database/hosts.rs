//! The servers of one database: one preferred for all writing, the others for when it fails.
//!
//! Of several servers the first that is usable gets every call, so that there is one writer: on a Galera cluster two
//! writers abort each other's transactions. A server is given up when it says that it is not ready or read-only, when no
//! connection to it can be made, or when it does not answer; and taken again, in the order of the list, once it can be used.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use prometheus_client::metrics::histogram::Histogram;
use sqlx::MySqlConnection;
use sqlx::mysql::MySqlConnectOptions;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{Access, Statements};
use crate::database::errors::has_no_connection_left;
use crate::database::errors::says_unusable;
use crate::database::migrations;
use crate::database::pool::{self, Pool, Pooled};

/// How often servers are looked at, where there are several, and how long each may take to answer.
const LOOK: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(2);

pub struct Hosts {
    /// In the order of preference.
    hosts: Vec<Host>,
    purpose: Purpose,
    /// Whether there are tables of our own, which only a server that writes cannot do without.
    has_own_tables: bool,
    /// How long connections were waited for, once somebody wants to know.
    waits: OnceLock<Histogram>,
}

/// How a server stands.
#[derive(Debug)]
pub struct Standing {
    /// Host and port.
    pub name: String,
    pub purpose: &'static str,
    pub is_usable: bool,
    pub idle: usize,
    pub used: usize,
    pub limit: usize,
}

/// What servers are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Everything,
    /// They may be read-only, and lack our own tables.
    ReadingOnly,
    /// A replica: it may be read-only, and can be done without.
    Replica,
}

struct Host {
    name: String,
    options: MySqlConnectOptions,
    pool: Arc<Pool>,
    is_usable: AtomicBool,
}

/// A connection, and which of the servers it is to.
pub struct Taken {
    pub connection: Pooled,
    pub host: usize,
}

impl Hosts {
    /// Opens a pool for each server, of which at least one must answer.
    pub async fn open(
        servers: Vec<MySqlConnectOptions>,
        connections: u32,
        statements: Statements,
    ) -> sqlx::Result<Arc<Hosts>> {
        Hosts::open_for(Purpose::Everything, servers, connections, statements).await
    }

    /// As [`Hosts::open`], where nothing will be written.
    pub async fn open_to_read(servers: Vec<MySqlConnectOptions>, connections: u32) -> sqlx::Result<Arc<Hosts>> {
        Hosts::open_for(Purpose::ReadingOnly, servers, connections, &[]).await
    }

    async fn open_for(
        purpose: Purpose,
        servers: Vec<MySqlConnectOptions>,
        connections: u32,
        statements: Statements,
    ) -> sqlx::Result<Arc<Hosts>> {
        let mut hosts = Hosts::of(servers, connections, purpose, statements);
        let mut failure = None;
        for host in &hosts.hosts {
            // The only one may take its time, and may be read-only, which those who write are then told.
            let looked = if hosts.hosts.len() == 1 { host.connect().await } else { host.look(hosts.purpose).await };
            if let Err(error) = looked {
                warn!(server = host.name, %error, "a database server cannot be used");
                host.is_usable.store(false, Ordering::Relaxed);
                failure = Some(error);
            }
        }
        match failure {
            Some(error) if !hosts.has_usable() => Err(error),
            _ => {
                if purpose == Purpose::ReadingOnly {
                    hosts.has_own_tables = migrations::own_tables_exist(&mut hosts.acquire().await?.connection).await?;
                }
                Ok(Arc::new(hosts))
            }
        }
    }

    /// Whether there are tables of our own.
    pub fn has_own_tables(&self) -> bool {
        self.has_own_tables
    }

    /// Opens a pool for each replica. None need answer yet.
    pub async fn open_replicas(servers: Vec<MySqlConnectOptions>, connections: u32) -> Arc<Hosts> {
        let hosts = Hosts::of(servers, connections, Purpose::Replica, &[]);
        hosts.look_at_all().await;
        Arc::new(hosts)
    }

    fn of(servers: Vec<MySqlConnectOptions>, connections: u32, purpose: Purpose, statements: Statements) -> Hosts {
        let is_only = servers.len() == 1 && purpose != Purpose::Replica;
        let access = if purpose == Purpose::Everything { Access::Write } else { Access::Read };
        let host = |options: MySqlConnectOptions| Host {
            name: format!("{}:{}", options.get_host(), options.get_port()),
            pool: Pool::new(options.clone(), connections, is_only, access, statements),
            options,
            is_usable: AtomicBool::new(true),
        };
        Hosts { hosts: servers.into_iter().map(host).collect(), purpose, has_own_tables: true, waits: OnceLock::new() }
    }

    /// A connection to the first server that is usable.
    pub async fn acquire(&self) -> sqlx::Result<Taken> {
        self.acquire_by(async |pool| pool.acquire().await).await
    }

    /// The same, which may turn out not to be there any more.
    pub async fn acquire_untested(&self) -> sqlx::Result<Taken> {
        self.acquire_by(async |pool| pool.acquire_untested().await).await
    }

    async fn acquire_by(&self, acquire: impl AsyncFn(&Arc<Pool>) -> sqlx::Result<Pooled>) -> sqlx::Result<Taken> {
        let start = Instant::now();
        let taken = self.take_by(acquire).await;
        if let Some(waits) = self.waits.get() {
            waits.observe(start.elapsed().as_secs_f64());
        }
        taken
    }

    async fn take_by(&self, acquire: impl AsyncFn(&Arc<Pool>) -> sqlx::Result<Pooled>) -> sqlx::Result<Taken> {
        let mut failure = sqlx::Error::PoolTimedOut;
        // All may have been given up by mistake; then each is tried, unless they can be done without.
        let tries_all = !self.has_usable() && self.purpose != Purpose::Replica;
        for (host, server) in self.hosts.iter().enumerate() {
            if !server.is_usable() && !tries_all {
                continue;
            }
            match acquire(&server.pool).await {
                Ok(connection) => return Ok(Taken { connection, host }),
                // It may merely be busy, which is no reason to write elsewhere: whoever watches it knows.
                Err(sqlx::Error::PoolTimedOut) if server.is_usable() => return Err(sqlx::Error::PoolTimedOut),
                Err(error) => failure = error,
            }
            self.give_up(host, &failure);
        }
        Err(failure)
    }

    /// The pool of the server that calls go to now.
    pub fn current(&self) -> &Arc<Pool> {
        let usable = self.hosts.iter().position(Host::is_usable);
        &self.hosts[usable.unwrap_or(0)].pool
    }

    /// Has waits for connections counted here.
    pub fn count_waits(&self, waits: Histogram) {
        let _ = self.waits.set(waits);
    }

    /// What the servers are for.
    pub fn purpose(&self) -> &'static str {
        match self.purpose {
            Purpose::Everything | Purpose::ReadingOnly => "everything",
            Purpose::Replica => "reading",
        }
    }

    /// How each server stands.
    pub fn standings(&self) -> impl Iterator<Item = Standing> {
        self.hosts.iter().map(|host| Standing {
            name: host.name.clone(),
            purpose: self.purpose(),
            is_usable: host.is_usable(),
            idle: host.pool.idle(),
            used: host.pool.used(),
            limit: host.pool.limit(),
        })
    }

    /// Gives a server up if this error says that it cannot be used. A connection that was lost does not say so.
    pub fn failed(&self, host: usize, error: &sqlx::Error) {
        if says_unusable(error) {
            self.give_up(host, error);
        }
    }

    fn has_usable(&self) -> bool {
        self.hosts.iter().any(Host::is_usable)
    }

    fn can_do_without(&self) -> bool {
        self.hosts.len() > 1 || self.purpose == Purpose::Replica
    }

    fn give_up(&self, host: usize, error: &sqlx::Error) {
        let host = &self.hosts[host];
        if self.can_do_without() && host.is_usable.swap(false, Ordering::Relaxed) {
            warn!(server = host.name, %error, "a database server is given up for now");
        }
    }

    /// Looks at the servers for as long as it is polled; not at one that nothing can be done without.
    pub async fn watch(&self) {
        if !self.can_do_without() {
            std::future::pending::<()>().await;
        }
        loop {
            sleep(LOOK).await;
            self.look_at_all().await;
        }
    }

    async fn look_at_all(&self) {
        for (number, host) in self.hosts.iter().enumerate() {
            match host.look(self.purpose).await {
                Err(error) => self.give_up(number, &error),
                Ok(()) if host.is_usable.swap(true, Ordering::Relaxed) => {}
                Ok(()) => info!(server = host.name, "a database server can be used again"),
            }
        }
    }

    /// Closes connections that nobody has needed for a while.
    pub fn tidy(&self) {
        self.hosts.iter().for_each(|host| host.pool.tidy());
    }

    pub async fn close(&self) {
        for host in &self.hosts {
            host.pool.close().await;
        }
    }
}

/// Whether tables can be read: a node that has lost its cluster answers, but refuses that.
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

    /// Whether a new connection can be made and tables can be read, and where it is asked for, written to.
    async fn look(&self, purpose: Purpose) -> sqlx::Result<()> {
        let looked = timeout(ANSWER, async {
            let mut connection = pool::connect(self.options.clone()).await?;
            // A node that has lost its cluster refuses to read any table.
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
        match looked.await.unwrap_or_else(|_| Err(sqlx::Error::Protocol("it does not answer".into()))) {
            // It has no connection left, for those who have theirs.
            Err(error) if has_no_connection_left(&error) => Ok(()),
            looked => looked,
        }
    }
}
