//! `whmcs-api healthcheck`: checks that the local server is ready, for containers, which have no other program for
//! that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const TIMEOUT: Duration = Duration::from_secs(4);
const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// Probes the server that listens at this address, on this machine; fails unless it is ready.
pub async fn run(listen: SocketAddr) -> anyhow::Result<()> {
    let address = SocketAddr::new(reachable(listen.ip()), listen.port());
    let status = timeout(TIMEOUT, request_status(address))
        .await
        .context("no response in time")
        .and_then(|response| Ok(response?));
    let status = status.with_context(|| format!("probing http://{address}/readyz"))?;
    ensure!(status == "200", "http://{address}/readyz responded with status {status}");
    Ok(())
}

/// The address at which a server that listens on all addresses can be reached.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

async fn request_status(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(REQUEST).await?;
    let mut response = Vec::new();
    stream.take(1000).read_to_end(&mut response).await?;
    let response = String::from_utf8_lossy(&response);
    Ok(response.split_whitespace().nth(1).unwrap_or("none").to_owned())
}
