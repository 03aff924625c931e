//! `UpdateInvoice`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amounts::not_negative;
use crate::actions::words::billing::{INVOICE_NOT_FOUND, NOT_A_DRAFT, NOT_A_RATE};
use crate::actions::words::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::InvoiceId;
use crate::domain::invoice::{Line, LineKind, Status};
use crate::domain::money::Money;
use crate::domain::tax::Rate;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Result, refuse, refuse_as};
use crate::operations::billing::{self, InvoiceUpdate, LineEdits, LockedInvoice, RateOverrides};
use crate::param::schema;
use crate::param::{Keyed, List, Param, ParamValue};

/// Changes an invoice. If lines or rates change, the taxes and the total are computed again.
///
/// A change of `credit` is taken from the client's balance or returned to it. No more is taken than is left to pay, and
/// when nothing is left, the invoice turns Paid. Setting a status records no payment, so lines that sell credit add
/// none for an amount that was not paid.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateInvoice {
    invoiceid: Param<InvoiceId>,
    status: Param<Status>,
    /// A gateway's name.
    paymentmethod: Param<String>,
    /// In percent.
    taxrate: Param<Rate>,
    /// In percent.
    taxrate2: Param<Rate>,
    /// The total amount of the client's credit that is applied to the invoice.
    credit: Param<Money>,
    /// `YYYY-MM-DD`, like `duedate` and `datepaid`.
    #[schemars(with = "schema::Date")]
    date: Param<NaiveDate>,
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
    #[schemars(with = "schema::DateTime")]
    datepaid: Param<NaiveDateTime>,
    notes: Param<String>,
    /// Descriptions of the lines to change, by line id; each line needs `itemdescription`, `itemamount` and
    /// `itemtaxed`. Lines of other invoices are ignored.
    itemdescription: Param<Keyed<String>>,
    itemamount: Param<Keyed<Money>>,
    itemtaxed: Param<Keyed<bool>>,
    /// Descriptions of the lines to add, by numbers of your choice.
    newitemdescription: Param<Keyed<String>>,
    newitemamount: Param<Keyed<Money>>,
    newitemtaxed: Param<Keyed<bool>>,
    /// The ids of the lines to delete.
    deletelineids: Param<List<LineId>>,
    /// Publishes a draft: it turns Unpaid.
    publish: Param<bool>,
    /// Publishes a draft and sends the client the e-mail about the invoice.
    publishandsendemail: Param<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
struct LineId(#[schemars(range(min = 1))] i64);

impl ParamValue for LineId {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(LineId)
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateInvoiceReply {
    invoiceid: i64,
}

const INCOMPLETE_ITEM: &str =
    "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed";

impl Action for UpdateInvoice {
    const NAME: &'static str = "UpdateInvoice";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str = r#"{"invoiceid": 129, "notes": "Sent by post as well."}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(INVOICE_NOT_FOUND),
        Exact(NOT_A_DRAFT),
        Exact(INCOMPLETE_ITEM),
        Prefix { text: "Invalid status", code: "invalid_status" },
    ];
    type Reply = UpdateInvoiceReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateInvoiceReply> {
        let invoice = billing::lock_invoice(call.db, self.invoiceid.clone().required(INVOICE_NOT_FOUND)?).await?;
        let status = self.new_status(&invoice)?;
        let payment_method = match self.paymentmethod.clone().lenient() {
            Some(name) => Some(billing::active_gateway(call.db, &name).await?.name),
            None => None,
        };
        let update = InvoiceUpdate {
            status,
            sends_mail: self.publishandsendemail.is_set(),
            payment_method,
            lines: self.line_edits()?,
            rates: RateOverrides {
                first: self.taxrate.optional(NOT_A_RATE)?,
                second: self.taxrate2.optional(NOT_A_RATE)?,
            },
            credit: match self.credit {
                Param::Absent => None,
                credit => Some(not_negative(credit)?),
            },
            date: self.date.optional(NOT_A_DATE)?,
            due_date: self.duedate.optional(NOT_A_DATE)?,
            paid_at: self.datepaid.optional(NOT_A_DATE)?,
            notes: match self.notes {
                Param::Absent => None,
                notes => Some(notes.text("notes", TEXT_BYTES)?),
            },
        };
        billing::update_invoice(call.context(), &invoice, update).await?;
        Ok(UpdateInvoiceReply { invoiceid: invoice.balance.id.0 })
    }
}

impl UpdateInvoice {
    /// Returns the requested status, if there is one.
    fn new_status(&self, invoice: &LockedInvoice) -> Result<Option<Status>> {
        let named = match &self.status {
            Param::Malformed(text) => return refuse_as("invalid_status", format!("Invalid status {text}")),
            status => status.clone().lenient(),
        };
        let publishes = self.publish.is_set() || self.publishandsendemail.is_set();
        if publishes {
            invoice.check_is_draft()?;
        }
        Ok(named.or(publishes.then_some(Status::Unpaid)))
    }

    fn line_edits(&self) -> Result<LineEdits> {
        let descriptions = keyed(self.itemdescription.clone(), INCOMPLETE_ITEM)?;
        let amounts = keyed(self.itemamount.clone(), NOT_AN_AMOUNT)?;
        let taxed = keyed(self.itemtaxed.clone(), INCOMPLETE_ITEM)?;
        let ids: BTreeSet<&String> = descriptions.keys().chain(amounts.keys()).chain(taxed.keys()).collect();
        let mut changed = BTreeMap::new();
        for id in ids {
            let all = (descriptions.get(id), amounts.get(id), taxed.get(id));
            let (Some(description), Some(amount), Some(taxed)) = all else { return refuse(INCOMPLETE_ITEM) };
            if let Ok(id) = id.parse() {
                changed.insert(id, line(Some(description), Some(*amount), Some(*taxed))?);
            }
        }
        let deleted = self.deletelineids.clone().optional("deletelineids must be a list of line IDs")?;
        let deleted = deleted.into_iter().flat_map(|list| list.0).map(|id| id.0);
        Ok(LineEdits { changed, added: self.added_lines()?, deleted: deleted.collect() })
    }

    fn added_lines(&self) -> Result<Vec<Line>> {
        const NOT_LISTS: &str = "newitemdescription, newitemamount and newitemtaxed must be arrays";
        let descriptions = keyed(self.newitemdescription.clone(), NOT_LISTS)?;
        let amounts = keyed(self.newitemamount.clone(), NOT_AN_AMOUNT)?;
        let taxed = keyed(self.newitemtaxed.clone(), NOT_LISTS)?;
        let mut numbers: Vec<&String> = descriptions.keys().chain(amounts.keys()).collect();
        numbers.sort_by_key(|number| (number.parse::<u32>().unwrap_or(u32::MAX), (*number).clone()));
        numbers.dedup();
        let line = |number| line(descriptions.get(number), amounts.get(number).copied(), taxed.get(number).copied());
        numbers.into_iter().map(line).collect()
    }
}

fn keyed<T>(values: Param<Keyed<T>>, malformed: &'static str) -> Result<BTreeMap<String, T>> {
    Ok(values.optional(malformed)?.map(|values| values.0.into_iter().collect()).unwrap_or_default())
}

fn line(description: Option<&String>, amount: Option<Money>, taxed: Option<bool>) -> Result<Line> {
    let description = description.cloned().map_or(Param::Absent, Param::Given);
    Ok(Line {
        kind: LineKind::Plain,
        related: 0,
        description: description.text("itemdescription", TEXT_BYTES)?,
        amount: amount.unwrap_or(Money::ZERO),
        taxed: taxed.unwrap_or(false),
    })
}
