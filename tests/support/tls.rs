//! Certificates for tests, and a client that speaks TLS.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, version};
use whmcs_api::config::Tls;

use super::HANG;

/// A certificate of `localhost` and 127.0.0.1 with its key, as PEM.
pub struct TestCertificate {
    /// The certificate, followed by the intermediate one.
    pub chain: String,
    pub key: String,
    /// The certificate that clients trust.
    pub root: String,
}

impl TestCertificate {
    /// Creates a certificate that an intermediate authority has issued, valid on these days from today.
    pub fn valid(from_day: i64, to_day: i64) -> TestCertificate {
        let authority = || {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let root = CertifiedIssuer::self_signed(authority(), KeyPair::generate().unwrap()).unwrap();
        let mut params = authority();
        params.distinguished_name.push(rcgen::DnType::CommonName, "intermediate");
        let intermediate = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &root).unwrap();
        let mut params = CertificateParams::new(["localhost", "127.0.0.1"].map(str::to_owned)).unwrap();
        let day = |day| {
            let date: DateTime<Utc> = Utc::now() + TimeDelta::days(day);
            date_time_ymd(date.year(), u8::try_from(date.month()).unwrap(), u8::try_from(date.day()).unwrap())
        };
        (params.not_before, params.not_after) = (day(from_day), day(to_day));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &intermediate).unwrap();
        let chain = certificate.pem() + &intermediate.pem();
        TestCertificate { chain, key: key.serialize_pem(), root: root.pem() }
    }

    pub fn usual() -> TestCertificate {
        TestCertificate::valid(-1, 90)
    }

    /// Writes both files into a folder.
    pub fn write(&self, folder: &Path) -> Tls {
        let files = Tls { certificate: folder.join("fullchain.pem"), key: folder.join("privkey.pem") };
        fs::write(&files.certificate, &self.chain).unwrap();
        fs::write(&files.key, &self.key).unwrap();
        files
    }
}

/// A TLS client that trusts one certificate.
#[derive(Clone)]
pub struct TlsClient(ClientConfig);

pub type TlsConnection = StreamOwned<ClientConnection, TcpStream>;

impl TlsClient {
    pub fn trusting(root: &str) -> TlsClient {
        TlsClient::with_versions(root, &[&version::TLS12, &version::TLS13])
    }

    pub fn with_versions(root: &str, versions: &[&'static SupportedProtocolVersion]) -> TlsClient {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_protocol_versions(versions).unwrap().with_root_certificates(roots);
        let mut config = builder.with_no_client_auth();
        // A resumed session shows no certificate.
        config.resumption = Resumption::disabled();
        TlsClient(config)
    }

    pub fn protocols(mut self, protocols: &[&str]) -> TlsClient {
        self.0.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        self
    }

    /// Connects, and completes the handshake.
    pub fn connect(&self, address: SocketAddr) -> io::Result<TlsConnection> {
        let name = ServerName::from(address.ip());
        let connection = ClientConnection::new(Arc::new(self.0.clone()), name).unwrap();
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(HANG))?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    /// Sends a request after which the server closes the connection, and returns the whole response.
    pub fn exchange(&self, address: SocketAddr, request: &str) -> io::Result<String> {
        let mut stream = self.connect(address)?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        // It fails unless the server ends the connection as TLS wants it.
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}
