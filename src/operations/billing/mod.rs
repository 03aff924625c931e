//! Invoices, for whoever issues one: an action, or the placing of an order.

mod issue;

pub use issue::{days_after, issue, tax_rates, tax_rules};
