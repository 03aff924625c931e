//! Runs what modules are to be asked, and writes down what they say.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use serde::Serialize;
use sqlx::MySqlConnection;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, warn};

use super::{Answer, Arguments, Modules, welcome};
use crate::config::ModuleQueue;
use crate::database;
use crate::database::errors::Remedy;
use crate::database::hosts::Hosts;
use crate::database::writer::{RequestKey, Subject, Writer};
use crate::domain::Author;
use crate::domain::module::Command;
use crate::domain::time::Clock;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::lease::Lease;
use crate::store;
use crate::store::services::module_calls::{Ended, ModuleCall};
use crate::store::services::provisioning::{Decided, Told, Values};
use crate::wire::{Hidden, redacted};

/// How long it may take at most to write down an answer.
const TIME_TO_RECORD: Duration = Duration::from_mins(1);
const ATTEMPTS_TO_RECORD: u32 = 20;
/// How long until a failed command is tried again at most.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(6);
/// How many modules are asked at a time by one call, and from the queue.
const AT_A_TIME: usize = 4;
const RETRIED_AT_A_TIME: usize = 32;
const TICK: Duration = Duration::from_secs(10);
/// How much of a question and of an answer the log keeps.
const LOGGED_BYTES: usize = 16 * 1024;
/// What of a service is shown nowhere.
const SECRET_PARAMS: [&str; 3] = ["password", "serverpassword", "serveraccesshash"];
const KEPT: chrono::Days = chrono::Days::new(30);

pub struct Provisioner {
    modules: Modules,
    hosts: Arc<Hosts>,
    clock: Clock,
    queue: ModuleQueue,
}

/// What a module is asked.
#[derive(Serialize)]
struct Question<'a> {
    /// The same whenever the same thing is asked again: a module that knows it has done it need not do it again.
    id: &'a str,
    module: &'a str,
    function: &'a str,
    /// From 1.
    attempt: i64,
    params: Params<'a>,
}

/// As WHMCS's modules get them.
#[derive(Serialize)]
struct Params<'a> {
    #[serde(flatten)]
    service: &'a Values,
    configoptions: &'a Values,
    customfields: &'a Values,
    clientsdetails: &'a Values,
}

impl Provisioner {
    pub fn new(modules: Modules, hosts: Arc<Hosts>, clock: Clock, queue: ModuleQueue) -> Provisioner {
        Provisioner { modules, hosts, clock, queue }
    }

    pub fn modules(&self) -> &Modules {
        &self.modules
    }

    /// Runs what a committed call wants of modules, as far as nobody has yet. Refuses with what the first module said
    /// that did not do it; `None` where one has not said anything yet.
    pub async fn settle(self: &Arc<Self>, key: &RequestKey) -> Result<Option<()>> {
        let waiting =
            self.standing(key).await?.into_iter().filter(|call| call.attempts == 0 && call.outcome.is_empty());
        self.run_all(waiting.map(|call| call.id).collect()).await;
        let standing = self.standing(key).await?;
        match standing.into_iter().find(|call| call.outcome != "success") {
            None => Ok(Some(())),
            Some(call) if !call.message.is_empty() => refuse_as("module_failed", call.message),
            Some(call) if call.outcome == "superseded" => refuse("A later command about the service took its place"),
            Some(_) => Ok(None),
        }
    }

    async fn standing(&self, key: &RequestKey) -> Result<Vec<store::services::module_calls::Standing>> {
        let mut lease = Lease::take(&self.hosts).await?;
        let standing = store::services::module_calls::of_request(&mut lease, key)
            .await
            .map_err(database::errors::busy_if_passing)?;
        lease.give_back();
        Ok(standing)
    }

    /// Tries again what failed, and what a server that is gone has left, until it is told to stop. A module that hangs
    /// holds up no other.
    pub async fn work_off(self: Arc<Self>, stopping: CancellationToken) {
        let mut ticks = tokio::time::interval(TICK);
        let mut running = JoinSet::new();
        let begun = Arc::new(Mutex::new(HashSet::new()));
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stopping.cancelled() => break,
            }
            let now = self.clock.now().utc();
            let due = Lease::using(&self.hosts, async |db| store::services::module_calls::due(db, now).await).await;
            let due = due.inspect_err(|error| warn!(%error, "what modules are still to be asked could not be read"));
            while running.try_join_next().is_some() {}
            for id in due.unwrap_or_default() {
                if running.len() < RETRIED_AT_A_TIME && lock(&begun).insert(id) {
                    let (provisioner, begun) = (Arc::clone(&self), Arc::clone(&begun));
                    running.spawn(async move {
                        provisioner.run_or_tell(id).await;
                        lock(&begun).remove(&id);
                    });
                }
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Deletes what was done long ago.
    pub async fn prune(&self) -> sqlx::Result<()> {
        let now = self.clock.now().utc();
        let time = now.checked_sub_days(KEPT).unwrap_or(now);
        Lease::using(&self.hosts, async |db| store::services::module_calls::forget_before(db, time).await).await
    }

    async fn run_all(self: &Arc<Self>, calls: Vec<i64>) {
        let mut running = JoinSet::new();
        for id in calls {
            if running.len() == AT_A_TIME {
                running.join_next().await;
            }
            let provisioner = Arc::clone(self);
            running.spawn(async move { provisioner.run_or_tell(id).await });
        }
        while running.join_next().await.is_some() {}
    }

    async fn run_or_tell(&self, id: i64) {
        if let Err(error) = self.run(id).instrument(debug_span!("modules", part = "modules")).await {
            warn!(%error, id, "a module's answer was not written down; it will be asked again");
        }
    }

    /// Asks a module what one row says, unless somebody else does.
    async fn run(&self, id: i64) -> Result<()> {
        let mut lease = Lease::take(&self.hosts).await?;
        let now = self.clock.now().utc();
        let until = now + self.modules.longest_timeout() + TIME_TO_RECORD;
        let call = match store::services::module_calls::claim(&mut lease, id, now, until).await {
            // Somebody else was faster.
            Err(error) if database::errors::remedy(&error) == Remedy::RunAgain => None,
            claimed => claimed?,
        };
        let Some(call) = call else {
            lease.give_back();
            return Ok(());
        };
        let told = store::services::provisioning::told(&mut lease, call.service).await?;
        lease.give_back();
        let asked = match told {
            Some(told) => self.ask(call, told).await?,
            None => Asked::in_vain(call),
        };
        self.record(&asked).await
    }

    async fn ask(&self, call: ModuleCall, mut told: Told) -> Result<Asked> {
        let arguments: Arguments = serde_json::from_str(&call.arguments).unwrap_or_default();
        let told_also = [("password", &arguments.password), ("suspendreason", &arguments.suspend_reason)];
        for (name, value) in told_also {
            if let Some(value) = value {
                told.service.insert(name.to_owned(), value.clone());
            }
        }
        let id = format!("module-call-{}", call.id);
        let question = Question {
            id: &id,
            module: &call.module,
            function: call.command.function(),
            attempt: call.attempts,
            params: Params {
                service: &told.service,
                configoptions: &told.config_options,
                customfields: &told.custom_fields,
                clientsdetails: &told.client,
            },
        };
        let body = serde_json::to_string(&question).map_err(|error| Error::Internal(error.to_string().into()))?;
        let secrets = SECRET_PARAMS.iter().filter_map(|name| told.service.get(*name));
        let secrets: Vec<String> = secrets.filter(|secret| !secret.is_empty()).cloned().collect();
        let hidden = Hidden::new(secrets.iter().map(String::as_str));
        let request = redacted(&question, &hidden, LOGGED_BYTES);
        let (answer, response) = self.modules.ask(&call.module, &id, body).await;
        let answer = answer.without(&secrets);
        Ok(Asked { call, arguments, answer, request, response: logged(&response, &hidden) })
    }

    /// Writes an answer down, as often as it takes.
    async fn record(&self, asked: &Asked) -> Result<()> {
        let mut pause = Duration::from_millis(20);
        for _ in 1..ATTEMPTS_TO_RECORD {
            match self.record_once(asked).await {
                Err(Error::Database(error)) if database::errors::is_unfit_value(&error) && asked.is_done() => {
                    warn!(%error, id = asked.call.id, "what a module decided cannot be stored");
                    return self.record_once(&asked.unfit()).await;
                }
                Err(Error::Database(error)) if database::errors::remedy(&error) == Remedy::None => {
                    return Err(error.into());
                }
                Err(Error::Database(_) | Error::Busy) => {
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(4));
                }
                recorded => return recorded,
            }
        }
        self.record_once(asked).await
    }

    async fn record_once(&self, asked: &Asked) -> Result<()> {
        let mut lease = Lease::take(&self.hosts).await?;
        let mut transaction = lease.begin_to_write().await?;
        match self.write(&mut transaction, asked).await? {
            true => transaction.commit().await?,
            // It was written before, or its time was over and somebody else asks.
            false => transaction.rollback().await?,
        }
        lease.give_back();
        Ok(())
    }

    async fn write(&self, db: &mut MySqlConnection, asked: &Asked) -> Result<bool> {
        let (call, now) = (&asked.call, self.clock.now());
        let author = Author { admin: call.admin, name: call.user.clone(), address: call.address.clone() };
        let client = store::services::provisioning::client_of(db, call.service).await?;
        let welcome = match &asked.answer {
            Answer::Yes(decided) if asked.arguments.sends_welcome => {
                welcome::letter(db, call.service, decided, now).await?
            }
            _ => None,
        };
        let subject = client.map_or(Subject::Ledger, Subject::Client);
        let mut books = Writer::resume(db, &author, now, subject).await?;
        store::services::module_calls::log(&mut books, call, &asked.request, &asked.response).await?;
        let ended = match &asked.answer {
            Answer::Yes(decided) => {
                asked.write_done(&mut books, decided).await?;
                if let Some(letter) = welcome {
                    letter.send(&mut books).await?;
                }
                Ended { outcome: "success", message: "", due_at: now.utc(), queue: call.queue }
            }
            Answer::No { message, may_retry } => {
                let is_last = !may_retry || call.attempts >= i64::from(self.queue.attempts);
                let outcome = if is_last { "failed" } else { "" };
                let queue = store::services::module_calls::put_on_queue(&mut books, call, message).await?;
                Ended { outcome, message, due_at: self.next_attempt(call.attempts), queue }
            }
        };
        store::system::activity::log(&mut books, client, &asked.line()).await?;
        Ok(store::services::module_calls::end(&mut books, call, &ended).await?)
    }

    /// After the first failure so many minutes, after each further one twice as many.
    fn next_attempt(&self, attempts: i64) -> NaiveDateTime {
        let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(10);
        let minutes = i64::from(self.queue.retry_minutes) << doublings;
        self.clock.now().utc() + TimeDelta::minutes(minutes).min(LONGEST_PAUSE)
    }
}

/// A module's answer, and what it was asked.
struct Asked {
    call: ModuleCall,
    arguments: Arguments,
    answer: Answer,
    /// Both for the log, without secrets.
    request: String,
    response: String,
}

impl Asked {
    /// About a service that is gone, or whose product is.
    fn in_vain(call: ModuleCall) -> Asked {
        let answer = Answer::No { message: "The service or its product is gone".to_owned(), may_retry: false };
        Asked { call, arguments: Arguments::default(), answer, request: String::new(), response: String::new() }
    }

    fn is_done(&self) -> bool {
        matches!(self.answer, Answer::Yes(_))
    }

    /// The same, where the database cannot hold what the module decided. Asking again would not help.
    fn unfit(&self) -> Asked {
        let message = "The module has done it, but what it decided about the service cannot be stored".to_owned();
        Asked {
            call: self.call.clone(),
            arguments: self.arguments.clone(),
            answer: Answer::No { message, may_retry: false },
            request: self.request.clone(),
            response: String::new(),
        }
    }

    async fn write_done(&self, books: &mut Writer<'_>, decided: &Decided) -> Result<()> {
        let decided = Decided {
            password: decided.password.clone().or(self.arguments.password.clone()),
            suspend_reason: match self.call.command {
                Command::Suspend => Some(self.arguments.suspend_reason.clone().unwrap_or_default()),
                Command::Unsuspend => Some(String::new()),
                _ => None,
            },
            ..decided.clone()
        };
        store::services::provisioning::change(books, self.call.service, self.call.command, &decided).await?;
        if let Some(order) = self.call.order {
            store::services::provisioning::accept_order(books, order).await?;
        }
        if self.call.queue > 0 {
            store::services::module_calls::take_off_queue(books, self.call.queue).await?;
        }
        Ok(())
    }

    /// For the activity log.
    fn line(&self) -> String {
        let (title, service) = (self.call.command.title(), self.call.service);
        match &self.answer {
            Answer::Yes(_) => format!("Module {title} Successful - Service ID: {service}"),
            Answer::No { message, .. } => format!("Module {title} Failed - Service ID: {service} - Error: {message}"),
        }
    }
}

/// What a module said, as the log keeps it: JSON without secrets, and of anything else that it is there.
fn logged(response: &str, hidden: &Hidden) -> String {
    match serde_json::from_str::<serde_json::Value>(response) {
        Ok(json) => redacted(&json, hidden, LOGGED_BYTES),
        Err(_) if response.is_empty() => String::new(),
        Err(_) => format!("({} bytes that are not JSON)", response.len()),
    }
}

fn lock(begun: &Mutex<HashSet<i64>>) -> MutexGuard<'_, HashSet<i64>> {
    begun.lock().unwrap_or_else(PoisonError::into_inner)
}
