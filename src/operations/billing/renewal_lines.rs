//! Taking the renewal of domains off unpaid invoices, because it will not take place, or is paid for otherwise.

use std::collections::BTreeSet;

use super::{InvoiceUpdate, LineEdits, LockedInvoice};
use crate::domain::invoice::{LineKind, Status};
use crate::domain::money::Money;
use crate::domain::payments::Command;
use crate::operations::Context;
use crate::store;
use crate::store::billing::charges;
use crate::store::billing::invoices::InvoiceLineRow;

/// The kinds of lines for a domain's renewal.
const RENEWAL: [LineKind; 4] =
    [LineKind::Domain, LineKind::PromoDomain, LineKind::DomainGraceFee, LineKind::DomainRedemptionFee];

/// Whether a line is for the renewal of one of these domains.
pub fn is_for_renewal(line: &InvoiceLineRow, domains: &BTreeSet<i64>) -> bool {
    domains.contains(&line.related) && RENEWAL.iter().any(|kind| kind.name() == line.kind)
}

/// Returns the change of an unpaid invoice by which it is not for the renewal of these domains any more: their lines go, or the
/// invoice is cancelled if it is for nothing else. Credit that is not needed any more goes back to the client. `None` if the invoice
/// is for nothing else and was paid in part, or is being charged: then it stays as it is.
pub async fn without_renewal(
    context: &mut Context<'_>,
    invoice: &LockedInvoice,
    domains: &BTreeSet<i64>,
) -> sqlx::Result<Option<InvoiceUpdate>> {
    let lines = store::billing::invoices::lines(context.db, invoice.balance.id).await?;
    let deleted: BTreeSet<i64> =
        lines.iter().filter(|line| is_for_renewal(line, domains)).map(|line| line.id).collect();
    // A discount of the client's group is for what else there is.
    let discounts = lines.iter().filter(|line| line.kind == LineKind::GroupDiscount.name()).count();
    if deleted.len() + discounts < lines.len() {
        let lines = LineEdits { deleted, ..LineEdits::default() };
        return Ok(Some(InvoiceUpdate { lines, returns_credit: true, ..InvoiceUpdate::default() }));
    }
    let is_paid_in_part = invoice.balance.received.is_positive();
    if is_paid_in_part || charges::is_open(context.db, Command::Capture, invoice.balance.id.0).await? {
        return Ok(None);
    }
    let (status, credit) = (Some(Status::Cancelled), Some(Money::ZERO));
    Ok(Some(InvoiceUpdate { status, credit, ..InvoiceUpdate::default() }))
}
