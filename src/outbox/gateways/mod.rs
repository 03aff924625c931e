//! Payment gateways: HTTP endpoints of the operator that charge and refund, and that store cards.
//!
//! The commands that move money go through the outbox ([`GatewayCommands`]): the transaction of a call only stores them.
//! What becomes of the money in the books is decided by operations, which implement [`Books`]. Cards are handed to a
//! gateway by a [`Question`], in memory.

mod books;
mod commands;
mod endpoint;
mod questions;
mod recording;
mod secrets;

pub use books::{Books, Charged, Settled};
pub use commands::{GatewayCommands, client_details, expiry};
pub use endpoint::{Answer, Gateways, Receipt, transaction_id};
pub use questions::{CardStorage, Question, Questions};
pub(super) use recording::resolve;
pub use secrets::{AccountSecrets, CardSecrets, purpose};
