//! The certificate by which clients know this server: reading it, reading it again when its files change, and making one
//! for the demo.

mod certificate;
mod current;
pub mod self_signed;

pub use certificate::{Certificate, PemFiles};
pub use current::CurrentCertificate;
