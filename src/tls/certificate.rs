//! A certificate with its key, from two PEM files.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use chrono::{DateTime, TimeDelta, Utc};
use rustls::InconsistentKeys;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::der::Decode;
use x509_cert::time::Time;

use crate::config::Tls;

/// A certificate is about to expire once less than this part of its lifetime is left, but not earlier than
/// [`LONGEST_NOTICE`]. Programs that renew certificates do so earlier.
const NOTICE_PART: i32 = 6;
const LONGEST_NOTICE: TimeDelta = TimeDelta::days(14);

/// The contents of the two files.
#[derive(PartialEq, Eq)]
pub struct PemFiles {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate, the chain of those that issued it, and its private key.
pub struct Certificate {
    pub key: Arc<CertifiedKey>,
    pub valid_from: DateTime<Utc>,
    pub expires: DateTime<Utc>,
}

impl PemFiles {
    pub fn read(files: &Tls) -> anyhow::Result<PemFiles> {
        Ok(PemFiles { certificate: read("tls.certificate", &files.certificate)?, key: read("tls.key", &files.key)? })
    }

    /// Returns the certificate, if key and certificate belong together. Errors name the setting, and never quote a file.
    pub fn parse(&self, files: &Tls) -> anyhow::Result<Certificate> {
        let context = || format!("tls.certificate: {}", files.certificate.display());
        let chain = self.chain().with_context(context)?;
        let (valid_from, expires) = validity(&chain[0]).with_context(context)?;
        let key = self.private_key().with_context(|| format!("tls.key: {}", files.key.display()))?;
        let key = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => anyhow!(
                "tls.key: {} is not the key of the first certificate in {} (tls.certificate), which must be the one of \
                 this server; the intermediate ones follow it",
                files.key.display(),
                files.certificate.display()
            ),
            error => anyhow!("tls.key: {}: the key cannot be used: {error}", files.key.display()),
        })?;
        Ok(Certificate { key: Arc::new(key), valid_from, expires })
    }

    fn chain(&self) -> anyhow::Result<Vec<CertificateDer<'static>>> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        match chain {
            Ok(chain) if !chain.is_empty() => Ok(chain),
            Ok(_) if PrivateKeyDer::from_pem_slice(&self.certificate).is_ok() => {
                bail!("contains a private key and no certificate; is it the file for tls.key?")
            }
            _ => bail!("contains no PEM certificate (-----BEGIN CERTIFICATE-----), or is damaged"),
        }
    }

    fn private_key(&self) -> anyhow::Result<PrivateKeyDer<'static>> {
        let has = |text: &str| self.key.windows(text.len()).any(|part| part == text.as_bytes());
        match PrivateKeyDer::from_pem_slice(&self.key) {
            Ok(key) => Ok(key),
            Err(_) if has("ENCRYPTED") => bail!(
                "the key is encrypted with a passphrase, which the server does not know; `openssl pkey -in FILE -out \
                 FILE` writes it without one"
            ),
            Err(_) if has("BEGIN CERTIFICATE") => {
                bail!("contains a certificate and no private key; is it the file for tls.certificate?")
            }
            Err(_) => bail!("contains no PEM private key (-----BEGIN PRIVATE KEY-----), or is damaged"),
        }
    }
}

fn read(setting: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => anyhow!(
            "{setting}: {} cannot be read by the user that runs this program: {error}; docs/tls.md shows how to give it a \
             copy after each renewal",
            path.display()
        ),
        _ => anyhow!("{setting}: reading {}: {error}", path.display()),
    })
}

/// Returns the first and the last time at which a certificate is valid.
fn validity(certificate: &CertificateDer<'_>) -> anyhow::Result<(DateTime<Utc>, DateTime<Utc>)> {
    let certificate =
        x509_cert::Certificate::from_der(certificate).map_err(|_| anyhow!("is not an X.509 certificate"))?;
    let validity = certificate.tbs_certificate().validity();
    let time = |time: Time| DateTime::<Utc>::from(time.to_system_time());
    Ok((time(validity.not_before), time(validity.not_after)))
}

impl Certificate {
    pub fn load(files: &Tls) -> anyhow::Result<Certificate> {
        PemFiles::read(files)?.parse(files)
    }

    /// Whether clients accept it at this time.
    pub fn is_valid_at(&self, time: DateTime<Utc>) -> bool {
        (self.valid_from..self.expires).contains(&time)
    }

    /// Returns a warning if clients reject this certificate now or soon because of the time.
    pub fn time_warning(&self, now: DateTime<Utc>) -> Option<String> {
        let notice = ((self.expires - self.valid_from) / NOTICE_PART).min(LONGEST_NOTICE);
        let Certificate { valid_from, expires, .. } = self;
        if *expires <= now {
            Some(format!("the TLS certificate expired at {expires}, so clients reject it: renew it"))
        } else if now < *valid_from {
            Some(format!("the TLS certificate is not valid before {valid_from}, so clients reject it until then"))
        } else if *expires - now < notice {
            Some(format!("the TLS certificate expires at {expires}: renew it"))
        } else {
            None
        }
    }
}
