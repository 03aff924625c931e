//! The activity log.

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::operations::Context;
use crate::store;

/// Adds a line to the activity log, optionally about a client.
pub async fn log_activity(context: Context<'_>, client: Option<ClientId>, description: &str) -> Result<()> {
    if let Some(client) = client
        && !store::clients::client::exists(context.db, client).await?
    {
        return Err(Refusal::ClientNotFound.into());
    }
    if description.is_empty() {
        return Err(Refusal::EmptyDescription.into());
    }

    let mut tx = context.write(client.map_or(Subject::Staff, Subject::Client)).await?;
    store::system::activity::log(&mut tx, client, description).await?;
    Ok(())
}
