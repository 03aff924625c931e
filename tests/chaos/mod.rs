//! The books when machines fail. Each test keeps its own list of acknowledged calls and compares it with the books:
//! consistent books alone do not show that nothing is missing.
//!
//! `make test` runs these tests for a few seconds; `make test-chaos` and `make test-cluster` at full length, with
//! printed figures.

mod charges;
mod clients;
mod cluster;
mod crashes;
pub mod galera;
mod load;
mod model;
mod webhooks;

/// Returns a number for the full length, or for the short one.
fn at_length(full: usize, short: usize) -> usize {
    if std::env::var_os("CHAOS").is_some() { full } else { short }
}
