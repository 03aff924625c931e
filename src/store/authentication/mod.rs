//! Credentials of programs that log clients in elsewhere (OAuth), and tokens.

pub mod agents;
pub mod oauth;
pub mod sso;
pub mod tokens;
