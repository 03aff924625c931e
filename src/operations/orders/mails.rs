//! The mails about a new order.

use sqlx::MySqlConnection;

use super::Result;
use super::plan::{OrderPlan, PlacedOrder};
use crate::config::Links;
use crate::database::writer::Writer;
use crate::domain::time::Moment;
use crate::operations::billing::Numbers;
use crate::outbox::mail::{self, MailDraft};

/// Which mails are sent.
#[derive(Debug, Clone, Copy)]
pub struct OrderMailOptions {
    /// The confirmation of the order.
    pub confirmation: bool,
    /// The mail about its invoice, if there is one to pay.
    pub invoice: bool,
}

/// The mails about an order, prepared except for fields that are known once the order is written.
pub struct OrderMails {
    confirmation: Option<MailDraft>,
    invoice: Option<MailDraft>,
    invoice_details: mail::Invoice,
    links: Links,
}

impl OrderMails {
    pub async fn prepare(
        db: &mut MySqlConnection,
        plan: &OrderPlan,
        options: OrderMailOptions,
        numbers: &Numbers,
        links: &Links,
        now: Moment,
    ) -> Result<OrderMails> {
        let mut draft = async |is_wanted, template| match is_wanted {
            true => MailDraft::to_client(db, template, plan.client, now).await,
            false => Ok(None),
        };
        let confirmation = draft(options.confirmation, mail::ORDER_CONFIRMATION).await?;
        let invoice = draft(options.invoice && plan.has_to_be_paid(), mail::INVOICE_CREATED).await?;
        let mut invoice_details = mail::Invoice::from_new(db, &plan.invoice(&[])).await?;
        if !plan.has_to_be_paid() {
            invoice_details.turn_paid();
            numbers.set_in_new(&mut invoice_details);
        }
        Ok(OrderMails { confirmation, invoice, invoice_details, links: links.clone() })
    }

    pub async fn send(self, tx: &mut Writer<'_>, plan: &OrderPlan, placed: &PlacedOrder) -> Result<()> {
        for mut draft in [self.confirmation, self.invoice].into_iter().flatten() {
            draft.set("order_id", placed.order.to_string());
            draft.set("order_number", placed.number.to_string());
            draft.set("order_details", plan.text(&self.invoice_details.currency));
            if let Some(invoice) = placed.invoice {
                mail::invoice_fields(&mut draft, &self.links, invoice, &self.invoice_details);
            }
            draft.send(tx).await?;
        }
        Ok(())
    }
}
