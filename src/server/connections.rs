//! Accepts connections, limits their number and their time, and closes them when the server stops.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::handshakes::{self, Handshake, Handshakes};
use super::slots::{ConnectionSlots, Slot};
use crate::config::Settings;
use crate::observability::metrics;
use crate::tls::CurrentCertificate;

const MAX_HEADERS: usize = 64;
/// Maximum size of a request's head.
const HEAD_BYTES: usize = 32 * 1024;
/// Delay after a failed accept, which usually means that file descriptors have run out.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(200);
/// The response on connections above the limit, sent without reading the request.
const OVERLOADED_RESPONSE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
    cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: 51\r\n\r\n{\"result\":\"error\",\"message\":\"Too many connections\"}";

/// An open socket, with or without TLS.
pub struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Adds a certificate, and with it TLS, to a socket.
    pub fn with_tls(socket: TcpListener, certificate: Arc<CurrentCertificate>) -> Result<Listener, rustls::Error> {
        Ok(Listener { socket, tls: Some(handshakes::acceptor(certificate)?) })
    }
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Listener {
        Listener { socket, tls: None }
    }
}

/// Serves until `stop` completes, then finishes requests in progress for at most `grace_period`.
pub async fn serve(
    listener: impl Into<Listener>,
    router: Router,
    settings: &Settings,
    counts: &metrics::Connections,
    stop: impl Future<Output = ()>,
    grace_period: Duration,
) {
    let Listener { socket, tls } = listener.into();
    let connections = Connections::new(settings, counts, tls);
    let (stopping, running) = (CancellationToken::new(), TaskTracker::new());
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = connections.accept(&socket) => accepted,
            () = &mut stop => break,
        };
        let Some(connection) = accepted else { continue };
        running.spawn(connection.run(router.clone(), settings, stopping.clone()));
    }
    drop(socket);
    stopping.cancel();
    running.close();
    if timeout(grace_period, running.wait()).await.is_err() {
        debug!(connections = running.len(), "time limit for stopping exceeded: closing the remaining connections");
    }
}

struct Connections {
    slots: ConnectionSlots,
    handshakes: Option<Arc<Handshakes>>,
    counts: metrics::Connections,
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    admission: Admission,
}

enum Admission {
    PlainHttp(Slot),
    Tls(Handshake),
}

impl Connections {
    fn new(settings: &Settings, counts: &metrics::Connections, tls: Option<TlsAcceptor>) -> Connections {
        let time_limit = Duration::from_secs(settings.limits.handshake_seconds);
        Connections {
            slots: ConnectionSlots::new(settings, &counts.open),
            handshakes: tls.map(|acceptor| Arc::new(Handshakes::new(acceptor, time_limit, counts.clone()))),
            counts: counts.clone(),
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
        match (self.slot(peer.ip().to_canonical()), &self.handshakes) {
            (Some(slot), None) => Some(Connection { stream, peer, admission: Admission::PlainHttp(slot) }),
            (Some(slot), Some(handshakes)) => {
                Some(Connection { stream, peer, admission: Admission::Tls(handshakes.add(slot)) })
            }
            (None, handshakes) => {
                self.counts.refused.inc();
                // A client that expects a handshake could not read this response.
                if handshakes.is_none() {
                    // The send buffer is empty, so this does not wait for the client.
                    let _ = stream.write_all(OVERLOADED_RESPONSE).await;
                }
                None
            }
        }
    }

    /// Occupies a slot, if need be that of a connection which is still in its handshake.
    fn slot(&self, address: IpAddr) -> Option<Slot> {
        loop {
            match self.slots.occupy(address) {
                Ok(slot) => return Some(slot),
                Err(full) if self.handshakes.as_ref().is_some_and(|handshakes| handshakes.displace_oldest(full)) => {}
                Err(_) => return None,
            }
        }
    }
}

impl Connection {
    fn run(self, router: Router, settings: &Settings, stopping: CancellationToken) -> impl Future<Output = ()> + use<> {
        let header_time = Duration::from_secs(settings.limits.header_seconds);
        let reply_time = Duration::from_secs(settings.limits.reply_seconds);
        async move {
            let Connection { stream, peer, admission } = self;
            let _ = stream.set_nodelay(true);
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(reply_time));
            let (stream, router) = (Box::pin(stream), router.layer(axum::Extension(ConnectInfo(peer))));
            let _slot = match admission {
                Admission::PlainHttp(slot) => {
                    serve_http(stream, router, peer, header_time, stopping).await;
                    slot
                }
                Admission::Tls(handshake) => {
                    let Some((stream, slot)) = handshake.perform(stream, peer, &stopping).await else { return };
                    serve_http(stream, router, peer, header_time, stopping).await;
                    slot
                }
            };
        }
    }
}

/// Serves the requests of a connection.
async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    router: Router,
    peer: SocketAddr,
    header_time: Duration,
    stopping: CancellationToken,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .max_headers(MAX_HEADERS)
        .max_buf_size(HEAD_BYTES)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
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
}

/// Whether the error concerns the accepted connection only, and not the listener.
fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
