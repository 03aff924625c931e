//! Accepts connections, limits their number and their time, and closes them when the server stops.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::config::Settings;
use crate::network::{self, Network};
use crate::observability::metrics;

const MAX_HEADERS: usize = 64;
/// Maximum size of a request's head.
const HEAD_BYTES: usize = 32 * 1024;
/// Delay after a failed accept, which usually means that file descriptors have run out.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(200);
/// The response on connections above the limit, sent without reading the request.
const OVERLOADED_RESPONSE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
    cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: 51\r\n\r\n{\"result\":\"error\",\"message\":\"Too many connections\"}";

/// Serves until `stop` completes, then finishes requests in progress for at most `grace_period`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    counts: &metrics::Connections,
    stop: impl Future<Output = ()>,
    grace_period: Duration,
) {
    let connections = Connections::new(settings, counts);
    let (stopping, running) = (CancellationToken::new(), TaskTracker::new());
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = connections.accept(&listener) => accepted,
            () = &mut stop => break,
        };
        let Some(connection) = accepted else { continue };
        running.spawn(connection.run(router.clone(), settings, stopping.clone()));
    }
    drop(listener);
    stopping.cancel();
    running.close();
    if timeout(grace_period, running.wait()).await.is_err() {
        debug!(connections = running.len(), "time limit for stopping exceeded: closing the remaining connections");
    }
}

struct Connections {
    slots: Arc<Semaphore>,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    per_address: usize,
    counts: metrics::Connections,
    /// Addresses without a per-address limit.
    proxies: Vec<Network>,
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    slot: OwnedSemaphorePermit,
    address_slot: AddressSlot,
}

/// A slot of the per-address connection limit; an IPv6 /64 counts as one address.
struct AddressSlot {
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    subscriber: IpAddr,
    open: Gauge,
}

impl Connections {
    fn new(settings: &Settings, counts: &metrics::Connections) -> Connections {
        Connections {
            slots: Arc::new(Semaphore::new(settings.limits.connections)),
            by_address: Arc::default(),
            per_address: settings.limits.connections_per_address,
            counts: counts.clone(),
            proxies: settings.access.trusted_proxies.clone(),
        }
    }

    /// Accepts a connection. Returns `None` if a limit was reached and it was rejected.
    async fn accept(&self, listener: &TcpListener) -> Option<Connection> {
        let (mut stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_client_error(&error) => return None,
            Err(error) => {
                warn!(%error, "accepting a connection failed");
                sleep(ACCEPT_RETRY_DELAY).await;
                return None;
            }
        };
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        match (slot, self.address_slot(peer.ip().to_canonical())) {
            (Some(slot), Some(address_slot)) => Some(Connection { stream, peer, slot, address_slot }),
            _ => {
                self.counts.refused.inc();
                // The send buffer is empty, so this does not wait for the client.
                let _ = stream.write_all(OVERLOADED_RESPONSE).await;
                None
            }
        }
    }

    fn address_slot(&self, address: IpAddr) -> Option<AddressSlot> {
        let subscriber = network::subscriber(address);
        let mut counts = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(subscriber).or_default();
        if *count >= self.per_address && !network::any_contains(&self.proxies, address) {
            return None;
        }
        *count += 1;
        self.counts.open.inc();
        Some(AddressSlot { by_address: Arc::clone(&self.by_address), subscriber, open: self.counts.open.clone() })
    }
}

impl Drop for AddressSlot {
    fn drop(&mut self) {
        self.open.dec();
        let mut counts = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.subscriber) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.subscriber);
            }
        }
    }
}

impl Connection {
    fn run(self, router: Router, settings: &Settings, stopping: CancellationToken) -> impl Future<Output = ()> + use<> {
        let header_time = Duration::from_secs(settings.limits.header_seconds);
        let reply_time = Duration::from_secs(settings.limits.reply_seconds);
        async move {
            // Binding all fields keeps them alive until the connection ends.
            let Connection { stream, peer, slot, address_slot } = self;
            let _ = stream.set_nodelay(true);
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(reply_time));
            let service = TowerToHyperService::new(router.layer(axum::Extension(ConnectInfo(peer))));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(header_time)
                .max_headers(MAX_HEADERS)
                .max_buf_size(HEAD_BYTES)
                .half_close(true)
                .serve_connection(TokioIo::new(Box::pin(stream)), service);
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                debug!(%error, %peer, "a connection ended with an error");
            }
            drop((slot, address_slot));
        }
    }
}

/// Whether the error concerns the accepted connection only, and not the listener.
fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
