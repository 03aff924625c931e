//! What databases do that no other database does: sessions, types, and ways to log in.

mod login;
mod session;
mod types;
