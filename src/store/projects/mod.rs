//! Projects with their tasks, timers and messages: the tables of WHMCS's addon Project Management, which an installation
//! may lack.

pub mod project;
pub mod tasks;
pub mod timers;
