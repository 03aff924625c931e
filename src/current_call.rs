//! Which call is being worked on, for the lines that are logged meanwhile.
//!
//! It is no span of tracing's: the database driver enters the span that it finds with each row that it reads, which took a
//! twelfth of the instructions of a short call.

use std::borrow::Cow;
use std::sync::Arc;

tokio::task_local! {
    static CURRENT: Arc<CurrentCall>;
}

#[derive(Debug)]
pub struct CurrentCall {
    /// The request's.
    pub id: String,
    /// If there is one of the name that was asked for; anything might have been sent as one.
    pub action: Option<Cow<'static, str>>,
}

/// The call that the current task works on.
pub fn current() -> Option<Arc<CurrentCall>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// Does some work of a call, if it is one.
pub async fn within<T>(call: Option<Arc<CurrentCall>>, work: impl Future<Output = T>) -> T {
    match call {
        Some(call) => CURRENT.scope(call, work).await,
        None => work.await,
    }
}
