//! Rules for domains: their statuses, and what registrars do with them.
//!
//! What a domain costs is never here: it is a part of [orders](super::order).

pub mod idn_language;
pub mod registrar;
pub mod status;
