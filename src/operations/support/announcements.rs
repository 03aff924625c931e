//! Announcements: news for clients.

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::AnnouncementId;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::store;
use crate::store::support::announcements::{self, AnnouncementChanges, NewAnnouncement};
use crate::store::webhooks::events::raise;

/// How an event has a time.
const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// Adds an announcement in the default language, and returns its id.
pub async fn add_announcement(context: Context<'_>, new: &NewAnnouncement) -> Result<AnnouncementId> {
    let mut tx = context.write(Subject::Announcements).await?;
    let id = announcements::add(&mut tx, new).await?;
    store::system::activity::log(&mut tx, None, &format!("Added Announcement - Announcement ID: {id}")).await?;
    let event = Event::AnnouncementAdd {
        announcement: id,
        date: new.date.format(TIME).to_string(),
        title: &new.title,
        text: &new.text,
        is_published: new.is_published,
    };
    raise(&mut tx, About::Nothing, &event).await?;
    Ok(id)
}

/// Changes an announcement or a translation of one.
pub async fn update_announcement(
    context: Context<'_>,
    id: AnnouncementId,
    changes: &AnnouncementChanges,
) -> Result<()> {
    let db = context.db.lock(Subject::Announcements).await?;
    let before = announcements::find(db, id).await?.ok_or(Refusal::AnnouncementNotFound)?;
    let mut tx = context.write(Subject::Announcements).await?;
    announcements::update(&mut tx, id, changes).await?;
    store::system::activity::log(&mut tx, None, &format!("Modified Announcement - Announcement ID: {id}")).await?;
    let event = Event::AnnouncementEdit {
        announcement: id,
        date: changes.date.map_or(before.date, |date| date.format(TIME).to_string()),
        title: changes.title.as_ref().unwrap_or(&before.title),
        text: changes.text.as_ref().unwrap_or(&before.text),
        is_published: changes.is_published.unwrap_or(before.is_published),
    };
    raise(&mut tx, About::Nothing, &event).await?;
    Ok(())
}

/// Deletes an announcement with its translations.
pub async fn delete_announcement(context: Context<'_>, id: AnnouncementId) -> Result<()> {
    let db = context.db.lock(Subject::Announcements).await?;
    if !announcements::exists(db, id).await? {
        return Err(Refusal::AnnouncementNotFound.into());
    }
    let mut tx = context.write(Subject::Announcements).await?;
    announcements::delete(&mut tx, id).await?;
    store::system::activity::log(&mut tx, None, &format!("Deleted Announcement - Announcement ID: {id}")).await?;
    Ok(())
}
