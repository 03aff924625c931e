//! Agents, over HTTP and over standard input.

mod agent;
mod reading;
mod secrets;
mod writing;
