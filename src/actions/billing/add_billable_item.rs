//! `AddBillableItem`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::{NO_AMOUNT, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::billable_item::{InvoiceAction, Period, Recurrence, Unit, is_quantity};
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::billing;
use crate::param::schema;
use crate::param::{Param, ParamValue};
use crate::store;
use crate::store::billing::billable_items::NewBillableItem;

/// Adds a billable item to a client: work or goods for a later invoice.
///
/// The item is only stored: this server does not create invoices from billable items. WHMCS documents `unit` as
/// required, but omits it in its example, so the default is `hours`.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddBillableItem {
    clientid: Param<ClientId>,
    /// The description of the invoice line.
    description: Param<String>,
    /// The amount in total, not per unit.
    amount: Param<Money>,
    /// `hours` or `quantity`.
    unit: Param<Unit>,
    /// The number of units, at most 999.99; by default, 0.
    quantity: Param<Money>,
    /// The name of `quantity` before WHMCS 8.2.
    hours: Param<Money>,
    /// `noinvoice`, which is the default, `nextcron`, `nextinvoice`, `duedate` or `recur`.
    invoiceaction: Param<InvoiceAction>,
    /// The number of periods between two invoices. Required for `recur`, like `recurcycle` and `recurfor`; otherwise
    /// ignored.
    recur: Param<u32>,
    /// `Days`, `Weeks`, `Months` or `Years`.
    recurcycle: Param<Period>,
    /// The number of invoices in total.
    recurfor: Param<u32>,
    /// `YYYY-MM-DD`; needed for `duedate` and `recur`.
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
}

impl ParamValue for InvoiceAction {
    fn parse(text: &str) -> Option<Self> {
        InvoiceAction::parse(text)
    }
}

impl ParamValue for Unit {
    fn parse(text: &str) -> Option<Self> {
        Unit::parse(text)
    }
}

impl ParamValue for Period {
    fn parse(text: &str) -> Option<Self> {
        Period::parse(text)
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddBillableItemReply {
    billableid: i64,
}

const CLIENT_NOT_FOUND: &str = "Client ID not Found";

const NO_DESCRIPTION: &str = "You must provide a description";
const INVALID_INVOICE_ACTION: &str = "Invalid Invoice Action";
const INCOMPLETE_RECURRENCE: &str = "Recurring must have a unit, cycle and limit";
const NO_DUE_DATE: &str = "Due date is required";
const INVALID_UNIT: &str = "Invalid Unit, please specify either 'hours' or 'quantity'";
const INVALID_DUE_DATE: &str = "Invalid Date Format - Expected: 'YYYY-mm-dd'";

impl Action for AddBillableItem {
    const NAME: &'static str = "AddBillableItem";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["clientid", "description", "amount"];
    const EXAMPLE: &'static str =
        r#"{"clientid": 1, "description": "Migration of a shop", "amount": "120.00", "unit": "hours", "quantity": 2}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Exact(NO_DESCRIPTION),
        Exact(INVALID_INVOICE_ACTION),
        Exact(INCOMPLETE_RECURRENCE),
        Exact(NO_DUE_DATE),
        Exact(INVALID_UNIT),
        Exact(INVALID_DUE_DATE),
    ];
    type Reply = AddBillableItemReply;

    async fn run(self, call: Call<'_>) -> Result<AddBillableItemReply> {
        let client = self.clientid.required(CLIENT_NOT_FOUND)?;
        if store::clients::client::lock(call.db, client).await?.is_none() {
            return refuse(CLIENT_NOT_FOUND);
        }
        let description = self.description.text("description", TEXT_BYTES)?;
        if description.is_empty() {
            return refuse(NO_DESCRIPTION);
        }
        let invoice_action = self.invoiceaction.optional(INVALID_INVOICE_ACTION)?.unwrap_or(InvoiceAction::Never);
        let recurrence = match invoice_action {
            InvoiceAction::Recurring => Some(recurrence(self.recur, self.recurcycle, self.recurfor)?),
            _ => None,
        };
        if invoice_action.needs_due_date() && !self.duedate.is_sent() {
            return refuse(NO_DUE_DATE);
        }
        let unit = self.unit.optional(INVALID_UNIT)?.unwrap_or(Unit::Hours);
        let due_date = self.duedate.optional(INVALID_DUE_DATE)?;
        let amount = self.amount.required_or(NO_AMOUNT, NOT_AN_AMOUNT)?;
        let quantity = quantity(self.quantity.or(self.hours))?;
        let new = NewBillableItem { client, description, amount, unit, quantity, invoice_action, recurrence, due_date };
        let id = billing::add_billable_item(call.context(), &new).await?;
        Ok(AddBillableItemReply { billableid: id })
    }
}

fn recurrence(every: Param<u32>, period: Param<Period>, times: Param<u32>) -> Result<Recurrence> {
    let count = |number: Param<u32>| {
        let number = number.required(INCOMPLETE_RECURRENCE)?;
        let fits = number > 0 && i32::try_from(number).is_ok();
        if fits { Ok(number) } else { refuse(INCOMPLETE_RECURRENCE) }
    };
    Ok(Recurrence { every: count(every)?, period: period.required(INCOMPLETE_RECURRENCE)?, times: count(times)? })
}

fn quantity(quantity: Param<Money>) -> Result<Money> {
    let not_a_quantity = "Quantity must be in decimal format: ### or ###.##";
    let quantity = quantity.optional(not_a_quantity)?.unwrap_or(Money::ZERO);
    if is_quantity(quantity) { Ok(quantity) } else { refuse(not_a_quantity) }
}
