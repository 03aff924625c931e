//! Requests to end services.

use super::update::LockedService;
use super::{Refusal, Result};
use crate::config::DefaultCancellation;
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::domain::service::CancellationKind;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::store;
use crate::store::services::cancellations;
use crate::store::webhooks::events::raise;

/// Requests that a service is ended, of which there can be one for each service, and returns the service's client. The
/// service itself and its invoices stay as they are.
pub async fn request_cancellation(
    context: Context<'_>,
    service: &LockedService,
    kind: Option<CancellationKind>,
    reason: &str,
) -> Result<ClientId> {
    let (id, client) = (service.stored().id, service.client());
    if cancellations::exists(context.db, id).await? {
        return Err(Refusal::CancellationRequested.into());
    }
    let kind = kind.unwrap_or(match context.compat.default_cancellation {
        DefaultCancellation::Immediate => CancellationKind::Immediate,
        DefaultCancellation::EndOfBillingPeriod => CancellationKind::EndOfBillingPeriod,
    });

    let mut tx = context.write(Subject::Client(client)).await?;
    cancellations::add(&mut tx, id, kind, reason).await?;
    let line = format!("Cancellation Requested ({}) - Service ID: {id}", kind.name());
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    let event = Event::CancellationRequest { client, service: id, reason, kind: kind.name() };
    raise(&mut tx, About::Client(client), &event).await?;
    Ok(client)
}
