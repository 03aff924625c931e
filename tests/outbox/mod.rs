//! The outbox: its engine, what operators can do, the delivery of mails, and what is taken over from servers of version 0.1.

mod delivery;
mod engine;
mod operator;
mod takeover;
