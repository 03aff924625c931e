//! Registrars: HTTP endpoints of the operator that register, transfer, renew and release domains, and that are asked about
//! them.
//!
//! The commands that cannot be taken back go through the outbox ([`RegistrarCommands`]): the transaction of a call only
//! stores them. Everything else is a [`Question`], which a call asks at once while it holds no database connection
//! ([`Questions`]); nothing of it is kept if the server stops.

mod commands;
mod endpoint;
mod instruction;
mod params;
mod questions;
mod recording;
mod report;
pub mod resolution;
mod sending;

pub use commands::RegistrarCommands;
pub use endpoint::{Answer, Registrars};
pub use params::Domain;
pub use questions::{Change, Question, Questions, Read};
pub use report::{Contacts, Nameservers, Report};
