//! The whole program, started as a user starts it.

mod administration;
mod canary;
mod command_line;
mod embedded;
mod hardening;
pub mod process;
mod serve;
