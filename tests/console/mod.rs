//! The console, as browsers use it: who is let in, what each may do, and what pages show.

mod browser;
mod commands;
mod credentials;
mod invitations;
mod log_in;
mod pages;
mod rights;
mod roles;
mod sessions;
mod transport;
