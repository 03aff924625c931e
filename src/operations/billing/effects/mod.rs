//! What paid lines give besides credit: commissions of affiliates, further terms of what they pay for, and commands to registrars.
//!
//! What that depends on is read before the first write of a transaction, because a [`Writer`] cannot read.

mod commissions;
mod fulfillment;
mod renewals;

use sqlx::MySqlConnection;

use super::LockedInvoice;
use crate::config::Settings;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::Line;
use crate::domain::settlement::NewEntry;
use crate::domain::time::Moment;
use crate::fault;
use crate::store::billing::invoices::{InvoiceLineRow, NewInvoice};
use crate::store::clients::client::Client;

use commissions::Commissions;
pub use fulfillment::carry_out_upgrade;
use renewals::Renewals;

/// A line of an invoice, as far as its effects depend on it.
#[derive(Debug, Clone)]
pub(super) struct BilledLine {
    pub invoice: InvoiceId,
    /// Negative for a line that is about to be written, as in a plan of settlement.
    pub id: i64,
    pub kind: String,
    pub related: i64,
    pub amount: crate::domain::money::Money,
    pub taxed: bool,
}

impl BilledLine {
    pub fn stored(row: InvoiceLineRow) -> BilledLine {
        let InvoiceLineRow { id, invoice, kind, related, amount, taxed, .. } = row;
        BilledLine { invoice, id, kind, related, amount, taxed: taxed != 0 }
    }

    /// The lines of an invoice that is about to be written.
    fn of_new(new: &NewInvoice) -> Vec<BilledLine> {
        let line = |(number, line): (i64, &Line)| BilledLine {
            invoice: InvoiceId(0),
            id: -number,
            kind: line.kind.name().to_owned(),
            related: line.related,
            amount: line.amount,
            taxed: line.taxed,
        };
        (1..).zip(&new.lines).map(line).collect()
    }
}

/// The effects that a settlement can have.
#[derive(Debug, Default)]
pub(super) struct Effects {
    commissions: Commissions,
    renewals: Renewals,
}

impl Effects {
    /// Reads the effects of a stored invoice and of those that it pays, as they are, with `changed` in place of the lines of
    /// the invoice itself.
    pub async fn of_invoice(
        db: &mut MySqlConnection,
        settings: &Settings,
        invoice: &LockedInvoice,
        changed: Option<Vec<BilledLine>>,
        now: Moment,
    ) -> sqlx::Result<Effects> {
        let renewals = Renewals::of_invoice(db, settings, invoice, changed.as_deref(), now).await?;
        Ok(Effects { commissions: Commissions::of_invoice(db, settings, invoice, changed).await?, renewals })
    }

    /// Reads the effects of an invoice that is about to be written.
    pub async fn of_new(
        db: &mut MySqlConnection,
        settings: &Settings,
        client: &Client,
        new: &NewInvoice,
        now: Moment,
    ) -> sqlx::Result<Effects> {
        let lines = BilledLine::of_new(new);
        let renewals = Renewals::of_lines(db, settings, &lines, now).await?;
        Ok(Effects { commissions: Commissions::of_new(db, settings, client, new, &lines).await?, renewals })
    }

    /// Gives the lines that have been written since this was read their ids, as
    /// [`Plan::set_line_ids`](crate::domain::settlement::Plan::set_line_ids) does.
    pub fn set_line_ids(&mut self, ids: &[i64]) {
        self.commissions.set_line_ids(ids);
        self.renewals.set_line_ids(ids);
    }

    /// Fulfills the invoice line of a new settlement entry, or undoes that if the entry reverses an earlier one. It is
    /// called once for each entry, with the id of its row, in the transaction of the payment.
    pub async fn fulfill(
        &mut self,
        tx: &mut Writer<'_>,
        client: ClientId,
        entry: &NewEntry,
        id: i64,
    ) -> fault::Result<()> {
        fulfillment::fulfill(tx, client, entry, id, &mut self.commissions).await
    }

    /// Begins the next terms of what an invoice pays for that has turned Paid: each line once, whatever it gave.
    pub async fn renew(&mut self, tx: &mut Writer<'_>, client: ClientId, invoice: InvoiceId) -> fault::Result<()> {
        self.renewals.renew(tx, client, invoice).await
    }

    /// Records what an invoice has begun that is not Paid any more, so that it does not begin it again.
    pub async fn keep(&mut self, tx: &mut Writer<'_>, invoice: InvoiceId) -> fault::Result<()> {
        self.renewals.keep(tx, invoice).await
    }
}
