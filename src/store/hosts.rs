//! The servers of one database: one preferred for all writing, the others for when it fails.
//!
//! Of several servers the first that is usable gets every call, so that there is one writer: on a Galera cluster two
//! writers abort each other's transactions. A server is given up when a connection to it fails, when it says that it is
//! not ready or read-only, or when it does not answer; and taken again, in the order of the list, once it can be used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::Connection;
use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlPool};
use sqlx::pool::PoolConnection;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{Remedy, pool, remedy};

/// How often servers are looked at, where there are several, and how long each may take to answer.
const LOOK: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(2);

pub struct Hosts {
    /// In the order of preference.
    hosts: Vec<Host>,
}

struct Host {
    name: String,
    options: MySqlConnectOptions,
    pool: MySqlPool,
    is_usable: AtomicBool,
}

/// A connection, and which of the servers it is to.
pub struct Taken {
    pub connection: PoolConnection<MySql>,
    pub host: usize,
}

impl Hosts {
    /// Opens a pool for each server, of which at least one must answer.
    pub async fn open(servers: Vec<MySqlConnectOptions>, connections: u32) -> sqlx::Result<Arc<Hosts>> {
        let is_only = servers.len() == 1;
        let mut hosts = Vec::new();
        let mut failure = None;
        for options in servers {
            let name = format!("{}:{}", options.get_host(), options.get_port());
            let answers = pool::connect(options.clone()).await;
            let is_usable = AtomicBool::new(answers.is_ok());
            if let Err(error) = answers {
                warn!(server = name, %error, "a database server does not answer");
                failure = Some(error);
            }
            let pool = pool::open_lazily(options.clone(), connections, is_only);
            hosts.push(Host { name, options, pool, is_usable });
        }
        match failure {
            Some(error) if hosts.iter().all(|host| !host.is_usable()) => Err(error),
            _ => Ok(Arc::new(Hosts { hosts })),
        }
    }

    /// A connection to the first server that is usable.
    pub async fn acquire(&self) -> sqlx::Result<Taken> {
        let mut failure = sqlx::Error::PoolTimedOut;
        // All may have been given up by mistake; then each is tried.
        let has_usable = self.hosts.iter().any(Host::is_usable);
        for (host, server) in self.hosts.iter().enumerate().filter(|(_, server)| server.is_usable() || !has_usable) {
            match server.pool.acquire().await {
                Ok(connection) => return Ok(Taken { connection, host }),
                Err(error) => failure = error,
            }
            // A pool that is merely busy is no reason to write elsewhere.
            if self.hosts.len() == 1 || server.look().await.is_ok() {
                return Err(failure);
            }
            self.give_up(host, &failure);
        }
        Err(failure)
    }

    /// The pool of the server that calls go to now.
    pub fn current(&self) -> &MySqlPool {
        let usable = self.hosts.iter().position(Host::is_usable);
        &self.hosts[usable.unwrap_or(0)].pool
    }

    /// Gives a server up if this error of its says so.
    pub fn failed(&self, host: usize, error: &sqlx::Error) {
        if remedy(error) == Remedy::Reconnect {
            self.give_up(host, error);
        }
    }

    fn give_up(&self, host: usize, error: &sqlx::Error) {
        let is_several = self.hosts.len() > 1;
        let host = &self.hosts[host];
        if is_several && host.is_usable.swap(false, Ordering::Relaxed) {
            warn!(server = host.name, %error, "a database server is given up for now");
        }
    }

    /// Looks at the servers for as long as it is polled; not at one that is the only one.
    pub async fn watch(&self) {
        if self.hosts.len() == 1 {
            std::future::pending::<()>().await;
        }
        loop {
            sleep(LOOK).await;
            for (number, host) in self.hosts.iter().enumerate() {
                match host.look().await {
                    Err(error) => self.give_up(number, &error),
                    Ok(()) if host.is_usable.swap(true, Ordering::Relaxed) => {}
                    Ok(()) => info!(server = host.name, "a database server can be used again"),
                }
            }
        }
    }

    pub async fn close(&self) {
        for host in &self.hosts {
            host.pool.close().await;
        }
    }
}

impl Host {
    fn is_usable(&self) -> bool {
        self.is_usable.load(Ordering::Relaxed)
    }

    /// Whether a new connection can be made, and written through.
    async fn look(&self) -> sqlx::Result<()> {
        let looked = timeout(ANSWER, async {
            let mut connection = pool::connect(self.options.clone()).await?;
            // A node that has lost its cluster refuses to read any table.
            let (is_read_only, _): (i64, i64) = sqlx::query_as(
                "SELECT CAST(@@GLOBAL.read_only AS SIGNED), COUNT(*) FROM mod_whmcs_api_revisions WHERE subject = ''",
            )
            .persistent(false)
            .fetch_one(&mut connection)
            .await?;
            connection.close().await?;
            match is_read_only {
                0 => Ok(()),
                _ => Err(sqlx::Error::Protocol("it is read-only".into())),
            }
        });
        looked.await.unwrap_or_else(|_| Err(sqlx::Error::Protocol("it does not answer".into())))
    }
}
