//! Credentials of programs that log clients in elsewhere (OAuth).

pub mod oauth;
