//! Recording what became of a command: in the domain, in the queue that staff see, and in the logs.

use serde_json::{Map, Value};

use super::instruction::{Exchange, Instruction};
use crate::config::Compat;
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::domains::registrar::{CarriedOut, Command};
use crate::domain::id::{ClientId, DomainId, OrderId};
use crate::domain::time::Moment;
use crate::events::{About, Event};
use crate::fault::Result;
use crate::outbox::kind::EntryState;
use crate::store;
use crate::store::domains::registered::{self, Registered};
use crate::store::services::module_queue::{self, Attempted};
use crate::store::system::outbox::Entry;
use crate::store::webhooks::events::raise;

/// Records the new state of a command, and returns the id of its row in the queue, or 0 if it has none.
pub(super) async fn record(
    db: &mut Lease,
    entry: &Entry,
    exchange: &Exchange,
    new_state: &EntryState,
    compat: &Compat,
    now: Moment,
) -> Result<i64> {
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
    if !exchange.request.is_empty() {
        module_queue::log(&mut tx, call, &exchange.request, &exchange.response).await?;
    }
    let reason = compat.entities.stored(new_state.reason()).into_owned();
    let queue = match new_state {
        EntryState::Done => {
            if let (Some(registered), Some(done)) = (&registered, exchange.done) {
                record_success(&mut tx, registered, &entry.target, instruction, done, compat).await?;
            }
            if entry.record_id > 0 {
                module_queue::take_off(&mut tx, entry.record_id).await?;
            }
            entry.record_id
        }
        _ => module_queue::put_on(&mut tx, call, &reason).await?,
    };
    let name = registered.as_ref().map(|domain| domain.name.clone()).unwrap_or_default();
    let title = instruction.command.title();
    let line = match new_state {
        EntryState::Done => format!("Domain {title} Successful - Domain ID: {domain} - Domain: {name}"),
        _ => format!("Domain {title} Failed - Domain ID: {domain} - Domain: {name} - Error: {reason}"),
    };
    store::system::activity::log(&mut tx, client, &line).await?;
    let failure = (*new_state != EntryState::Done).then_some(&*reason);
    let params = params(domain, &name, client, &entry.target);
    if let Some(event) = event(instruction.command, params, failure) {
        raise(&mut tx, About::client(client), &event).await?;
    }
    Ok(queue)
}

/// What webhooks are told of a command that was carried out, or that failed for this reason. WHMCS has no hook for a release.
fn event(command: Command, params: Map<String, Value>, failure: Option<&str>) -> Option<Event<'_>> {
    Some(match (command, failure) {
        (Command::Register, None) => Event::AfterRegistrarRegistration { params },
        (Command::Register, Some(reason)) => Event::AfterRegistrarRegistrationFailed { params, reason },
        (Command::Transfer, None) => Event::AfterRegistrarTransfer { params },
        (Command::Transfer, Some(reason)) => Event::AfterRegistrarTransferFailed { params, reason },
        (Command::Renew, None) => Event::AfterRegistrarRenewal { params },
        (Command::Renew, Some(reason)) => Event::AfterRegistrarRenewalFailed { params, reason },
        (Command::Release, _) => return None,
    })
}

fn params(domain: DomainId, name: &str, client: Option<ClientId>, registrar: &str) -> Map<String, Value> {
    let client = client.map_or(0, |client| client.0);
    let params = [
        ("domainid", domain.0.into()),
        ("domain", name.into()),
        ("userid", client.into()),
        ("registrar", registrar.into()),
    ];
    params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Updates the domain after the registrar has carried out the command.
async fn record_success(
    tx: &mut Writer<'_>,
    registered: &Registered,
    registrar: &str,
    instruction: &Instruction,
    done: CarriedOut,
    compat: &Compat,
) -> Result<()> {
    let mut changes = done.changes(&registered.term(), tx.now.date());
    let released = Some(&compat.released_domain_status).filter(|status| !status.is_empty());
    if let (Command::Release, Some(status)) = (done.command, released) {
        changes.status = Some(status.clone());
    }
    registered::change(tx, registered.id, registrar, &changes).await?;
    if instruction.payload.order > 0 {
        store::services::provisioning::accept_order(tx, OrderId(instruction.payload.order)).await?;
    }
    Ok(())
}
