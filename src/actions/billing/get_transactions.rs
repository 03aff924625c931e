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

/// Returns all matching transactions, ordered by id; WHMCS documents no paging for this action.
///
/// A malformed client id or invoice id matches no transaction.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetTransactions {
    /// Only transactions of this invoice.
    invoiceid: Param<InvoiceId>,
    /// Only transactions of this client.
    clientid: Param<ClientId>,
    /// Only transactions with this id of the gateway.
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
            invoice: id_filter(self.invoiceid, |id| id.0),
            client: id_filter(self.clientid, |id| id.0),
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

/// Returns the id to filter by. A malformed one becomes -1, which no row has.
fn id_filter<T>(id: Param<T>, number: impl Fn(T) -> i64) -> Option<i64> {
    match id {
        Param::Absent => None,
        Param::Malformed(_) => Some(-1),
        Param::Given(id) => Some(number(id)),
    }
}
