//! Whether clients are Active.

use super::Refusal;
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::events::{About, Event};
use crate::operations::{Context, Result};
use crate::store;
use crate::store::automation::upkeep;
use crate::store::webhooks::events::raise;

/// Makes a client Inactive who has nothing active and no unpaid invoice, and Active again one who has. A closed client stays closed.
/// Returns whether the status has changed.
pub async fn refresh_status(context: Context<'_>, id: ClientId) -> Result<bool, Refusal> {
    if store::clients::client::lock(context.db, id).await?.is_none() {
        return Ok(false);
    }
    let Some((status, is_busy)) = upkeep::client_status(context.db, id).await? else { return Ok(false) };
    let to = match (&*status, is_busy) {
        ("Active", false) => "Inactive",
        ("Inactive", true) => "Active",
        _ => return Ok(false),
    };

    let mut tx = context.write(Subject::Client(id)).await?;
    let is_changed = upkeep::set_client_status(&mut tx, id, &status, to).await?;
    if is_changed {
        let line = format!("Client Status Changed to {to} - Client ID: {id}");
        store::system::activity::log(&mut tx, Some(id), &line).await?;
        raise(&mut tx, About::Client(id), &Event::ClientEdit { client: id }).await?;
    }
    Ok(is_changed)
}
