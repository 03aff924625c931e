//! `GetCancelledPackages`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Listed;
use crate::error::Result;
use crate::store::services::cancellations::{self, CancellationRow};

/// Returns a page of the requests to end services, oldest first: also of those that were carried out.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetCancelledPackages {
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetCancelledPackagesReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    packages: Packages,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Packages {
    package: Vec<Package>,
}

/// A request. Ids are strings, as documented.
#[derive(Debug, JsonSchema, Serialize)]
struct Package {
    id: String,
    date: String,
    /// The service's id.
    relid: String,
    reason: String,
    /// `Immediate` or `End of Billing Period`.
    #[serde(rename = "type")]
    kind: String,
    created_at: String,
    updated_at: String,
}

impl Action for GetCancelledPackages {
    const NAME: &'static str = "GetCancelledPackages";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"limitnum": 2}"#;
    type Reply = GetCancelledPackagesReply;

    async fn run(self, call: Call<'_>) -> Result<GetCancelledPackagesReply> {
        let page = self.paging.page();
        let Listed { total, rows } = cancellations::list(call.db, page).await?;
        Ok(GetCancelledPackagesReply {
            totalresults: total,
            startnumber: page.start,
            numreturned: rows.len(),
            packages: Packages { package: rows.into_iter().map(Package::from).collect() },
        })
    }
}

impl From<CancellationRow> for Package {
    fn from(request: CancellationRow) -> Package {
        Package {
            id: request.id.to_string(),
            date: request.date,
            relid: request.service.to_string(),
            reason: request.reason,
            kind: request.kind,
            created_at: request.created_at,
            updated_at: request.updated_at,
        }
    }
}
