//! The whole program, started as a user starts it.

mod command_line;
mod embedded;
mod process;
mod serve;
