//! Departments and tickets.

pub mod departments;
pub mod parties;
pub mod replies;
pub mod statuses;
pub mod tickets;
pub mod views;
