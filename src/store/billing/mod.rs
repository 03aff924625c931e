//! Invoices, payments, credit, and what belongs to them.
//!
//! Amounts are never computed here, but in `operations` and `domain`.

pub mod audit;
pub mod billable_items;
pub mod cards;
pub mod charges;
pub mod credit;
pub mod currencies;
pub mod gateway_settings;
pub mod gateways;
pub mod invoice_details;
pub mod invoice_documents;
pub mod invoice_list;
pub mod invoice_numbers;
pub mod invoices;
pub mod pay_methods;
pub mod payments;
pub mod settlements;
pub mod taxes;
pub mod terms;
