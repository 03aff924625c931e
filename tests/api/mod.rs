//! The path of a call: access, encoding of requests and replies, and the rules of all reads and writes.

mod access;
mod changed_rows;
mod foreign_schema;
mod formats;
mod gate;
mod idempotency;
mod keys;
mod paging;
mod rate_limits;
mod shared_replies;
pub mod statements;
mod tokens;
mod transactions;
mod upkeep;
