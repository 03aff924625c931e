//! Orders, from the cart to their acceptance.
//!
//! Services and invoices are never inserted here, but in `services` and `billing`.

pub mod new_orders;
pub mod order;
pub mod order_acceptance;
pub mod order_items;
