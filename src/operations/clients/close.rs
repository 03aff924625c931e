//! Closing and deleting clients.

use super::{Refusal, lock};
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::events::{About, Event};
use crate::operations::{Context, Result};
use crate::store;
use crate::store::billing::charges;
use crate::store::clients::client_removal::RemovalOptions;
use crate::store::webhooks::events::raise;

/// Closes a client, and ends their services, addons, domains and unpaid invoices. No command is sent to a module or
/// registrar.
pub async fn close(context: Context<'_>, client: ClientId) -> Result<(), Refusal> {
    lock(context.db, client).await?;

    let mut tx = context.write(Subject::Client(client)).await?;
    store::clients::client_closing::close(&mut tx, client).await?;
    store::system::activity::log(&mut tx, Some(client), &format!("Closed Client - Client ID: {client}")).await?;
    raise(&mut tx, About::Client(client), &Event::ClientClose { client }).await?;
    Ok(())
}

/// Deletes a client with everything that belongs to them; the options say whether users and transactions are included.
pub async fn delete(context: Context<'_>, client: ClientId, options: RemovalOptions) -> Result<(), Refusal> {
    lock(context.db, client).await?;
    if charges::has_unsettled(context.db, client).await? {
        return Err(Refusal::UnsettledCharge.into());
    }

    let mut tx = context.write(Subject::Client(client)).await?;
    store::clients::client_removal::remove(&mut tx, client, options).await?;
    store::system::activity::log(&mut tx, Some(client), &format!("Deleted Client - Client ID: {client}")).await?;
    raise(&mut tx, About::Client(client), &Event::ClientDelete { client }).await?;
    Ok(())
}
