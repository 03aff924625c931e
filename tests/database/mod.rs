//! Peculiarities of databases: sessions, types, and ways to log in; and the private MariaDB.

mod embedded;
mod login;
mod session;
mod types;
