//! Credentials of programs that log clients in elsewhere (OAuth), and tokens for single sign-on.

pub mod oauth;
pub mod sso;
