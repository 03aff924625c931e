//! The path of a call: who may call, how requests and replies are written, what holds for all reads and writes.

mod access;
mod foreign_schema;
mod formats;
mod gate;
mod idempotency;
mod prepared;
mod statements;
mod transactions;
mod upkeep;
