//! Notes about clients, which only staff read.

use super::{Refusal, lock};
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::operations::{Context, Result};
use crate::store;

/// Adds a note about a client by the author of the call, and returns its id. Sticky notes are shown on all pages about
/// the client.
pub async fn add_note(context: Context<'_>, client: ClientId, text: &str, is_sticky: bool) -> Result<i64, Refusal> {
    lock(context.db, client).await?;
    if text.is_empty() {
        return Err(Refusal::EmptyNote.into());
    }

    let mut tx = context.write(Subject::Client(client)).await?;
    let id = store::clients::notes::add(&mut tx, client, text, is_sticky).await?;
    store::system::activity::log(&mut tx, Some(client), &format!("Added Client Note - Note ID: {id}")).await?;
    Ok(id)
}
