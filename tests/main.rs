//! The tests: one program, against one real database server that it starts for itself (or the one that
//! TEST_DATABASE_URL names). Each test has a database of its own on it.

mod actions;
mod api;
mod audit;
mod chaos;
mod contract;
mod database;
mod demo;
mod doctor;
mod library;
mod observability;
mod openapi;
mod outbox;
mod server;
mod source;
mod support;
mod wire;
