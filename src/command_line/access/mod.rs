//! The commands for who may call the API and log in: `whmcs-api credential`, `role` and `ban`.

pub mod ban;
pub mod credential;
pub mod role;
