//! What operators can see of the server and its calls: metrics, traces, the API log, and the call that a log line is about.
//!
//! Modules here record what happened. They never decide how a call ends, and never store a secret.

pub mod api_log;
pub mod current_call;
pub mod metrics;
pub mod traces;
