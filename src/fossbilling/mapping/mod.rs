//! Where FOSSBilling's API and the tables differ: each difference is settled once, in one file.

pub mod gateways;
pub mod hashes;
pub mod languages;
pub mod messages;
pub mod money;
pub mod orders;
pub mod periods;
pub mod phone;
pub mod statuses;
pub mod times;
