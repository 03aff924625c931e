//! Connections, each with session settings of our own: none is inherited from the server's configuration.
//!
//! The pool is our own for one reason: sqlx's says three things to the server with each use of a connection, two to see
//! that it is there and one to end a transaction, which is as much as a whole call has to say. This one says nothing
//! where there is nothing to find out. (deadpool's would have to be kept from giving back what is dropped, of which nobody
//! knows what state it is in.)

use std::collections::VecDeque;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::{Access, Statements};
use crate::database::prepared;

/// Strict, so that a value which does not fit is an error and not clamped in silence; without the zero-date modes,
/// because WHMCS stores zero dates. Rows are locked only where a statement says so.
const SESSION: [&str; 2] = [
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
     time_zone = '+00:00', innodb_lock_wait_timeout = 4",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/// Whatever is tried, nothing is written.
const READ_ONLY: &str = "SET SESSION TRANSACTION READ ONLY";

/// How long a call waits for a free connection, or for the database to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The same where there is another server to turn to.
const FAIL_OVER_TIMEOUT: Duration = Duration::from_secs(2);
/// How long after the first refusal it is tried again to connect, and then after twice as long.
const CONNECT_PAUSE: Duration = Duration::from_millis(10);
/// How many statements a connection keeps prepared: more than there are, or those of writing calls would be dropped.
const STATEMENTS: usize = 1000;
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(1);
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a connection that nobody uses is taken to be there.
const TRUSTED: Duration = Duration::from_secs(1);
/// How long a connection is kept that nobody uses, and one that is used.
const IDLE: Duration = Duration::from_mins(5);
const LIFETIME: Duration = Duration::from_mins(30);

/// So many connections to one server, made when they are needed.
pub struct Pool {
    options: MySqlConnectOptions,
    /// What calls do over it.
    access: Access,
    /// Those that its connections prepare before they write.
    statements: Statements,
    most: usize,
    /// How long to wait for a connection.
    patience: Duration,
    /// One for each connection that may be in use.
    places: Arc<Semaphore>,
    resting: Mutex<Resting>,
}

/// Connections that nobody uses, the one that has rested longest in front.
#[derive(Default)]
struct Resting {
    connections: VecDeque<Idle>,
    /// When one was found dead: those that rested then may be so, too.
    suspected: Option<Instant>,
}

/// A connection, and what is known of it.
struct Open {
    connection: MySqlConnection,
    born: Instant,
    /// Whether the statements of writing calls are.
    is_prepared: bool,
}

struct Idle {
    open: Open,
    since: Instant,
}

/// A connection in use. Dropped without being given back, it is closed.
pub struct Pooled {
    open: Open,
    pool: Arc<Pool>,
    place: OwnedSemaphorePermit,
}

impl Pool {
    /// Makes a pool without connecting yet. It waits longer for its connections where the server is the `only` one.
    pub fn new(
        options: MySqlConnectOptions,
        connections: u32,
        is_only: bool,
        access: Access,
        statements: Statements,
    ) -> Arc<Pool> {
        let most = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        Arc::new(Pool {
            options: with_our_settings(options),
            access,
            statements,
            most,
            patience: if is_only { ACQUIRE_TIMEOUT } else { FAIL_OVER_TIMEOUT },
            places: Arc::new(Semaphore::new(most)),
            resting: Mutex::default(),
        })
    }

    /// A connection that was found to be there just now.
    pub async fn acquire(self: &Arc<Self>) -> sqlx::Result<Pooled> {
        self.acquire_trusting(Duration::ZERO).await
    }

    /// A connection that was there a moment ago, for those who know what to do when it is not.
    pub async fn acquire_untested(self: &Arc<Self>) -> sqlx::Result<Pooled> {
        self.acquire_trusting(TRUSTED).await
    }

    async fn acquire_trusting(self: &Arc<Self>, trusted: Duration) -> sqlx::Result<Pooled> {
        let acquire = async {
            let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
            while let Some((mut idle, is_suspect)) = self.wake() {
                let is_tested = is_suspect || idle.since.elapsed() >= trusted;
                if is_tested && idle.open.connection.ping().await.is_err() {
                    continue;
                }
                return Ok(self.pooled(idle.open, place));
            }
            let connection = self.connect().await?;
            Ok(self.pooled(Open { connection, born: Instant::now(), is_prepared: false }, place))
        };
        timeout(self.patience, acquire).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// The connection that was used last, and whether it may be dead.
    fn wake(&self) -> Option<(Idle, bool)> {
        let mut resting = self.resting();
        let idle = resting.connections.pop_back()?;
        let is_suspect = resting.suspected.is_some_and(|time| idle.since <= time);
        Some((idle, is_suspect))
    }

    fn pooled(self: &Arc<Self>, open: Open, place: OwnedSemaphorePermit) -> Pooled {
        Pooled { open, pool: Arc::clone(self), place }
    }

    /// Makes a connection; again and again while the server refuses, for it may be starting.
    async fn connect(&self) -> sqlx::Result<MySqlConnection> {
        let mut pause = CONNECT_PAUSE;
        loop {
            match MySqlConnection::connect_with(&self.options).await {
                Ok(mut connection) => match make_ready(&mut connection, self.access).await {
                    Ok(()) => return Ok(connection),
                    Err(error) => warn!(%error, "a new database connection could not be made ready"),
                },
                Err(sqlx::Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(error),
            }
            sleep(pause).await;
            pause = (2 * pause).min(self.patience / 5);
        }
    }

    /// Closes what has rested for long.
    pub fn tidy(&self) {
        let is_wanted = |idle: &Idle| idle.since.elapsed() < IDLE && idle.open.born.elapsed() < LIFETIME;
        let mut resting = self.resting();
        let (wanted, others): (Vec<Idle>, Vec<Idle>) = resting.connections.drain(..).partition(is_wanted);
        resting.connections.extend(wanted);
        for idle in others {
            retire(idle.open.connection);
        }
    }

    /// How many connections there may be.
    pub fn limit(&self) -> usize {
        self.most
    }

    /// How many connections calls have.
    pub fn used(&self) -> usize {
        self.most.saturating_sub(self.places.available_permits())
    }

    /// How many connections nobody uses.
    pub fn idle(&self) -> usize {
        self.resting().connections.len()
    }

    /// Waits until all connections are back, and closes them.
    pub async fn close(&self) {
        let all = u32::try_from(self.most).unwrap_or(u32::MAX);
        let places = self.places.acquire_many(all).await;
        self.places.close();
        let resting = std::mem::take(&mut self.resting().connections);
        for idle in resting {
            close(idle.open.connection).await;
        }
        drop(places);
    }

    fn resting(&self) -> MutexGuard<'_, Resting> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pooled {
    /// Has the statements of writing calls prepared, unless they are: before a transaction, as it is too late within one.
    pub async fn prepare(&mut self) -> sqlx::Result<()> {
        if !self.open.is_prepared {
            prepared::prepare(&mut self.open.connection, self.pool.statements).await?;
            self.open.is_prepared = true;
        }
        Ok(())
    }

    /// Gives the connection back, of which nobody need know how it was used: what was left open is rolled back first.
    pub fn give_back(mut self) {
        tokio::spawn(async move {
            match timeout(ROLLBACK_TIMEOUT, self.open.connection.execute("ROLLBACK")).await {
                // The driver believes that a transaction is open where one was not ended through it.
                Ok(Ok(_)) if Connection::is_in_transaction(&self.open.connection) => retire(self.open.connection),
                Ok(Ok(_)) => self.lie_down(),
                Ok(Err(error)) => warn!(%error, "a database connection could not be given back"),
                Err(_) => warn!("a database connection did not answer ROLLBACK"),
            }
        });
    }

    /// Has the others that rest looked at before they are used: this one was found dead.
    pub fn suspect_others(&self) {
        self.pool.resting().suspected = Some(Instant::now());
    }

    /// Gives the connection back after a use that ended as it should, with no transaction open: it is at rest at once.
    pub fn rest(self) {
        if Connection::is_in_transaction(&self.open.connection) { self.give_back() } else { self.lie_down() }
    }

    fn lie_down(self) {
        let Pooled { mut open, pool, place } = self;
        // Or each connection would keep room for the largest thing that was ever said over it.
        open.connection.shrink_buffers();
        if open.born.elapsed() < LIFETIME && !pool.places.is_closed() {
            let idle = Idle { open, since: Instant::now() };
            pool.resting().connections.push_back(idle);
        } else {
            retire(open.connection);
        }
        // Only now, or whoever waits for it would find none at rest and make a new one.
        drop(place);
    }
}

/// Says goodbye, while nobody waits for it: a server takes note of those who go without.
fn retire(connection: MySqlConnection) {
    tokio::spawn(timeout(GOODBYE_TIMEOUT, close(connection)));
}

impl Deref for Pooled {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.open.connection
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
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
    options.statement_cache_capacity(STATEMENTS)
}

async fn make_ready(connection: &mut MySqlConnection, access: Access) -> sqlx::Result<()> {
    configure(connection).await?;
    match access {
        Access::Read => connection.execute(READ_ONLY).await.map(|_| ()),
        Access::Write => Ok(()),
    }
}

async fn configure(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    for statement in SESSION {
        connection.execute(statement).await?;
    }
    // On a Galera cluster: what was committed through another node before is seen. Other servers do not know it.
    match connection.execute("SET SESSION wsrep_sync_wait = 1").await {
        Err(sqlx::Error::Database(_)) | Ok(_) => Ok(()),
        Err(lost) => Err(lost),
    }
}

/// Ends a connection. What was to be done is done: a server that hangs up first, as MySQL does on sockets, does no harm.
pub async fn close(connection: MySqlConnection) {
    let _ = connection.close().await;
}

/// Makes a database of this name if there is none, or makes it anew.
pub async fn create_database(options: MySqlConnectOptions, name: &str, anew: bool) -> sqlx::Result<()> {
    let mut connection = connect(options).await?;
    let name = name.replace('`', "``");
    if anew {
        connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS `{name}`"))).await?;
    }
    let create = format!("CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci");
    connection.execute(AssertSqlSafe(create)).await?;
    close(connection).await;
    Ok(())
}
