//! `UpdateAnnouncement`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::support::{ANNOUNCEMENT_NOT_FOUND, NOT_A_TIME};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::AnnouncementId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::support;
use crate::param::{Clearable, Html, Param, schema};
use crate::store::support::announcements::AnnouncementChanges;

/// Changes the given fields of an announcement. A title cannot be emptied.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateAnnouncement {
    announcementid: Param<AnnouncementId>,
    title: Param<String>,
    announcement: Clearable<Html>,
    /// `YYYY-MM-DD HH:MM:SS`, also before 1970.
    #[schemars(with = "schema::DateTime")]
    date: Param<NaiveDateTime>,
    /// Whether clients see it.
    published: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateAnnouncementReply {
    announcementid: i64,
}

impl Action for UpdateAnnouncement {
    const NAME: &'static str = "UpdateAnnouncement";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["announcementid"];
    const EXAMPLE: &'static str = r#"{"announcementid": 1, "published": false}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(ANNOUNCEMENT_NOT_FOUND)];
    type Reply = UpdateAnnouncementReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateAnnouncementReply> {
        let id = self.announcementid.required(ANNOUNCEMENT_NOT_FOUND)?;
        let title = self.title.text("title", TEXT_BYTES)?;
        let text = self.announcement.value(Html(String::new()), "announcement must be a text")?;
        let changes = AnnouncementChanges {
            date: self.date.optional(NOT_A_TIME)?,
            title: (!title.trim().is_empty()).then_some(title),
            text: text.map(|Html(text)| Param::Given(text).text("announcement", TEXT_BYTES)).transpose()?,
            is_published: self.published.lenient(),
        };
        support::update_announcement(call.context(), id, &changes).await?;
        Ok(UpdateAnnouncementReply { announcementid: id.0 })
    }
}
