//! Decoding of requests and encoding of replies. Nothing here knows of actions.

pub mod decode;
pub mod encode;

use schemars::JsonSchema;
use serde::Serialize;

pub use decode::{File, Malformed, Parameters};
pub use encode::{ApiStyle, Body, Encoded, Encoder, Format, LogRules, Shared, ToJson};

/// The characters at which programs break lines: those of Unicode, and the separators of ASCII.
pub const LINE_BREAKS: [char; 10] =
    ['\n', '\r', '\x0b', '\x0c', '\x1c', '\x1d', '\x1e', '\u{85}', '\u{2028}', '\u{2029}'];

/// The parameters that say who calls.
pub const CREDENTIALS: [&str; 5] = ["identifier", "secret", "username", "password", "accesskey"];
/// The parameters that mean the same in every call, whatever its action.
pub const COMMON: [&str; 8] =
    ["action", "identifier", "secret", "username", "password", "accesskey", "responsetype", "idempotencykey"];

/// A reply as WHMCS wraps it: `"result":"success"` first, then the reply's own fields.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Success<R> {
    result: &'static str,
    #[serde(flatten)]
    reply: R,
}

impl<R> Success<R> {
    pub fn new(reply: R) -> Self {
        Success { result: "success", reply }
    }
}

/// An error as WHMCS reports it.
#[derive(Debug, Serialize)]
pub struct Failure<'m> {
    result: &'static str,
    message: &'m str,
}

impl<'m> Failure<'m> {
    pub fn new(message: &'m str) -> Self {
        Failure { result: "error", message }
    }
}

/// An error as problem details (RFC 9457).
#[derive(Debug, JsonSchema, Serialize)]
pub struct Problem<'m> {
    /// A URI that identifies the kind of error, like `code`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A title that all errors with this status share.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The error text that WHMCS would return.
    pub detail: &'m str,
    /// The stable code of the error, which does not change with the wording.
    pub code: &'m str,
    /// What was probably meant, if the request has names that do not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'m str>,
}

impl<'m> Problem<'m> {
    pub fn new(detail: &'m str, code: &'m str, status: u16) -> Self {
        let title = match status {
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            409 => "Conflict",
            413 => "Content Too Large",
            415 => "Unsupported Media Type",
            422 => "Unprocessable Content",
            429 => "Too Many Requests",
            // 400, and others of the WHMCS behind this server.
            400..500 => "Bad Request",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            _ => "Internal Server Error",
        };
        Problem { kind: format!("urn:whmcs-api:{code}"), title, status, detail, code, hint: None }
    }
}
