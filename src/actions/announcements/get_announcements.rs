//! `GetAnnouncements`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::store;
use crate::store::support::announcements::AnnouncementRow;

/// Returns a page of announcements in the default language, the newest first. Those that are not published are included,
/// unless the setting `compat.unpublished_announcements` says otherwise.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetAnnouncements {
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetAnnouncementsReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    announcements: Announcements,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Announcements {
    announcement: Vec<Announcement>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Announcement {
    id: i64,
    date: String,
    title: String,
    /// HTML, as it was sent.
    announcement: String,
    /// `1` or `0`.
    published: &'static str,
    parentid: String,
    language: String,
    created_at: String,
    updated_at: String,
}

impl Action for GetAnnouncements {
    const NAME: &'static str = "GetAnnouncements";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"limitnum": 2}"#;
    type Reply = GetAnnouncementsReply;

    async fn run(self, call: Call<'_>) -> Result<GetAnnouncementsReply> {
        let page = self.paging.page();
        let includes_unpublished = call.compat.unpublished_announcements;
        let listed = store::support::announcements::list(call.db, includes_unpublished, page).await?;
        Ok(GetAnnouncementsReply {
            totalresults: listed.total,
            startnumber: page.start,
            numreturned: listed.rows.len(),
            announcements: Announcements { announcement: listed.rows.into_iter().map(Announcement::from).collect() },
        })
    }
}

impl From<AnnouncementRow> for Announcement {
    fn from(row: AnnouncementRow) -> Announcement {
        Announcement {
            id: row.id.0,
            date: row.date,
            title: row.title,
            announcement: row.text,
            published: if row.is_published { "1" } else { "0" },
            parentid: row.parent.to_string(),
            language: row.language,
            created_at: row.created,
            updated_at: row.updated,
        }
    }
}
