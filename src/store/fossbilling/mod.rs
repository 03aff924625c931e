//! What only FOSSBilling's API has: its keys, sessions and secrets, and rows as its objects need them.

pub mod clients;
pub mod invoices;
pub mod keys;
pub mod messages;
pub mod orders;
pub mod products;
pub mod sessions;
