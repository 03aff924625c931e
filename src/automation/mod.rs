//! The daily automation: what happens to invoices, services, domains and tickets without anybody asking for it.
//!
//! [`TASKS`] is the list of what is done, in its order: one file a task. A task looks for what may be due, and carries it out in
//! units, each in a transaction of its own that begins with the client's lock and decides anew what is due. So a unit can be run
//! again at any moment, by any server: what it has done is not due any more. How one can get that wrong, and what catches it:
//!
//! - A unit relies on what was read before its transaction: the simulation runs two servers at once, and kills them.
//! - A unit that does nothing is found again at each run: a run counts only what was done.
//! - A task does harm after days on which nothing ran: [`Day::is_catching_up`] is for that, and a test with such days.
//!
//! One server at a time runs it, by a lease in the database; that spares work, and nothing depends on it.

mod run;
mod schedule;
mod task;
mod tasks;

pub use run::{AnyTask, Run, TaskResult, Tools};
pub use schedule::{Automation, CRON_IS_ALIVE, Refused, Request, Results};
pub use task::{Counts, Day, Schedule, Task, UnitResult};

/// What is done, in this order: a payment by a stored way to pay comes before the reminder that it would spare, and before the
/// suspension.
pub const TASKS: &[&dyn AnyTask] = &[
    &tasks::invoices::Invoices,
    &tasks::domain_status::DomainStatuses,
    &tasks::late_fees::LateFees,
    &tasks::captures::Captures,
    &tasks::reminders::Reminders,
    &tasks::paid_orders::PaidOrders,
    &tasks::cancellations::Cancellations,
    &tasks::unsuspensions::Unsuspensions,
    &tasks::suspensions::Suspensions,
    &tasks::terminations::Terminations,
    &tasks::fixed_terms::FixedTerms,
    &tasks::invoice_cancellations::InvoiceCancellations,
    &tasks::domain_notices::DomainNotices,
    &tasks::card_notices::CardNotices,
    &tasks::tickets::Tickets,
    &tasks::commissions::Commissions,
    &tasks::client_status::ClientStatus,
];

/// Returns the task of this name.
pub fn find(name: &str) -> Option<&'static dyn AnyTask> {
    TASKS.iter().copied().find(|task| task.name().eq_ignore_ascii_case(name))
}
