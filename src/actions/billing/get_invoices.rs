//! `GetInvoices`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::invoice_reply::InvoiceLines;
use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::{Direction, Listed};
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use crate::error::Result;
use crate::param::schema;
use crate::param::{Param, ParamValue, UtcTime};
use crate::store;
use crate::store::billing::invoice_list::{self, InvoiceFilter, InvoiceRow, InvoiceSort};

/// Returns a page of invoices, with their lines on request.
///
/// By default, invoices are ordered by id. In any other order, invoices with equal values are ordered by id, so that
/// pages never overlap. A page past the end is empty. A malformed client id or an unknown status matches no invoice.
///
/// `include` and `updatedsince` are additions to WHMCS's API. A partial payment does not count as a change of the
/// invoice.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetInvoices {
    #[serde(flatten)]
    paging: Paging,
    /// Only invoices of this client.
    userid: Param<ClientId>,
    /// Only invoices with this status, or overdue ones with `Overdue`.
    status: Param<String>,
    /// `id`, `invoicenumber`, `date`, `duedate`, `total` or `status`.
    orderby: Param<InvoiceSort>,
    /// `asc`, which is the default, or `desc`.
    order: Param<Direction>,
    /// `items` adds the lines of each invoice, as in GetInvoice.
    include: Param<Include>,
    /// Only invoices that were created or changed at this time or later: `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`, in
    /// universal time.
    #[schemars(with = "schema::DateTime")]
    updatedsince: Param<UtcTime>,
}

/// Optional parts of each invoice in the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Include {
    Items,
}

impl ParamValue for Include {
    fn parse(text: &str) -> Option<Self> {
        text.eq_ignore_ascii_case("items").then_some(Include::Items)
    }
}

impl ParamValue for InvoiceSort {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "id" => Some(InvoiceSort::Id),
            "invoicenumber" => Some(InvoiceSort::Number),
            "date" => Some(InvoiceSort::Date),
            "duedate" => Some(InvoiceSort::DueDate),
            "total" => Some(InvoiceSort::Total),
            "status" => Some(InvoiceSort::Status),
            _ => None,
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetInvoicesReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    invoices: Invoices,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Invoices {
    invoice: Vec<Invoice>,
}

#[derive(Debug, JsonSchema, Serialize)]
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
    subtotal: Money,
    credit: Money,
    tax: Money,
    tax2: Money,
    total: Money,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<InvoiceLines>,
}

const NOT_A_TIME: &str = "updatedsince must be YYYY-MM-DD or YYYY-MM-DD HH:MM:SS";
const NOTHING_TO_INCLUDE: &str = "include can only be items";

impl Action for GetInvoices {
    const NAME: &'static str = "GetInvoices";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"userid": 1, "limitnum": 2, "include": "items"}"#;
    type Reply = GetInvoicesReply;

    async fn run(self, call: Call<'_>) -> Result<GetInvoicesReply> {
        let client = match self.userid {
            Param::Malformed(_) => Some(ClientId(0)),
            client => client.lenient(),
        };
        let updated_since = self.updatedsince.optional(NOT_A_TIME)?.map(|UtcTime(time)| time);
        let include = self.include.optional(NOTHING_TO_INCLUDE)?;
        let filter = InvoiceFilter { client, status: self.status.lenient(), updated_since, today: call.now.date() };
        let page = self.paging.page();
        let order = self.orderby.lenient().unwrap_or(InvoiceSort::Id);
        let direction = self.order.lenient().unwrap_or(Direction::Ascending);
        let Listed { total, rows } = invoice_list::list(call.db, &filter, order, direction, page).await?;
        let mut lines = match include {
            Some(Include::Items) if !rows.is_empty() => {
                store::billing::invoices::lines_of_all(call.db, rows.iter().map(|invoice| invoice.id)).await?
            }
            _ => HashMap::new(),
        };
        let invoice = |invoice: InvoiceRow| {
            let items = include.map(|Include::Items| lines.remove(&invoice.id).unwrap_or_default().into());
            Invoice::new(invoice, items)
        };
        Ok(GetInvoicesReply {
            totalresults: total,
            startnumber: page.start,
            numreturned: rows.len(),
            invoices: Invoices { invoice: rows.into_iter().map(invoice).collect() },
        })
    }
}

impl Invoice {
    fn new(invoice: InvoiceRow, items: Option<InvoiceLines>) -> Invoice {
        Invoice {
            id: invoice.id.0,
            userid: invoice.client.0,
            firstname: invoice.first_name,
            lastname: invoice.last_name,
            companyname: invoice.company,
            invoicenum: invoice.number,
            date: invoice.date,
            duedate: invoice.due_date,
            datepaid: invoice.paid_at,
            last_capture_attempt: invoice.last_capture_attempt,
            date_refunded: invoice.refunded_at,
            date_cancelled: invoice.cancelled_at,
            subtotal: invoice.subtotal,
            credit: invoice.credit,
            tax: invoice.tax,
            tax2: invoice.tax2,
            total: invoice.total,
            taxrate: invoice.rate.to_string(),
            taxrate2: invoice.rate2.to_string(),
            status: invoice.status,
            paymentmethod: invoice.payment_method,
            paymethodid: invoice.pay_method,
            notes: invoice.notes,
            created_at: invoice.created_at,
            updated_at: invoice.updated_at,
            currencycode: invoice.currency,
            currencyprefix: invoice.prefix,
            currencysuffix: invoice.suffix,
            items,
        }
    }
}
