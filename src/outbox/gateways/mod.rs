//! Payment gateways: HTTP endpoints of the operator that charge and refund, and that store cards.
//!
//! The commands that move money go through the outbox ([`GatewayCommands`]): the transaction of a call only stores them.
//! What becomes of the money in the books is decided by operations, which implement [`Books`]. Cards are handed to a
//! gateway by a [`Question`], in memory.

mod commands;
mod endpoint;
mod questions;
mod secrets;

pub use commands::{Books, Charged, GatewayCommands, client_details, expiry};
pub use endpoint::{Answer, Gateways, Told, transaction_id};
pub use questions::{CardStorage, Question, Questions};
pub use secrets::{AccountSecrets, CardSecrets};
