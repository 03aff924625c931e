//! Commands to registrars as a kind of side effect: a command is sent, and what it did is stored in the domain.
//!
//! After an attempt without an answer, the command is sent again only to a registrar that recognizes it. Otherwise the
//! registrar is asked what is registered; if that does not tell, the outcome stays unknown until an operator decides.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::{Map, Value};
use sqlx::MySqlConnection;
use tokio_util::sync::CancellationToken;

use super::params::Domain;
use super::questions::INFORMATION;
use super::{Answer, Registrars, Told};
use crate::config::{Compat, ModuleQueue, RenewalDueDate};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::Author;
use crate::domain::id::{AdminId, DomainId, OrderId};
use crate::domain::registrar::{self, CarriedOut, Command, DomainInformation};
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::outbox::kind::{Attempt, AttemptRecord, EntryState, Kind, Outcome, WithoutAnswer};
use crate::outbox::modules::backoff;
use crate::redaction::{Hidden, redacted};
use crate::store;
use crate::store::domains::registered::{self, Registered};
use crate::store::domains::registrar_commands::{self, Payload};
use crate::store::domains::registrar_params;
use crate::store::services::module_queue::{self, Attempted};
use crate::store::system::outbox::Entry;

/// Number of concurrent attempts of the worker for each registrar.
const LANE_WIDTH: usize = 8;
/// Maximum length of a request and of a response in the module log.
const LOGGED_BYTES: usize = 16 * 1024;

pub struct RegistrarCommands {
    hosts: Arc<Hosts>,
    registrars: Arc<Registrars>,
    queue: ModuleQueue,
    compat: Compat,
}

/// A command, and the messages that were exchanged with the registrar.
#[derive(Debug)]
pub struct Exchange {
    /// `None` if this version cannot read the payload.
    instruction: Option<Instruction>,
    /// What the registrar has done, if it has.
    done: Option<CarriedOut>,
    /// Request and response for the log, without secrets.
    request: String,
    response: String,
}

/// The requested command.
#[derive(Debug)]
struct Instruction {
    command: Command,
    payload: Payload,
    author: Author,
}

/// What an attempt needs to know.
struct Prepared {
    registered: Registered,
    domain: Domain,
    /// The years that the command is for.
    years: u32,
}

impl Instruction {
    fn read(payload: &str) -> Option<Instruction> {
        let payload: Payload = serde_json::from_str(payload).ok()?;
        Some(Instruction {
            command: Command::parse(&payload.function)?,
            author: Author {
                admin: AdminId(payload.admin),
                name: payload.user.clone(),
                address: payload.address.clone(),
            },
            payload,
        })
    }
}

impl Kind for RegistrarCommands {
    const NAME: &'static str = registrar_commands::KIND;
    const INTERRUPTED: &'static str = "Interrupted while the registrar was asked: it may have done it";
    const SUPERSEDES: bool = true;
    const KEEPS_DONE: bool = true;
    const REPORTS_UNKNOWN: bool = true;
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

    /// An attempt may ask twice: for the command, and for what it did.
    fn time_limit(&self, target: &str) -> Duration {
        self.registrars.timeout(target) * 2
    }

    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta> {
        backoff(&self.queue, attempts)
    }

    async fn attempt(&self, entry: &Entry, _stopping: &CancellationToken) -> Attempt<Exchange> {
        let mut exchange = Exchange {
            instruction: Instruction::read(&entry.payload),
            done: None,
            request: String::new(),
            response: String::new(),
        };
        let outcome = match self.prepare(entry, exchange.instruction.as_ref()).await {
            Ok(Ok(prepared)) => self.send(entry, &prepared, &mut exchange).await,
            Ok(Err(outcome)) => outcome,
            Err(_) => Outcome::failed_for_now("The domain could not be read".to_owned()),
        };
        Attempt { outcome, exchange }
    }

    async fn record(
        &self,
        db: &mut MySqlConnection,
        attempted: &AttemptRecord<'_, Exchange>,
        now: Moment,
    ) -> Result<i64> {
        let AttemptRecord { entry, exchange: Some(exchange), new_state } = attempted else {
            return Ok(attempted.entry.record_id);
        };
        let Some(instruction) = &exchange.instruction else { return Ok(entry.record_id) };
        let domain = DomainId(entry.subject_id);
        let registered = registered::find(db, domain).await?;
        let client = registered.as_ref().map(|domain| domain.client);
        let subject = client.map_or(Subject::Ledger, Subject::Client);
        let mut tx = Writer::resume(db, &instruction.author, now, subject).await?;
        let call = Attempted {
            subject: "domain",
            subject_id: entry.subject_id,
            module: &entry.target,
            function: instruction.command.function(),
            attempts: entry.attempts,
            queue: entry.record_id,
        };
        module_queue::log(&mut tx, call, &exchange.request, &exchange.response).await?;
        let reason = self.compat.entities.stored(new_state.reason()).into_owned();
        let queue = match new_state {
            EntryState::Done => {
                if let (Some(registered), Some(done)) = (&registered, exchange.done) {
                    self.record_success(&mut tx, registered, &entry.target, instruction, done).await?;
                }
                if entry.record_id > 0 {
                    module_queue::take_off(&mut tx, entry.record_id).await?;
                }
                entry.record_id
            }
            _ => module_queue::put_on(&mut tx, call, &reason).await?,
        };
        let name = registered.map(|domain| domain.name).unwrap_or_default();
        let title = instruction.command.title();
        let line = match new_state {
            EntryState::Done => format!("Domain {title} Successful - Domain ID: {domain} - Domain: {name}"),
            _ => format!("Domain {title} Failed - Domain ID: {domain} - Domain: {name} - Error: {reason}"),
        };
        store::system::activity::log(&mut tx, client, &line).await?;
        Ok(queue)
    }

    fn drop_unstorable(exchange: &mut Exchange) -> Option<String> {
        exchange.response.clear();
        exchange.done = None;
        Some("The registrar carried out the command, but what it told cannot be stored".to_owned())
    }

    fn has_secrets(payload: &str) -> bool {
        Instruction::read(payload).is_none_or(|instruction| !instruction.payload.epp_code.is_empty())
    }

    /// The earlier row of the queue is closed: another failure will add a new one.
    async fn reopen(db: &mut MySqlConnection, record_id: i64, now: NaiveDateTime) -> sqlx::Result<i64> {
        module_queue::close(db, record_id, now).await?;
        Ok(0)
    }
}

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
    async fn prepare(&self, entry: &Entry, instruction: Option<&Instruction>) -> Result<Result<Prepared, Outcome>> {
        let Some(Instruction { command, payload, .. }) = instruction else {
            return Ok(Err(Outcome::failed_for_good("This version cannot read the command".to_owned())));
        };
        if payload.invoice > 0 && !self.registrars.acts_on_payment(&entry.target) {
            return Ok(Err(Outcome::Withdrawn));
        }
        let mut lease = Lease::acquire(&self.hosts).await?;
        let id = DomainId(entry.subject_id);
        // Staff, or a WHMCS on the same database, may have completed it in the queue since it failed.
        if entry.record_id > 0 && !module_queue::is_on(&mut lease, entry.record_id).await? {
            lease.release();
            return Ok(Err(Outcome::Withdrawn));
        }
        let registered = registered::find(&mut lease, id).await?;
        let stored = registrar_params::read(&mut lease, id).await?;
        let of_invoice = match (*command, payload.invoice) {
            (Command::Renew, 1..) => registrar_params::renewed_years(&mut lease, payload.invoice, id).await?,
            _ => None,
        };
        lease.release();
        let (Some(registered), Some(stored)) = (registered, stored) else {
            return Ok(Err(Outcome::failed_for_good("The domain or its client was deleted".to_owned())));
        };
        let own = || u32::try_from(registered.years).unwrap_or(1).max(1);
        let asked = Some(payload.years).filter(|&years| years > 0);
        let years = match command {
            // A transfer adds one year at most registries.
            Command::Transfer => 1,
            Command::Register | Command::Renew | Command::Release => asked.or(of_invoice).unwrap_or_else(own),
        };
        Ok(Ok(Prepared { domain: Domain::new(stored), registered, years }))
    }

    /// Sends the command, unless an earlier attempt got no answer from a registrar that does not recognize repetitions: then
    /// it is only looked up what that attempt did.
    async fn send(&self, entry: &Entry, prepared: &Prepared, exchange: &mut Exchange) -> Outcome {
        let Some(Instruction { command, payload, .. }) = &exchange.instruction else { return Outcome::Withdrawn };
        let command = *command;
        if entry.is_unanswered && !self.registrars.is_idempotent(&entry.target) {
            return self.look_up(entry, prepared, exchange, "An earlier attempt got no answer".to_owned()).await;
        }
        let mut params = prepared.domain.params(&entry.target);
        let (extra, secret) = self.command_params(entry, prepared, command, payload);
        params.extend(extra);
        let hidden = Hidden::new(Some(&*secret).filter(|secret| !secret.is_empty()));
        exchange.request = redacted(&params, &hidden, LOGGED_BYTES);
        let id = format!("outbox-{}", entry.id);
        let function = command.function();
        let (answer, response) = self.registrars.ask(&entry.target, &id, entry.attempts, function, &params).await;
        exchange.response = logged(&response, &hidden);
        let hide = |reason: String| if secret.is_empty() { reason } else { reason.replace(&secret, "***") };
        match answer {
            Answer::Yes(told) if told.object().is_some() => {
                exchange.done = Some(CarriedOut {
                    command,
                    years: prepared.years,
                    is_pending: told.is_set("pending"),
                    expires: told.expires(),
                    moves_due_date: self.moves_due_date(command, payload),
                });
                Outcome::Done
            }
            Answer::No(reason) => Outcome::failed_for_good(hide(reason)),
            Answer::NotSupported => Outcome::failed_for_good("Registrar Function Not Supported".to_owned()),
            Answer::NotAsked(reason) => Outcome::failed_for_now(hide(reason)),
            Answer::Yes(_) => {
                let reason =
                    format!("The registrar {} gave an unreadable answer: what it did is unknown", entry.target);
                self.without_usable_answer(entry, prepared, exchange, reason).await
            }
            Answer::Unclear(reason) => self.without_usable_answer(entry, prepared, exchange, hide(reason)).await,
        }
    }

    async fn without_usable_answer(
        &self,
        entry: &Entry,
        prepared: &Prepared,
        exchange: &mut Exchange,
        reason: String,
    ) -> Outcome {
        match self.without_answer(entry) {
            WithoutAnswer::LookUp => self.look_up(entry, prepared, exchange, reason).await,
            WithoutAnswer::AskAgain | WithoutAnswer::Park => Outcome::Unanswered(reason),
        }
    }

    /// Asks what is registered. If that shows that the command was carried out, it was; anything else does not show that it
    /// was not.
    async fn look_up(&self, entry: &Entry, prepared: &Prepared, exchange: &mut Exchange, reason: String) -> Outcome {
        let Some(Instruction { command, payload, .. }) = &exchange.instruction else { return Outcome::Withdrawn };
        let params = prepared.domain.params(&entry.target);
        let id = format!("outbox-{}-lookup-{}", entry.id, entry.attempts);
        let (answer, _) = self.registrars.ask(&entry.target, &id, entry.attempts, INFORMATION, &params).await;
        let Answer::Yes(told) = answer else { return Outcome::Unanswered(reason) };
        let (before, now) = (prepared.registered.term(), information(&told));
        let is_same = told.text("domain").is_some_and(|name| prepared.domain.is_called(&name));
        if !is_same || !registrar::shows(*command, prepared.years, &before, &now) {
            return Outcome::Unanswered(reason);
        }
        exchange.done = Some(CarriedOut {
            command: *command,
            years: prepared.years,
            is_pending: now.is_pending,
            expires: now.expires,
            moves_due_date: self.moves_due_date(*command, payload),
        });
        Outcome::Done
    }

    /// Whether a command moves the next due date: a payment does, and a renewal that was asked for may.
    fn moves_due_date(&self, command: Command, payload: &Payload) -> bool {
        payload.invoice > 0 || (command == Command::Renew && self.compat.renewal_due_date == RenewalDueDate::Moves)
    }

    /// The parameters of a command besides those of all functions, and the transfer code among them.
    fn command_params(
        &self,
        entry: &Entry,
        prepared: &Prepared,
        command: Command,
        payload: &Payload,
    ) -> (Map<String, Value>, String) {
        let domain = &prepared.domain;
        let mut params = Map::new();
        let mut secret = String::new();
        match command {
            Command::Register | Command::Transfer => {
                params.extend(domain.nameservers(self.registrars.default_nameservers(&entry.target)));
                let language = Some(&*payload.idn_language).filter(|language| !language.is_empty());
                params.insert("idnlanguage".to_owned(), language.unwrap_or(domain.idn_language()).into());
            }
            Command::Renew => {
                let status = &*prepared.registered.status;
                params.insert("isInGracePeriod".to_owned(), (status == "Grace").into());
                params.insert("isInRedemptionGracePeriod".to_owned(), (status == "Redemption").into());
            }
            Command::Release => {
                params.insert("transfertag".to_owned(), payload.new_tag.clone().into());
            }
        }
        if command == Command::Transfer {
            secret = Some(payload.epp_code.clone()).filter(|code| !code.is_empty()).unwrap_or(domain.transfer_code());
            params.insert("eppcode".to_owned(), secret.clone().into());
        }
        params.insert("regperiod".to_owned(), prepared.years.into());
        (params, secret)
    }

    /// Updates the domain after the registrar has carried out the command.
    async fn record_success(
        &self,
        tx: &mut Writer<'_>,
        registered: &Registered,
        registrar: &str,
        instruction: &Instruction,
        done: CarriedOut,
    ) -> Result<()> {
        let mut changes = done.changes(&registered.term(), tx.now.date());
        let released = Some(&self.compat.released_domain_status).filter(|status| !status.is_empty());
        if let (Command::Release, Some(status)) = (done.command, released) {
            changes.status = Some(status.clone());
        }
        registered::change(tx, registered.id, registrar, &changes).await?;
        if instruction.payload.order > 0 {
            store::services::provisioning::accept_order(tx, OrderId(instruction.payload.order)).await?;
        }
        Ok(())
    }
}

/// What an answer of GetDomainInformation tells.
fn information(told: &Told) -> DomainInformation {
    let status = told.text("registrationStatus").unwrap_or_default().to_lowercase();
    DomainInformation {
        is_gone: ["archived", "deleted", "expired", "inactive"].contains(&&*status),
        is_pending: status.contains("pending"),
        expires: told.expires(),
    }
}

/// A registrar's response for the log: JSON without secrets; anything else only by its length.
fn logged(response: &str, hidden: &Hidden) -> String {
    match serde_json::from_str::<Value>(response) {
        Ok(json) => redacted(&json, hidden, LOGGED_BYTES),
        Err(_) if response.is_empty() => String::new(),
        Err(_) => format!("({} bytes that are not JSON)", response.len()),
    }
}
