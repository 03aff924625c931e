//! Commands to registrars as a kind of side effect: a command is sent, and what it did is stored in the domain.
//!
//! After an attempt without an answer, the command is sent again only to a registrar that recognizes it. Otherwise the
//! registrar is asked what is registered; if that does not tell, the outcome stays unknown until an operator decides.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use sqlx::MySqlConnection;
use tokio_util::sync::CancellationToken;

use super::instruction::{Exchange, Instruction};
use super::params::Domain;
use super::{Registrars, recording};
use crate::config::{Compat, ModuleQueue};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::domains::registrar::Command;
use crate::domain::id::DomainId;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::outbox::kind::{Attempt, AttemptRecord, Kind, Outcome, WithoutAnswer};
use crate::outbox::modules::backoff;
use crate::store::domains::registered::{self, Registered};
use crate::store::domains::registrar_commands::{self, Payload};
use crate::store::domains::registrar_params;
use crate::store::services::module_queue;
use crate::store::system::outbox::Entry;

/// Number of concurrent attempts of the worker for each registrar.
const LANE_WIDTH: usize = 8;

pub struct RegistrarCommands {
    pub(super) hosts: Arc<Hosts>,
    pub(super) registrars: Arc<Registrars>,
    queue: ModuleQueue,
    pub(super) compat: Compat,
}

/// What an attempt needs to know.
pub(super) struct Prepared {
    pub registered: Registered,
    pub domain: Domain,
    /// The years that the command is for.
    pub years: u32,
    /// Whether another active domain has the same name.
    pub is_active_elsewhere: bool,
}

impl Kind for RegistrarCommands {
    const NAME: &'static str = registrar_commands::KIND;
    const INTERRUPTED: &'static str = "Interrupted while the registrar was asked: it may have done it";
    const SUPERSEDES: bool = true;
    const KEEPS_DONE: bool = true;
    const REPORTS_UNKNOWN: bool = true;
    const IS_IRREVERSIBLE: bool = true;
    type Exchange = Exchange;

    /// A domain that was released is not there any more, which looking it up does not tell from other reasons.
    fn without_answer(&self, entry: &Entry) -> WithoutAnswer {
        let command = Instruction::read(&entry.payload).map(|instruction| instruction.command);
        match command {
            _ if self.registrars.is_idempotent(&entry.target) => WithoutAnswer::AskAgain,
            Some(Command::Release) | None => WithoutAnswer::Park,
            Some(Command::Register | Command::Transfer | Command::Renew) => WithoutAnswer::LookUp,
        }
    }

    fn lane_width(&self) -> usize {
        LANE_WIDTH
    }

    /// An attempt may ask three times: before the command, for the command, and for what it did.
    fn time_limit(&self, target: &str) -> Duration {
        self.registrars.timeout(target) * 3
    }

    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta> {
        backoff(&self.queue, attempts)
    }

    async fn attempt(&self, entry: &Entry, _stopping: &CancellationToken) -> Attempt<Exchange> {
        let instruction = Instruction::read(&entry.payload);
        let mut exchange = Exchange::new(instruction.clone(), None);
        let Some(instruction) = instruction else {
            let outcome = Outcome::failed_for_good("This version cannot read the command".to_owned());
            return Attempt { outcome, exchange };
        };
        let outcome = match self.prepare(entry, &instruction).await {
            Ok(Ok(prepared)) => self.send(entry, instruction, &prepared, &mut exchange).await,
            Ok(Err(outcome)) => outcome,
            Err(_) => Outcome::failed_for_now(NOT_READ.to_owned()),
        };
        Attempt { outcome, exchange }
    }

    async fn record(&self, db: &mut Lease, attempted: &AttemptRecord<'_, Exchange>, now: Moment) -> Result<i64> {
        let AttemptRecord { entry, exchange: Some(exchange), new_state } = attempted else {
            return Ok(attempted.entry.record_id);
        };
        recording::record(db, entry, exchange, new_state, &self.compat, now).await
    }

    fn drop_unstorable(exchange: &mut Exchange) -> Option<String> {
        exchange.response.clear();
        exchange.done = None;
        Some("The registrar carried out the command, but its answer cannot be stored".to_owned())
    }

    fn has_secrets(payload: &str) -> bool {
        Instruction::read(payload).is_none_or(|instruction| !instruction.payload.epp_code.is_empty())
    }

    /// Everything but the transfer code: the next payment of the same line finds here what was sent for it.
    fn kept_when_ended(payload: &str) -> String {
        let kept = |instruction: Instruction| Payload { epp_code: String::new(), ..instruction.payload }.to_json().ok();
        Instruction::read(payload).and_then(kept).unwrap_or_default()
    }

    /// The earlier row of the queue is closed: another failure will add a new one.
    async fn reopen(db: &mut MySqlConnection, record_id: i64, now: NaiveDateTime) -> sqlx::Result<i64> {
        module_queue::close(db, record_id, now).await?;
        Ok(0)
    }
}

pub(super) const NOT_READ: &str = "The domain could not be read";

impl RegistrarCommands {
    pub fn new(
        hosts: Arc<Hosts>,
        registrars: Arc<Registrars>,
        queue: ModuleQueue,
        compat: Compat,
    ) -> RegistrarCommands {
        RegistrarCommands { hosts, registrars, queue, compat }
    }

    /// Reads what an attempt needs, or determines the outcome without one.
    async fn prepare(&self, entry: &Entry, instruction: &Instruction) -> Result<Result<Prepared, Outcome>> {
        let mut lease = Lease::acquire(&self.hosts).await?;
        let prepared = self.read(&mut lease, entry, instruction).await?;
        lease.release();
        Ok(prepared)
    }

    async fn read(
        &self,
        lease: &mut Lease,
        entry: &Entry,
        instruction: &Instruction,
    ) -> Result<Result<Prepared, Outcome>> {
        let Instruction { command, payload, .. } = instruction;
        if payload.is_automatic && !self.registrars.acts_on_payment(&entry.target) {
            return Ok(Err(Outcome::Withdrawn));
        }
        // Staff, or a WHMCS on the same database, may have completed it in the queue since it failed.
        if entry.record_id > 0 && !module_queue::is_on(lease, entry.record_id).await? {
            return Ok(Err(Outcome::Withdrawn));
        }
        let id = DomainId(entry.subject_id);
        let registered = registered::find(lease, id).await?;
        let stored = registrar_params::read(lease, id).await?;
        let (Some(registered), Some(stored)) = (registered, stored) else {
            return Ok(Err(Outcome::failed_for_good("The domain or its client was deleted".to_owned())));
        };
        let domain = Domain::new(stored);
        let is_new = matches!(command, Command::Register | Command::Transfer);
        if !entry.is_unanswered {
            // Somebody has registered it by hand meanwhile, or has cancelled it.
            if payload.is_automatic && is_new && registered.status != "Pending" {
                return Ok(Err(Outcome::Withdrawn));
            }
            if domain.is_premium() && *command != Command::Release {
                return Ok(Err(Outcome::failed_for_good(PREMIUM.to_owned())));
            }
        }
        let years = instruction.years(lease, &registered).await?;
        let is_active_elsewhere = is_new && registered::is_active_elsewhere(lease, id, &registered.name).await?;
        Ok(Ok(Prepared { registered, domain, years, is_active_elsewhere }))
    }
}

const PREMIUM: &str =
    "This is a premium domain, whose price at the registrar is not known here: do it at the registrar";
