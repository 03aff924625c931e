//! What operators can see: metrics, log lines, the API log, and traces.

mod api_log;
mod call_index;
#[cfg(feature = "traces")]
mod traces;
mod watching;
