//! Errors of API surfaces, grouped by who must act: the caller, the server itself, or the operator.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::database::errors::TransactionError;
use crate::fault::Fault;
use crate::wire::{LINE_BREAKS, Malformed};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    // The caller must change the request.
    /// A refusal with its documented text. Nothing was written.
    #[error("{0}")]
    Refused(&'static str),
    /// A refusal whose message depends on the request, with a code that does not.
    #[error("{message}")]
    RefusedAs { code: &'static str, message: String },
    /// A refusal of the WHMCS behind this server, in its words and with its HTTP status.
    #[error("{message}")]
    UpstreamRefused { status: u16, code: String, message: String },
    /// No credential, an unknown one, or a wrong secret; the caller is not told which.
    #[error("Authentication Failed")]
    NotAuthenticated,
    /// Neither an allowed address nor the access key.
    #[error("Invalid IP {0}")]
    AddressNotAllowed(IpAddr),
    /// Only returned if the password was right.
    #[error("Administrator Account Disabled")]
    AdminDisabled,
    /// Only returned if the password was right.
    #[error("Access Denied")]
    NoApiAccess,
    #[error("Too many failed attempts from your address, try again in {seconds} s")]
    TooManyFailures { seconds: u64 },
    /// The caller's rate limit or quota is exhausted for the rest of a minute or a day.
    #[error("You may make {limit} calls a {window}. Try again in {seconds} s")]
    RateLimited { limit: u32, window: &'static str, seconds: u64 },
    /// The credential's roles do not allow the action, whose name is in lower case here.
    #[error("Invalid Permissions: API action \"{0}\" is not allowed")]
    NotPermitted(String),
    /// This server rejects every write.
    #[error("The API is read-only: nothing can be changed through it")]
    ReadOnly,
    #[error("Empty action request")]
    NoAction,
    /// The request's body cannot be parsed.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("An idempotency key must have 1 to 255 visible ASCII characters")]
    InvalidIdempotencyKey,
    #[error("This idempotency key was used with another request. A new request needs a new key")]
    KeyReused,
    /// The first request with the key was carried out, and this server has no keys to seal its reply.
    #[error(
        "The request with this idempotency key was carried out. Its reply contained a secret, which this server does not \
         keep, because it has no key file"
    )]
    ReplyNotKept,
    /// The first request with the key did not end before the lock wait timeout.
    #[error("A request with this idempotency key is in progress. Its reply can be asked for with the same key")]
    InProgress,
    /// The name is in lower case here.
    #[error("Invalid API Action: \"{0}\" is not a valid API action")]
    UnknownAction(String),
    #[error("The request is larger than the {limit} bytes that limits.request_bytes allows")]
    TooLarge { limit: usize },
    #[error("The body has a Content-Encoding, such as gzip, which this server does not decode. Send it without one")]
    UnsupportedEncoding,
    #[error("The request took too long to arrive")]
    TooSlow,
    #[error("The API answers {0} requests only")]
    MethodNotAllowed(String),
    #[error("Nothing is here: the API is at /includes/api.php")]
    NoSuchPath,

    /// The custom action failed: its statement, or the request to its endpoint. Nothing was changed.
    #[error("{0}")]
    ActionFailed(String),

    /// A write that is passed to the WHMCS behind this server, which knows no idempotency keys.
    #[error(
        "The WHMCS behind this server answers this action and knows no idempotency keys. Send the call without one"
    )]
    KeyNotPromised,

    // The caller may retry the same request.
    /// The database had too many conflicts or did not answer in time, and the call left no trace.
    #[error("The server is busy. Nothing was changed, please try again")]
    Busy,
    /// The time limit was exceeded or the database connection lost during a COMMIT; the outcome is unknown and must be
    /// checked before the call is repeated.
    #[error("The server did not finish in time. Whether the change was made is not known: check before trying again")]
    OutcomeUnknown,

    // The call is retried; callers never see this error.
    /// The database dropped the transaction before its end, although no statement had failed.
    #[error("the database dropped a transaction without an error")]
    Vanished,
    /// The call needs an answer from elsewhere, and runs again with it.
    #[error("the call needs an answer from elsewhere")]
    AnswerNeeded,

    // The operator must act; the caller only learns that.
    /// The WHMCS behind this server gave no usable answer.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The database does not fit the action: a table, a column or a privilege is missing.
    #[error("This action does not work with this database. `whmcs-api doctor` tells its operator why")]
    SchemaMismatch,
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Internal(Cow<'static, str>),
}

/// Why the WHMCS behind this server gave no usable answer. If a write may have been executed all the same, the error is
/// [`Error::OutcomeUnknown`] instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    #[error("The WHMCS behind this server cannot be reached. Nothing was changed, please try again later")]
    NotReached,
    #[error("The WHMCS behind this server did not answer within {seconds} s")]
    NoAnswer { seconds: u64 },
    #[error("The WHMCS behind this server broke off its answer")]
    BrokenOff,
    #[error("The WHMCS behind this server failed with HTTP status {status}")]
    Failed { status: u16 },
    #[error(
        "The WHMCS behind this server answered with a redirect (HTTP status {status}), which is not followed. Its operator must \
         set upstream.url to the address of the API itself"
    )]
    Redirect { status: u16 },
    #[error(
        "The answer of the WHMCS behind this server is larger than the {limit} bytes that upstream.reply_bytes allows"
    )]
    TooLarge { limit: usize },
    #[error("The answer of the WHMCS behind this server is not JSON")]
    NotJson,
    #[error("The call came back to this server. Its operator must set upstream.url to the address of a WHMCS")]
    Loop,
}

impl UpstreamError {
    fn code(self) -> &'static str {
        match self {
            UpstreamError::NotReached => "upstream_not_reached",
            UpstreamError::NoAnswer { .. } => "upstream_no_answer",
            UpstreamError::BrokenOff => "upstream_broken_off",
            UpstreamError::Failed { .. } => "upstream_failed",
            UpstreamError::Redirect { .. } => "upstream_redirect",
            UpstreamError::TooLarge { .. } => "upstream_reply_too_large",
            UpstreamError::NotJson => "upstream_not_json",
            UpstreamError::Loop => "upstream_loop",
        }
    }

    /// Whether the WHMCS may have executed the call all the same.
    pub fn may_have_executed(self) -> bool {
        match self {
            UpstreamError::NoAnswer { .. }
            | UpstreamError::BrokenOff
            | UpstreamError::TooLarge { .. }
            | UpstreamError::NotJson
            // Programs redirect to another page once they are done.
            | UpstreamError::Redirect { .. } => true,
            UpstreamError::Failed { status } => status >= 500,
            UpstreamError::NotReached | UpstreamError::Loop => false,
        }
    }

    /// Whether a page instead of a reply says that the caller is not let in, such as that of a firewall.
    pub fn is_forbidden(self) -> bool {
        self == UpstreamError::Failed { status: 403 }
    }

    fn http_status(self) -> u16 {
        if let UpstreamError::NoAnswer { .. } = self { 504 } else { 502 }
    }
}

impl TransactionError for Error {
    fn of_database(&self) -> Option<&sqlx::Error> {
        match self {
            Error::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        match fault {
            Fault::Busy => Error::Busy,
            Fault::Vanished => Error::Vanished,
            Fault::AnswerNeeded => Error::AnswerNeeded,
            Fault::Database(error) => Error::Database(error),
            Fault::Internal(reason) => Error::Internal(reason),
        }
    }
}

impl Error {
    /// Whether an operation was rejected for a reason that the caller can read.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Error::Refused(_) | Error::RefusedAs { .. } | Error::UpstreamRefused { .. })
    }

    /// Returns the message for the caller, which reveals no internals. It is one line without `;`, whatever values or
    /// texts of modules are in it: clients split replies there.
    pub fn message(&self) -> String {
        match self {
            Error::Database(_) | Error::Internal(_) | Error::Vanished | Error::AnswerNeeded => {
                "Internal Error: the server could not do this. Its log says why".to_owned()
            }
            other => one_line(&other.to_string()),
        }
    }

    /// Returns the stable code of the error, for programs. It does not change with the wording.
    pub fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Error::Refused(message) => return code_of_refusal(message).into(),
            Error::RefusedAs { code, .. } => code,
            Error::UpstreamRefused { code, .. } => return code.clone().into(),
            Error::NotAuthenticated => "authentication_failed",
            Error::AddressNotAllowed(_) => "address_not_allowed",
            Error::AdminDisabled => "administrator_disabled",
            Error::NoApiAccess => "no_api_access",
            Error::TooManyFailures { .. } => "too_many_failures",
            Error::RateLimited { .. } => "rate_limited",
            Error::NotPermitted(_) => "not_permitted",
            Error::ReadOnly => "read_only",
            Error::SchemaMismatch => "unfit_database",
            Error::ActionFailed(_) => "action_failed",
            Error::NoAction => "no_action",
            Error::Malformed(_) => "malformed_request",
            Error::InvalidIdempotencyKey => "unfit_idempotency_key",
            Error::KeyReused => "idempotency_key_reused",
            Error::ReplyNotKept => "reply_not_kept",
            Error::KeyNotPromised => "idempotency_key_not_promised",
            Error::Upstream(error) => error.code(),
            Error::InProgress => "request_in_progress",
            Error::UnknownAction(_) => "unknown_action",
            Error::TooLarge { .. } => "request_too_large",
            Error::UnsupportedEncoding => "unsupported_encoding",
            Error::TooSlow => "request_too_slow",
            Error::MethodNotAllowed(_) => "method_not_allowed",
            Error::NoSuchPath => "no_such_path",
            Error::Busy => "busy",
            Error::OutcomeUnknown => "unfinished",
            Error::Vanished | Error::AnswerNeeded | Error::Database(_) | Error::Internal(_) => "internal_error",
        })
    }

    /// The HTTP status in the modern API style.
    pub fn http_status(&self) -> u16 {
        match self {
            Error::UpstreamRefused { status: status @ 400..500, .. } => *status,
            Error::Refused(_) | Error::RefusedAs { .. } | Error::UpstreamRefused { .. } => {
                status_of_refusal(&self.code())
            }
            Error::NotAuthenticated => 401,
            Error::UnknownAction(_) => 404,
            other => other.whmcs_status(),
        }
    }

    /// The HTTP status in the classic API style: WHMCS's, or the usual one for errors that WHMCS does not have.
    pub fn whmcs_status(&self) -> u16 {
        match self {
            Error::Refused(_) | Error::RefusedAs { .. } | Error::UpstreamRefused { .. } | Error::UnknownAction(_) => {
                200
            }
            Error::NoAction | Error::Malformed(_) | Error::InvalidIdempotencyKey => 400,
            Error::NotAuthenticated
            | Error::AddressNotAllowed(_)
            | Error::AdminDisabled
            | Error::NoApiAccess
            | Error::NotPermitted(_)
            | Error::ReadOnly => 403,
            Error::NoSuchPath => 404,
            Error::MethodNotAllowed(_) => 405,
            Error::TooSlow => 408,
            Error::InProgress => 409,
            Error::TooLarge { .. } => 413,
            Error::UnsupportedEncoding => 415,
            Error::KeyReused | Error::KeyNotPromised | Error::ReplyNotKept => 422,
            Error::Upstream(error) => error.http_status(),
            Error::TooManyFailures { .. } | Error::RateLimited { .. } => 429,
            Error::SchemaMismatch => 501,
            Error::ActionFailed(_) => 502,
            Error::Busy => 503,
            Error::OutcomeUnknown => 504,
            Error::Database(_) | Error::Internal(_) | Error::Vanished | Error::AnswerNeeded => 500,
        }
    }
}

impl Error {
    /// Number of seconds after which the caller may retry, if that may help.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Error::Busy | Error::InProgress => Some(1),
            Error::Upstream(UpstreamError::NotReached) => Some(5),
            Error::TooManyFailures { seconds } | Error::RateLimited { seconds, .. } => Some(*seconds),
            _ => None,
        }
    }
}

/// Replaces line breaks by spaces, and semicolons by commas.
fn one_line(text: &str) -> String {
    if !text.contains(LINE_BREAKS) {
        return text.replace(';', ",");
    }
    let lines = text.split(LINE_BREAKS).map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").replace(';', ",")
}

/// Parts of error codes that mean a conflict with the current state of the business, as opposed to an invalid request.
const CONFLICT_CODES: [&str; 12] = [
    "already",
    "busy",
    "cancelled",
    "closed",
    "duplicate",
    "must_be_unique",
    "not_available_for_use",
    "not_in_unpaid_status",
    "not_renewable",
    "out_of_stock",
    "status_not_pending",
    "used_up",
];

/// Returns the HTTP status of a refusal with this code, in the modern API style.
pub fn status_of_refusal(code: &str) -> u16 {
    match code {
        code if code.ends_with("not_found") => 404,
        code if CONFLICT_CODES.iter().any(|part| code.contains(part)) => 409,
        _ => 422,
    }
}

/// Derives the code of a documented text: `client_id_not_found` for `Client ID Not Found`.
pub fn code_of_refusal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

/// An error that WHMCS documents for an action. The API description lists it, and a test provokes it.
#[derive(Debug, Clone, Copy)]
pub enum DocumentedError {
    /// The whole message, from which the code is derived.
    Exact(&'static str),
    /// The beginning of a message that depends on the request, and its code.
    Prefix { text: &'static str, code: &'static str },
    /// An error that cannot occur on this server.
    Never { text: &'static str, reason: &'static str },
}

/// Returns a refusal whose message depends on the request, with a stable code.
pub fn refuse_as<T>(code: &'static str, message: impl Into<String>) -> Result<T> {
    Err(Error::RefusedAs { code, message: message.into() })
}

/// Returns a refusal with its documented text.
pub fn refuse<T>(message: &'static str) -> Result<T> {
    Err(Error::Refused(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_without_separators() {
        for (text, message) in [
            ("failed; code=1\r\n\r\nTry again\n", "failed, code=1 Try again"),
            ("a\u{2028}b\u{85}c\x0bd", "a b c d"),
            ("Client ID Not Found", "Client ID Not Found"),
            ("Domain Name is not Valid: ", "Domain Name is not Valid: "),
            ("", ""),
        ] {
            assert_eq!(Error::RefusedAs { code: "module_failed", message: text.to_owned() }.message(), message);
        }
    }

    #[test]
    fn refusals_have_codes_and_honest_statuses() {
        let refused = |message: &'static str| Error::Refused(message);
        let named = |code| Error::RefusedAs { code, message: "x".to_owned() };
        for (error, code, status) in [
            (refused("Client ID Not Found"), "client_id_not_found", 404),
            (refused("Order ID not found or Status not Pending"), "order_id_not_found_or_status_not_pending", 409),
            (
                refused("A user already exists with that email address"),
                "a_user_already_exists_with_that_email_address",
                409,
            ),
            (refused("Invoice Not in Unpaid Status"), "invoice_not_in_unpaid_status", 409),
            (refused("No Amount Provided"), "no_amount_provided", 422),
            (named("invalid_status"), "invalid_status", 422),
            (named("product_out_of_stock"), "product_out_of_stock", 409),
            (named("module_not_found"), "module_not_found", 404),
            (Error::NotAuthenticated, "authentication_failed", 401),
            (Error::Busy, "busy", 503),
        ] {
            assert_eq!((&*error.code(), error.http_status()), (code, status));
        }
    }
}
