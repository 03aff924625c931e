//! Bounded HTTP requests to servers of registries. Redirects are followed only to public HTTPS servers: what a server
//! answers must not lead to this machine or into the operator's network.

use std::net::IpAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION};
use reqwest::{Client, Url};

use super::Unusable;
use crate::network;

/// Maximum size of a response.
const MAX_BYTES: usize = 256 * 1024;
const MAX_REDIRECTS: u32 = 3;

pub struct Fetcher {
    /// For URLs from the settings, which may be in the operator's network.
    configured: Client,
    /// For URLs from redirects.
    redirected: Client,
}

/// A response that is no redirect.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Fetcher {
    pub fn new() -> reqwest::Result<Fetcher> {
        let to_public = || network::http_client_builder().https_only(true).dns_resolver(Arc::new(PublicAddresses));
        Ok(Fetcher { configured: network::http_client()?, redirected: to_public().build()? })
    }

    /// Requests a URL from the settings. The caller limits the time.
    pub async fn get(&self, url: &Url, accept: &'static str) -> Result<Page, Unusable> {
        let (mut url, mut client) = (url.clone(), &self.configured);
        for _ in 0..=MAX_REDIRECTS {
            let response = client.get(url.clone()).header(ACCEPT, accept).send().await?;
            let status = response.status();
            if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                let content_type = text(response.headers(), CONTENT_TYPE).to_ascii_lowercase();
                return Ok(Page { status: status.as_u16(), content_type, body: body(response).await? });
            }
            (url, client) = (redirect_target(&url, text(response.headers(), LOCATION))?, &self.redirected);
        }
        Err(Unusable(format!("more than {MAX_REDIRECTS} redirects")))
    }
}

async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, Unusable> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        body.extend_from_slice(&part);
        if body.len() > MAX_BYTES {
            return Err(Unusable(format!("more than {MAX_BYTES} bytes")));
        }
    }
    Ok(body)
}

fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Returns where a redirect leads. What a host name resolves to is checked when it is resolved.
fn redirect_target(from: &Url, location: &str) -> Result<Url, Unusable> {
    let refused = || Unusable(format!("a redirect to {location:?}, which is not a public HTTPS server"));
    let target = from.join(location).map_err(|_| refused())?;
    let host = target.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_private = host.parse::<IpAddr>().is_ok_and(|address| !network::is_public(address));
    let has_login = !target.username().is_empty() || target.password().is_some();
    if target.scheme() != "https" || host.is_empty() || is_private || has_login {
        return Err(refused());
    }
    Ok(target)
}

/// Resolves host names to public addresses only.
struct PublicAddresses;

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<_> = addresses.filter(|address| network::is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::ServerConfig;
    use rustls::crypto::ring;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    #[test]
    fn redirects_lead_to_public_https_servers_only() {
        let from = Url::parse("https://rdap.example/v1/domain/a.example").unwrap();
        for (location, target) in [
            ("https://other.example/domain/a.example", Some("https://other.example/domain/a.example")),
            ("/v2/domain/a.example", Some("https://rdap.example/v2/domain/a.example")),
            ("//other.example/x", Some("https://other.example/x")),
            ("https://9.9.9.9/x", Some("https://9.9.9.9/x")),
            ("https://[2606:4700::1111]/x", Some("https://[2606:4700::1111]/x")),
            ("http://other.example/x", None),
            ("ftp://other.example/x", None),
            ("file:///etc/passwd", None),
            ("https://127.0.0.1/x", None),
            ("https://127.1/x", None),
            ("https://2130706433/x", None),
            ("https://0x7f000001/x", None),
            ("https://169.254.169.254/latest/meta-data", None),
            ("https://10.0.0.1:8443/x", None),
            ("https://[::1]/x", None),
            ("https://[::ffff:10.0.0.1]/x", None),
            ("https://[fd00::1]/x", None),
            ("https://user:password@other.example/x", None),
            ("https://", None),
        ] {
            let found = redirect_target(&from, location);
            assert_eq!(found.as_ref().map(Url::as_str).ok(), target, "{location}: {found:?}");
        }
        let from_clear = Url::parse("http://127.0.0.1/domain/a.example").unwrap();
        assert!(redirect_target(&from_clear, "/x").is_err(), "a redirect of a server without TLS to itself");
    }

    #[tokio::test]
    async fn host_names_resolve_to_public_addresses_only() {
        let error = PublicAddresses.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert_eq!(error.to_string(), "localhost has no public address");
    }

    /// A server on this machine that answers each request with the next response; and a fetcher for which it is
    /// `rdap.example`.
    async fn server(responses: &'static [&'static str]) -> (Fetcher, Url) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["rdap.example".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![cert.der().clone()], key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for response in responses {
                let mut stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await.unwrap();
                stream.write_all(format!("HTTP/1.1 {response}").as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        let client = || {
            let trusted = reqwest::Certificate::from_pem(cert.pem().as_bytes()).unwrap();
            let builder =
                network::http_client_builder().https_only(true).tls_backend_rustls().tls_certs_only([trusted]);
            builder.resolve("rdap.example", address).build().unwrap()
        };
        let url = format!("https://rdap.example:{}/domain/a.example", address.port());
        (Fetcher { configured: client(), redirected: client() }, Url::parse(&url).unwrap())
    }

    #[tokio::test]
    async fn redirects_are_followed_a_few_times() {
        const REDIRECT: &str = "302 Found\r\nLocation: /elsewhere\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        const FOUND: &str = "200 OK\r\nContent-Type: Application/RDAP+JSON\r\nConnection: close\r\n\r\n{}";
        let (fetcher, url) = server(&[REDIRECT, REDIRECT, REDIRECT, FOUND]).await;
        let page = fetcher.get(&url, "*/*").await.unwrap();
        assert_eq!((page.status, &*page.content_type, &*page.body), (200, "application/rdap+json", &b"{}"[..]));
        let (fetcher, url) = server(&[REDIRECT, REDIRECT, REDIRECT, REDIRECT]).await;
        assert_eq!(fetcher.get(&url, "*/*").await.unwrap_err().0, "more than 3 redirects");
    }
}
