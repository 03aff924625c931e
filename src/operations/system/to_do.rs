//! What staff note down for themselves: the to-do list, and their notes.

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::{AdminId, ToDoItemId};
use crate::operations::Context;
use crate::store;
use crate::store::staff::to_do::ItemChanges;

/// Changes the given fields of an item of the to-do list.
pub async fn update_to_do_item(context: Context<'_>, item: ToDoItemId, changes: ItemChanges) -> Result<()> {
    let db = context.db.lock(Subject::Staff).await?;
    if !store::staff::to_do::exists(db, item).await? {
        return Err(Refusal::ItemNotFound.into());
    }
    if let Some(admin @ AdminId(1..)) = changes.admin
        && !store::system::staff::is_active(db, admin).await?
    {
        return Err(Refusal::StaffNotFound.into());
    }

    let mut tx = context.write(Subject::Staff).await?;
    if !store::staff::to_do::update(&mut tx, item, &changes).await? {
        return Err(Refusal::ItemNotFound.into());
    }
    store::system::activity::log(&mut tx, None, &format!("Modified To-Do Item - Item ID: {item}")).await?;
    Ok(())
}

/// Replaces the notes of the author of the call.
pub async fn set_own_notes(context: Context<'_>, notes: &str) -> Result<()> {
    let author = context.author.admin;
    let mut tx = context.write(Subject::Staff).await?;
    if !store::staff::members::set_notes(&mut tx, author, notes).await? {
        return Err(Refusal::StaffNotFound.into());
    }
    Ok(())
}
