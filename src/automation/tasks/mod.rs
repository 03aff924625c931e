//! The tasks, one a file.

pub mod cancellations;
pub mod captures;
pub mod card_notices;
pub mod client_status;
pub mod commissions;
pub mod domain_notices;
pub mod domain_status;
pub mod fixed_terms;
pub mod invoice_cancellations;
pub mod invoices;
pub mod late_fees;
pub mod paid_orders;
pub mod reminders;
pub mod suspensions;
pub mod terminations;
pub mod tickets;
pub mod unsuspensions;

use super::task::Counts;

/// Counts what was done, if it was.
fn counted(what: &'static str, is_done: bool) -> Counts {
    if is_done { Counts::from([(what, 1)]) } else { Counts::new() }
}
