//! The console, as browsers use it: who is let in, what each may do, and what pages show.

mod automation;
mod books;
mod browser;
mod calls;
mod commands;
mod credentials;
mod invitations;
mod log_in;
mod outbox;
mod pages;
mod rights;
mod roles;
mod sessions;
mod transport;
