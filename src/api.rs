//! The path of one call: authenticate, authorize, run, encode.
//!
//! It runs in a task of its own, which nobody cancels when the client goes away: a database call that is dropped
//! half-way leaves its connection in an unknown state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::mysql::{MySql, MySqlPool};
use sqlx::{Connection, MySqlConnection};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tracing::{debug, error, warn};

use crate::actions::{Access, Entry};
use crate::auth::{Caller, Login, Verifier};
use crate::call::Call;
use crate::config::Compat;
use crate::domain::time::{Clock, Moment};
use crate::error::{Error, Result};
use crate::lease::Lease;
use crate::store::writer::RequestKey;
use crate::store::{self, Remedy};
use crate::wire::{Encoded, Encoder, Failure, Format, Parameters};

/// How often a write is run before its caller is told to come again.
const ATTEMPTS: u32 = 30;

pub struct Api {
    pool: MySqlPool,
    compat: Arc<Compat>,
    clock: Clock,
    /// How long a call may take in all.
    time_limit: Duration,
    verifier: Verifier,
    tasks: TaskTracker,
}

/// What goes back to the client.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub reply: Encoded,
}

/// A call on its way through.
struct Request {
    action: Option<String>,
    parameters: Parameters,
    encoder: Encoder,
    /// The client's network address.
    address: String,
    now: Moment,
    /// Whether it may have been committed without our having heard.
    in_doubt: AtomicBool,
}

impl Request {
    /// Commits, and keeps in mind that it may have happened when no answer comes.
    async fn commit(&self, transaction: sqlx::Transaction<'_, MySql>) -> sqlx::Result<()> {
        let was_in_doubt = self.in_doubt.swap(true, Ordering::Relaxed);
        let committed = transaction.commit().await;
        if committed.as_ref().is_err_and(|error| store::remedy(error) == Remedy::RunAgain) {
            self.in_doubt.store(was_in_doubt, Ordering::Relaxed);
        }
        committed
    }

    /// What to tell when there is no more time.
    fn out_of_time(&self) -> Error {
        if self.in_doubt.load(Ordering::Relaxed) { Error::Unfinished } else { Error::Busy }
    }
}

impl Api {
    pub fn new(pool: MySqlPool, compat: Compat, clock: Clock, time_limit: Duration) -> Result<Arc<Api>> {
        let (compat, verifier, tasks) = (Arc::new(compat), Verifier::new()?, TaskTracker::new());
        Ok(Arc::new(Api { pool, compat, clock, time_limit, verifier, tasks }))
    }

    /// Answers one call, whatever it is: in the format that it asks for, or in JSON where the client speaks that.
    pub async fn answer(self: &Arc<Self>, mut parameters: Parameters, speaks_json: bool, address: String) -> Answer {
        let action = parameters.take_action(|name| Entry::find(name).is_some());
        let encoder = Encoder::of(&parameters, speaks_json, Arc::clone(&self.compat)).for_action(action.as_deref());
        let now = self.clock.now();
        let in_doubt = AtomicBool::new(false);
        let request = Request { action, parameters, encoder: encoder.clone(), address, now, in_doubt };
        let api = Arc::clone(self);
        let outcome = self.tasks.spawn(async move { api.run_in_time(request).await }).await;
        let outcome = outcome.unwrap_or_else(|panic| Err(Error::Internal(panic.to_string().into())));
        match outcome {
            Ok(reply) => Answer { status: 200, reply },
            Err(error) => self.refusal(&error, &encoder),
        }
    }

    /// The answer to a request that cannot be read: in JSON, unless its query string asks for another format.
    pub fn unreadable(&self, error: &Error, query: &Parameters) -> Answer {
        self.refusal(error, &Encoder::of(query, true, Arc::clone(&self.compat)))
    }

    fn refusal(&self, error: &Error, encoder: &Encoder) -> Answer {
        if let Error::Database(_) | Error::Internal(_) = error {
            error!(%error, "a call failed");
        }
        let status = match error {
            Error::UnknownAction(_) => self.compat.unknown_action_status.code(),
            error => error.status(),
        };
        let reply = encoder.encode(&Failure::new(&error.message()));
        let reply = reply.unwrap_or(Encoded { format: Format::Json, body: Vec::new() });
        Answer { status, reply }
    }

    /// Waits for the calls that are still running, then closes the connections.
    pub async fn finish(&self, patience: Duration) {
        self.tasks.close();
        if timeout(patience, self.tasks.wait()).await.is_err() {
            warn!(calls = self.tasks.len(), "stopping although calls are still running");
        }
        // Closing waits for connections that may never come back.
        let _ = timeout(patience, self.pool.close()).await;
    }

    async fn run_in_time(&self, request: Request) -> Result<Encoded> {
        let start = Instant::now();
        let outcome = timeout(self.time_limit, self.run(&request)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(request.out_of_time()));
        let status = outcome.as_ref().map_or_else(Error::status, |_| 200);
        debug!(action = request.action, status, took = ?start.elapsed(), "call");
        outcome
    }

    async fn run(&self, request: &Request) -> Result<Encoded> {
        let login = Login::of(&request.parameters)?;
        let mut lease = Lease::take(&self.pool).await?;
        let claim = login.look_up(&mut lease).await.map_err(busy_if_passing)?;
        if !self.verifier.remembers(&claim) {
            // Hashing takes long: meanwhile the connection is for others.
            lease.give_back();
            self.verifier.verify(&claim).await?;
            lease = Lease::take(&self.pool).await?;
        }
        let caller = claim.caller(&request.address)?;
        match authorize(&caller, request.action.as_deref()) {
            Err(denied) => {
                lease.give_back();
                Err(denied)
            }
            Ok(entry) => match entry.access {
                Access::Read => self.read(lease, entry, request, &caller).await,
                Access::Write => self.write(lease, entry, request, &caller).await,
            },
        }
    }

    async fn read(&self, mut lease: Lease, entry: &Entry, request: &Request, caller: &Caller) -> Result<Encoded> {
        let call = self.call(&mut lease, request, caller, None);
        match (entry.run)(&request.parameters, &request.encoder, call).await {
            Err(error) if remedy(&error) != Remedy::None => Err(busy_if_passing(error)),
            outcome => {
                lease.give_back();
                outcome.map_err(blame_value)
            }
        }
    }

    /// Runs a write as often as it takes for one attempt to be committed whole, or to fail for good.
    async fn write(&self, lease: Lease, entry: &Entry, request: &Request, caller: &Caller) -> Result<Encoded> {
        let key = random_key()?;
        let mut lease = Some(lease);
        for attempt in 1..=ATTEMPTS {
            let mut current = match lease.take() {
                Some(lease) => lease,
                None => Lease::take(&self.pool).await.map_err(|_| request.out_of_time())?,
            };
            match self.attempt(&mut current, entry, request, caller, &key).await {
                Err(error) if remedy(&error) != Remedy::None => {
                    warn!(%error, action = entry.name, attempt, "a write is run again");
                    if remedy(&error) == Remedy::RunAgain {
                        current.give_back();
                    }
                    sleep(pause_after(attempt)?).await;
                }
                outcome => {
                    current.give_back();
                    return outcome;
                }
            }
        }
        Err(request.out_of_time())
    }

    /// One transaction: it begins with the call's own row and ends with its reply there, and between are what the action
    /// read and wrote. Either all of it is committed, or nothing; and if it was before, it is not done again.
    async fn attempt(
        &self,
        db: &mut MySqlConnection,
        entry: &Entry,
        request: &Request,
        caller: &Caller,
        key: &RequestKey,
    ) -> Result<Encoded> {
        let mut transaction = db.begin().await?;
        if !store::requests::begin(&mut transaction, key, request.now).await? {
            transaction.rollback().await?;
            let (format, body) = store::requests::reply(db, key).await?.ok_or(Error::Vanished)?;
            return Ok(Encoded { format: Format::parse(&format).unwrap_or(Format::Json), body });
        }
        let call = self.call(&mut transaction, request, caller, Some(key));
        let outcome = (entry.run)(&request.parameters, &request.encoder, call).await;
        let outcome = match outcome {
            Ok(reply) => {
                let is_there =
                    store::requests::complete(&mut transaction, key, reply.format.name(), &reply.body).await?;
                if is_there { Ok(reply) } else { Err(Error::Vanished) }
            }
            outcome => outcome.map_err(blame_value),
        };
        match outcome {
            Ok(reply) => {
                request.commit(transaction).await?;
                Ok(reply)
            }
            Err(error) => {
                // A connection that cannot even roll back is thrown away by the pool.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }

    fn call<'c>(
        &'c self,
        db: &'c mut MySqlConnection,
        request: &Request,
        caller: &'c Caller,
        key: Option<&'c RequestKey>,
    ) -> Call<'c> {
        Call { db, author: &caller.author, now: request.now, compat: &self.compat, key }
    }
}

/// Finds the action that is asked for, if the caller may call it.
fn authorize(caller: &Caller, action: Option<&str>) -> Result<&'static Entry> {
    let name = action.ok_or(Error::NoAction)?;
    let entry = Entry::find(name).ok_or_else(|| Error::UnknownAction(name.to_lowercase()))?;
    if caller.may_call(entry.name) { Ok(entry) } else { Err(Error::NotPermitted(entry.name.to_lowercase())) }
}

/// What can be done about a failed attempt.
fn remedy(error: &Error) -> Remedy {
    match error {
        Error::Database(error) => store::remedy(error),
        Error::Vanished => Remedy::RunAgain,
        _ => Remedy::None,
    }
}

/// Turns a failure to read that will pass into a request to come again.
fn busy_if_passing(error: Error) -> Error {
    if remedy(&error) == Remedy::None {
        return error;
    }
    warn!(%error, "the database failed a read");
    Error::Busy
}

/// Turns into a refusal what, by all that can be told here, a value of the caller's has caused.
fn blame_value(error: Error) -> Error {
    match error {
        Error::Database(error) if store::is_unfit_value(&error) => {
            warn!(%error, "a value did not fit its column");
            Error::Refused("A value is too large, too long or has characters that the database cannot hold".into())
        }
        other => other,
    }
}

fn random_key() -> Result<RequestKey> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
    Ok(RequestKey(key))
}

/// Up to 2, 4, 8 … 100 ms, at random, so that calls which collided do not do so again.
fn pause_after(attempt: u32) -> Result<Duration> {
    let longest = 2_u64.saturating_pow(attempt).min(100);
    let random = u64::from_le_bytes(random_key()?.0[..8].try_into().unwrap_or_default());
    Ok(Duration::from_millis(random % (longest + 1)))
}
