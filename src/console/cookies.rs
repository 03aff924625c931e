//! The console's cookies: the token of a session, and a number that ties the form of a log-in to a browser.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// Whose cookie it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Of who is logged in.
    Session,
    /// Of who is not.
    Guest,
}

impl Cookie {
    /// The name. Over TLS it begins so that neither another host of the domain nor a page without TLS can set it.
    fn name(self, is_secure: bool) -> &'static str {
        match (self, is_secure) {
            (Cookie::Session, true) => "__Host-whmcs-api-console",
            (Cookie::Session, false) => "whmcs-api-console",
            (Cookie::Guest, true) => "__Host-whmcs-api-guest",
            (Cookie::Guest, false) => "whmcs-api-guest",
        }
    }

    /// The value that a browser has sent; empty if there is none.
    pub fn sent(self, headers: &HeaderMap, is_secure: bool) -> &str {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == self.name(is_secure)).map(|(_, value)| value);
        values.next().unwrap_or_default()
    }

    /// The header that sets it until the browser is closed.
    pub fn set(self, value: &str, is_secure: bool) -> String {
        let (name, attributes) = (self.name(is_secure), attributes(is_secure));
        format!("{name}={value}; {attributes}")
    }

    /// The header that removes it.
    pub fn remove(self, is_secure: bool) -> String {
        let (name, attributes) = (self.name(is_secure), attributes(is_secure));
        format!("{name}=; Max-Age=0; {attributes}")
    }
}

fn attributes(is_secure: bool) -> &'static str {
    match is_secure {
        // The prefix of the name asks for the path `/`.
        true => "Path=/; Secure; HttpOnly; SameSite=Strict",
        false => "Path=/console; HttpOnly; SameSite=Strict",
    }
}
