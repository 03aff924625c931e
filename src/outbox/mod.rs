//! Side effects outside the database: a transactional outbox.
//!
//! A transaction only stores what is to happen, as an entry of the outbox (`store::system::outbox`). It is carried out
//! after the commit: a transaction that is rolled back has no effect outside the database, and a crash loses no side
//! effect. One engine does this for all kinds: `worker` finds due entries; `attempts` claims an entry, attempts it and
//! records the outcome.
//!
//! An entry is `pending`, then `running` while it is claimed, and ends as `done`; as `failed` if it has certainly not
//! happened; as `unknown` if an attempt got no answer and there will be no further one; or as `superseded` if it is no
//! longer wanted. A failed attempt may make the entry `pending` again, with growing delays.
//!
//! After a restore the outbox is held (`store::system::holds`): no entry is claimed until an operator releases it.
//!
//! [`kind`] is the interface of kinds, which [`mail`], [`modules`], [`registrars`], [`gateways`], [`notifications`] and [`webhooks`] implement.
//! They know their own messages and receivers, and nothing of claims, retries and lanes; there is no other engine or queue.
//! [`questions`] are asked at once, and are no entries of the outbox.

mod attempts;
pub mod fraud;
pub mod gateways;
pub mod kind;
pub mod mail;
pub mod modules;
pub mod notifications;
pub mod operator;
pub mod questions;
pub mod registrars;
mod takeover;
pub mod webhooks;
mod worker;

use std::sync::Arc;

use self::kind::Kind;
use crate::keyring::Keyring;
use crate::store;

pub use attempts::AttemptCounter;
pub use worker::{Outbox, RequestProgress};

/// The names of all kinds.
pub const KINDS: [&str; 6] = [
    mail::delivery::MailDelivery::NAME,
    modules::ModuleCommands::NAME,
    registrars::RegistrarCommands::NAME,
    store::billing::charges::KIND,
    notifications::Notifications::NAME,
    webhooks::Webhooks::NAME,
];

/// Those who get commands, and the keys for what they are told.
#[derive(Clone)]
pub struct Receivers {
    pub modules: Arc<modules::Modules>,
    pub registrars: Arc<registrars::Registrars>,
    pub gateways: Arc<gateways::Gateways>,
    pub keyring: Arc<Keyring>,
}
/// The states of unfinished entries; running ones count as pending.
pub const OPEN_STATES: [&str; 3] = ["pending", "failed", "unknown"];
/// Outcomes of attempts, as labels of metrics.
pub const ATTEMPT_OUTCOMES: [&str; 5] = ["done", "retried", "failed", "unknown", "superseded"];
