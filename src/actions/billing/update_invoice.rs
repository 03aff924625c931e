//! `UpdateInvoice`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::add_invoice_payment::{locked_invoice, turn_paid};
use super::apply_credit::{EXCEEDS_BALANCE, EXCEEDS_INVOICE, NOT_UNPAID};
use super::create_invoice::NOT_A_RATE;
use super::get_invoice::INVOICE_NOT_FOUND;
use crate::actions::words::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::{Line, LineKind, Status};
use crate::domain::money::Money;
use crate::domain::tax::{self, Rate, Rates};
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Error, Result, refuse, refuse_as};
use crate::operations::billing::tax_rules;
use crate::outbox::mail::InvoiceLetter;
use crate::param::schema;
use crate::param::{Keyed, List, Param, Value};
use crate::store;
use crate::store::billing::invoices::{Balance, Changes};

/// Changes an invoice. Where lines or rates are named, the taxes and the total are worked out anew from them.
///
/// Changing `credit` takes the difference from the client's balance, or gives it back, so that no money comes from
/// nowhere; no more is taken than is left to pay, and when that is all, the invoice turns Paid. Setting a status sets
/// nothing else off: no payment is recorded, and lines that sell credit add none.
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
    /// How much of the client's credit is applied to it in all.
    credit: Param<Money>,
    /// `YYYY-MM-DD`, as are the next two.
    #[schemars(with = "schema::Date")]
    date: Param<NaiveDate>,
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
    #[schemars(with = "schema::DateTime")]
    datepaid: Param<NaiveDateTime>,
    notes: Param<String>,
    /// Lines to change, by their ids; each needs all three. Ids of other invoices' lines are left out.
    itemdescription: Param<Keyed<String>>,
    itemamount: Param<Keyed<Money>>,
    itemtaxed: Param<Keyed<bool>>,
    /// Lines to add, by any numbers.
    newitemdescription: Param<Keyed<String>>,
    newitemamount: Param<Keyed<Money>>,
    newitemtaxed: Param<Keyed<bool>>,
    /// Lines to delete, by their ids.
    deletelineids: Param<List<LineId>>,
    /// Turns a draft Unpaid.
    publish: Param<bool>,
    /// Does so and sends the client the e-mail about it.
    publishandsendemail: Param<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
struct LineId(#[schemars(range(min = 1))] i64);

impl Value for LineId {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(LineId)
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    invoiceid: i64,
}

const NOT_A_DRAFT: &str = "Invoice must be in Draft status to be published";
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
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let (client, invoice) = locked_invoice(call.db, self.invoiceid.clone()).await?;
        let id = invoice.id;
        let status = self.new_status(&invoice)?;
        let payment_method = match self.paymentmethod.clone().lenient() {
            Some(name) => {
                let gateways = store::billing::gateways::active(call.db).await?;
                if gateways.find(&name).is_none() {
                    return refuse_as("invalid_payment_method", gateways.refusal());
                }
                Some(name)
            }
            None => None,
        };
        let stored = store::billing::invoices::lines(call.db, id).await?;
        let edits = Edits::of(&self, &stored.iter().map(|line| line.id).collect())?;
        let rates = Rates {
            first: self.taxrate.clone().optional(NOT_A_RATE)?.unwrap_or(invoice.rate),
            second: self.taxrate2.clone().optional(NOT_A_RATE)?.unwrap_or(invoice.rate2),
        };
        let totals = match self.changes_totals(&edits) {
            true => {
                let configuration = store::system::configuration::read(call.db).await?;
                let amounts = edits.amounts(stored.iter().map(|line| (line.id, line.amount, line.taxed != 0)));
                let totals = tax::totals(&amounts, rates, tax_rules(&configuration, call.compat));
                totals.ok_or(Error::Refused(NOT_AN_AMOUNT))?
            }
            // They were worked out by the rules of their time.
            false => invoice.totals(),
        };
        let credit = self.credit.clone().optional(NOT_AN_AMOUNT)?.unwrap_or(invoice.credit);
        if credit < Money::ZERO {
            return refuse(NOT_AN_AMOUNT);
        }
        let takes_credit = credit > invoice.credit;
        if takes_credit && !(invoice.has_status(Status::Unpaid) || invoice.has_status(Status::Draft)) {
            return refuse(NOT_UNPAID);
        }
        // What was paid already need not be paid from the balance.
        let payable = if takes_credit { totals.total - invoice.paid.max(Money::ZERO) } else { totals.total };
        if credit.is_positive() && credit > payable && (takes_credit || totals.total != invoice.totals().total) {
            return refuse(EXCEEDS_INVOICE);
        }
        let changes = Changes {
            status,
            payment_method,
            rates,
            totals,
            credit,
            date: self.date.clone().optional(NOT_A_DATE)?,
            due_date: self.duedate.clone().optional(NOT_A_DATE)?,
            paid_at: self.datepaid.clone().optional(NOT_A_DATE)?,
            notes: match self.notes {
                Param::Absent => None,
                notes => Some(notes.text("notes", TEXT_BYTES)?),
            },
        };
        let letter = match self.publishandsendemail.is_set() {
            true => InvoiceLetter::about_published(call.db, client.id, id, call.now).await?,
            false => None,
        };

        let mut books = call.write(Subject::Client(client.id)).await?;
        edits.write(&mut books, client.id, id).await?;
        move_credit(&mut books, client.id, &invoice, credit).await?;
        store::billing::invoices::update(&mut books, id, &changes).await?;
        let is_settled = totals.total - credit - invoice.paid == Money::ZERO;
        if takes_credit && is_settled && changes.status.is_none() && invoice.has_status(Status::Unpaid) {
            let date = books.now.local();
            turn_paid(&mut books, client.id, &invoice, date).await?;
        }
        store::system::activity::log(&mut books, Some(client.id), &format!("Modified Invoice - Invoice ID: {id}"))
            .await?;
        if let Some(mut letter) = letter {
            let lines = edits.lines(stored.into_iter().map(|line| (line.id, line.description, line.amount)));
            letter.invoice.change(&changes, invoice.paid, lines);
            letter.send(&mut books, id).await?;
        }
        Ok(Reply { invoiceid: id.0 })
    }
}

impl UpdateInvoice {
    fn changes_totals(&self, edits: &Edits) -> bool {
        !edits.is_empty() || self.taxrate != Param::Absent || self.taxrate2 != Param::Absent
    }

    /// The status it is to have, if that is another one.
    fn new_status(&self, invoice: &Balance) -> Result<Option<Status>> {
        let asked = match &self.status {
            Param::Malformed(text) => return refuse_as("invalid_status", format!("Invalid status {text}")),
            status => status.clone().lenient(),
        };
        let publishes = self.publish.is_set() || self.publishandsendemail.is_set();
        if publishes && !invoice.has_status(Status::Draft) {
            return refuse(NOT_A_DRAFT);
        }
        let status = asked.or(publishes.then_some(Status::Unpaid));
        Ok(status.filter(|&status| !invoice.has_status(status)))
    }
}

/// What becomes of the lines.
struct Edits {
    changed: BTreeMap<i64, Line>,
    added: Vec<Line>,
    deleted: BTreeSet<i64>,
}

impl Edits {
    fn of(update: &UpdateInvoice, stored: &BTreeSet<i64>) -> Result<Edits> {
        let descriptions = keyed(update.itemdescription.clone(), INCOMPLETE_ITEM)?;
        let amounts = keyed(update.itemamount.clone(), NOT_AN_AMOUNT)?;
        let taxed = keyed(update.itemtaxed.clone(), INCOMPLETE_ITEM)?;
        let ids: BTreeSet<&String> = descriptions.keys().chain(amounts.keys()).chain(taxed.keys()).collect();
        let mut changed = BTreeMap::new();
        for id in ids {
            let all = (descriptions.get(id), amounts.get(id), taxed.get(id));
            let (Some(description), Some(amount), Some(taxed)) = all else { return refuse(INCOMPLETE_ITEM) };
            if let Some(id) = id.parse().ok().filter(|id| stored.contains(id)) {
                changed.insert(id, line(Some(description), Some(*amount), Some(*taxed))?);
            }
        }
        let deleted = update.deletelineids.clone().optional("deletelineids must be a list of line IDs")?;
        let deleted = deleted.into_iter().flat_map(|list| list.0).map(|id| id.0).filter(|id| stored.contains(id));
        Ok(Edits { changed, added: added(update)?, deleted: deleted.collect() })
    }

    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.deleted.is_empty()
    }

    /// The amounts of all lines as they will be, and whether they are taxed.
    fn amounts(&self, stored: impl Iterator<Item = (i64, Money, bool)>) -> Vec<(Money, bool)> {
        let kept = stored.filter(|(id, ..)| !self.deleted.contains(id));
        let changed = kept
            .map(|(id, amount, taxed)| self.changed.get(&id).map_or((amount, taxed), |line| (line.amount, line.taxed)));
        changed.chain(self.added.iter().map(|line| (line.amount, line.taxed))).collect()
    }

    /// What all lines will say, and their amounts.
    fn lines(&self, stored: impl Iterator<Item = (i64, String, Money)>) -> Vec<(String, Money)> {
        let kept = stored.filter(|(id, ..)| !self.deleted.contains(id));
        let said = |line: &Line| (line.description.clone(), line.amount);
        let changed = kept.map(|(id, description, amount)| self.changed.get(&id).map_or((description, amount), said));
        changed.chain(self.added.iter().map(said)).collect()
    }

    async fn write(&self, books: &mut Writer<'_>, client: ClientId, invoice: InvoiceId) -> Result<()> {
        for (id, line) in self.changed.iter().filter(|(id, _)| !self.deleted.contains(id)) {
            store::billing::invoices::change_line(books, invoice, *id, line).await?;
        }
        for id in &self.deleted {
            store::billing::invoices::delete_line(books, invoice, *id).await?;
        }
        for line in &self.added {
            store::billing::invoices::add_line(books, client, invoice, line).await?;
        }
        Ok(())
    }
}

fn added(update: &UpdateInvoice) -> Result<Vec<Line>> {
    const NOT_LISTS: &str = "newitemdescription, newitemamount and newitemtaxed must be arrays";
    let descriptions = keyed(update.newitemdescription.clone(), NOT_LISTS)?;
    let amounts = keyed(update.newitemamount.clone(), NOT_AN_AMOUNT)?;
    let taxed = keyed(update.newitemtaxed.clone(), NOT_LISTS)?;
    let mut numbers: Vec<&String> = descriptions.keys().chain(amounts.keys()).collect();
    numbers.sort_by_key(|number| (number.parse::<u32>().unwrap_or(u32::MAX), (*number).clone()));
    numbers.dedup();
    let line = |number| line(descriptions.get(number), amounts.get(number).copied(), taxed.get(number).copied());
    numbers.into_iter().map(line).collect()
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

/// Takes from the client's balance what is applied to the invoice beyond what was before, or gives it back.
async fn move_credit(books: &mut Writer<'_>, client: ClientId, invoice: &Balance, credit: Money) -> Result<()> {
    let taken = credit - invoice.credit;
    if taken.is_zero() {
        return Ok(());
    }
    let what = if taken.is_positive() { "Applied to" } else { "Removed from" };
    let change = store::billing::credit::Change {
        client,
        amount: -taken,
        date: books.now.date(),
        description: &format!("Credit {what} Invoice #{}", invoice.id),
        admin: books.author.admin,
        related: 0,
    };
    if store::billing::credit::change(books, &change).await? { Ok(()) } else { refuse(EXCEEDS_BALANCE) }
}
