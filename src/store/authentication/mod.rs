//! Credentials of programs that log clients in elsewhere (OAuth), and tokens.

pub mod agents;
pub mod console;
pub mod oauth;
pub mod sealed;
pub mod sso;
pub mod tokens;
