//! The whole program, started as a user starts it.

mod administration;
mod canary;
mod command_line;
mod embedded;
mod emulator;
mod hardening;
mod health;
mod long_replies;
mod mail;
pub mod process;
mod serve;
#[cfg(feature = "traces")]
mod traces;
mod watching;
mod web;
