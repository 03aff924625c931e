//! Examines the settings of the listener: whether callers' secrets are encrypted, and whether the certificate is good.

use chrono::Utc;

use super::Finding;
use crate::config::Settings;
use crate::tls::Certificate;

/// Findings that keep the server from starting.
pub fn problems(settings: &Settings) -> Option<Finding> {
    let error = certificate(settings)?.err()?;
    Some(Finding::new("tls_certificate", format!("{error:#}")))
}

/// Findings that let others read secrets, or keep clients from connecting.
pub fn warnings(settings: &Settings) -> Vec<Finding> {
    let clear_text = settings.clear_text_warning().map(|message| Finding::new("secrets_in_clear", message));
    let certificate = certificate(settings).and_then(Result::ok);
    let time = certificate.and_then(|certificate| certificate.time_warning(Utc::now()));
    clear_text.into_iter().chain(time.map(|message| Finding::new("tls_certificate_time", message))).collect()
}

fn certificate(settings: &Settings) -> Option<anyhow::Result<Certificate>> {
    settings.tls.is_enabled().then(|| Certificate::load(&settings.tls))
}
