//! The call that the current task runs, for log lines.
//!
//! It is deliberately not a tracing span: the database driver enters the current span with each row that it reads,
//! which took a twelfth of the instructions of a short call.

use std::borrow::Cow;
use std::sync::Arc;

tokio::task_local! {
    static CURRENT: Arc<CurrentCall>;
}

#[derive(Debug)]
pub struct CurrentCall {
    /// The request id.
    pub id: String,
    /// Name of the action, if it exists; unknown names are not logged because anything might be sent as one.
    pub action: Option<Cow<'static, str>>,
}

/// Returns the call that the current task runs.
pub fn current() -> Option<Arc<CurrentCall>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// Runs a future as part of a call, if one is given.
pub async fn within<T>(call: Option<Arc<CurrentCall>>, work: impl Future<Output = T>) -> T {
    match call {
        Some(call) => CURRENT.scope(call, work).await,
        None => work.await,
    }
}
