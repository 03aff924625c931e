//! `GetTransactions`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::invoice_reply::Transaction;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{ClientId, InvoiceId};
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::billing::payments::PaymentFilter;

/// Money in and out, in the order of the ids: all that matches, as WHMCS documents no pages for it.
///
/// What names no client, or no invoice, is that of none.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetTransactions {
    /// Only what was paid for this invoice.
    invoiceid: Param<InvoiceId>,
    /// Only this client's.
    clientid: Param<ClientId>,
    /// Only with this id of the gateway's.
    transid: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetTransactionsReply {
    totalresults: usize,
    startnumber: u32,
    numreturned: usize,
    transactions: Transactions,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Transactions {
    transaction: Vec<Transaction>,
}

impl Action for GetTransactions {
    const NAME: &'static str = "GetTransactions";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"clientid": 1}"#;
    type Reply = GetTransactionsReply;

    async fn run(self, call: Call<'_>) -> Result<GetTransactionsReply> {
        let filter = PaymentFilter {
            invoice: id(self.invoiceid, |id| id.0),
            client: id(self.clientid, |id| id.0),
            transaction: self.transid.lenient(),
        };
        let payments = store::billing::payments::list(call.db, &filter).await?;
        let transaction: Vec<_> = payments.into_iter().map(Transaction::from).collect();
        Ok(GetTransactionsReply {
            totalresults: transaction.len(),
            startnumber: 0,
            numreturned: transaction.len(),
            transactions: Transactions { transaction },
        })
    }
}

/// No row has the id -1.
fn id<T>(id: Param<T>, number: impl Fn(T) -> i64) -> Option<i64> {
    match id {
        Param::Absent => None,
        Param::Malformed(_) => Some(-1),
        Param::Given(id) => Some(number(id)),
    }
}
