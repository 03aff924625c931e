//! Orders, from the cart to their acceptance.

pub mod accepting;
pub mod new_orders;
pub mod order;
