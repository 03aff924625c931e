//! Side effects outside the database: a transactional outbox.
//!
//! A transaction only writes down what is to happen, as an entry of the outbox (`store::system::outbox`). It happens once that
//! is committed: a transaction that is rolled back has no effect outside the database, and a crash loses none. One engine does
//! that for all kinds: `worker` finds what is due, `attempts` claims an entry, has it attempted and records how that ended.
//!
//! An entry is `pending`, then `running` while somebody has claimed it, and ends as `done`; as `failed`, where it has certainly
//! not happened; as `unknown`, where an attempt got no answer and there will be no further one; or as `superseded`, where it is
//! not wanted any more. What fails may be `pending` again, later and later.
//!
//! [`kind`] is what a kind of side effect says of itself: [`mail`] and [`modules`]. They know their own messages and receivers,
//! and nothing of claims, repetitions and lanes; no engine or queue is anywhere else.

mod attempts;
pub mod kind;
pub mod mail;
pub mod modules;
pub mod operator;
mod takeover;
mod worker;

use self::kind::Kind;

pub use attempts::Count;
pub use worker::{Outbox, Progressed};

/// The names of all kinds.
pub const KINDS: [&str; 2] = [mail::delivery::MailDelivery::NAME, modules::ModuleCommands::NAME];
/// The states of entries that are not done with, those that are running among the pending ones.
pub const OPEN_STATES: [&str; 3] = ["pending", "failed", "unknown"];
/// How attempts end, as metrics count them.
pub const ENDINGS: [&str; 5] = ["done", "retried", "failed", "unknown", "superseded"];
