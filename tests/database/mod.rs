//! Peculiarities of databases: sessions, types, and ways to log in; and the private MariaDB.

mod embedded;
mod errors;
mod login;
mod session;
mod types;
