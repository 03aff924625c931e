//! Adding, changing and deleting endpoints.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use chrono::TimeDelta;

use super::{Refusal, Result};
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::events::{About, EVENTS, Event, is_wanted};
use crate::fault::Fault;
use crate::keyring::Keyring;
use crate::operations::Context;
use crate::outbox::webhooks::check_url;
use crate::store;
use crate::store::webhooks::deliveries;
use crate::store::webhooks::endpoints::{self, EndpointRow, NewEndpoint};
use crate::store::webhooks::events::raise_in_any_case;

const SECRET_BYTES: usize = 32;

/// An endpoint to add.
#[derive(Debug)]
pub struct NewWebhook {
    /// `push` or `pull`.
    pub kind: String,
    /// Empty for a reader.
    pub url: String,
    /// Patterns, separated by blanks or commas.
    pub events: String,
    pub description: String,
}

/// An endpoint that was added.
#[derive(Debug)]
pub struct Created {
    pub id: i64,
    /// The secret, which is not told again; empty for a reader.
    pub secret: String,
}

/// Adds an endpoint with a new secret.
pub async fn create(context: Context<'_>, new: NewWebhook) -> Result<Created> {
    let is_push = match &*new.kind {
        "push" => true,
        "pull" => false,
        _ => return Err(Refusal::UnknownKind.into()),
    };
    match is_push {
        true => check_url(&new.url, &context.settings.webhooks.allowed_networks).map_err(refusal_of_url)?,
        false if new.url.is_empty() => {}
        false => return Err(Refusal::NotForReaders.into()),
    }
    let events = patterns(&new.events)?;
    let secret = if is_push { new_secret()? } else { String::new() };
    let keyring = context.keyring;
    if is_push && keyring.is_empty() {
        return Err(Refusal::NoKeys.into());
    }

    context.db.lock(Subject::EventNumbers).await?;
    let mut tx = context.write(Subject::Webhooks).await?;
    let row = NewEndpoint { kind: &new.kind, url: &new.url, events: &events, description: &new.description };
    let id = endpoints::add(&mut tx, &row).await?;
    if is_push {
        let sealed = sealed(keyring, id, &secret)?;
        endpoints::set_secret(&mut tx, id, &sealed).await?;
    }
    let line = format!("Webhook Created - Webhook ID: {id} - Events: {events}");
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(Created { id, secret })
}

/// The changes of an endpoint: what is `None` stays.
#[derive(Debug, Default)]
pub struct WebhookUpdate {
    pub url: Option<String>,
    pub events: Option<String>,
    pub description: Option<String>,
    pub enables: Option<bool>,
    /// Replaces the secret; the previous one signs as well for this many hours.
    pub rotates: Option<u32>,
}

/// Changes an endpoint, and returns its new secret if it was replaced.
pub async fn update(context: Context<'_>, id: i64, update: WebhookUpdate) -> Result<Option<String>> {
    let stored = lock(context.db, id).await?;
    if (update.url.is_some() || update.rotates.is_some()) && !stored.is_push() {
        return Err(Refusal::NotForReaders.into());
    }
    if let Some(url) = &update.url {
        check_url(url, &context.settings.webhooks.allowed_networks).map_err(refusal_of_url)?;
    }
    let events = update.events.as_deref().map(patterns).transpose()?;
    let secret = update.rotates.map(|_| new_secret()).transpose()?;
    let keyring = context.keyring;
    if secret.is_some() && keyring.is_empty() {
        return Err(Refusal::NoKeys.into());
    }

    let mut tx = context.write(Subject::Webhooks).await?;
    endpoints::change(&mut tx, id, update.url.as_deref(), events.as_deref(), update.description.as_deref()).await?;
    if let (Some(secret), Some(hours)) = (&secret, update.rotates) {
        let until = tx.now.utc() + TimeDelta::hours(hours.into());
        endpoints::rotate(&mut tx, id, &sealed(keyring, id, secret)?, &stored.secret, until).await?;
    }
    match update.enables {
        Some(true) if !stored.is_enabled => {
            endpoints::enable(&mut tx, id).await?;
            // They were numbered before it was disabled, so a replay of what came later would not send them.
            deliveries::resume(&mut tx, id).await?;
        }
        Some(false) => drop(endpoints::disable(&mut tx, id, "Disabled by an operator").await?),
        _ => {}
    }
    log(&mut tx, id, "Modified").await?;
    Ok(secret)
}

/// Deletes an endpoint and its deliveries.
pub async fn delete(context: Context<'_>, id: i64) -> Result<()> {
    lock(context.db, id).await?;
    let mut tx = context.write(Subject::Webhooks).await?;
    endpoints::remove(&mut tx, id).await?;
    // A later endpoint may get the same id.
    deliveries::remove(&mut tx, id).await?;
    Ok(log(&mut tx, id, "Deleted").await?)
}

/// Sends an event to an endpoint that only tests it.
pub async fn test(context: Context<'_>, id: i64) -> Result<()> {
    let stored = lock(context.db, id).await?;
    if !stored.is_enabled {
        return Err(Refusal::Disabled.into());
    }
    let mut tx = context.write(Subject::Webhooks).await?;
    raise_in_any_case(&mut tx, About::Webhook(id), &Event::WebhookTest { webhook: id }).await?;
    Ok(log(&mut tx, id, "Tested").await?)
}

/// Locks the endpoints and returns one. No event is numbered until the transaction ends: one that is has its deliveries by the
/// endpoints of before or after.
pub(super) async fn lock(lease: &mut Lease, id: i64) -> Result<EndpointRow> {
    lease.lock(Subject::EventNumbers).await?;
    let db = lease.lock(Subject::Webhooks).await?;
    Ok(endpoints::find(db, id).await?.ok_or(Refusal::NotFound)?)
}

async fn log(tx: &mut Writer<'_>, id: i64, what: &str) -> sqlx::Result<()> {
    store::system::activity::log(tx, None, &format!("Webhook {what} - Webhook ID: {id}")).await
}

fn refusal_of_url(reason: Option<String>) -> Refusal {
    reason.map_or(Refusal::InvalidUrl, Refusal::UrlNotAllowed)
}

/// Returns the patterns as they are stored: with blanks between them.
fn patterns(text: &str) -> Result<String> {
    let words: Vec<&str> = text.split([' ', ',', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Err(Refusal::NoEvents.into());
    }
    let is_known = |word: &str| EVENTS.iter().any(|event| is_wanted(word, event.name));
    match words.iter().find(|word| !is_known(word)) {
        Some(unknown) => Err(Refusal::UnknownEvent((*unknown).to_owned()).into()),
        None => Ok(words.join(" ")),
    }
}

fn new_secret() -> Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(Fault::internal)?;
    Ok(format!("whsec_{}", BASE64.encode(bytes)))
}

fn sealed(keyring: &Keyring, id: i64, secret: &str) -> Result<String> {
    let sealed = keyring.seal(&EndpointRow::purpose(id), secret.as_bytes());
    Ok(sealed.map_err(|_| Refusal::NoKeys)?)
}
