//! The methods, one file for each module.

pub mod cart;
pub mod client;
pub mod currency;
pub mod gateway;
pub mod guest_ticket;
pub mod invoice;
pub mod invoice_writes;
pub mod order;
pub mod order_changes;
pub mod order_writes;
pub mod person;
pub mod product;
pub mod profile;
pub mod servicedomain;
pub mod session;
pub mod support;
pub mod system;
pub mod transaction;
