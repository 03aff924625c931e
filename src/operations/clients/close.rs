//! Closing and deleting clients.

use super::{Refusal, lock};
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::operations::{Context, Result};
use crate::store;
use crate::store::clients::removal::Extent;

/// Closes a client, and ends their services, addons, domains and unpaid invoices. No command is sent to a module or
/// registrar.
pub async fn close(context: Context<'_>, client: ClientId) -> Result<(), Refusal> {
    lock(context.db, client).await?;

    let mut books = context.write(Subject::Client(client)).await?;
    store::clients::closing::close(&mut books, client).await?;
    store::system::activity::log(&mut books, Some(client), &format!("Closed Client - Client ID: {client}")).await?;
    Ok(())
}

/// Deletes a client with everything that belongs to them; the options say whether users and transactions are included.
pub async fn delete(context: Context<'_>, client: ClientId, extent: Extent) -> Result<(), Refusal> {
    lock(context.db, client).await?;

    let mut books = context.write(Subject::Client(client)).await?;
    store::clients::removal::remove(&mut books, client, extent).await?;
    store::system::activity::log(&mut books, Some(client), &format!("Deleted Client - Client ID: {client}")).await?;
    Ok(())
}
