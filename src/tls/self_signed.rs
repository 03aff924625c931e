//! A certificate that the demo makes for itself, and that clients trust by its file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::client::verify_server_name;
use rustls::pki_types::ServerName;
use rustls::server::ParsedCertificate;

use super::Certificate;
use crate::config::Tls;

/// Apple's platforms reject certificates that are valid for more than 825 days.
const LIFETIME: TimeDelta = TimeDelta::days(365);
/// A certificate is replaced at a start at which it is valid for less than this.
const LEAST_REST: TimeDelta = TimeDelta::days(30);

/// Parses a name or an address for which there can be a certificate.
pub fn parse_name(text: &str) -> Result<String, String> {
    match ServerName::try_from(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be a name such as whmcs.test or an address such as 192.0.2.7".to_owned()),
    }
}

/// Returns the certificate in a folder, which is made unless there is one for all of these names and addresses.
pub fn ensure(folder: &Path, names: &[String], now: DateTime<Utc>) -> anyhow::Result<Tls> {
    let files = Tls { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
    if !Certificate::load(&files).is_ok_and(|certificate| is_usable(&certificate, names, now)) {
        make(&files, names.to_vec(), now).with_context(|| format!("making a certificate in {}", folder.display()))?;
    }
    Ok(files)
}

fn is_usable(certificate: &Certificate, names: &[String], now: DateTime<Utc>) -> bool {
    let is_for = |name: &String| {
        let name = ServerName::try_from(name.as_str()).ok()?;
        let parsed = ParsedCertificate::try_from(certificate.key.cert.first()?).ok()?;
        verify_server_name(&parsed, &name).ok()
    };
    certificate.valid_from <= now
        && now + LEAST_REST < certificate.expires
        && names.iter().all(|name| is_for(name).is_some())
}

fn make(files: &Tls, names: Vec<String>, now: DateTime<Utc>) -> anyhow::Result<()> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "whmcs-api demo");
    // It cannot sign others: whoever gets hold of the key cannot pose as other servers.
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    // From the day before, because clocks differ.
    let midnight = |time: DateTime<Utc>| {
        let [month, day] = [time.month(), time.day()].map(|number| u8::try_from(number).unwrap_or(1));
        date_time_ymd(time.year(), month, day)
    };
    (params.not_before, params.not_after) = (midnight(now - TimeDelta::days(1)), midnight(now + LIFETIME));
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    if let Some(folder) = files.key.parent() {
        fs::create_dir_all(folder)?;
    }
    write(&files.key, 0o600, &key.serialize_pem())?;
    write(&files.certificate, 0o644, &certificate.pem())?;
    Ok(())
}

fn write(path: &Path, mode: u32, text: &str) -> std::io::Result<()> {
    // The mode of an existing file would stay as it is.
    let _ = fs::remove_file(path);
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(text.as_bytes())
}
