//! `UpdateInvoice`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amounts::not_negative;
use super::lines::LineParams;
use crate::actions::words::NOT_A_DATE;
use crate::actions::words::billing::{INVOICE_NOT_FOUND, NOT_A_DRAFT, NOT_A_RATE};
use crate::actions::{Access, Action, Touches};
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
use crate::param::{Clearable, Field, List, Param, ParamValue, RowKey};

/// Changes an invoice. If lines or rates change, the taxes and the total are computed again.
///
/// A line that is added for a service, an addon, a domain or credit gives the same as such a line of CreateInvoice. A line
/// that is changed stays for what it was.
///
/// A change of `credit` is taken from the client's balance or returned to it. No more is taken than is left to pay, and
/// when nothing is left, the invoice turns Paid. Setting a status records no payment, so lines that sell credit add
/// none for an amount that was not paid.
///
/// `notes` that are sent empty, and `notes` and `datepaid` that are `null`, are emptied; all other fields of an invoice
/// are required.
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
    /// `YYYY-MM-DD`, like `duedate`.
    #[schemars(with = "schema::Date")]
    date: Param<NaiveDate>,
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
    /// `YYYY-MM-DD HH:MM:SS` or `YYYY-MM-DD`; `0000-00-00` for none.
    #[schemars(with = "Clearable<schema::DateTimeOrNone>")]
    datepaid: Clearable<NaiveDateTime>,
    notes: Clearable<String>,
    /// Descriptions of the lines to change, by line id; each line needs `itemdescription`, `itemamount` and
    /// `itemtaxed`. Lines of other invoices are ignored.
    itemdescription: Param<Field<String>>,
    itemamount: Param<Field<Money>>,
    itemtaxed: Param<Field<bool>>,
    /// Descriptions of the lines to add, by numbers of your choice. A single value of any of these parameters holds for
    /// all lines.
    newitemdescription: Param<Field<String>>,
    newitemamount: Param<Field<Money>>,
    newitemtaxed: Param<Field<bool>>,
    /// What the lines to add are for, as `itemtypeN` of CreateInvoice. WHMCS lacks this parameter and `newitemrelid`.
    newitemtype: Param<Field<LineKind>>,
    /// The ids of the services, addons or domains of the client that the lines to add are for.
    newitemrelid: Param<Field<u32>>,
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
        u32::parse(text).map(|id| LineId(id.into()))
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
    const TOUCHES: Touches = Touches::Outbox;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str = r#"{"invoiceid": 130, "notes": "Sent by post as well."}"#;
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
        let payment_method = match self.paymentmethod.clone().unless_stored(&invoice.balance.payment_method).lenient() {
            Some(name) => Some(billing::active_gateway(call.db, &name).await?.name),
            None => None,
        };
        let lines = self.line_edits()?;
        let update = InvoiceUpdate {
            returns_credit: false,
            status,
            sends_mail: self.publishandsendemail.is_set(),
            payment_method,
            lines,
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
            clears_paid_at: self.datepaid.is_emptied(),
            paid_at: self.datepaid.optional(NOT_A_DATE)?,
            notes: self.notes.text("notes", TEXT_BYTES)?,
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
        let changed = self.changed_lines()?;
        let deleted = self.deletelineids.clone().optional("deletelineids must be a list of line IDs")?;
        let deleted = deleted.into_iter().flat_map(|list| list.0).map(|id| id.0);
        Ok(LineEdits { changed, added: self.added_lines()?, deleted: deleted.collect() })
    }

    /// Returns the lines to change by their ids; 0 is none, whatever the arrays have there.
    fn changed_lines(&self) -> Result<BTreeMap<i64, Line>> {
        let (descriptions, amounts, taxed) = (&self.itemdescription, &self.itemamount, &self.itemtaxed);
        let is_single = descriptions.is_single() || amounts.is_single() || taxed.is_single();
        if is_single && descriptions.keys().chain(amounts.keys()).chain(taxed.keys()).next().is_none() {
            return refuse(INCOMPLETE_ITEM);
        }
        let filled = descriptions.filled_keys().chain(amounts.filled_keys()).chain(taxed.filled_keys());
        let ids: BTreeSet<&RowKey> = filled.filter(|key| **key != RowKey::Number(0)).collect();
        let mut changed = BTreeMap::new();
        for id in ids {
            let fields = (descriptions.at(id), amounts.at(id), taxed.at(id));
            let (Some(description @ Param::Given(_)), Some(amount), Some(flag)) = fields else {
                return refuse(INCOMPLETE_ITEM);
            };
            if amount == Param::Absent || *taxed == Param::Absent {
                return refuse(INCOMPLETE_ITEM);
            }
            let taxed = Clearable::Sent(flag);
            let line = LineParams { description, amount, taxed, ..LineParams::default() }.read()?;
            if let Ok(id) = id.to_string().parse() {
                changed.insert(id, line);
            }
        }
        Ok(changed)
    }

    fn added_lines(&self) -> Result<Vec<Line>> {
        const NOT_LISTS: &str = "newitemdescription, newitemamount and newitemtaxed must be arrays";
        let (descriptions, amounts, taxed) = (&self.newitemdescription, &self.newitemamount, &self.newitemtaxed);
        let (kinds, related) = (&self.newitemtype, &self.newitemrelid);
        let mut rows: BTreeSet<&RowKey> = descriptions.filled_keys().chain(amounts.filled_keys()).collect();
        // The other fields make no line where description and amount are empty, or where they are not set.
        let skipped: BTreeSet<&RowKey> = descriptions.keys().chain(amounts.keys()).collect();
        let is_taxed = |key: &&RowKey| taxed.at(key).is_some_and(|taxed| taxed.is_set());
        let is_related = |key: &&RowKey| related.at(key) != Some(Param::Given(0));
        let others = taxed.filled_keys().filter(is_taxed).chain(kinds.filled_keys());
        let others = others.chain(related.filled_keys().filter(is_related));
        rows.extend(others.filter(|key| !skipped.contains(key)));
        match (descriptions.is_single(), amounts.is_single()) {
            (true, true) => rows.extend(taxed.filled_keys()),
            (true, false) | (false, true) if rows.is_empty() => return refuse(NOT_LISTS),
            _ => {}
        }
        if rows.is_empty() && descriptions.is_single() {
            rows.insert(&RowKey::Number(0));
        }
        let line = |key| {
            let description = complete("newitemdescription", descriptions, key)?;
            let amount = complete("newitemamount", amounts, key)?;
            let taxed = Clearable::Sent(taxed.at(key).unwrap_or_default());
            let (kind, related) = (kinds.at(key).unwrap_or_default(), related.at(key).unwrap_or_default());
            LineParams { description, amount, taxed, kind, related }.read()
        };
        rows.into_iter().map(line).collect()
    }
}

/// Returns a field's value in a new line. A field that was not sent is empty in all lines; one that has other lines
/// only is rejected, because the keys were then confused.
fn complete<T: ParamValue + Clone>(name: &str, field: &Param<Field<T>>, key: &RowKey) -> Result<Param<T>> {
    let missing = || format!("Each new item needs the same key in all arrays: {name}[{key}] is missing");
    field.at(key).map_or_else(|| refuse_as("incomplete_item", missing()), Ok)
}
