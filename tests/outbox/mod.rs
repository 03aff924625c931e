//! The outbox: its engine, what operators can do, and what is taken over from servers of version 0.1.

mod engine;
mod operator;
mod takeover;
