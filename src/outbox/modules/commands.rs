//! Commands to modules, as a kind of side effect: they are sent, and what the module answers is written to the service.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use serde::Serialize;
use sqlx::MySqlConnection;
use tokio_util::sync::CancellationToken;

use super::{Answer, Arguments, Modules, welcome};
use crate::config::ModuleQueue;
use crate::database::hosts::Hosts;
use crate::database::writer::{Subject, Writer};
use crate::domain::Author;
use crate::domain::id::{AdminId, OrderId, ServiceId};
use crate::domain::module::Command;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::lease::Lease;
use crate::outbox::kind::{Attempt, Attempted, Ending, Kind, Outcome, WithoutAnswer};
use crate::redaction::{Hidden, redacted};
use crate::store;
use crate::store::services::module_calls::{self, Payload};
use crate::store::services::provisioning::{self, Decided, Told, Values};
use crate::store::system::outbox::Entry;

/// The longest time until a failed command is tried again.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(6);
/// Number of commands that the worker sends one module at a time.
const AT_A_TIME: usize = 8;
/// How much of a request and of an answer the log keeps.
const LOGGED_BYTES: usize = 16 * 1024;
/// What of a service is shown nowhere.
const SECRET_PARAMS: [&str; 3] = ["password", "serverpassword", "serveraccesshash"];

pub struct ModuleCommands {
    hosts: Arc<Hosts>,
    modules: Arc<Modules>,
    queue: ModuleQueue,
}

/// What a module is sent.
#[derive(Serialize)]
struct Request<'a> {
    /// The same whenever the same command is repeated: a module that knows it has done it need not do it again.
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

/// A command, and what was said about it.
#[derive(Debug)]
pub struct Exchange {
    /// `None` where this version cannot read it.
    instruction: Option<Instruction>,
    /// What the module decided, where it has done it.
    decided: Option<Decided>,
    /// Both for the log, without secrets.
    request: String,
    response: String,
}

/// What was wanted of a module, and by whom.
#[derive(Debug)]
struct Instruction {
    command: Command,
    request_id: Option<String>,
    accepts: Option<OrderId>,
    arguments: Arguments,
    author: Author,
}

impl Instruction {
    fn read(payload: &str) -> Option<Instruction> {
        let payload: Payload = serde_json::from_str(payload).ok()?;
        Some(Instruction {
            command: Command::parse(&payload.function)?,
            request_id: payload.request_id,
            accepts: Some(OrderId(payload.order)).filter(|order| order.0 > 0),
            arguments: serde_json::from_value(payload.arguments).unwrap_or_default(),
            author: Author { admin: AdminId(payload.admin), name: payload.user, address: payload.address },
        })
    }
}

impl Kind for ModuleCommands {
    const NAME: &'static str = module_calls::KIND;
    const WITHOUT_ANSWER: WithoutAnswer = WithoutAnswer::AskAgain;
    const INTERRUPTED: &'static str = "Interrupted while the module was asked: it may have done it";
    const SUPERSEDES: bool = true;
    const KEEPS_DONE: bool = true;
    type Exchange = Exchange;

    fn lane_width(&self) -> usize {
        AT_A_TIME
    }

    fn time_limit(&self, target: &str) -> Duration {
        self.modules.timeout(target)
    }

    /// After the first failure so many minutes, after each further one twice as many.
    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta> {
        let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(10);
        let minutes = i64::from(self.queue.retry_minutes) << doublings;
        (attempts < i64::from(self.queue.attempts)).then(|| TimeDelta::minutes(minutes).min(LONGEST_PAUSE))
    }

    async fn attempt(&self, entry: &Entry, _stopping: &CancellationToken) -> Attempt<Exchange> {
        let mut exchange = Exchange {
            instruction: Instruction::read(&entry.payload),
            decided: None,
            request: String::new(),
            response: String::new(),
        };
        let outcome = match self.prepare(entry).await {
            Ok(Preparation::Ready(told)) => self.send(entry, *told, &mut exchange).await,
            Ok(Preparation::Withdrawn) => Outcome::Withdrawn,
            Ok(Preparation::Gone) => failed("The service or its product is gone", false),
            Err(_) => failed("The service could not be read", true),
        };
        Attempt { outcome, exchange }
    }

    async fn record(&self, db: &mut MySqlConnection, attempted: &Attempted<'_, Exchange>, now: Moment) -> Result<i64> {
        let Attempted { entry, exchange: Some(exchange), ending } = attempted else {
            return Ok(attempted.entry.record_id);
        };
        let Some(instruction) = &exchange.instruction else { return Ok(entry.record_id) };
        let service = ServiceId(entry.subject_id);
        let client = provisioning::client_of(db, service).await?;
        let welcome = match (ending, &exchange.decided) {
            (Ending::Done, Some(decided)) if instruction.arguments.sends_welcome => {
                welcome::letter(db, service, decided, now).await?
            }
            _ => None,
        };
        let subject = client.map_or(Subject::Ledger, Subject::Client);
        let mut books = Writer::resume(db, &instruction.author, now, subject).await?;
        let call = module_calls::Attempted {
            service,
            module: &entry.target,
            command: instruction.command,
            attempts: entry.attempts,
            queue: entry.record_id,
        };
        module_calls::log(&mut books, call, &exchange.request, &exchange.response).await?;
        let queue = match ending {
            Ending::Done => {
                record_success(&mut books, call, instruction, exchange.decided.as_ref()).await?;
                if let Some(letter) = welcome {
                    letter.send(&mut books).await?;
                }
                entry.record_id
            }
            not_done => module_calls::put_on_queue(&mut books, call, not_done.reason()).await?,
        };
        let title = instruction.command.title();
        let line = match ending {
            Ending::Done => format!("Module {title} Successful - Service ID: {service}"),
            not_done => format!("Module {title} Failed - Service ID: {service} - Error: {}", not_done.reason()),
        };
        store::system::activity::log(&mut books, client, &line).await?;
        Ok(queue)
    }

    fn drop_unstorable(exchange: &mut Exchange) -> Option<String> {
        exchange.response.clear();
        Some("The module has done it, but what it decided about the service cannot be stored".to_owned())
    }

    fn has_secrets(payload: &str) -> bool {
        Instruction::read(payload).is_none_or(|instruction| instruction.arguments.password.is_some())
    }

    /// What staff see of it so far is done with: a further failure is put on the queue anew.
    async fn reopen(db: &mut MySqlConnection, record_id: i64, now: NaiveDateTime) -> sqlx::Result<i64> {
        module_calls::close_in_queue(db, record_id, now).await?;
        Ok(0)
    }
}

/// Whether a command can be sent.
enum Preparation {
    /// With this about its service.
    Ready(Box<Told>),
    /// The service is gone, or its product is.
    Gone,
    /// Staff, or a WHMCS on the same database, took it off the queue since it failed.
    Withdrawn,
}

impl ModuleCommands {
    pub fn new(hosts: Arc<Hosts>, modules: Arc<Modules>, queue: ModuleQueue) -> ModuleCommands {
        ModuleCommands { hosts, modules, queue }
    }

    async fn prepare(&self, entry: &Entry) -> Result<Preparation> {
        let mut lease = Lease::take(&self.hosts).await?;
        if entry.record_id > 0 && !module_calls::is_on_queue(&mut lease, entry.record_id).await? {
            lease.give_back();
            return Ok(Preparation::Withdrawn);
        }
        let told = provisioning::told(&mut lease, ServiceId(entry.subject_id)).await?;
        lease.give_back();
        Ok(told.map_or(Preparation::Gone, |told| Preparation::Ready(Box::new(told))))
    }

    async fn send(&self, entry: &Entry, mut told: Told, exchange: &mut Exchange) -> Outcome {
        let Some(instruction) = &exchange.instruction else {
            return failed("This version cannot read the command", false);
        };
        let arguments = &instruction.arguments;
        for (name, value) in [("password", &arguments.password), ("suspendreason", &arguments.suspend_reason)] {
            if let Some(value) = value {
                told.service.insert(name.to_owned(), value.clone());
            }
        }
        let id = instruction.request_id.clone().unwrap_or_else(|| format!("outbox-{}", entry.id));
        let request = Request {
            id: &id,
            module: &entry.target,
            function: instruction.command.function(),
            attempt: entry.attempts,
            params: Params {
                service: &told.service,
                configoptions: &told.config_options,
                customfields: &told.custom_fields,
                clientsdetails: &told.client,
            },
        };
        let body = match serde_json::to_string(&request) {
            Ok(body) => body,
            Err(error) => return failed(&error.to_string(), false),
        };
        let secrets = SECRET_PARAMS.iter().filter_map(|name| told.service.get(*name));
        let secrets: Vec<String> = secrets.filter(|secret| !secret.is_empty()).cloned().collect();
        let hidden = Hidden::new(secrets.iter().map(String::as_str));
        exchange.request = redacted(&request, &hidden, LOGGED_BYTES);
        let (answer, response) = self.modules.send(&entry.target, &id, body).await;
        exchange.response = logged(&response, &hidden);
        match answer.without(&secrets) {
            Answer::Yes(decided) => {
                exchange.decided = Some(decided);
                Outcome::Done
            }
            Answer::No { message, may_retry } => Outcome::Failed { reason: message, may_retry },
            Answer::None(message) => Outcome::Unanswered(message),
        }
    }
}

fn failed(reason: &str, may_retry: bool) -> Outcome {
    Outcome::Failed { reason: reason.to_owned(), may_retry }
}

/// Changes the service as its module has done.
async fn record_success(
    books: &mut Writer<'_>,
    call: module_calls::Attempted<'_>,
    instruction: &Instruction,
    decided: Option<&Decided>,
) -> Result<()> {
    let decided = decided.cloned().unwrap_or_default();
    let decided = Decided {
        password: decided.password.or(instruction.arguments.password.clone()),
        suspend_reason: match instruction.command {
            Command::Suspend => Some(instruction.arguments.suspend_reason.clone().unwrap_or_default()),
            Command::Unsuspend => Some(String::new()),
            _ => None,
        },
        ..decided
    };
    provisioning::change(books, call.service, instruction.command, &decided).await?;
    if let Some(order) = instruction.accepts {
        provisioning::accept_order(books, order).await?;
    }
    if call.queue > 0 {
        module_calls::take_off_queue(books, call.queue).await?;
    }
    Ok(())
}

/// What a module answered, as the log keeps it: JSON without secrets, and of anything else that it is there.
fn logged(response: &str, hidden: &Hidden) -> String {
    match serde_json::from_str::<serde_json::Value>(response) {
        Ok(json) => redacted(&json, hidden, LOGGED_BYTES),
        Err(_) if response.is_empty() => String::new(),
        Err(_) => format!("({} bytes that are not JSON)", response.len()),
    }
}
