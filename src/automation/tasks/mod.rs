//! The tasks, one a file.

pub mod cancellations;
pub mod fixed_terms;
pub mod invoices;
pub mod paid_orders;
pub mod suspensions;
pub mod terminations;
pub mod unsuspensions;
