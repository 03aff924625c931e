//! The certificate by which clients know this server: reading it, and reading it again when its files change.

mod certificate;
mod current;

pub use certificate::{Certificate, PemFiles};
pub use current::CurrentCertificate;
