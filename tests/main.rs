//! All tests in one program, with one real database server that it starts by itself (or the one at TEST_DATABASE_URL).
//! Each test has a database of its own there.

mod actions;
mod api;
mod audit;
mod automation;
mod backup;
mod chaos;
mod console;
mod contract;
mod custom;
mod database;
mod demo;
mod doctor;
mod forms;
mod fossbilling;
mod library;
mod mcp;
mod observability;
mod openapi;
mod outbox;
mod server;
mod source;
mod support;
mod tls;
mod upstream;
mod webhooks;
mod wire;
