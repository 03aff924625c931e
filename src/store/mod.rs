//! Every SQL statement, as plain functions, by area: one file for each family of tables.
//!
//! Functions that read take a `&mut MySqlConnection`; functions that write take a
//! [`Writer`](crate::database::writer::Writer). Dates are read as text (`CAST(… AS CHAR)`), because WHMCS stores days
//! that no date type can represent: `0000-00-00`, `2024-00-00`. Integers are read through `CAST(… AS SIGNED)`, because
//! the same column is signed in one installation and unsigned in another.
//!
//! No decisions are taken here: `domain` and the operations work out what to change.

pub mod authentication;
pub mod automation;
pub mod billing;
pub mod catalog;
pub mod clients;
pub mod console;
pub mod differences;
pub mod domains;
pub mod fossbilling;
pub mod images;
pub mod nested;
pub mod orders;
pub mod projects;
pub mod sales;
pub mod services;
pub mod staff;
pub mod support;
pub mod system;
pub mod webhooks;
