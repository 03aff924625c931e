//! Where webhooks may be sent: to public addresses, and to those that the operator allows. The address that is checked is the one
//! that is connected to, so that a name cannot lead elsewhere between a check and the connection.

use std::net::IpAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, RequestBuilder, Url};

use crate::network::{self, Network};

/// HTTP clients that connect to nothing else.
pub(super) struct Clients {
    allowed: Arc<[Network]>,
    /// For HTTPS.
    encrypted: Client,
    /// For plain HTTP, which is sent within the networks of the operator only.
    plain: Client,
}

impl Clients {
    pub fn new(allowed: &[Network]) -> reqwest::Result<Clients> {
        let allowed: Arc<[Network]> = allowed.into();
        let client = |accepts_public| {
            let resolver = Addresses { allowed: Arc::clone(&allowed), accepts_public };
            network::http_client_builder().dns_resolver(Arc::new(resolver)).build()
        };
        Ok(Clients { encrypted: client(true)?, plain: client(false)?, allowed: Arc::clone(&allowed) })
    }

    /// Begins a request. An error says why nothing may be sent there.
    pub fn post(&self, url: &str) -> Result<RequestBuilder, String> {
        let (url, is_encrypted) =
            checked(url, &self.allowed).map_err(|reason| reason.unwrap_or_else(|| "The URL is invalid".to_owned()))?;
        Ok(if is_encrypted { &self.encrypted } else { &self.plain }.post(url))
    }
}

/// Checks the URL of an endpoint, as far as no name must be resolved: an error says why nothing may be sent there, or nothing if it is
/// no URL for webhooks.
pub fn check_url(url: &str, allowed: &[Network]) -> Result<(), Option<String>> {
    checked(url, allowed).map(|_| ())
}

/// Returns the URL, and whether it is one of HTTPS.
fn checked(url: &str, allowed: &[Network]) -> Result<(Url, bool), Option<String>> {
    let url = Url::parse(url).map_err(|_| None)?;
    let has_login = !url.username().is_empty() || url.password().is_some();
    let is_encrypted = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err(None),
    };
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    if has_login || host.is_empty() {
        return Err(None);
    }
    // No name is resolved for an address.
    if let Ok(address) = host.parse::<IpAddr>()
        && !is_accepted(address, allowed, is_encrypted)
    {
        return Err(Some(refusal(&host, is_encrypted)));
    }
    if !is_encrypted && allowed.is_empty() {
        return Err(Some(refusal(&host, is_encrypted)));
    }
    Ok((url, is_encrypted))
}

fn is_accepted(address: IpAddr, allowed: &[Network], accepts_public: bool) -> bool {
    network::any_contains(allowed, address) || accepts_public && network::is_public(address)
}

fn refusal(host: &str, accepts_public: bool) -> String {
    match accepts_public {
        true => format!("{host} is not a public address, nor in webhooks.allowed_networks"),
        false => format!("{host} is not in webhooks.allowed_networks, and plain HTTP is sent nowhere else"),
    }
}

/// Resolves host names to accepted addresses only.
struct Addresses {
    allowed: Arc<[Network]>,
    accepts_public: bool,
}

impl Resolve for Addresses {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, accepts_public) = (Arc::clone(&self.allowed), self.accepts_public);
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let accepted: Vec<_> =
                addresses.filter(|address| is_accepted(address.ip(), &allowed, accepts_public)).collect();
            if accepted.is_empty() {
                return Err(refusal(name.as_str(), accepts_public).into());
            }
            Ok(Box::new(accepted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_go_to_public_and_allowed_addresses_only() {
        let clients = Clients::new(&["10.1.0.0/16".parse().unwrap()]).unwrap();
        for (url, accepted) in [
            ("https://9.9.9.9/hook", true),
            ("https://[2606:4700::1111]/hook", true),
            ("https://10.1.2.3:8443/hook", true),
            ("http://10.1.2.3/hook", true),
            ("http://9.9.9.9/hook", false),
            ("https://10.2.0.1/hook", false),
            ("https://127.0.0.1/hook", false),
            ("https://127.1/hook", false),
            ("https://2130706433/hook", false),
            ("https://0x7f.1/hook", false),
            ("https://169.254.169.254/latest/meta-data", false),
            ("https://192.168.1.1/hook", false),
            ("https://0.0.0.0/hook", false),
            ("https://[::1]/hook", false),
            ("https://[::ffff:127.0.0.1]/hook", false),
            ("https://[fe80::1]/hook", false),
            ("https://[fd00::1]/hook", false),
            ("no url", false),
        ] {
            assert_eq!(clients.post(url).is_ok(), accepted, "{url}");
        }
        for url in ["https://localhost:1/hook", "http://localhost:1/hook"] {
            let error = clients.post(url).unwrap().send().await.unwrap_err();
            assert!(super::super::connection_failure(&error).contains("localhost is not"), "{error:?}");
        }
    }
}
