//! Domains: whether names can be registered.

pub mod availability;
