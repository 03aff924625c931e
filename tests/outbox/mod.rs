//! The outbox: its engine, the commands for operators, the delivery of mails, and the takeover from servers of version
//! 0.1.

mod delivery;
mod engine;
mod links;
mod operator;
mod takeover;
mod texts;
