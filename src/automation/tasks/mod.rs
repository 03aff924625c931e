//! The tasks, one a file.

pub mod invoices;
