//! An order that is ready to be written, and the result of writing it.

use chrono::NaiveDate;

use super::fraud::Judgment;
use super::invoice_lines::DraftLine;
use super::line_items::LineItemKind;
use super::pricing::PricedCart;
use crate::domain::currency::Currency;
use crate::domain::id::{AffiliateId, ClientId, ContactId, DomainId, InvoiceId, OrderId, ServiceAddonId, ServiceId};
use crate::domain::invoice::{Line, LineKind, Status};
use crate::domain::order::Bill;
use crate::domain::order::promotion::Promotion;
use crate::domain::tax::{Rates, Totals};
use crate::store::billing::invoices::NewInvoice;

/// An order with everything that is to be written.
pub struct OrderPlan {
    pub client: ClientId,
    pub contact: Option<ContactId>,
    pub payment_method: String,
    pub address: String,
    pub nameservers: String,
    pub cart: PricedCart,
    pub bill: Bill,
    pub promotion: Option<Promotion>,
    /// The affiliate who brought the client.
    pub affiliate: Option<AffiliateId>,
    /// The lines of the activity log about a promotion code or an affiliate that has no effect.
    pub not_applied: Vec<String>,
    pub lines: Vec<DraftLine>,
    pub rates: Rates,
    pub totals: Totals,
    /// What was found out about the order, if it was checked for fraud.
    pub judgment: Option<Judgment>,
    pub is_invoiced: bool,
    /// Whether an invoice was not requested, so that the order is billed later.
    pub is_unbilled: bool,
    pub today: NaiveDate,
    pub due_date: NaiveDate,
}

/// The ids of the rows that placing an order created.
#[derive(Debug)]
pub struct PlacedOrder {
    pub order: OrderId,
    /// The order number that clients see.
    pub number: i64,
    pub services: Vec<ServiceId>,
    pub addons: Vec<ServiceAddonId>,
    pub domains: Vec<DomainId>,
    pub invoice: Option<InvoiceId>,
}

impl OrderPlan {
    /// Whether there is an invoice with anything to pay.
    pub fn has_to_be_paid(&self) -> bool {
        self.is_invoiced && self.totals.total.is_positive()
    }

    pub fn is_fraud(&self) -> bool {
        self.judgment.as_ref().is_some_and(Judgment::is_fraud)
    }

    pub fn invoice(&self, ids: &[RelatedIds]) -> NewInvoice {
        let line = |draft: &DraftLine| {
            let related = draft.item.and_then(|at| ids.get(at)).map_or(0, |related| match draft.line.kind {
                LineKind::PromoHosting | LineKind::PromoDomain => related.discount,
                _ => related.item,
            });
            Line { related, ..draft.line.clone() }
        };
        // The term of a renewal begins when the one before ends, whenever it is ordered: nothing else may bill it.
        let due = |draft: &DraftLine| match draft.item.and_then(|at| self.cart.items.get(at)).map(|item| &item.kind) {
            Some(LineItemKind::Renewal { due, .. }) if draft.line.kind == LineKind::Domain => *due,
            _ => None,
        };
        NewInvoice {
            client: self.client,
            status: Status::Unpaid,
            date: self.today,
            due_date: self.due_date,
            item_due_date: self.today,
            due_dates_of_lines: self.lines.iter().map(due).collect(),
            payment_method: self.payment_method.clone(),
            notes: String::new(),
            rates: self.rates,
            totals: self.totals,
            lines: self.lines.iter().map(line).collect(),
        }
    }

    /// Returns the lines and their total as plain text.
    pub fn text(&self, currency: &Currency) -> String {
        let line = |draft: &DraftLine| format!("{}\n{}\n", draft.line.description, currency.format(draft.line.amount));
        let lines: Vec<String> = self.lines.iter().map(line).collect();
        format!("{}\nTotal: {}", lines.join("\n"), currency.format(self.totals.total))
    }
}

/// The ids to which the invoice lines of an item refer: `item` for the line of the item, `discount` for that of its
/// discount.
pub struct RelatedIds {
    pub item: i64,
    pub discount: i64,
}
