//! Over what the console is served: TLS, or a connection that does not leave this machine.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::uri::Authority;

use super::Console;
use crate::network::{self, FORWARDED_PROTO};

/// Headers that proxies add, and browsers do not send.
const PROXIES: [&str; 7] =
    ["forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-server", FORWARDED_PROTO];
const NO_TLS: &str = "The console is served over HTTPS, or to this machine. Set tls.certificate and tls.key, or let a proxy \
                      with TLS in access.trusted_proxies send X-Forwarded-Proto, or set console.plain_http.\n";
const UNKNOWN_PROXY: &str = "This request came through a proxy that is not in access.trusted_proxies, or for another name than \
                             localhost: the console cannot know whether it was encrypted before.\n";

impl Console {
    /// Returns the client's address, and whether the request was encrypted. An error says why it is not answered.
    pub(super) fn transport(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(IpAddr, bool), &'static str> {
        let lines = headers.get_all(&self.proxy_header).iter();
        let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        let address = network::client_address(peer, &lines, &self.trusted_proxies);
        let is_proxy = network::any_contains(&self.trusted_proxies, peer);
        let is_secure = network::is_encrypted(self.has_tls, is_proxy, headers);
        let is_local = peer.to_canonical().is_loopback() && address.to_canonical().is_loopback();
        let has_passed = !lines.is_empty() || PROXIES.iter().any(|name| headers.contains_key(*name));
        let is_forwarded = !is_proxy && (has_passed || !is_for_this_machine(headers));
        match () {
            () if is_secure || self.api.config().settings.console.plain_http => Ok((address, is_secure)),
            () if is_local && is_forwarded => Err(UNKNOWN_PROXY),
            () if is_local => Ok((address, false)),
            () => Err(NO_TLS),
        }
    }
}

/// Whether a browser on this machine has sent the request to this machine by one of its own names. A proxy sends the name that the
/// public knows, and so does a page that has its own name resolve to this machine.
fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
