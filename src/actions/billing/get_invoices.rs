//! `GetInvoices`.

use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::error::Result;
use crate::param::{Param, Value};
use crate::store;
use crate::store::invoices::{Filter, Listed, Order};
use crate::store::page::Direction;

/// Invoices, a page at a time, without their lines.
///
/// The order, where none is asked for, is that of the ids; what is equal in any other order is in that of the ids too, so
/// that pages never overlap. A page past the end is empty. What names no client, or no status, is that of no invoice.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GetInvoices {
    #[serde(flatten)]
    paging: Paging,
    /// Only this client's.
    userid: Param<ClientId>,
    /// Only those in this status, or `Overdue` ones.
    status: Param<String>,
    /// `id`, `invoicenumber`, `date`, `duedate`, `total` or `status`.
    orderby: Param<Order>,
    /// `asc`, which is the default, or `desc`.
    order: Param<Direction>,
}

impl Value for Order {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "id" => Some(Order::Id),
            "invoicenumber" => Some(Order::Number),
            "date" => Some(Order::Date),
            "duedate" => Some(Order::DueDate),
            "total" => Some(Order::Total),
            "status" => Some(Order::Status),
            _ => None,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Reply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    invoices: Invoices,
}

#[derive(Debug, Serialize)]
struct Invoices {
    invoice: Vec<Invoice>,
}

#[derive(Debug, Serialize)]
struct Invoice {
    id: i64,
    userid: i64,
    firstname: String,
    lastname: String,
    companyname: String,
    invoicenum: String,
    date: String,
    duedate: String,
    datepaid: String,
    last_capture_attempt: String,
    date_refunded: String,
    date_cancelled: String,
    subtotal: String,
    credit: String,
    tax: String,
    tax2: String,
    total: String,
    taxrate: String,
    taxrate2: String,
    status: String,
    paymentmethod: String,
    paymethodid: Option<i64>,
    notes: String,
    created_at: String,
    updated_at: String,
    currencycode: String,
    currencyprefix: String,
    currencysuffix: String,
}

impl Action for GetInvoices {
    const NAME: &'static str = "GetInvoices";
    const ACCESS: Access = Access::Read;
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let client = match self.userid {
            Param::Malformed(_) => Some(ClientId(0)),
            client => client.lenient(),
        };
        let filter = Filter { client, status: self.status.lenient(), today: call.now.date() };
        let page = self.paging.page();
        let order = self.orderby.lenient().unwrap_or(Order::Id);
        let direction = self.order.lenient().unwrap_or(Direction::Ascending);
        let totalresults = store::invoices::count(call.db, &filter).await?;
        let listed = store::invoices::list(call.db, &filter, order, direction, page).await?;
        Ok(Reply {
            totalresults,
            startnumber: page.start,
            numreturned: listed.len(),
            invoices: Invoices { invoice: listed.into_iter().map(Invoice::from).collect() },
        })
    }
}

impl From<Listed> for Invoice {
    fn from(listed: Listed) -> Invoice {
        Invoice {
            id: listed.id.0,
            userid: listed.client.0,
            firstname: listed.first_name,
            lastname: listed.last_name,
            companyname: listed.company,
            invoicenum: listed.number,
            date: listed.date,
            duedate: listed.due_date,
            datepaid: listed.paid_at,
            last_capture_attempt: listed.last_capture_attempt,
            date_refunded: listed.refunded_at,
            date_cancelled: listed.cancelled_at,
            subtotal: listed.subtotal.to_string(),
            credit: listed.credit.to_string(),
            tax: listed.tax.to_string(),
            tax2: listed.tax2.to_string(),
            total: listed.total.to_string(),
            taxrate: listed.rate.to_string(),
            taxrate2: listed.rate2.to_string(),
            status: listed.status,
            paymentmethod: listed.payment_method,
            paymethodid: listed.pay_method,
            notes: listed.notes,
            created_at: listed.created_at,
            updated_at: listed.updated_at,
            currencycode: listed.currency,
            currencyprefix: listed.prefix,
            currencysuffix: listed.suffix,
        }
    }
}
