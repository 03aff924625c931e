//! Agents, over HTTP and over standard input.

mod agent;
mod plans;
mod reading;
mod secrets;
mod writing;
