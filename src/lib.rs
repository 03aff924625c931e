//! A drop-in server for the WHMCS API.

pub mod domain;
