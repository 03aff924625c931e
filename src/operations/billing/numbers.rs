//! Sequential numbers of invoices: an invoice gets the next one when it turns Paid.
//!
//! The counter is the operator's, in `tblconfiguration`. Whoever gives numbers locks one subject for all of them until the
//! transaction ends, reads the counter, and changes it on the condition that it is still what was read: so numbers have no gaps
//! and no doubles, whichever server gives them. Where a WHMCS may number invoices of the same database, none are given unless
//! the operator says so (`invoices.numbering`).

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::config::{NumberReset, Numbering, Settings};
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::sales::invoice_number::{Counter, Reset};
use crate::domain::settlement::Plan;
use crate::domain::time::Moment;
use crate::fault::{self, Fault};
use crate::outbox::mail;
use crate::store;
use crate::store::billing::invoice_numbers::{self, NewNumber, NumberSettings, StoredCounter};

/// The id that stands for an invoice which is about to be written, if it is the only one.
pub(super) const NEW: InvoiceId = InvoiceId(0);

/// The id that stands for one of several invoices which are about to be written, by its position.
pub fn placeholder(position: usize) -> InvoiceId {
    InvoiceId(-i64::try_from(position).unwrap_or(i64::MAX))
}

/// The numbers for the invoices that a transaction turns Paid. They are read and locked before its first write.
#[derive(Debug, Default)]
pub struct Numbers(Option<Numbered>);

#[derive(Debug)]
struct Numbered {
    /// The invoices without a number that turn Paid.
    invoices: Vec<InvoiceId>,
    /// `None` if the operator has not said that this server gives numbers beside WHMCS.
    sequence: Option<Sequence>,
}

#[derive(Debug)]
struct Sequence {
    /// `None` if there is no counter yet.
    stored: Option<StoredCounter>,
    is_advanced: bool,
    numbers: BTreeMap<InvoiceId, Given>,
    /// The counter after all of these numbers.
    after: Counter,
    series: String,
    day: NaiveDate,
    sets_date: bool,
}

#[derive(Debug)]
struct Given {
    number: i64,
    follows: i64,
    written: String,
}

impl Numbers {
    /// Returns numbers for the invoices that turn Paid by these plans of one transaction.
    pub(super) async fn of_plans<'p>(
        db: &mut Lease,
        settings: &Settings,
        now: Moment,
        plans: impl IntoIterator<Item = &'p Plan>,
    ) -> fault::Result<Numbers> {
        let paid = plans.into_iter().flat_map(Plan::paid).collect();
        Numbers::of_paid(db, settings, now, paid, false).await
    }

    /// Returns numbers for the invoices that turn Paid in a transaction, and with `is_new_paid` for one that is about to be written
    /// and Paid at once.
    pub async fn of_paid(
        db: &mut Lease,
        settings: &Settings,
        now: Moment,
        mut paid: Vec<InvoiceId>,
        is_new_paid: bool,
    ) -> fault::Result<Numbers> {
        paid.sort();
        paid.dedup();
        if paid.is_empty() && !is_new_paid {
            return Ok(Numbers::default());
        }
        let Some(numbering) = numbering(db, settings).await? else { return Ok(Numbers::default()) };
        let mut invoices = match paid.is_empty() {
            true => Vec::new(),
            false => invoice_numbers::unnumbered(db, paid.into_iter()).await?,
        };
        invoices.extend(is_new_paid.then_some(NEW));
        numbering.numbers(db, settings, now, invoices).await
    }

    /// Returns the number for an invoice that is about to be written, if it is Paid at once.
    pub async fn of_new(db: &mut Lease, settings: &Settings, now: Moment, is_paid: bool) -> fault::Result<Numbers> {
        Numbers::of_paid(db, settings, now, Vec::new(), is_paid).await
    }

    /// Returns the numbers for invoices that are about to be written and Paid at once, by their placeholders.
    pub async fn of_several_new(
        db: &mut Lease,
        settings: &Settings,
        now: Moment,
        placeholders: Vec<InvoiceId>,
    ) -> fault::Result<Numbers> {
        if placeholders.is_empty() {
            return Ok(Numbers::default());
        }
        match numbering(db, settings).await? {
            Some(numbering) => numbering.numbers(db, settings, now, placeholders).await,
            None => Ok(Numbers::default()),
        }
    }

    /// Gives an invoice that was about to be written its id.
    pub(super) fn set_new_id(&mut self, placeholder: InvoiceId, id: InvoiceId) {
        let Some(numbered) = &mut self.0 else { return };
        for invoice in numbered.invoices.iter_mut().filter(|invoice| **invoice == placeholder) {
            *invoice = id;
        }
        if let Some(Sequence { numbers, .. }) = &mut numbered.sequence
            && let Some(given) = numbers.remove(&placeholder)
        {
            numbers.insert(id, given);
        }
    }

    /// Lets invoices keep their dates, although the operator dates them to the day of payment.
    pub(super) fn keep_dates(&mut self) {
        if let Some(Numbered { sequence: Some(sequence), .. }) = &mut self.0 {
            sequence.sets_date = false;
        }
    }

    /// Sets number and date in the mail about an invoice that turns Paid.
    pub(super) fn set_in(&self, invoice: &mut mail::Invoice, id: InvoiceId) {
        let Some(Numbered { sequence: Some(sequence), .. }) = &self.0 else { return };
        if let Some(given) = sequence.numbers.get(&id) {
            invoice.number.clone_from(&given.written);
            if sequence.sets_date {
                invoice.date = sequence.day.to_string();
            }
        }
    }

    /// Sets number and date in the mail about the invoice that is about to be written.
    pub fn set_in_new(&self, invoice: &mut mail::Invoice) {
        self.set_in(invoice, NEW);
    }

    /// Gives an invoice that turned Paid its number, if it is to have one.
    pub(super) async fn give(&mut self, tx: &mut Writer<'_>, client: ClientId, id: InvoiceId) -> fault::Result<()> {
        let Some(Numbered { invoices, sequence }) = &mut self.0 else { return Ok(()) };
        match sequence {
            Some(sequence) => sequence.give(tx, id).await,
            None if invoices.contains(&id) => {
                let line = format!("Invoice Number Not Given - Invoice ID: {id} - Not set in invoices.numbering");
                Ok(store::system::activity::log(tx, Some(client), &line).await?)
            }
            None => Ok(()),
        }
    }
}

impl Sequence {
    async fn give(&mut self, tx: &mut Writer<'_>, id: InvoiceId) -> fault::Result<()> {
        let Some(Given { number, follows, written }) = self.numbers.remove(&id) else { return Ok(()) };
        if !std::mem::replace(&mut self.is_advanced, true) {
            let after = self.after.written();
            match &self.stored {
                Some(stored) if !invoice_numbers::advance(tx, stored, &after).await? => {
                    return Err(Fault::internal("the counter of invoice numbers changed while it was locked"));
                }
                Some(_) => {}
                None => {
                    invoice_numbers::add_counter(tx, &after).await?;
                }
            }
        }
        let (series, given_on, sets_date) = (&*self.series, self.day, self.sets_date);
        let new = NewNumber { invoice: id, series, number, follows, written: &written, given_on, sets_date };
        match invoice_numbers::give(tx, &new).await? {
            true => Ok(()),
            false => Err(Fault::internal("an invoice got a number while it was locked")),
        }
    }
}

/// The operator's settings of numbers, which are on.
struct NumberingOn {
    format: String,
    /// Whether this server gives the numbers.
    gives: bool,
}

/// Returns the settings; `None` if invoices are not numbered.
async fn numbering(db: &mut Lease, settings: &Settings) -> fault::Result<Option<NumberingOn>> {
    if settings.invoices.numbering == Numbering::Off {
        return Ok(None);
    }
    let NumberSettings { is_on, format, is_of_whmcs } = invoice_numbers::settings(db).await?;
    let gives = !is_of_whmcs || settings.invoices.numbering == Numbering::On;
    Ok(is_on.then_some(NumberingOn { format, gives }))
}

impl NumberingOn {
    async fn numbers(
        self,
        db: &mut Lease,
        settings: &Settings,
        now: Moment,
        invoices: Vec<InvoiceId>,
    ) -> fault::Result<Numbers> {
        if invoices.is_empty() {
            return Ok(Numbers::default());
        }
        let sequence = match self.gives {
            true => Some(self.sequence(db, settings, now, &invoices).await?),
            false => None,
        };
        Ok(Numbers(Some(Numbered { invoices, sequence })))
    }

    /// Locks the counter, and takes the next numbers. Days never go back: a call that began before midnight and waited for
    /// others gets the day of the last number.
    async fn sequence(
        self,
        db: &mut Lease,
        settings: &Settings,
        now: Moment,
        invoices: &[InvoiceId],
    ) -> fault::Result<Sequence> {
        db.lock(Subject::InvoiceNumbers).await?;
        let stored = invoice_numbers::lock_counter(db).await?;
        let last_day = invoice_numbers::last_day(db).await?;
        let day = last_day.map_or(now.date(), |last| last.max(now.date()));
        let reset = reset(settings.invoices.number_reset);
        let series = reset.series(day);
        let highest = invoice_numbers::highest(db, &series).await?;
        let mut counter = Counter::parse(stored.as_ref().map_or("", |stored| &stored.value));
        if last_day.is_some_and(|last| reset.series(last) != series) {
            counter = counter.starting_at(1);
        }
        // Whoever sets the counter back cannot give a number twice.
        counter = counter.starting_at(counter.next.max(highest.cast_unsigned() + 1));
        let mut follows = highest;
        let mut numbers = BTreeMap::new();
        for invoice in invoices {
            let number = counter.next.cast_signed();
            numbers.insert(*invoice, Given { number, follows, written: counter.formatted(&self.format, day, reset) });
            (counter, follows) = (counter.following(), number);
        }
        let sets_date = settings.invoices.date_on_payment;
        Ok(Sequence { stored, is_advanced: false, numbers, after: counter, series, day, sets_date })
    }
}

fn reset(setting: NumberReset) -> Reset {
    match setting {
        NumberReset::Never => Reset::Never,
        NumberReset::Monthly => Reset::Monthly,
        NumberReset::Annually => Reset::Annually,
    }
}
