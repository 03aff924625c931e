//! Delivery: what is in the outbox is handed to the mail server, and none of it twice, by however many servers.
//!
//! Before a mail is sent it is claimed, by a change that only one server can make and that is committed first. A mail
//! whose sender dies after that, or of which the mail server does not say whether it took it, has failed: it may have
//! arrived, and is sent again only when the operator says so.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use sqlx::MySqlConnection;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, debug_span, info, warn};

use super::smtp::{self, Attempt, Smtp};
use crate::config;
use crate::database;
use crate::database::hosts::Hosts;
use crate::domain::time::Clock;
use crate::fault::Result;
use crate::lease::Lease;
use crate::store;
use crate::store::system::outbox::{self, Claim, Due, INTERRUPTED, Outcome, Outgoing};

/// How many mails are sent at a time.
const AT_ONCE: usize = 4;
/// How often the outbox is looked at when nobody says that there is something.
const LOOK: Duration = Duration::from_secs(10);
/// How long a look waits for more to be written, so that many calls cause few looks.
const PAUSE: Duration = Duration::from_millis(100);
/// How many mails are found by a look.
const FOUND: u32 = 50;
/// How long the database may take for one step.
const STEP: Duration = Duration::from_secs(10);
/// How often it is tried to write down what became of a mail.
const RECORDINGS: u32 = 20;
/// How long a database that failed is left alone.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);
/// The longest that a mail waits for its next attempt, in minutes.
const LONGEST_WAIT: i64 = 240;

/// Why mails wait where they cannot be sent.
pub const NO_SERVER: &str = "Waiting: no mail server is set up (mail.smtp_host)";

pub struct Delivery {
    hosts: Arc<Hosts>,
    clock: Clock,
    settings: config::Mail,
    /// `None` where no mail server is set up.
    smtp: Option<Smtp>,
    written: Notify,
}

impl Delivery {
    pub fn new(hosts: Arc<Hosts>, settings: config::Mail, clock: Clock) -> Result<Arc<Delivery>> {
        let is_set_up = !settings.smtp_host.is_empty();
        let smtp = is_set_up.then(|| Smtp::new(settings.clone())).transpose()?;
        Ok(Arc::new(Delivery { hosts, clock, settings, smtp, written: Notify::new() }))
    }

    /// Whether mails are sent from here.
    pub fn is_set_up(&self) -> bool {
        self.smtp.is_some()
    }

    /// Says that something was committed, which may have been a mail.
    pub fn wake(&self) {
        self.written.notify_one();
    }

    /// Sends mails until it is told to stop; what was handed to the mail server by then is brought to its end.
    pub async fn run(self: &Arc<Self>, stopping: CancellationToken) {
        if !self.is_set_up() {
            return self.tell_of_waiting().await;
        }
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let sending = TaskTracker::new();
        let mut found = VecDeque::new();
        while !stopping.is_cancelled() {
            if found.is_empty() {
                found = self.look().await;
            }
            let Some(due) = found.pop_front() else {
                tokio::select! {
                    () = self.written.notified() => sleep(PAUSE).await,
                    () = sleep(LOOK) => {}
                    () = stopping.cancelled() => {}
                }
                continue;
            };
            let place = tokio::select! {
                place = Arc::clone(&places).acquire_owned() => place,
                () = stopping.cancelled() => break,
            };
            let Some((mail, claim)) = self.claim(due).await else { continue };
            let (delivery, stopping) = (Arc::clone(self), stopping.clone());
            sending.spawn(async move {
                delivery.deliver(&mail, claim, due.attempts + 1, &stopping).await;
                drop(place);
            });
        }
        sending.close();
        sending.wait().await;
    }

    async fn tell_of_waiting(&self) {
        let waiting = self.with_database(async |db| outbox::waiting(db).await).await;
        if let Ok(mails @ 1..) = waiting {
            warn!(mails, "mails wait to be sent, and no mail server is set up (mail.smtp_host)");
        }
    }

    fn now(&self) -> NaiveDateTime {
        self.clock.now().utc()
    }

    /// What is due. What was claimed by those who did not come back is given up at the same time.
    async fn look(&self) -> VecDeque<Due> {
        let now = self.now();
        let looked = self.with_database(async |db| {
            let abandoned = outbox::give_up_abandoned(db, now).await?;
            if abandoned > 0 {
                warn!(mails = abandoned, "mails were interrupted while they were being sent, and may have arrived");
            }
            outbox::due(db, now, FOUND).await
        });
        match looked.await {
            Ok(due) => due.into(),
            Err(error) => {
                warn!(%error, "the outbox could not be read");
                VecDeque::new()
            }
        }
    }

    /// Claims a mail, and reads it if that was done. What the change itself was answered does not count, only what is
    /// there afterwards: on a cluster, it may have been undone without a word.
    async fn claim(&self, due: Due) -> Option<(Outgoing, Claim)> {
        let mut claim = Claim([0; 16]);
        getrandom::fill(&mut claim.0).ok()?;
        let longest = self.smtp.as_ref()?.longest() + 6 * STEP;
        let until = self.now() + TimeDelta::from_std(longest).ok()?;
        let changed = self.with_database(async |db| outbox::claim(db, due, claim, until).await).await;
        let mail = self.with_database(async |db| outbox::claimed(db, due.email, claim).await).await;
        match (mail, changed) {
            (Ok(Some(mail)), _) => return Some((mail, claim)),
            (Ok(None), Ok(())) => {}
            (Ok(None), Err(error)) if database::errors::remedy(&error) == database::errors::Remedy::RunAgain => {}
            (Err(error), _) | (_, Err(error)) => {
                warn!(mail = due.email, %error, "a mail could not be claimed");
                sleep(DATABASE_PAUSE).await;
            }
        }
        None
    }

    async fn deliver(&self, mail: &Outgoing, claim: Claim, attempts: i64, stopping: &CancellationToken) {
        let Some(smtp) = &self.smtp else { return };
        let attempt = match self.compose(mail).await {
            Ok(composed) => smtp.send(&composed, stopping).await,
            Err(attempt) => attempt,
        };
        self.record(mail.id, claim, attempts, &self.outcome(attempt, attempts)).await;
    }

    async fn compose(&self, mail: &Outgoing) -> Result<smtp::Composed, Attempt> {
        let company = self.with_database(async |db| store::system::configuration::company(db).await).await;
        let company =
            company.map_err(|error| Attempt::NotNow(format!("The company's name cannot be read: {error}")))?;
        let first = |texts: [&str; 3]| texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned();
        let name = first([&mail.sender_name, &self.settings.from_name, &company.name]);
        let address = first([&mail.sender_address, &self.settings.from_address, &company.email]);
        if address.is_empty() {
            return Err(Attempt::NotNow("No sender is set up (mail.from_address)".to_owned()));
        }
        let from = smtp::sender(&name, &address).map_err(Attempt::NotNow)?;
        smtp::compose(mail, from).map_err(Attempt::Never)
    }

    fn outcome(&self, attempt: Attempt, attempts: i64) -> Outcome {
        match attempt {
            Attempt::Accepted => Outcome::Sent,
            Attempt::Stopped => Outcome::Later(self.now(), "The server stopped".to_owned()),
            Attempt::NotNow(reason) if attempts < self.settings.attempts.into() => {
                Outcome::Later(self.now() + wait(attempts), reason)
            }
            Attempt::NotNow(reason) | Attempt::Never(reason) => Outcome::Failed(reason),
            Attempt::Unknown(reason) => Outcome::Failed(format!("{INTERRUPTED} ({reason})")),
        }
    }

    /// Writes down what became of a mail. Where that cannot be done, the mail counts as interrupted in the end.
    async fn record(&self, mail: i64, claim: Claim, attempts: i64, outcome: &Outcome) {
        match outcome {
            Outcome::Sent => info!(mail, attempts, "a mail was sent"),
            Outcome::Later(_, reason) => warn!(mail, attempts, reason, "a mail was not sent, and is tried again"),
            Outcome::Failed(reason) => warn!(mail, attempts, reason, "a mail has failed"),
        }
        for recording in 1.. {
            let now = self.now();
            let record = self.with_database(async |db| outbox::record(db, mail, claim, attempts, outcome, now).await);
            match record.await {
                Ok(()) => return,
                Err(error) if recording == RECORDINGS => {
                    return warn!(mail, %error, "what became of a mail could not be written down");
                }
                Err(_) => sleep(DATABASE_PAUSE).await,
            }
        }
    }

    /// Does something with a connection, which is thrown away when that fails or takes too long.
    async fn with_database<T>(
        &self,
        work: impl AsyncFnOnce(&mut MySqlConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let work = Lease::using(&self.hosts, work).instrument(debug_span!("mail", part = "mail"));
        let worked = timeout(STEP, work).await;
        worked.unwrap_or_else(|_| Err(sqlx::Error::Protocol("the database took too long".into())))
    }
}

/// How long to wait after so many attempts: 1, 2, 4, … minutes.
fn wait(attempts: i64) -> TimeDelta {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(16);
    TimeDelta::minutes((1_i64 << doublings).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_up_to_a_limit() {
        let minutes: Vec<i64> = [1, 2, 3, 8, 9, 100].into_iter().map(|attempts| wait(attempts).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 128, 240, 240]);
    }
}
