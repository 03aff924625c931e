//! What happens to money when machines fail. Each test keeps its own list of what was acknowledged and holds it against
//! the books: that these are in order does not show that nothing is missing.
//!
//! `make test` runs them for a few seconds; `make test-chaos` and `make test-cluster` at full length, and print figures.

mod clients;
mod cluster;
mod crashes;
mod galera;
mod load;
mod model;

/// A number for the full length, or for the short one.
fn at_length(full: usize, short: usize) -> usize {
    if std::env::var_os("CHAOS").is_some() { full } else { short }
}
