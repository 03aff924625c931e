//! What belongs to no client: settings, staff, credentials, logs, mails, and our own tables.
//!
//! Tables of other areas are never changed here, except that `seed` fills them with generated clients.

pub mod activity;
pub mod administration;
pub mod api_log;
pub mod call_counts;
pub mod configuration;
pub mod credentials;
pub mod dump;
pub mod email_templates;
pub mod emails;
pub mod holds;
pub mod inspection;
pub mod merge_fields;
pub mod older_outboxes;
pub mod outbox;
pub mod queue_lengths;
pub mod request_records;
pub mod requests;
pub mod seed;
pub mod staff;
pub mod stats;
