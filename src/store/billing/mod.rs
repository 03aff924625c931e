//! Invoices, payments, credit, and what belongs to them.
//!
//! What an invoice costs is never decided here, but in `operations` and `domain`.

pub mod audit;
pub mod billable_items;
pub mod cards;
pub mod credit;
pub mod currencies;
pub mod gateways;
pub mod invoices;
pub mod payments;
pub mod settlements;
pub mod taxes;
