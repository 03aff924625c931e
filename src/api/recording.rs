//! The API log records of calls.

use std::mem;

use super::{Api, RequestState};
use crate::observability::api_log::{self, FinishedCall};
use crate::store::system::api_log::Record;
use crate::wire::Encoded;

impl Api {
    /// Whether the API log has room for a call: of callers who were not let in, only some are recorded.
    pub(super) fn has_room_for(&self, request: &RequestState, is_error: bool) -> bool {
        if !request.config.log.keeps(is_error) {
            return false;
        }
        let has_room =
            request.caller.get().is_some() || request.config.refused_calls.take(request.origin.address, request.now);
        if !has_room {
            self.metrics.omitted_records.inc();
        }
        has_room
    }

    /// Builds the API log record of a call and its reply.
    pub(super) fn record(request: &RequestState, status: u16, reply: &mut Encoded, is_error: bool) -> Option<Record> {
        if !request.config.log.keeps(is_error) {
            return None;
        }
        let caller = request.caller.get().map(String::as_str);
        let sent_action = request.action.as_deref().unwrap_or_default();
        // Anybody can send an unknown action's name and parameters, so only those of authenticated callers are recorded.
        let (action, parameters) = match (&request.entry, caller) {
            (Some(_), Some(_)) => (sent_action.to_owned(), request.encoder.redacted(&request.parameters.values)),
            (None, Some(_)) => {
                let action = request.encoder.redacted(&sent_action).trim_matches('"').to_owned();
                (action, request.encoder.redacted(&request.parameters.values))
            }
            (entry, None) => (entry.as_ref().map_or("", |_| sent_action).to_owned(), String::new()),
        };
        Some(api_log::record(FinishedCall {
            origin: &request.origin,
            action: &action,
            caller,
            claimed: request.account.get().filter(|_| caller.is_none()).map(String::as_str),
            request: parameters,
            response: mem::take(&mut reply.log),
            content_type: reply.format.content_type(),
            hint: request.hint.get().map(String::as_str),
            status,
            is_error,
            at: request.now,
            duration: request.start.elapsed(),
        }))
    }
}
