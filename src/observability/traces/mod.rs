//! Traces of calls, sent to a collector of OpenTelemetry's, in a program that was built with the feature `traces`. What is
//! the same in a program without them is declared twice, here and there; nothing else knows which of the two it is.
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
