//! Webhooks: the endpoints, the events, and their numbers. Deliveries are entries of the outbox.

pub mod deliveries;
pub mod each;
pub mod endpoints;
pub mod events;
