//! Mails about invoices.

use sqlx::MySqlConnection;

use super::{CARD_PAYMENT_CONFIRMATION, INVOICE_CREATED, INVOICE_PAYMENT_CONFIRMATION, MailDraft, html};
use crate::config::Links;
use crate::database::writer::Writer;
use crate::domain::currency::Currency;
use crate::domain::entities;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::store;
use crate::store::billing::invoices::{InvoiceChanges, NewInvoice};
use crate::store::system::merge_fields;

/// An invoice with the fields that mails show.
#[derive(Debug, Clone)]
pub struct Invoice {
    /// Empty unless invoices are numbered in sequence.
    pub number: String,
    /// `YYYY-MM-DD`, like the next one.
    pub date: String,
    pub due_date: String,
    pub subtotal: Money,
    pub tax: Money,
    pub tax2: Money,
    pub credit: Money,
    pub total: Money,
    /// The unpaid amount.
    pub balance: Money,
    pub status: String,
    /// The gateway's display name.
    pub payment_method: String,
    /// Description and amount of each line.
    pub lines: Vec<(String, Money)>,
    pub currency: Currency,
}

impl Invoice {
    /// Reads a stored invoice.
    pub async fn read(db: &mut MySqlConnection, id: InvoiceId) -> Result<Option<Invoice>> {
        let Some(stored) = merge_fields::invoice(db, id).await? else { return Ok(None) };
        let lines = store::billing::invoices::lines(db, id).await?;
        let currency = stored.currency();
        Ok(Some(Invoice {
            number: stored.number,
            date: stored.date,
            due_date: stored.due_date,
            subtotal: stored.subtotal,
            tax: stored.tax,
            tax2: stored.tax2,
            credit: stored.credit,
            total: stored.total,
            balance: stored.total - stored.paid,
            status: stored.status,
            payment_method: stored.gateway_name.unwrap_or(stored.gateway),
            lines: lines.into_iter().map(|line| (line.description, line.amount)).collect(),
            currency,
        }))
    }

    /// Builds an invoice that is about to be inserted.
    pub async fn from_new(db: &mut MySqlConnection, new: &NewInvoice) -> Result<Invoice> {
        let payer = merge_fields::payer(db, new.client, &new.payment_method).await?;
        Ok(Invoice {
            number: String::new(),
            date: new.date.to_string(),
            due_date: new.due_date.to_string(),
            subtotal: new.totals.subtotal,
            tax: new.totals.tax,
            tax2: new.totals.tax2,
            credit: Money::ZERO,
            total: new.totals.total,
            balance: new.totals.total,
            status: new.status.name().to_owned(),
            currency: payer.currency(),
            payment_method: payer.gateway_name.unwrap_or_else(|| new.payment_method.clone()),
            lines: new.lines.iter().map(|line| (line.description.clone(), line.amount)).collect(),
        })
    }

    /// Subtracts client credit from the balance.
    pub fn apply_credit(&mut self, amount: Money) {
        self.credit = self.credit.checked_add(amount).unwrap_or(self.credit);
        self.total = self.total - amount;
        self.balance = self.balance - amount;
    }

    /// Applies pending changes of the invoice, and the amount that has been paid.
    pub fn change(&mut self, changes: &InvoiceChanges, paid: Money, lines: Vec<(String, Money)>) {
        let InvoiceChanges { totals, credit, .. } = changes;
        let total = totals.total - *credit;
        (self.subtotal, self.tax, self.tax2) = (totals.subtotal, totals.tax, totals.tax2);
        (self.credit, self.total, self.balance, self.lines) = (*credit, total, total - paid, lines);
        for (field, day) in [(&mut self.date, changes.date), (&mut self.due_date, changes.due_date)] {
            if let Some(day) = day {
                *field = day.to_string();
            }
        }
        if let Some(status) = changes.status {
            status.name().clone_into(&mut self.status);
        }
        if let Some(gateway) = &changes.payment_method {
            gateway.clone_into(&mut self.payment_method);
        }
    }

    /// Sets the balance to zero.
    pub fn turn_paid(&mut self) {
        self.balance = Money::ZERO;
        Status::Paid.name().clone_into(&mut self.status);
    }
}

/// Sets WHMCS's merge fields of an invoice.
pub fn invoice_fields(draft: &mut MailDraft, links: &Links, id: InvoiceId, invoice: &Invoice) {
    let format_amount = |amount| invoice.currency.format(amount);
    let number = if invoice.number.is_empty() { id.to_string() } else { invoice.number.clone() };
    let link = html::link(&links.invoice(draft.text("whmcs_url"), id.0));
    draft.set("invoice_id", id.to_string());
    draft.set("invoice_num", number);
    draft.set_date("invoice_date_created", &invoice.date);
    draft.set_date("invoice_date_due", &invoice.due_date);
    draft.set("invoice_subtotal", format_amount(invoice.subtotal));
    draft.set("invoice_tax", format_amount(invoice.tax));
    draft.set("invoice_tax2", format_amount(invoice.tax2));
    draft.set("invoice_credit", format_amount(invoice.credit));
    draft.set("invoice_total", format_amount(invoice.total));
    draft.set("invoice_balance", format_amount(invoice.balance));
    draft.set("invoice_status", &invoice.status);
    draft.set("invoice_payment_method", &invoice.payment_method);
    draft.set_html("invoice_link", link);
    draft.set_html("invoice_html_contents", contents(invoice));
}

/// The lines and totals as HTML.
fn contents(invoice: &Invoice) -> String {
    let mut contents = String::new();
    let mut line = |text: &str, amount: Money| {
        let line = format!("{text}: {}\n", invoice.currency.format(amount));
        html::push_escaped(&mut contents, &entities::decoded(&line));
    };
    for (description, amount) in &invoice.lines {
        line(description, *amount);
    }
    line("Sub Total", invoice.subtotal);
    for (name, amount) in [("Tax", invoice.tax), ("Tax 2", invoice.tax2), ("Credit", invoice.credit)] {
        if !amount.is_zero() {
            line(name, amount);
        }
    }
    line("Total", invoice.total);
    contents
}

/// A mail about an invoice, prepared before the invoice's final state is known.
#[derive(Debug)]
pub struct InvoiceMail {
    draft: MailDraft,
    links: Links,
    pub invoice: Invoice,
}

impl InvoiceMail {
    /// Prepares the mail that announces a new invoice.
    pub async fn for_new_invoice(
        db: &mut MySqlConnection,
        links: &Links,
        new: &NewInvoice,
        now: Moment,
    ) -> Result<Option<InvoiceMail>> {
        let Some(draft) = MailDraft::to_client(db, INVOICE_CREATED, new.client, now).await? else { return Ok(None) };
        Ok(Some(InvoiceMail { draft, links: links.clone(), invoice: Invoice::from_new(db, new).await? }))
    }

    /// Prepares the mail that announces an invoice that was a draft.
    pub async fn for_published_invoice(
        db: &mut MySqlConnection,
        links: &Links,
        client: ClientId,
        id: InvoiceId,
        now: Moment,
    ) -> Result<Option<InvoiceMail>> {
        InvoiceMail::prepare(db, links, INVOICE_CREATED, client, id, now).await
    }

    /// Prepares the mail that confirms that an invoice was paid. For a charge there is a template of its own, in place of which the
    /// usual one is taken if that is not there.
    pub async fn for_payment(
        db: &mut MySqlConnection,
        links: &Links,
        client: ClientId,
        id: InvoiceId,
        is_charge: bool,
        now: Moment,
    ) -> Result<Option<InvoiceMail>> {
        let mut draft = match is_charge {
            true => InvoiceMail::prepare(db, links, CARD_PAYMENT_CONFIRMATION, client, id, now).await?,
            false => None,
        };
        if draft.is_none() {
            draft = InvoiceMail::prepare(db, links, INVOICE_PAYMENT_CONFIRMATION, client, id, now).await?;
        }
        if let Some(draft) = &mut draft {
            draft.invoice.turn_paid();
        }
        Ok(draft)
    }

    /// Prepares a reminder of an unpaid invoice, a notice that it is overdue, or one about its charge.
    pub async fn for_notice(
        db: &mut MySqlConnection,
        links: &Links,
        template: &str,
        client: ClientId,
        id: InvoiceId,
        now: Moment,
    ) -> Result<Option<InvoiceMail>> {
        InvoiceMail::prepare(db, links, template, client, id, now).await
    }

    async fn prepare(
        db: &mut MySqlConnection,
        links: &Links,
        template: &str,
        client: ClientId,
        id: InvoiceId,
        now: Moment,
    ) -> Result<Option<InvoiceMail>> {
        let Some(draft) = MailDraft::to_client(db, template, client, now).await? else { return Ok(None) };
        let invoice = Invoice::read(db, id).await?;
        Ok(invoice.map(|invoice| InvoiceMail { draft, links: links.clone(), invoice }))
    }

    /// Sets amount and transaction id of the last payment.
    pub fn set_payment(&mut self, amount: Money, transaction: &str) {
        self.draft.set("invoice_last_payment_amount", self.invoice.currency.format(amount));
        self.draft.set("invoice_last_payment_transid", transaction);
    }

    /// Stores the mail, see [`MailDraft::send`].
    pub async fn send(mut self, tx: &mut Writer<'_>, id: InvoiceId) -> Result<()> {
        invoice_fields(&mut self.draft, &self.links, id, &self.invoice);
        self.draft.send(tx).await
    }
}
