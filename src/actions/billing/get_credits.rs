//! `GetCredits`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::config::CreditsOrder;
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::param::Param;
use crate::store;
use crate::store::billing::credit::CreditRow;

/// Returns the history of a client's credit, oldest first by default (`compat.credits_order`).
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetCredits {
    /// The client whose history is returned.
    clientid: Param<ClientId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetCreditsReply {
    totalresults: usize,
    /// The client id of the request, as text.
    clientid: String,
    credits: Credits,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Credits {
    credit: Vec<Credit>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Credit {
    id: String,
    date: String,
    description: String,
    /// Negative if credit was removed or spent.
    amount: Money,
    relid: String,
}

impl Action for GetCredits {
    const NAME: &'static str = "GetCredits";
    const ACCESS: Access = Access::Read;
    const REQUIRED: &[&str] = &["clientid"];
    const EXAMPLE: &'static str = r#"{"clientid": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CLIENT_NOT_FOUND)];
    type Reply = GetCreditsReply;

    async fn run(self, call: Call<'_>) -> Result<GetCreditsReply> {
        let client = self.clientid.required(CLIENT_NOT_FOUND)?;
        let Some(mut history) = store::billing::credit::history(call.db, client).await? else {
            return refuse(CLIENT_NOT_FOUND);
        };
        if call.compat.credits_order == CreditsOrder::NewestFirst {
            history.reverse();
        }
        Ok(GetCreditsReply {
            totalresults: history.len(),
            clientid: client.to_string(),
            credits: Credits { credit: history.into_iter().map(Credit::from).collect() },
        })
    }
}

impl From<CreditRow> for Credit {
    fn from(entry: CreditRow) -> Credit {
        Credit {
            id: entry.id.to_string(),
            date: entry.date,
            description: entry.description,
            amount: entry.amount,
            relid: entry.related.to_string(),
        }
    }
}
