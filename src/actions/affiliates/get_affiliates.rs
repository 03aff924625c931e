//! `GetAffiliates`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Listed;
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use crate::error::Result;
use crate::param::Param;
use crate::store::sales::affiliates::{self, AffiliateFilter, AffiliateRow};

/// Returns a page of affiliates, oldest first. A malformed value matches no affiliate.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetAffiliates {
    #[serde(flatten)]
    paging: Paging,
    /// Only the affiliate that this client is.
    userid: Param<ClientId>,
    /// Only affiliates with exactly this number of visitors.
    visitors: Param<u32>,
    /// `percentage` or `fixedamount`. Sent empty, it is no filter, as everywhere else.
    paytype: Param<String>,
    /// Only affiliates who earn exactly this percentage or amount.
    payamount: Param<Money>,
    /// 1 for affiliates who earn once for each service, or 0.
    onetime: Param<u32>,
    balance: Param<Money>,
    withdrawn: Param<Money>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetAffiliatesReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    affiliates: Affiliates,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Affiliates {
    affiliate: Vec<Affiliate>,
}

/// An affiliate. Ids and numbers are strings, as documented.
#[derive(Debug, JsonSchema, Serialize)]
struct Affiliate {
    id: String,
    date: String,
    clientid: String,
    visitors: String,
    paytype: String,
    payamount: Money,
    onetime: String,
    /// In the affiliate's currency, like `withdrawn`.
    balance: Money,
    withdrawn: Money,
    created_at: String,
    updated_at: String,
}

impl Action for GetAffiliates {
    const NAME: &'static str = "GetAffiliates";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"userid": 1}"#;
    type Reply = GetAffiliatesReply;

    async fn run(mut self, call: Call<'_>) -> Result<GetAffiliatesReply> {
        let page = std::mem::take(&mut self.paging).page();
        let Listed { total, rows } = affiliates::list(call.db, &self.filter(), page).await?;
        Ok(GetAffiliatesReply {
            totalresults: total,
            startnumber: page.start,
            numreturned: rows.len(),
            affiliates: Affiliates { affiliate: rows.into_iter().map(Affiliate::from).collect() },
        })
    }
}

impl GetAffiliates {
    fn filter(self) -> AffiliateFilter {
        let is_malformed = [&self.payamount, &self.balance, &self.withdrawn]
            .iter()
            .any(|amount| matches!(amount, Param::Malformed(_)))
            || [&self.visitors, &self.onetime].iter().any(|number| matches!(number, Param::Malformed(_)));
        AffiliateFilter {
            matches_none: is_malformed,
            client: self.userid.filter(),
            visitors: self.visitors.lenient(),
            pay: self.paytype.lenient(),
            pay_amount: self.payamount.lenient(),
            is_once: self.onetime.lenient(),
            balance: self.balance.lenient(),
            withdrawn: self.withdrawn.lenient(),
        }
    }
}

impl From<AffiliateRow> for Affiliate {
    fn from(affiliate: AffiliateRow) -> Affiliate {
        Affiliate {
            id: affiliate.id.to_string(),
            date: affiliate.date,
            clientid: affiliate.client.to_string(),
            visitors: affiliate.visitors.to_string(),
            paytype: affiliate.pay,
            payamount: affiliate.pay_amount,
            onetime: affiliate.is_once.to_string(),
            balance: affiliate.balance,
            withdrawn: affiliate.withdrawn,
            created_at: affiliate.created_at,
            updated_at: affiliate.updated_at,
        }
    }
}
