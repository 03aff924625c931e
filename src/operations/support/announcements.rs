//! Announcements: news for clients.

use super::{Refusal, Result};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::id::AnnouncementId;
use crate::operations::Context;
use crate::store;
use crate::store::support::announcements::{self, AnnouncementChanges, NewAnnouncement};

/// Adds an announcement in the default language, and returns its id.
pub async fn add_announcement(context: Context<'_>, new: &NewAnnouncement) -> Result<AnnouncementId> {
    let mut tx = context.write(Subject::Announcements).await?;
    let id = announcements::add(&mut tx, new).await?;
    store::system::activity::log(&mut tx, None, &format!("Added Announcement - Announcement ID: {id}")).await?;
    Ok(id)
}

/// Changes an announcement or a translation of one.
pub async fn update_announcement(
    context: Context<'_>,
    id: AnnouncementId,
    changes: &AnnouncementChanges,
) -> Result<()> {
    lock(context.db, id).await?;
    let mut tx = context.write(Subject::Announcements).await?;
    announcements::update(&mut tx, id, changes).await?;
    store::system::activity::log(&mut tx, None, &format!("Modified Announcement - Announcement ID: {id}")).await?;
    Ok(())
}

/// Deletes an announcement with its translations.
pub async fn delete_announcement(context: Context<'_>, id: AnnouncementId) -> Result<()> {
    lock(context.db, id).await?;
    let mut tx = context.write(Subject::Announcements).await?;
    announcements::delete(&mut tx, id).await?;
    store::system::activity::log(&mut tx, None, &format!("Deleted Announcement - Announcement ID: {id}")).await?;
    Ok(())
}

async fn lock(db: &mut Lease, id: AnnouncementId) -> Result<()> {
    let db = db.lock(Subject::Announcements).await?;
    if announcements::exists(db, id).await? { Ok(()) } else { Err(Refusal::AnnouncementNotFound.into()) }
}
