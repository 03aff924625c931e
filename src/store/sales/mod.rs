//! What is sold besides orders: quotes and upgrades; and what affiliates earn of sales.

pub mod affiliates;
pub mod quotes;
pub mod upgrades;
