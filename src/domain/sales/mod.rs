//! What is sold besides orders: quotes and upgrades; and what affiliates earn of sales.

pub mod commission;
pub mod quote;
pub mod upgrade;
