//! Commands to gateways as a kind of side effect: a command is sent, and what it did is booked.
//!
//! A charge takes what is left to pay at its first attempt, which is read again for that. After an attempt without an
//! answer, the command is sent again only to a gateway that recognizes it. Otherwise the gateway is asked what became of it;
//! if it cannot tell, the outcome stays unknown until an operator decides. A card that was declined is not charged again by
//! itself.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::{Map, Value};
use sqlx::MySqlConnection;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::books::{Books, Charged};
use super::recording::ChargeEnd;
use super::{Answer, CardSecrets, Gateways, Receipt};
use crate::config::ModuleQueue;
use crate::database::errors::{Retry, retry_policy, transact};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::Author;
use crate::domain::entities::decoded;
use crate::domain::id::{AdminId, ClientId};
use crate::domain::money::Money;
use crate::domain::payments::Command;
use crate::domain::payments::card::CardMonth;
use crate::domain::time::{Clock, Moment, parse_date};
use crate::fault::{Fault, Result};
use crate::keyring::Keyring;
use crate::outbox::kind::{Attempt, AttemptRecord, Kind, Outcome, WithoutAnswer, random_request_id};
use crate::outbox::modules::backoff;
use crate::redaction::{Hidden, redacted};
use crate::store::billing::charges::{self, Charge, ChargeTexts, Payload};
use crate::store::billing::pay_methods::{self, PayMethodRow};
use crate::store::domains::registrar_params::Values;
use crate::store::system::outbox::{self, Entry};

/// Number of concurrent attempts of the worker for each gateway.
const LANE_WIDTH: usize = 8;
/// Attempts at fixing an amount, and the pause after the first one.
const MAX_ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);
/// Maximum length of an answer in the gateway log.
const LOGGED_BYTES: usize = 16 * 1024;
/// The function that tells what became of a command, by its id.
const LOOK_UP: &str = "lookup";

pub struct GatewayCommands<B> {
    hosts: Arc<Hosts>,
    gateways: Arc<Gateways>,
    keyring: Arc<Keyring>,
    queue: ModuleQueue,
    clock: Clock,
    books: B,
}

/// A command, and what the gateway answered.
#[derive(Debug)]
pub struct Exchange {
    charge: Option<Charge>,
    author: Author,
    charged: Option<Charged>,
    /// The answer for the log, without secrets.
    response: String,
}

/// What an attempt needs to know.
struct Prepared {
    /// By which the gateway recognizes the command.
    id: String,
    charge: Charge,
    command: Command,
    client: Values,
    texts: ChargeTexts,
    card: Option<(PayMethodRow, String)>,
}

impl<B: Books> Kind for GatewayCommands<B> {
    const NAME: &'static str = charges::KIND;
    const INTERRUPTED: &'static str = "Interrupted while the gateway was asked: it may have done it";
    const KEEPS_DONE: bool = true;
    const REPORTS_UNKNOWN: bool = true;
    const IS_IRREVERSIBLE: bool = true;
    type Exchange = Exchange;

    fn without_answer(&self, entry: &Entry) -> WithoutAnswer {
        if self.gateways.is_idempotent(&entry.target) { WithoutAnswer::AskAgain } else { WithoutAnswer::LookUp }
    }

    fn lane_width(&self) -> usize {
        LANE_WIDTH
    }

    /// An attempt may ask twice: for the command, and for what became of it.
    fn time_limit(&self, target: &str) -> Duration {
        self.gateways.timeout(target) * 2
    }

    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta> {
        backoff(&self.queue, attempts)
    }

    async fn attempt(&self, entry: &Entry, _stopping: &CancellationToken) -> Attempt<Exchange> {
        let payload: Payload = serde_json::from_str(&entry.payload).unwrap_or_default();
        let code = (payload.held > 0).then(|| self.gateways.take(payload.held)).flatten();
        let author =
            Author { admin: AdminId(payload.admin), name: payload.user.clone(), address: payload.address.clone() };
        let mut exchange = Exchange { charge: None, author, charged: None, response: String::new() };
        let outcome = match self.prepare(entry, payload.id, &exchange.author).await {
            Ok(Ok(prepared)) => {
                exchange.charge = Some(prepared.charge.clone());
                self.send(entry, &prepared, code.as_deref(), &mut exchange).await
            }
            Ok(Err((charge, outcome))) => {
                exchange.charge = charge;
                outcome
            }
            // Nothing was sent.
            Err(_) if !entry.is_unanswered => Outcome::failed_for_good("The charge could not be read".to_owned()),
            Err(_) => Outcome::Unanswered("The charge could not be read".to_owned()),
        };
        Attempt { outcome, exchange }
    }

    async fn record(&self, db: &mut Lease, attempted: &AttemptRecord<'_, Exchange>, now: Moment) -> Result<i64> {
        let AttemptRecord { entry, exchange, new_state } = attempted;
        let stored = charges::find(db, entry.record_id).await?;
        let charge = exchange.and_then(|exchange| exchange.charge.clone()).or(stored);
        let Some(charge) = charge else { return Ok(entry.record_id) };
        let nobody = Author { admin: AdminId(0), name: "System".to_owned(), address: String::new() };
        let author = exchange.map_or(&nobody, |exchange| &exchange.author);
        let charged = exchange.and_then(|exchange| exchange.charged.as_ref());
        let response = exchange.map(|exchange| &*exchange.response).unwrap_or_default();
        let end = ChargeEnd { charge: &charge, new_state, charged, response };
        end.record(db, &self.books, author, now).await?;
        Ok(charge.id)
    }

    /// The charge is opened again when it is attempted. One that has failed is a new command to the gateway, which would answer
    /// as before to the old one.
    async fn reopen(db: &mut MySqlConnection, record_id: i64, _now: NaiveDateTime) -> sqlx::Result<i64> {
        let id = random_request_id().map_err(|error| sqlx::Error::Encode(error.to_string().into()))?;
        charges::renew_failed_command(db, record_id, &id).await?;
        Ok(record_id)
    }

    async fn give_up(db: &mut MySqlConnection, record_id: i64, _reason: &str, _now: NaiveDateTime) -> sqlx::Result<()> {
        charges::supersede(db, record_id).await
    }
}

impl<B: Books> GatewayCommands<B> {
    pub fn new(
        hosts: Arc<Hosts>,
        gateways: Arc<Gateways>,
        keyring: Arc<Keyring>,
        queue: ModuleQueue,
        clock: Clock,
        books: B,
    ) -> GatewayCommands<B> {
        GatewayCommands { hosts, gateways, keyring, queue, clock, books }
    }

    /// Reads what an attempt needs, or determines the outcome without one. The amount is fixed unless an earlier attempt may
    /// have sent it.
    async fn prepare(
        &self,
        entry: &Entry,
        id: String,
        by: &Author,
    ) -> Result<Result<Prepared, (Option<Charge>, Outcome)>> {
        let failed = |charge, reason: &str| Ok(Err((charge, Outcome::failed_for_good(reason.to_owned()))));
        let mut lease = Lease::acquire(&self.hosts).await?;
        let Some(mut charge) = charges::find(&mut lease, entry.record_id).await? else {
            lease.release();
            return failed(None, "The charge was deleted");
        };
        let client = charges::client_params(&mut lease, ClientId(charge.client)).await?;
        let texts = charges::texts(&mut lease, &charge).await?;
        let methods = match charge.pay_method {
            0 => Vec::new(),
            _ => pay_methods::of_client(&mut lease, ClientId(charge.client)).await?,
        };
        lease.release();
        let (Some(command), Some(client)) = (charge.command(), client) else {
            return failed(Some(charge), "The client was deleted, or this version cannot read the command");
        };
        let card = match (command, methods.into_iter().find(|method| method.id == charge.pay_method)) {
            (Command::Refund, _) => None,
            (Command::Capture, None) => return failed(Some(charge), "The pay method was deleted"),
            (Command::Capture, Some(method)) => match self.token(&method) {
                Some(token) => Some((method, token)),
                None => return failed(Some(charge), "The pay method has no token that can be read"),
            },
        };
        if charge.state == "superseded" {
            return Ok(Err((Some(charge), Outcome::NeverSent)));
        }
        if !charge.may_have_arrived() || !entry.is_unanswered {
            match self.fix_amount(entry, &charge, by).await? {
                Some(amount) => charge.amount = amount,
                None => {
                    let mut lease = Lease::acquire(&self.hosts).await?;
                    charges::supersede(&mut lease, charge.id).await?;
                    lease.release();
                    return Ok(Err((Some(charge), Outcome::NeverSent)));
                }
            }
        }
        Ok(Ok(Prepared { id, charge, command, client, texts, card }))
    }

    /// Fixes the amount in a transaction, which is run again if another one was in its way.
    async fn fix_amount(&self, entry: &Entry, charge: &Charge, by: &Author) -> Result<Option<Money>> {
        let mut attempt = 1;
        loop {
            let mut lease = Lease::acquire_to_write(&self.hosts).await?;
            match transact!(self.fix_amount_once(&mut lease, entry, charge, by).await) {
                Err(Fault::Database(error)) if attempt < MAX_ATTEMPTS && retry_policy(&error) != Retry::Never => {
                    lease.discard(&error);
                    sleep(PAUSE * attempt).await;
                    attempt += 1;
                }
                fixed => {
                    lease.release();
                    return fixed;
                }
            }
        }
    }

    async fn fix_amount_once(
        &self,
        lease: &mut Lease,
        entry: &Entry,
        charge: &Charge,
        by: &Author,
    ) -> Result<Option<Money>> {
        let amount = self.books.fix_amount(lease, charge, by, self.clock.now()).await?;
        if !outbox::is_claimed(lease, entry).await? {
            lease.roll_back().await?;
            return Err(Fault::internal("another server has taken over a command to a gateway"));
        }
        match amount {
            Some(_) => lease.commit().await?,
            None => lease.roll_back().await?,
        }
        Ok(amount)
    }

    /// Sends the command, unless an earlier attempt got no answer from a gateway that does not recognize repetitions: then it
    /// is only looked up what became of that.
    async fn send(&self, entry: &Entry, prepared: &Prepared, code: Option<&str>, exchange: &mut Exchange) -> Outcome {
        let params = params(prepared, code);
        let recognizes = self.gateways.is_idempotent(&entry.target);
        // A server may have claimed the entry and stopped before it sent anything.
        let is_first = !(entry.is_unanswered && prepared.charge.may_have_arrived());
        if !is_first && !recognizes {
            return self.look_up(entry, prepared, exchange, "An earlier attempt got no answer".to_owned()).await;
        }
        let function = prepared.command.function();
        let (answer, response) =
            self.gateways.ask(&entry.target, &prepared.id, entry.attempts, function, &params).await;
        exchange.response = logged(&response, prepared, code);
        match answer {
            Answer::Done(receipt) => done(exchange, prepared, receipt),
            Answer::Pending(receipt) => {
                exchange.charged = Some(Charged::Pending(receipt));
                Outcome::Done
            }
            Answer::No(reason) => {
                exchange.charged = Some(Charged::Declined);
                Outcome::Refused { reason, may_retry: false }
            }
            Answer::NotAsked(reason) => not_done(reason, is_first),
            Answer::NotSupported => {
                not_done(format!("The gateway {} has no function {function}", entry.target), is_first)
            }
            Answer::Unclear(reason) if recognizes => Outcome::Unanswered(reason),
            Answer::Unclear(reason) => self.look_up(entry, prepared, exchange, reason).await,
        }
    }

    /// Asks what became of the command. Only a gateway that has the function and knows the answer is believed.
    async fn look_up(&self, entry: &Entry, prepared: &Prepared, exchange: &mut Exchange, reason: String) -> Outcome {
        let mut params = params(prepared, None);
        params.insert("commandid".to_owned(), (&*prepared.id).into());
        let id = format!("{}-lookup-{}", prepared.id, entry.attempts);
        let (answer, response) = self.gateways.ask(&entry.target, &id, entry.attempts, LOOK_UP, &params).await;
        match answer {
            Answer::Done(receipt) => {
                exchange.response = logged(&response, prepared, None);
                done(exchange, prepared, receipt)
            }
            Answer::Pending(receipt) => {
                exchange.charged = Some(Charged::Pending(receipt));
                Outcome::Done
            }
            Answer::No(reason) => {
                exchange.charged = Some(Charged::Declined);
                Outcome::Refused { reason, may_retry: false }
            }
            Answer::NotSupported | Answer::NotAsked(_) | Answer::Unclear(_) => Outcome::Unanswered(reason),
        }
    }

    /// The token by which the gateway knows a card, if it can be read here.
    fn token(&self, method: &PayMethodRow) -> Option<String> {
        let secrets = CardSecrets::open(&self.keyring, method.id, &method.sealed)?;
        Some(secrets.token).filter(|token| !token.is_empty())
    }
}

/// This attempt has done nothing. What an earlier one did, if there was one, stays unknown.
fn not_done(reason: String, is_first: bool) -> Outcome {
    match is_first {
        true => Outcome::Refused { reason, may_retry: false },
        false => Outcome::failed_for_good(reason),
    }
}

/// Money that was charged is booked in any case, by the command's own id if the gateway tells none.
fn done(exchange: &mut Exchange, prepared: &Prepared, mut receipt: Receipt) -> Outcome {
    if receipt.transaction.is_empty() {
        receipt.transaction.clone_from(&prepared.id);
    }
    exchange.charged = Some(Charged::Done(receipt));
    Outcome::Done
}

/// The parameters of a command, with the names of WHMCS's gateway modules.
fn params(prepared: &Prepared, code: Option<&str>) -> Map<String, Value> {
    let Prepared { charge, command, texts, card, .. } = prepared;
    let text = |text: &str| Value::from(decoded(text).into_owned());
    let mut params = Map::new();
    let mut set = |name: &str, value: Value| params.insert(name.to_owned(), value);
    set("invoiceid", charge.invoice.into());
    set("invoicenum", text(&texts.invoice_number));
    set("description", text(&format!("{} - Invoice #{}", texts.company, charge.invoice)));
    set("amount", charge.amount.to_string().into());
    set("currency", text(&texts.currency));
    set("clientdetails", Value::Object(client_details(&prepared.client)));
    if *command == Command::Refund {
        set("transid", text(&texts.transaction));
    }
    if let Some((method, token)) = card {
        set("gatewayid", (&**token).into());
        set("paymethodid", method.id.into());
        set("cardtype", text(&method.card_type));
        set("cardlastfour", text(&method.last_four));
        set("cardexp", expiry(&method.expires).map(CardMonth::digits).unwrap_or_default().into());
    }
    if let Some(code) = code {
        set("cccvv", code.into());
    }
    params
}

/// The month in which a card expires, of its stored day.
pub fn expiry(stored: &str) -> Option<CardMonth> {
    let day = parse_date(stored.get(..10)?)?;
    CardMonth::parse(&day.format("%m%Y").to_string())
}

/// A client as a gateway is told, without HTML entities.
pub fn client_details(client: &Values) -> Map<String, Value> {
    let mut details: Map<String, Value> =
        client.iter().map(|(name, text)| (name.clone(), decoded(text).into_owned().into())).collect();
    details.insert("id".to_owned(), client.get("id").and_then(|id| id.parse::<i64>().ok()).into());
    details
}

/// A gateway's answer for the log: JSON without secrets; anything else only by its length.
fn logged(response: &str, prepared: &Prepared, code: Option<&str>) -> String {
    let token = prepared.card.as_ref().map(|(_, token)| &**token);
    let hidden = Hidden::new(token.into_iter().chain(code).filter(|secret| !secret.is_empty()));
    match serde_json::from_str::<Value>(response) {
        Ok(json) => redacted(&json, &hidden, LOGGED_BYTES),
        Err(_) if response.is_empty() => String::new(),
        Err(_) => format!("({} bytes that are not JSON)", response.len()),
    }
}
