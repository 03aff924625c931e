//! The API log records of calls.

use std::mem;
use std::sync::atomic::Ordering;

use serde_json::Value;

use super::{Api, RequestState};
use crate::observability::api_log::{self, FinishedCall};
use crate::store::system::api_log::Record;
use crate::upstream::Answer;
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
        let client = if is_error { 0 } else { request.changed_client.load(Ordering::Relaxed) };
        let invoice = match request.changed_invoice.load(Ordering::Relaxed) {
            _ if client == 0 => 0,
            0 => named_invoice(request, &reply.log),
            changed => changed,
        };
        Some(api_log::record(FinishedCall {
            origin: &request.origin,
            action: &action,
            caller,
            claimed: request.account.get().filter(|_| caller.is_none()).map(String::as_str),
            request: parameters,
            response: mem::take(&mut reply.log),
            content_type: request.answer().map_or(reply.format.content_type(), content_type),
            is_passed: request.passed.is_some(),
            hint: request.hint.get().map(String::as_str),
            status,
            is_error,
            client,
            invoice,
            at: request.now,
            duration: request.start.elapsed(),
        }))
    }
}

/// The invoice that a call names, or has made; 0 for none.
fn named_invoice(request: &RequestState, reply: &str) -> i64 {
    let id = |value: &Value| match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_i64(),
    };
    let sent = request.parameters.values.get("invoiceid").and_then(id);
    // The reply was written by this server, and may be cut.
    let made = || {
        let (_, rest) = reply.split_once("\"invoiceid\":")?;
        let rest = rest.trim_start_matches([' ', '"']);
        rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().ok()
    };
    let is_id = |id: &i64| (1..=i64::from(i32::MAX)).contains(id);
    sent.filter(is_id).or_else(made).filter(is_id).unwrap_or(0)
}

/// The type of a reply as the upstream describes it; empty if that is anything unusual.
fn content_type(answer: &Answer) -> &str {
    let is_usual = |text: &&str| {
        text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/;=-+. ".contains(&byte))
    };
    answer
        .content_type
        .as_ref()
        .and_then(|content_type| content_type.to_str().ok())
        .filter(is_usual)
        .unwrap_or_default()
}
