//! Traces of calls, exported to an OpenTelemetry collector if the program is built with the feature `traces`. Without
//! it, `absent` replaces `exporter` with functions of the same names that do nothing, so that no other module needs to
//! know.
//!
//! A span never contains a parameter or a reply.

#[cfg(not(feature = "traces"))]
mod absent;
#[cfg(feature = "traces")]
mod exporter;

#[cfg(not(feature = "traces"))]
pub use absent::{Traces, record_outcome, span};
#[cfg(feature = "traces")]
pub use exporter::{Traces, record_outcome, span};
