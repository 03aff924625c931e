//! Side effects outside the database: mail, and what provisioning modules do.
//!
//! A transaction only writes down what is to happen; it happens once that is committed. A transaction that is rolled back
//! has no effect outside the database, and a crash loses none.

pub mod mail;
pub mod modules;
