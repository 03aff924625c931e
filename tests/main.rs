//! The tests: one program, against one real database server that it starts for itself (or the one that
//! TEST_DATABASE_URL names). Each test has a database of its own on it.

mod api;
mod chaos;
mod database;
mod doctor;
mod library;
mod outbox;
mod server;
mod support;
mod wire;
