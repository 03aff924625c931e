//! `GetTicketPredefinedReplies`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::support::predefined;

/// Returns the predefined replies by name, with their merge fields as they were written.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetTicketPredefinedReplies {
    /// Only replies directly in this category.
    catid: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetTicketPredefinedRepliesReply {
    totalresults: usize,
    predefinedreplies: PredefinedReplies,
}

#[derive(Debug, JsonSchema, Serialize)]
struct PredefinedReplies {
    predefinedreply: Vec<PredefinedReply>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct PredefinedReply {
    name: String,
    reply: String,
}

impl Action for GetTicketPredefinedReplies {
    const NAME: &'static str = "GetTicketPredefinedReplies";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"catid": 1}"#;
    type Reply = GetTicketPredefinedRepliesReply;

    async fn run(self, call: Call<'_>) -> Result<GetTicketPredefinedRepliesReply> {
        let category = match self.catid {
            Param::Absent => None,
            // A malformed id matches no row.
            Param::Malformed(_) => Some(-1),
            Param::Given(id) => Some(i64::from(id)),
        };
        let replies = store::support::predefined::replies(call.db, category).await?;
        let predefinedreply: Vec<PredefinedReply> = replies.into_iter().map(PredefinedReply::from).collect();
        Ok(GetTicketPredefinedRepliesReply {
            totalresults: predefinedreply.len(),
            predefinedreplies: PredefinedReplies { predefinedreply },
        })
    }
}

impl From<predefined::PredefinedReply> for PredefinedReply {
    fn from(reply: predefined::PredefinedReply) -> PredefinedReply {
        PredefinedReply { name: reply.name, reply: reply.text }
    }
}
