//! What the pages for operators need: the index of calls, their jobs, and the stories of clients and invoices.

pub mod calls;
pub mod jobs;
pub mod outbox;
pub mod stories;
