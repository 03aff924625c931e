//! A connection pool. Each connection gets fixed session settings, so that none depends on the server's configuration.
//!
//! It replaces sqlx's pool for one reason: sqlx's sends three round trips with each use of a connection, two pings and
//! a rollback, as many as a short call needs in all. This one sends none on a connection that was used a moment ago.
//! (deadpool returns dropped connections to the pool, although their state is unknown.)

use std::collections::VecDeque;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, Row};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::Access;
use crate::database::errors::LatePreparation;

/// Begins a snapshot. The isolation level is that of the next transaction only. One message has both statements.
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
                        START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

/// Who ends a connection's transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commits {
    /// The database commits each statement by itself, unless a transaction was begun.
    EachStatement,
    /// Each statement belongs to a transaction, which needs no BEGIN and ends with [`Pooled::commit`] or
    /// [`Pooled::roll_back`]. If the database loses the transaction half-way, the statements after that are not
    /// committed either.
    OnRequest,
}

impl Commits {
    fn setting(self) -> &'static str {
        match self {
            Commits::EachStatement => "SET SESSION autocommit = 1",
            Commits::OnRequest => "SET SESSION autocommit = 0",
        }
    }
}

/// Settings of every session: strict mode, so that a value which does not fit is rejected and not silently clamped,
/// without the zero-date modes, because WHMCS stores zero dates. With READ COMMITTED, rows are locked only where a
/// statement locks them explicitly. Fingerprints concatenate the digests of all rows.
const SESSION: [&str; 2] = [
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
     time_zone = '+00:00', innodb_lock_wait_timeout = 4, group_concat_max_len = 1073741824",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/// Whether the server is a node of a Galera cluster. Servers that know no clusters do not know the variable.
const IS_CLUSTER_NODE: &str = "SELECT @@wsrep_on";
/// On a cluster, reads then see what was committed through another node before.
const CLUSTER_SESSION: &str = "SET SESSION wsrep_sync_wait = 1";

/// Makes every transaction read-only.
const READ_ONLY: &str = "SET SESSION TRANSACTION READ ONLY";

/// Time limit for acquiring a connection, be it that all are in use or that the database is unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit for acquiring a connection when another host can be tried.
const FAIL_OVER_TIMEOUT: Duration = Duration::from_secs(2);
/// Delay before the first retry of a refused connection; it doubles each time.
const CONNECT_RETRY_DELAY: Duration = Duration::from_millis(10);
/// Size of a connection's statement cache.
const STATEMENT_CACHE_SIZE: usize = 1000;
/// Number of cached statements from which a connection to a cluster forgets them all before it is used: were the cache full, a
/// further statement would not make it larger, which is how late preparation is noticed.
const FULL_CACHE: usize = STATEMENT_CACHE_SIZE / 2;
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(1);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an idle connection is used without testing it.
const TRUST_IDLE_FOR: Duration = Duration::from_secs(1);
/// Maximum idle time and maximum lifetime of a connection.
const IDLE_TIMEOUT: Duration = Duration::from_mins(5);
const MAX_LIFETIME: Duration = Duration::from_mins(30);

/// A pool of connections to one host, opened on demand.
pub struct Pool {
    options: MySqlConnectOptions,
    /// Whether calls write on these connections.
    access: Access,
    max_connections: usize,
    /// Time limit for acquiring a connection.
    acquire_timeout: Duration,
    /// One permit for each connection that may be in use.
    slots: Arc<Semaphore>,
    idle_connections: Mutex<IdleConnections>,
}

/// Idle connections, the least recently used first.
#[derive(Default)]
struct IdleConnections {
    connections: VecDeque<Idle>,
    /// When a dead connection was found; connections idle since before then must be tested.
    suspected: Option<Instant>,
}

/// An open connection and its state.
struct Open {
    connection: MySqlConnection,
    created_at: Instant,
    is_cluster_node: bool,
    /// Number of prepared statements when the last transaction ended.
    prepared: usize,
    commits: Commits,
    /// Whether a statement may have been executed since the last commit or rollback. The driver only knows of
    /// transactions that it has begun itself.
    is_used: bool,
    /// Whether a snapshot was begun, and not ended.
    is_in_snapshot: bool,
}

impl Open {
    /// Whether a transaction may be open.
    fn may_be_in_transaction(&self) -> bool {
        self.is_in_snapshot
            || Connection::is_in_transaction(&self.connection)
            || self.commits == Commits::OnRequest && self.is_used
    }

    /// Makes a connection on which no transaction is open ready for transactions that end in this way.
    async fn make_ready(&mut self, commits: Commits) -> sqlx::Result<()> {
        if self.commits != commits {
            self.connection.execute(commits.setting()).await?;
            (self.commits, self.is_used) = (commits, false);
        }
        if self.is_cluster_node && self.connection.cached_statements_size() >= FULL_CACHE {
            self.connection.clear_cached_statements().await?;
        }
        self.prepared = self.connection.cached_statements_size();
        Ok(())
    }

    /// Whether a statement was prepared since the last transaction ended.
    fn has_prepared(&self) -> bool {
        self.connection.cached_statements_size() != self.prepared
    }
}

struct Idle {
    open: Open,
    since: Instant,
}

/// A connection in use. If it is dropped without being released, it is closed.
pub struct Pooled {
    open: Open,
    pool: Arc<Pool>,
    slot: OwnedSemaphorePermit,
}

impl Pool {
    /// Creates a pool without connecting. It waits longer for a connection if this is the only host.
    pub fn new(options: MySqlConnectOptions, connections: u32, is_only: bool, access: Access) -> Arc<Pool> {
        let max_permits = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        Arc::new(Pool {
            options: with_our_settings(options),
            access,
            max_connections: max_permits,
            acquire_timeout: if is_only { ACQUIRE_TIMEOUT } else { FAIL_OVER_TIMEOUT },
            slots: Arc::new(Semaphore::new(max_permits)),
            idle_connections: Mutex::default(),
        })
    }

    /// Acquires a connection that has been tested.
    pub async fn acquire(self: &Arc<Self>, commits: Commits) -> sqlx::Result<Pooled> {
        self.acquire_trusting(Duration::ZERO, commits).await
    }

    /// Acquires a connection that may be dead, for callers that can retry.
    pub async fn acquire_untested(self: &Arc<Self>, commits: Commits) -> sqlx::Result<Pooled> {
        self.acquire_trusting(TRUST_IDLE_FOR, commits).await
    }

    async fn acquire_trusting(self: &Arc<Self>, trusted: Duration, commits: Commits) -> sqlx::Result<Pooled> {
        let acquire = async {
            let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
            while let Some((mut idle, is_suspect)) = self.take_idle(commits) {
                let is_tested = is_suspect || idle.since.elapsed() >= trusted;
                if is_tested && idle.open.connection.ping().await.is_err() {
                    continue;
                }
                if idle.open.make_ready(commits).await.is_err() {
                    continue;
                }
                return Ok(self.pooled(idle.open, slot));
            }
            let (connection, is_cluster_node) = self.connect().await?;
            let (created_at, new) = (Instant::now(), Commits::EachStatement);
            let mut open = Open {
                connection,
                created_at,
                is_cluster_node,
                prepared: 0,
                commits: new,
                is_used: false,
                is_in_snapshot: false,
            };
            open.make_ready(commits).await?;
            Ok(self.pooled(open, slot))
        };
        timeout(self.acquire_timeout, acquire).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Takes the most recently used idle connection whose transactions end in this way, with whether it must be tested.
    /// Another one is taken, whose setting has to be changed, only if no further connection may be opened.
    fn take_idle(&self, commits: Commits) -> Option<(Idle, bool)> {
        let mut idle_connections = self.lock_idle_connections();
        let connections = &mut idle_connections.connections;
        let at = match connections.iter().rposition(|idle| idle.open.commits == commits) {
            None if connections.len() + self.used() > self.max_connections => 0,
            at => at?,
        };
        let idle = connections.remove(at)?;
        let is_suspect = idle_connections.suspected.is_some_and(|time| idle.since <= time);
        Some((idle, is_suspect))
    }

    fn pooled(self: &Arc<Self>, open: Open, slot: OwnedSemaphorePermit) -> Pooled {
        Pooled { open, pool: Arc::clone(self), slot }
    }

    /// Opens a connection, retrying while the server refuses because it may be starting. Returns it with whether the server is
    /// a node of a cluster.
    async fn connect(&self) -> sqlx::Result<(MySqlConnection, bool)> {
        let mut pause = CONNECT_RETRY_DELAY;
        loop {
            match MySqlConnection::connect_with(&self.options).await {
                Ok(mut connection) => match make_ready(&mut connection, self.access).await {
                    Ok(is_cluster_node) => return Ok((connection, is_cluster_node)),
                    Err(error) => warn!(%error, "the session settings of a new database connection could not be set"),
                },
                Err(sqlx::Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(error),
            }
            sleep(pause).await;
            pause = (2 * pause).min(self.acquire_timeout / 5);
        }
    }

    /// Closes connections that have been idle for too long.
    pub fn close_idle(&self) {
        let is_wanted =
            |idle: &Idle| idle.since.elapsed() < IDLE_TIMEOUT && idle.open.created_at.elapsed() < MAX_LIFETIME;
        let mut idle_connections = self.lock_idle_connections();
        let (wanted, others): (Vec<Idle>, Vec<Idle>) = idle_connections.connections.drain(..).partition(is_wanted);
        idle_connections.connections.extend(wanted);
        for idle in others {
            quit(idle.open.connection);
        }
    }

    /// Maximum number of connections.
    pub fn limit(&self) -> usize {
        self.max_connections
    }

    /// Number of connections that are in use.
    pub fn used(&self) -> usize {
        self.max_connections.saturating_sub(self.slots.available_permits())
    }

    /// Number of idle connections.
    pub fn idle(&self) -> usize {
        self.lock_idle_connections().connections.len()
    }

    /// Waits until all connections are released, and closes them.
    pub async fn close(&self) {
        let all = u32::try_from(self.max_connections).unwrap_or(u32::MAX);
        let places = self.slots.acquire_many(all).await;
        self.slots.close();
        let idle_connections = std::mem::take(&mut self.lock_idle_connections().connections);
        for idle in idle_connections {
            close(idle.open.connection).await;
        }
        drop(places);
    }

    fn lock_idle_connections(&self) -> MutexGuard<'_, IdleConnections> {
        self.idle_connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pooled {
    /// Commits the transaction of a connection that commits on request.
    ///
    /// On a Galera cluster, a statement that was first prepared within a transaction has been seen to suppress the cluster's
    /// abort of that transaction (`docs/scaling.md`). There, a transaction that has prepared a statement is rolled back, with an
    /// error for which it is to be run again on the same connection: then the statement is prepared already.
    pub async fn commit(&mut self) -> sqlx::Result<()> {
        if self.open.is_cluster_node && self.open.has_prepared() {
            self.roll_back().await?;
            return Err(LatePreparation.into());
        }
        self.end_transaction("COMMIT").await
    }

    /// Rolls the open transaction back, if there is one.
    pub async fn roll_back(&mut self) -> sqlx::Result<()> {
        self.end_transaction("ROLLBACK").await
    }

    /// Begins a transaction in which all statements see the rows of this moment; [`Pooled::roll_back`] ends it.
    pub async fn begin_snapshot(&mut self) -> sqlx::Result<()> {
        self.open.is_in_snapshot = true;
        self.open.connection.execute(SNAPSHOT).await.map(drop)
    }

    async fn end_transaction(&mut self, statement: &'static str) -> sqlx::Result<()> {
        self.open.connection.execute(statement).await?;
        (self.open.is_used, self.open.is_in_snapshot) = (false, false);
        self.open.prepared = self.open.connection.cached_statements_size();
        Ok(())
    }

    /// Who ends the connection's transactions.
    pub fn commits(&self) -> Commits {
        self.open.commits
    }

    /// Returns the connection to the pool in the background, after rolling back any open transaction.
    pub fn release(mut self) {
        tokio::spawn(async move {
            match timeout(ROLLBACK_TIMEOUT, self.roll_back()).await {
                // The driver's flag stays set if the transaction was not ended through the driver.
                Ok(Ok(())) if Connection::is_in_transaction(&self.open.connection) => quit(self.open.connection),
                Ok(Ok(())) => self.return_to_idle(),
                Ok(Err(error)) => warn!(%error, "a database connection could not be rolled back"),
                Err(_) => warn!("a database connection did not answer ROLLBACK"),
            }
        });
    }

    /// Has all other idle connections tested before their next use, because this one was dead.
    pub fn suspect_others(&self) {
        self.pool.lock_idle_connections().suspected = Some(Instant::now());
    }

    /// Returns the connection to the pool: at once, if no transaction can be open, else after rolling it back.
    pub fn release_clean(self) {
        if self.open.may_be_in_transaction() { self.release() } else { self.return_to_idle() }
    }

    fn return_to_idle(self) {
        let Pooled { mut open, pool, slot } = self;
        // Otherwise each connection would keep buffers of the size of its largest packet so far.
        open.connection.shrink_buffers();
        if open.created_at.elapsed() < MAX_LIFETIME && !pool.slots.is_closed() {
            let idle = Idle { open, since: Instant::now() };
            pool.lock_idle_connections().connections.push_back(idle);
        } else {
            quit(open.connection);
        }
        // The permit is released last: a waiting call would otherwise find no idle connection and open a new one.
        drop(slot);
    }
}

/// Closes a connection in the background, with the protocol's quit message: servers log connections that end without
/// it.
fn quit(connection: MySqlConnection) {
    tokio::spawn(timeout(CLOSE_TIMEOUT, close(connection)));
}

impl Deref for Pooled {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.open.connection
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        self.open.is_used = true;
        &mut self.open.connection
    }
}

/// Opens a single connection with the pool's session settings.
pub async fn connect(options: MySqlConnectOptions) -> sqlx::Result<MySqlConnection> {
    let mut connection = MySqlConnection::connect_with(&with_our_settings(options)).await?;
    configure(&mut connection).await?;
    Ok(connection)
}

fn with_our_settings(options: MySqlConnectOptions) -> MySqlConnectOptions {
    let options = options.pipes_as_concat(false).no_engine_substitution(false).collation("utf8mb4_unicode_ci");
    options.statement_cache_capacity(STATEMENT_CACHE_SIZE)
}

/// Makes a new connection ready for use, and returns whether the server is a node of a cluster.
async fn make_ready(connection: &mut MySqlConnection, access: Access) -> sqlx::Result<bool> {
    let is_cluster_node = configure(connection).await?;
    if access == Access::Read {
        connection.execute(READ_ONLY).await?;
    }
    Ok(is_cluster_node)
}

/// Sets the session's settings, and returns whether the server is a node of a cluster.
async fn configure(connection: &mut MySqlConnection) -> sqlx::Result<bool> {
    for statement in SESSION {
        connection.execute(statement).await?;
    }
    let is_cluster_node = match sqlx::raw_sql(IS_CLUSTER_NODE).fetch_one(&mut *connection).await {
        Ok(row) => row.try_get_unchecked::<bool, _>(0)?,
        Err(sqlx::Error::Database(_)) => false,
        Err(lost) => return Err(lost),
    };
    if is_cluster_node {
        connection.execute(CLUSTER_SESSION).await?;
    }
    Ok(is_cluster_node)
}

/// Closes a connection. Errors are ignored, because a server may close it first, as MySQL does on sockets.
pub async fn close(connection: MySqlConnection) {
    let _ = connection.close().await;
}

/// Creates a database of this name if it does not exist. With `replace`, an existing one is dropped first.
pub async fn create_database(options: MySqlConnectOptions, name: &str, replace: bool) -> sqlx::Result<()> {
    let mut connection = connect(options).await?;
    let name = name.replace('`', "``");
    if replace {
        connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS `{name}`"))).await?;
    }
    let create = format!("CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci");
    connection.execute(AssertSqlSafe(create)).await?;
    close(connection).await;
    Ok(())
}
