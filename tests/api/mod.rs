//! The path of a call: access, encoding of requests and replies, and the rules of all reads and writes.

mod access;
mod foreign_schema;
mod formats;
mod gate;
mod idempotency;
mod paging;
mod prepared;
mod rate_limits;
mod statements;
mod transactions;
mod upkeep;
