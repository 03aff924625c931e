//! `AddAnnouncement`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::support::{NO_TITLE, NOT_A_TIME};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::error::{Result, refuse};
use crate::operations::support;
use crate::param::{Html, Param, schema};
use crate::store::support::announcements::NewAnnouncement;

/// Adds an announcement in the default language. WHMCS documents no errors: one without a title is rejected.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddAnnouncement {
    /// `YYYY-MM-DD HH:MM:SS`, also before 1970; by default, now.
    #[schemars(with = "schema::DateTime")]
    date: Param<NaiveDateTime>,
    title: Param<String>,
    announcement: Param<Html>,
    /// Whether clients see it.
    published: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddAnnouncementReply {
    announcementid: i64,
}

impl Action for AddAnnouncement {
    const NAME: &'static str = "AddAnnouncement";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["title"];
    const EXAMPLE: &'static str = r#"{"date": "2026-11-20 12:30:00", "title": "Maintenance on Sunday", "announcement": "<p>From 2 to 4.</p>", "published": true}"#;
    type Reply = AddAnnouncementReply;

    async fn run(self, call: Call<'_>) -> Result<AddAnnouncementReply> {
        let title = self.title.text("title", TEXT_BYTES)?;
        if title.trim().is_empty() {
            return refuse(NO_TITLE);
        }
        let new = NewAnnouncement {
            date: self.date.optional(NOT_A_TIME)?.unwrap_or(call.now.local()),
            title,
            text: self.announcement.map(|Html(text)| text).text("announcement", TEXT_BYTES)?,
            is_published: self.published.is_set(),
        };
        let id = support::add_announcement(call.context(), &new).await?;
        Ok(AddAnnouncementReply { announcementid: id.0 })
    }
}
