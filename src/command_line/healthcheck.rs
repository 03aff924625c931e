//! `whmcs-api healthcheck`: checks that the local server is ready, for containers, which have no other program for
//! that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{Client, StatusCode};

use crate::config::Settings;
use crate::network;

const TIMEOUT: Duration = Duration::from_secs(4);

/// Probes the server with these settings on this machine; fails unless it is ready.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let address = SocketAddr::new(reachable(settings.listen.ip()), settings.listen.port());
    // Neither a name that is not for this address nor an expired certificate makes a server less ready, and no secret is
    // sent.
    let client = network::http_client_builder()
        .tls_backend_rustls()
        .timeout(TIMEOUT)
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let url = |scheme| format!("{scheme}://{address}/readyz");
    let mut probed = url(settings.scheme());
    let mut status = probe(&client, &probed).await?;
    // That is how `demo --tls` responds to HTTP. No setting says that it speaks HTTPS.
    if status == StatusCode::BAD_REQUEST && !settings.tls.is_enabled() {
        probed = url("https");
        status = probe(&client, &probed).await?;
    }
    ensure!(status == StatusCode::OK, "{probed} responded with status {}", status.as_u16());
    Ok(())
}

async fn probe(client: &Client, url: &str) -> anyhow::Result<StatusCode> {
    Ok(client.get(url).send().await.with_context(|| format!("probing {url}"))?.status())
}

/// The address at which a server that listens on all addresses can be reached.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}
