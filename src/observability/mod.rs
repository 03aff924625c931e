//! Observability for operators: metrics, traces, the API log, and the current call, which log lines name.
//!
//! Modules here record what happened. They never decide how a call ends, and never store a secret.

pub mod api_log;
pub mod current_call;
pub mod metrics;
pub mod recent_calls;
mod record_relay;
pub mod refused_calls;
pub mod traces;
