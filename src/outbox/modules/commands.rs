//! Module commands as a kind of side effect: a command is sent, and the module's answer is stored in the service.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::MySqlConnection;
use tokio_util::sync::CancellationToken;

use super::{Arguments, ModuleResponse, Modules, service_mail};
use crate::config::{Entities, ModuleQueue, PasswordStorage, Settings};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::Author;
use crate::domain::entities::decoded;
use crate::domain::id::{AdminId, ClientId, OrderId, ServiceId};
use crate::domain::module::Command;
use crate::domain::time::Moment;
use crate::events::{About, Event};
use crate::fault::Result;
use crate::keyring::{Keyring, Passwords};
use crate::outbox::kind::{Attempt, AttemptRecord, EntryState, Kind, Outcome, WithoutAnswer};
use crate::outbox::mail::MailDraft;
use crate::redaction::{Hidden, redacted};
use crate::store;
use crate::store::automation::endings;
use crate::store::services::module_calls::{self, Payload};
use crate::store::services::module_queue::{self, Attempted};
use crate::store::services::provisioning::{self, ModuleChanges, ModuleParams, Values};
use crate::store::system::outbox::Entry;
use crate::store::webhooks::events::raise;

/// Maximum delay before a retry.
const MAX_BACKOFF: TimeDelta = TimeDelta::hours(6);
/// Number of concurrent attempts of the worker for each module.
const LANE_WIDTH: usize = 8;
/// Maximum length of a request and of a response in the module log.
const LOGGED_BYTES: usize = 16 * 1024;
/// Parameters that are never logged.
const SECRET_PARAMS: [&str; 3] = ["password", "serverpassword", "serveraccesshash"];
const NOT_READABLE: &str =
    "The password of the service is encrypted by WHMCS, or with a key that is not in the key file (crypto.mode)";
const SERVER_NOT_READABLE: &str = "The password or access hash of the server is sealed with a key that is not in the key file \
    (keys.file): add that key to the file, or store in tblservers what EncryptPassword returns";

pub struct ModuleCommands {
    hosts: Arc<Hosts>,
    modules: Arc<Modules>,
    queue: ModuleQueue,
    entities: Entities,
    passwords: PasswordStorage,
    keyring: Arc<Keyring>,
}

/// The body of a request to a module.
#[derive(Serialize)]
struct ModuleRequest<'a> {
    /// The id of the command. All attempts send the same id, so that the module recognizes repetitions.
    id: &'a str,
    module: &'a str,
    function: &'a str,
    /// The number of the attempt, from 1.
    attempt: i64,
    params: RequestParams<'a>,
}

/// The parameters with WHMCS's names.
#[derive(Serialize)]
struct RequestParams<'a> {
    #[serde(flatten)]
    service: &'a Values,
    configoptions: &'a Values,
    customfields: &'a Values,
    clientsdetails: &'a Values,
}

/// A command, and the messages that were exchanged with the module.
#[derive(Debug)]
pub struct Exchange {
    /// `None` if this version cannot read the payload.
    instruction: Option<Instruction>,
    /// The fields that the module has set, if it executed the command.
    changes: Option<ModuleChanges>,
    /// Request and response for the log, without secrets.
    request: String,
    response: String,
}

/// The requested command, and who requested it.
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

impl Instruction {
    /// The name of the function that the module executes.
    fn function(&self) -> &str {
        match (&self.arguments.function, self.command) {
            (Some(function), Command::Custom) => function,
            (_, command) => command.function(),
        }
    }

    /// How the log names the command.
    fn title(&self) -> String {
        match self.command {
            Command::Custom => format!("Custom ({})", self.function()),
            command => command.title().to_owned(),
        }
    }
}

impl Kind for ModuleCommands {
    const NAME: &'static str = module_calls::KIND;
    const INTERRUPTED: &'static str = "Interrupted while the module was asked: it may have done it";
    const SUPERSEDES: bool = true;
    const KEEPS_DONE: bool = true;
    type Exchange = Exchange;

    fn without_answer(&self, _entry: &Entry) -> WithoutAnswer {
        WithoutAnswer::AskAgain
    }

    fn lane_width(&self) -> usize {
        LANE_WIDTH
    }

    fn time_limit(&self, target: &str) -> Duration {
        self.modules.timeout(target)
    }

    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta> {
        backoff(&self.queue, attempts)
    }

    async fn attempt(&self, entry: &Entry, _stopping: &CancellationToken) -> Attempt<Exchange> {
        let mut exchange = Exchange {
            instruction: Instruction::read(&entry.payload),
            changes: None,
            request: String::new(),
            response: String::new(),
        };
        let outcome = match self.prepare(entry).await {
            Ok(Preparation::Ready(module_params)) => self.send(entry, *module_params, &mut exchange).await,
            Ok(Preparation::Withdrawn) => Outcome::Withdrawn,
            Ok(Preparation::ServiceDeleted) => failed("The service or its product was deleted", false),
            Err(_) => failed("The service could not be read", true),
        };
        Attempt { outcome, exchange }
    }

    async fn record(&self, db: &mut Lease, attempted: &AttemptRecord<'_, Exchange>, now: Moment) -> Result<i64> {
        let AttemptRecord { entry, exchange: Some(exchange), new_state } = attempted else {
            return Ok(attempted.entry.record_id);
        };
        let Some(instruction) = &exchange.instruction else { return Ok(entry.record_id) };
        let service = ServiceId(entry.subject_id);
        let client = provisioning::client_of(db, service).await?;
        let mail = match (new_state, &exchange.changes) {
            (EntryState::Done, Some(changes)) => self.mail(db, service, &instruction.arguments, changes, now).await?,
            _ => None,
        };
        let subject = client.map_or(Subject::Ledger, Subject::Client);
        let mut tx = Writer::resume(db, &instruction.author, now, subject).await?;
        let call = Attempted {
            subject: "service",
            subject_id: entry.subject_id,
            module: &entry.target,
            function: instruction.function(),
            attempts: entry.attempts,
            queue: entry.record_id,
        };
        module_queue::log(&mut tx, call, &exchange.request, &exchange.response).await?;
        let reason = self.entities.stored(new_state.reason());
        let queue = match new_state {
            EntryState::Done => {
                record_success(&mut tx, service, call.queue, instruction, exchange.changes.as_ref()).await?;
                if let Some(draft) = mail {
                    draft.send(&mut tx).await?;
                }
                entry.record_id
            }
            _ => module_queue::put_on(&mut tx, call, &reason).await?,
        };
        let title = instruction.title();
        let line = match new_state {
            EntryState::Done => format!("Module {title} Successful - Service ID: {service}"),
            _ => format!("Module {title} Failed - Service ID: {service} - Error: {reason}"),
        };
        store::system::activity::log(&mut tx, client, &line).await?;
        let failure = (**new_state != EntryState::Done).then_some(&*reason);
        if let Some(event) = event(instruction.command, params(service, client, &entry.target), failure) {
            raise(&mut tx, About::client(client), &event).await?;
        }
        Ok(queue)
    }

    fn drop_unstorable(exchange: &mut Exchange) -> Option<String> {
        exchange.response.clear();
        Some("The module executed the command, but the fields that it set cannot be stored".to_owned())
    }

    fn has_secrets(payload: &str) -> bool {
        Instruction::read(payload).is_none_or(|instruction| instruction.arguments.password.is_some())
    }

    /// The earlier row of the queue is closed: another failure will add a new one.
    async fn reopen(db: &mut MySqlConnection, record_id: i64, now: NaiveDateTime) -> sqlx::Result<i64> {
        module_queue::close(db, record_id, now).await?;
        Ok(0)
    }
}

/// Whether a command can be sent.
enum Preparation {
    /// It can be sent, with these parameters of the service.
    Ready(Box<ModuleParams>),
    /// The service or its product was deleted.
    ServiceDeleted,
    /// Staff, or a WHMCS on the same database, have completed it in the queue since it failed.
    Withdrawn,
}

impl ModuleCommands {
    pub fn new(hosts: Arc<Hosts>, modules: Arc<Modules>, settings: &Settings, keyring: Arc<Keyring>) -> ModuleCommands {
        let (queue, entities) = (settings.module_queue.clone(), settings.compat.entities);
        ModuleCommands { hosts, modules, queue, entities, passwords: settings.crypto.mode, keyring }
    }

    fn passwords(&self) -> Passwords<'_> {
        Passwords::new(self.passwords, &self.keyring)
    }

    async fn prepare(&self, entry: &Entry) -> Result<Preparation> {
        let mut lease = Lease::acquire(&self.hosts).await?;
        if entry.record_id > 0 && !module_queue::is_on(&mut lease, entry.record_id).await? {
            lease.release();
            return Ok(Preparation::Withdrawn);
        }
        let module_params = provisioning::module_params(&mut lease, ServiceId(entry.subject_id)).await?;
        lease.release();
        Ok(module_params
            .map_or(Preparation::ServiceDeleted, |module_params| Preparation::Ready(Box::new(module_params))))
    }

    /// Returns the fields that a module has set as they are stored, with the password that it was told to set. A password that
    /// only WHMCS could store is left out.
    fn stored(&self, changes: ModuleChanges, arguments: &Arguments) -> ModuleChanges {
        let stored = |text: Option<String>| text.map(|text| self.entities.stored(&text).into_owned());
        let password = changes.password.as_ref().or(arguments.password.as_ref());
        ModuleChanges {
            password: password.and_then(|password| self.passwords().stored(password).ok()),
            domain: stored(changes.domain),
            username: stored(changes.username),
            dedicated_ip: stored(changes.dedicated_ip),
            ..changes
        }
    }

    /// Replaces stored passwords by the passwords, or by empty ones if they cannot be read. Returns why the command cannot be
    /// sent without one of these.
    fn read_passwords(&self, service: &mut Values, instruction: &Instruction) -> Option<&'static str> {
        let needs_password = instruction.arguments.password.is_none() && instruction.command.needs_password();
        // Beside a WHMCS, where none can be read, a module has to know its servers itself.
        let needs_server = self.passwords != PasswordStorage::Whmcs;
        let mut reason = None;
        for name in SECRET_PARAMS {
            let Some(stored) = service.get_mut(name) else { continue };
            let password = self.passwords().read(stored);
            if password.is_none() {
                reason = reason.or(match name {
                    "password" => needs_password.then_some(NOT_READABLE),
                    _ => needs_server.then_some(SERVER_NOT_READABLE),
                });
            }
            *stored = password.unwrap_or_default();
        }
        reason
    }

    async fn send(&self, entry: &Entry, mut module_params: ModuleParams, exchange: &mut Exchange) -> Outcome {
        let Some(instruction) = &exchange.instruction else {
            return failed("This version cannot read the command", false);
        };
        let arguments = &instruction.arguments;
        if let Some(reason) = self.read_passwords(&mut module_params.service, instruction) {
            return failed(reason, false);
        }
        for (name, value) in [("password", &arguments.password), ("suspendreason", &arguments.suspend_reason)] {
            if let Some(value) = value {
                module_params.service.insert(name.to_owned(), value.clone());
            }
        }
        let module_params = as_typed(module_params, self.entities);
        let id = instruction.request_id.clone().unwrap_or_else(|| format!("outbox-{}", entry.id));
        let request = ModuleRequest {
            id: &id,
            module: &entry.target,
            function: instruction.function(),
            attempt: entry.attempts,
            params: RequestParams {
                service: &module_params.service,
                configoptions: &module_params.config_options,
                customfields: &module_params.custom_fields,
                clientsdetails: &module_params.client,
            },
        };
        let body = match serde_json::to_string(&request) {
            Ok(body) => body,
            Err(error) => return failed(&error.to_string(), false),
        };
        let secrets = SECRET_PARAMS.iter().filter_map(|name| module_params.service.get(*name));
        let secrets: Vec<String> = secrets.filter(|secret| !secret.is_empty()).cloned().collect();
        let hidden = Hidden::new(secrets.iter().map(String::as_str));
        exchange.request = redacted(&request, &hidden, LOGGED_BYTES);
        let is_custom = instruction.command == Command::Custom;
        let (answer, response) = self.modules.send(&entry.target, &id, body).await;
        exchange.response = logged(&response, &hidden);
        match answer.redacted(&secrets) {
            ModuleResponse::Success(changes) => {
                exchange.changes = Some(self.stored(changes, arguments));
                Outcome::Done
            }
            // Nobody expects a function such as a reboot hours after it was asked for.
            ModuleResponse::Failure { message: reason, may_retry, is_answer: true } => {
                Outcome::Refused { reason, may_retry: may_retry && !is_custom }
            }
            ModuleResponse::Failure { message: reason, may_retry, .. } => {
                Outcome::Failed { reason, may_retry: may_retry && !is_custom }
            }
            ModuleResponse::NoAnswer(message) => Outcome::Unanswered(message),
        }
    }

    /// Prepares the mail that the client gets after the module executed the command.
    async fn mail(
        &self,
        db: &mut MySqlConnection,
        service: ServiceId,
        arguments: &Arguments,
        changes: &ModuleChanges,
        now: Moment,
    ) -> Result<Option<MailDraft>> {
        let template = arguments.mail.as_deref();
        if template.is_none() && !arguments.sends_welcome {
            return Ok(None);
        }
        let suspend_reason = arguments.suspend_reason.clone();
        let changes = ModuleChanges { suspend_reason, ..changes.clone() };
        service_mail::draft(db, service, template, &changes, self.passwords(), now).await
    }
}

/// Returns the parameters as somebody typed them, without HTML entities. Secrets of services and servers are never stored
/// with these, so that what looks like one is kept. Passwords in custom fields are, where all texts are.
fn as_typed(module_params: ModuleParams, entities: Entities) -> ModuleParams {
    let typed = |text: &str| decoded(text).into_owned();
    let decode = |values: Values| values.into_iter().map(|(name, value)| (typed(&name), typed(&value))).collect();
    let ModuleParams { service, client, config_options, custom_fields, password_fields } = module_params;
    let is_as_typed = |name: &String| entities != Entities::Encoded && password_fields.contains(name);
    let custom_field = |(name, value): (String, String)| match is_as_typed(&name) {
        true => (typed(&name), value),
        false => (typed(&name), typed(&value)),
    };
    let of_service = |(name, value): (String, String)| match SECRET_PARAMS.contains(&&*name) {
        true => (name, value),
        false => (name, typed(&value)),
    };
    ModuleParams {
        service: service.into_iter().map(of_service).collect(),
        client: decode(client),
        config_options: decode(config_options),
        custom_fields: custom_fields.into_iter().map(custom_field).collect(),
        password_fields,
    }
}

/// The delay of a failed command: the setting `retry_minutes` after the first failure, and twice as long after each further
/// one. `None` gives up.
pub fn backoff(queue: &ModuleQueue, attempts: i64) -> Option<TimeDelta> {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(10);
    let minutes = i64::from(queue.retry_minutes) << doublings;
    (attempts < i64::from(queue.attempts)).then(|| TimeDelta::minutes(minutes).min(MAX_BACKOFF))
}

fn failed(reason: &str, may_retry: bool) -> Outcome {
    Outcome::Failed { reason: reason.to_owned(), may_retry }
}

/// What webhooks are told of a command that was carried out, or that failed for this reason. WHMCS has no hook for renewals.
fn event(command: Command, params: Map<String, Value>, failure: Option<&str>) -> Option<Event<'_>> {
    Some(match (command, failure) {
        (Command::Renew, _) => return None,
        (Command::Create, None) => Event::AfterModuleCreate { params },
        (Command::Create, Some(reason)) => Event::AfterModuleCreateFailed { params, reason },
        (Command::Suspend, None) => Event::AfterModuleSuspend { params },
        (Command::Suspend, Some(reason)) => Event::AfterModuleSuspendFailed { params, reason },
        (Command::Unsuspend, None) => Event::AfterModuleUnsuspend { params },
        (Command::Unsuspend, Some(reason)) => Event::AfterModuleUnsuspendFailed { params, reason },
        (Command::Terminate, None) => Event::AfterModuleTerminate { params },
        (Command::Terminate, Some(reason)) => Event::AfterModuleTerminateFailed { params, reason },
        (Command::ChangePassword, None) => Event::AfterModuleChangePassword { params },
        (Command::ChangePassword, Some(reason)) => Event::AfterModuleChangePasswordFailed { params, reason },
        (Command::ChangePackage, None) => Event::AfterModuleChangePackage { params },
        (Command::ChangePackage, Some(reason)) => Event::AfterModuleChangePackageFailed { params, reason },
        (Command::Custom, None) => Event::AfterModuleCustom { params },
        (Command::Custom, Some(reason)) => Event::AfterModuleCustomFailed { params, reason },
    })
}

fn params(service: ServiceId, client: Option<ClientId>, module: &str) -> Map<String, Value> {
    let client = client.map_or(0, |client| client.0);
    let params = [("serviceid", service.0.into()), ("userid", client.into()), ("moduletype", module.into())];
    params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Updates the service after the module executed the command.
async fn record_success(
    tx: &mut Writer<'_>,
    service: ServiceId,
    queue: i64,
    instruction: &Instruction,
    changes: Option<&ModuleChanges>,
) -> Result<()> {
    let changes = changes.cloned().unwrap_or_default();
    let changes = ModuleChanges {
        suspend_reason: match instruction.command {
            Command::Suspend => Some(instruction.arguments.suspend_reason.clone().unwrap_or_default()),
            Command::Unsuspend => Some(String::new()),
            _ => None,
        },
        ..changes
    };
    let status = instruction.arguments.status.as_deref().or(instruction.command.status());
    provisioning::change(tx, service, instruction.command, status, &changes).await?;
    if let Some(status) = status.filter(|_| instruction.arguments.ends_all) {
        endings::end_addons(tx, service.0, status).await?;
        endings::cancel_invoices(tx, service.0).await?;
    }
    if let Some(order) = instruction.accepts {
        provisioning::accept_order(tx, order).await?;
    }
    if queue > 0 {
        module_queue::take_off(tx, queue).await?;
    }
    Ok(())
}

/// A module's response for the log: JSON without secrets; anything else only by its length.
fn logged(response: &str, hidden: &Hidden) -> String {
    match serde_json::from_str::<serde_json::Value>(response) {
        Ok(json) => redacted(&json, hidden, LOGGED_BYTES),
        Err(_) if response.is_empty() => String::new(),
        Err(_) => format!("({} bytes that are not JSON)", response.len()),
    }
}
