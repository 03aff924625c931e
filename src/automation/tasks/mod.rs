//! The tasks, one a file.

pub mod captures;
pub mod client_status;
pub mod commissions;
pub mod domain_notices;
pub mod domain_status;
pub mod invoice_cancellations;
pub mod invoices;
pub mod late_fees;
pub mod reminders;
pub mod tickets;

use super::task::Counts;

/// Counts what was done, if it was.
fn counted(what: &'static str, is_done: bool) -> Counts {
    if is_done { Counts::from([(what, 1)]) } else { Counts::new() }
}
