//! TLS handshakes: their time limit, and which of them give way when there are too many connections.
//!
//! A connection in its handshake occupies a slot as any other does, but a newer connection takes that slot if no other is
//! free. So clients that connect and stay silent keep nobody out.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::slots::{Full, Slot};
use crate::observability::metrics::{self, HandshakeFailure};
use crate::tls::CurrentCertificate;

/// The only protocol above TLS that is offered to clients that negotiate one (ALPN).
const PROTOCOL: &[u8] = b"http/1.1";
/// Maximum number of bytes that are read of an unencrypted request. Its sender may not see the response before it has
/// sent the request.
const DISCARDED_BYTES: u64 = 1 << 20;
const PLAIN_HTTP_RESPONSE: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
    x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: 94\r\n\r\n\
    {\"result\":\"error\",\"message\":\"This port speaks HTTPS only: use https:// in the URL of the API\"}";

/// A connection of which no write takes longer than `limits.reply_seconds`.
pub type PlainStream = Pin<Box<TimeoutStream<TcpStream>>>;

/// The handshakes of a listener.
pub struct Handshakes {
    acceptor: TlsAcceptor,
    time_limit: Duration,
    counts: metrics::Connections,
    unfinished: Mutex<Unfinished>,
}

/// A connection whose handshake is still to be performed.
pub struct Handshake {
    all: Arc<Handshakes>,
    number: u64,
    displaced: oneshot::Receiver<()>,
}

#[derive(Default)]
struct Unfinished {
    count: u64,
    /// The connections in their handshake, by number: oldest first.
    entries: BTreeMap<u64, Entry>,
}

struct Entry {
    slot: Slot,
    /// Dropped with the entry, which tells the connection that its slot was taken.
    _in_place: oneshot::Sender<()>,
}

/// Creates an acceptor for TLS 1.2 and 1.3 with a certificate that may be replaced.
pub fn acceptor(certificate: Arc<CurrentCertificate>) -> Result<TlsAcceptor, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
    let mut config = builder.with_cert_resolver(certificate);
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl Handshakes {
    pub fn new(acceptor: TlsAcceptor, time_limit: Duration, counts: metrics::Connections) -> Handshakes {
        Handshakes { acceptor, time_limit, counts, unfinished: Mutex::default() }
    }

    /// Adds a connection with its slot, which may be taken until the handshake is complete.
    pub fn add(self: &Arc<Handshakes>, slot: Slot) -> Handshake {
        let (in_place, displaced) = oneshot::channel();
        let number = self.unfinished().add(Entry { slot, _in_place: in_place });
        Handshake { all: Arc::clone(self), number, displaced }
    }

    /// Returns `None` if the client closes the connection before it sends anything, as health checks do.
    async fn accept(&self, stream: PlainStream) -> Result<Option<TlsStream<PlainStream>>, HandshakeFailure> {
        let mut first = [0_u8];
        match stream.get_ref().peek(&mut first).await {
            Ok(0) | Err(_) => return Ok(None),
            // The first byte of a handshake is the number 22, that of a request is the method's first letter.
            Ok(_) if first[0].is_ascii_alphabetic() => {
                let _ = reject_plain_http(stream).await;
                return Err(HandshakeFailure::PlainHttp);
            }
            Ok(_) => {}
        }
        self.acceptor.accept(stream).await.map(Some).map_err(|error| failure(&error))
    }

    /// Closes the oldest connection in its handshake, if there is one, so that a slot becomes free. If a subscriber's slots
    /// are full, it is the oldest one of this subscriber.
    pub fn displace_oldest(&self, full: Full) -> bool {
        let mut unfinished = self.unfinished();
        let is_in_the_way = |entry: &Entry| match full {
            Full::All => true,
            Full::Subscriber(subscriber) => entry.slot.subscriber() == subscriber,
        };
        let oldest = unfinished.entries.iter().find(|(_, entry)| is_in_the_way(entry)).map(|(&number, _)| number);
        oldest.and_then(|number| unfinished.entries.remove(&number)).is_some()
    }

    fn unfinished(&self) -> MutexGuard<'_, Unfinished> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handshake {
    /// Performs the handshake. Returns `None` if the connection has ended.
    pub async fn perform(
        self,
        stream: PlainStream,
        peer: SocketAddr,
        stopping: &CancellationToken,
    ) -> Option<(TlsStream<PlainStream>, Slot)> {
        let Handshake { all, number, displaced } = self;
        let result = tokio::select! {
            result = timeout(all.time_limit, all.accept(stream)) => result.unwrap_or(Err(HandshakeFailure::Timeout)),
            _ = displaced => Err(HandshakeFailure::Displaced),
            () = stopping.cancelled() => Ok(None),
        };
        let entry = all.unfinished().entries.remove(&number);
        match result.and_then(|stream| Ok((stream, entry.ok_or(HandshakeFailure::Displaced)?.slot))) {
            Ok((stream, slot)) => Some((stream?, slot)),
            Err(reason) => {
                debug!(reason = reason.label(), %peer, "a TLS handshake failed");
                all.counts.count_failure(reason);
                None
            }
        }
    }
}

impl Unfinished {
    fn add(&mut self, entry: Entry) -> u64 {
        self.count += 1;
        self.entries.insert(self.count, entry);
        self.count
    }
}

/// Responds to a client that speaks HTTP without TLS, and reads what it still sends, so that it gets the response.
async fn reject_plain_http(mut stream: PlainStream) -> io::Result<()> {
    stream.write_all(PLAIN_HTTP_RESPONSE).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(DISCARDED_BYTES), &mut tokio::io::sink()).await?;
    Ok(())
}

fn failure(error: &io::Error) -> HandshakeFailure {
    match error.get_ref().and_then(|error| error.downcast_ref()) {
        Some(rustls::Error::AlertReceived(_)) => HandshakeFailure::RejectedByClient,
        Some(_) => HandshakeFailure::Protocol,
        None => HandshakeFailure::Aborted,
    }
}
