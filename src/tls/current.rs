//! The certificate in use, which is replaced when its files change.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::metrics::gauge::Gauge;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::{Certificate, PemFiles};
use crate::config::Tls;

/// How often the files are read. Changed files are used once two reads in a row agree, because programs that renew
/// certificates write one file after the other.
const PERIOD: Duration = Duration::from_secs(1);
const WARNING_PERIOD: Duration = Duration::from_hours(24);

/// The certificate that new connections get.
pub struct CurrentCertificate {
    files: Tls,
    certificate: RwLock<Arc<Certificate>>,
}

/// What the files contain, or why they cannot be read.
type Contents = Result<PemFiles, String>;

impl CurrentCertificate {
    /// Loads the certificate, and logs a warning if clients reject it because of the time.
    pub fn load(files: &Tls) -> anyhow::Result<CurrentCertificate> {
        let certificate = Arc::new(Certificate::load(files)?);
        warn_about_time(&certificate);
        Ok(CurrentCertificate { files: files.clone(), certificate: RwLock::new(certificate) })
    }

    /// When the certificate in use expires.
    pub fn expires(&self) -> DateTime<Utc> {
        self.get().expires
    }

    /// Watches the files for ever, and keeps `expiry` (seconds since 1970) up to date. Files that cannot be used change
    /// nothing but the log.
    pub async fn watch(&self, expiry: &Gauge) {
        // The files may have changed since the start, so the first read counts as a change.
        let (mut used, mut previous): (Option<Contents>, Option<Contents>) = (None, None);
        let mut next_warning = Instant::now() + WARNING_PERIOD;
        loop {
            expiry.set(self.expires().timestamp());
            sleep(PERIOD).await;
            let files = self.files.clone();
            let read = spawn_blocking(move || PemFiles::read(&files).map_err(|error| format!("{error:#}"))).await;
            let Ok(contents) = read else { continue };
            if used.as_ref() == Some(&contents) {
                previous = None;
            } else if previous.as_ref() == Some(&contents) {
                self.replace(&contents);
                used = Some(contents);
            } else {
                previous = Some(contents);
            }
            if next_warning <= Instant::now() {
                warn_about_time(&self.get());
                next_warning += WARNING_PERIOD;
            }
        }
    }

    fn replace(&self, contents: &Contents) {
        let parse = |files: &PemFiles| files.parse(&self.files).map_err(|error| format!("{error:#}"));
        let parsed = contents.as_ref().map_err(Clone::clone).and_then(parse);
        let current = self.get();
        match parsed {
            Ok(new) if new.key.cert == current.key.cert => {}
            Ok(new) => {
                info!(expires = %new.expires, "the TLS certificate was replaced by the one in its changed files");
                warn_about_time(&new);
                *self.certificate.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
            }
            Err(error) => {
                warn!("{error}; the TLS certificate that expires at {} stays in use", current.expires);
            }
        }
    }

    fn get(&self) -> Arc<Certificate> {
        Arc::clone(&self.certificate.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.get().key))
    }
}

impl fmt::Debug for CurrentCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentCertificate").field("files", &self.files).finish_non_exhaustive()
    }
}

fn warn_about_time(certificate: &Certificate) {
    if let Some(warning) = certificate.time_warning(Utc::now()) {
        warn!("{warning}");
    }
}
