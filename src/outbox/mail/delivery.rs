//! Mail as a kind of side effect: delivery to the mail server.
//!
//! If the server fails during delivery, or the mail server does not say whether it accepted a mail, the mail may have
//! arrived: it is sent again only if an operator decides so.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use sqlx::MySqlConnection;
use tokio_util::sync::CancellationToken;

use super::smtp::{self, Smtp, SmtpMessage};
use crate::config::{self, Entities};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::outbox::kind::{Attempt, AttemptRecord, EntryState, Kind, Outcome, WithoutAnswer};
use crate::store;
use crate::store::system::emails::{self, DeliveryStatus, Payload};
use crate::store::system::outbox::Entry;

/// Number of concurrent deliveries.
const LANE_WIDTH: usize = 4;
/// Maximum delay before the next attempt, in minutes.
const MAX_BACKOFF_MINUTES: i64 = 240;

/// The failure reason of mails that cannot be sent because no mail server is set up.
pub const NO_SERVER: &str = "Waiting: no mail server is set up (mail.smtp_host)";
/// The failure reason of a mail whose delivery was interrupted before its outcome was known.
pub const INTERRUPTED: &str = "Interrupted while it was being sent: it may have arrived";

pub struct MailDelivery {
    hosts: Arc<Hosts>,
    settings: config::Mail,
    entities: Entities,
    /// `None` where no mail server is set up.
    smtp: Option<Smtp>,
}

impl MailDelivery {
    pub fn new(hosts: Arc<Hosts>, settings: config::Mail, entities: Entities) -> Result<MailDelivery> {
        let is_set_up = !settings.smtp_host.is_empty();
        let smtp = is_set_up.then(|| Smtp::new(settings.clone())).transpose()?;
        Ok(MailDelivery { hosts, settings, entities, smtp })
    }

    /// Reads a mail and composes the message.
    async fn compose(&self, entry: &Entry) -> Result<SmtpMessage, Outcome> {
        let unreadable = |error: sqlx::Error| Outcome::failed_for_now(format!("The mail cannot be read: {error}"));
        let read = Lease::with_connection(&self.hosts, async |db| {
            let company = store::system::configuration::company(&mut *db).await?;
            Ok((emails::outgoing(db, entry.record_id).await?, company))
        });
        let (mail, company) = read.await.map_err(unreadable)?;
        let mut mail = mail.ok_or_else(|| Outcome::failed_for_good("The mail is gone".to_owned()))?;
        let payload: Payload =
            serde_json::from_str(&entry.payload).map_err(|error| Outcome::failed_for_good(error.to_string()))?;
        if !payload.token.is_empty() {
            mail.message = mail.message.replace(emails::HIDDEN_TOKEN, &payload.token);
        }
        let first = |texts: [&str; 3]| texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned();
        let name = first([&payload.sender_name, &self.settings.from_name, &company.name]);
        let address = first([&payload.sender_address, &self.settings.from_address, &company.email]);
        if address.is_empty() {
            return Err(Outcome::failed_for_now("No sender is set up (mail.from_address)".to_owned()));
        }
        let from = smtp::sender(&name, &address).map_err(Outcome::failed_for_now)?;
        smtp::compose(&mail, payload.is_plain, from, &payload.reply_to).map_err(Outcome::failed_for_good)
    }
}

impl Kind for MailDelivery {
    const NAME: &'static str = emails::KIND;
    const INTERRUPTED: &'static str = INTERRUPTED;
    type Exchange = ();

    fn obstacle(&self) -> Option<&'static str> {
        self.smtp.is_none().then_some("no mail server is set up (mail.smtp_host)")
    }

    fn without_answer(&self, _entry: &Entry) -> WithoutAnswer {
        WithoutAnswer::Park
    }

    fn lane_width(&self) -> usize {
        LANE_WIDTH
    }

    fn time_limit(&self, _target: &str) -> Duration {
        self.smtp.as_ref().map_or(Duration::ZERO, Smtp::max_duration)
    }

    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta> {
        (attempts < self.settings.attempts.into()).then(|| backoff(attempts))
    }

    async fn attempt(&self, entry: &Entry, stopping: &CancellationToken) -> Attempt<()> {
        let outcome = match (&self.smtp, self.compose(entry).await) {
            (Some(smtp), Ok(mail)) => smtp.send(&mail, stopping).await,
            (None, Ok(_)) => Outcome::Stopped,
            (_, Err(outcome)) => outcome,
        };
        let outcome = match outcome {
            Outcome::Unanswered(reason) => Outcome::Unanswered(format!("{INTERRUPTED} ({reason})")),
            answered => answered,
        };
        Attempt { outcome, exchange: () }
    }

    async fn record(&self, db: &mut Lease, attempted: &AttemptRecord<'_, ()>, now: Moment) -> Result<i64> {
        let AttemptRecord { entry, exchange, new_state } = attempted;
        let note = DeliveryStatus {
            is_failed: matches!(new_state, EntryState::Failed(_) | EntryState::Unknown(_)),
            reason: &self.entities.stored(new_state.reason()),
            attempts: exchange.map(|()| entry.attempts),
        };
        emails::set_delivery_status(db, entry.record_id, &note, now.utc()).await?;
        Ok(entry.record_id)
    }

    fn has_secrets(payload: &str) -> bool {
        serde_json::from_str(payload).is_ok_and(|payload: Payload| !payload.token.is_empty())
    }

    async fn give_up(db: &mut MySqlConnection, record_id: i64, reason: &str, now: NaiveDateTime) -> sqlx::Result<()> {
        let status = DeliveryStatus { is_failed: true, reason, attempts: None };
        emails::set_delivery_status(db, record_id, &status, now).await
    }

    async fn reopen(db: &mut MySqlConnection, record_id: i64, now: NaiveDateTime) -> sqlx::Result<i64> {
        emails::set_delivery_status(
            db,
            record_id,
            &DeliveryStatus { is_failed: false, reason: "", attempts: Some(0) },
            now,
        )
        .await?;
        Ok(record_id)
    }
}

/// Delay after this many attempts: 1, 2, 4, … minutes.
fn backoff(attempts: i64) -> TimeDelta {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(16);
    TimeDelta::minutes((1_i64 << doublings).min(MAX_BACKOFF_MINUTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_up_to_a_limit() {
        let minutes: Vec<i64> =
            [1, 2, 3, 8, 9, 100].into_iter().map(|attempts| backoff(attempts).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 128, 240, 240]);
    }
}
