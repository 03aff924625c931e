//! `DeleteAnnouncement`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::support::ANNOUNCEMENT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::AnnouncementId;
use crate::error::Result;
use crate::operations::support;
use crate::param::Param;

/// Deletes an announcement with its translations. WHMCS documents no errors: an unknown id is rejected as it is in
/// UpdateAnnouncement.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteAnnouncement {
    announcementid: Param<AnnouncementId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteAnnouncementReply {
    announcementid: i64,
}

impl Action for DeleteAnnouncement {
    const NAME: &'static str = "DeleteAnnouncement";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["announcementid"];
    const EXAMPLE: &'static str = r#"{"announcementid": 2}"#;
    type Reply = DeleteAnnouncementReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteAnnouncementReply> {
        let id = self.announcementid.required(ANNOUNCEMENT_NOT_FOUND)?;
        support::delete_announcement(call.context(), id).await?;
        Ok(DeleteAnnouncementReply { announcementid: id.0 })
    }
}
