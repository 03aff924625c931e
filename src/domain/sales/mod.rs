//! What is sold besides orders: quotes and upgrades; what affiliates earn of sales; and how invoices are numbered.

pub mod commission;
pub mod invoice_number;
pub mod quote;
pub mod upgrade;
