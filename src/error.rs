//! What can go wrong with a call, sorted by who must act.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::wire::Malformed;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    // The caller must change the request.
    /// A business error in its documented words. Nothing was written.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// No credential, an unknown one, or a wrong secret; which of them is not told.
    #[error("Authentication Failed")]
    NotAuthenticated,
    /// Neither an allowed address nor the access key.
    #[error("Invalid IP {0}")]
    AddressNotAllowed(IpAddr),
    /// Told only to who knows the password.
    #[error("Administrator Account Disabled")]
    AdminDisabled,
    /// Told only to who knows the password.
    #[error("Access Denied")]
    NoApiAccess,
    #[error("Too many failed attempts from your address; try again in {seconds} s")]
    TooManyFailures { seconds: u64 },
    /// The credential's roles do not include the action, named here in lower case.
    #[error("Invalid Permissions: API action \"{0}\" is not allowed")]
    NotPermitted(String),
    #[error("Empty action request")]
    NoAction,
    /// The request's body cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("An idempotency key must have 1 to 255 visible ASCII characters")]
    UnfitKey,
    #[error("This idempotency key was used with another request; a new request needs a new key")]
    KeyReused,
    /// The first request with the key has not ended within the time that a lock is waited for.
    #[error("A request with this idempotency key is in progress; its reply can be asked for with the same key")]
    InProgress,
    /// Named here in lower case.
    #[error("Invalid API Action: \"{0}\" is not a valid API action")]
    UnknownAction(String),
    #[error("The request is larger than the {limit} bytes that limits.request_bytes allows")]
    TooLarge { limit: usize },
    #[error("The request took too long to arrive")]
    TooSlow,
    #[error("The API answers GET and POST requests only")]
    MethodNotAllowed,
    #[error("Nothing is here: the API is at /includes/api.php")]
    NoSuchPath,

    // The caller may try again, unchanged.
    /// The database was too contended or did not answer in time, and the call left no trace.
    #[error("The server is busy. Nothing was changed; please try again")]
    Busy,
    /// The time ran out, or the database went away, while a change was being committed. Not to be repeated unseen.
    #[error("The server did not finish in time. Whether the change was made is not known; check before trying again")]
    Unfinished,

    // The pipeline runs the call again; a caller never reads it.
    /// The transaction was gone before its end, although no statement said so.
    #[error("the database dropped a transaction without telling")]
    Vanished,

    // The operator must act; the caller is only told that.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Internal(Cow<'static, str>),
}

impl Error {
    /// What the caller reads: nothing of the server's inside.
    pub fn message(&self) -> String {
        match self {
            Error::Database(_) | Error::Internal(_) | Error::Vanished => {
                "Internal Error: the server could not do this. Its log says why".to_owned()
            }
            told => told.to_string(),
        }
    }

    /// The HTTP status that WHMCS answers with, and for what WHMCS does not know, the usual one.
    pub fn status(&self) -> u16 {
        match self {
            Error::Refused(_) | Error::UnknownAction(_) => 200,
            Error::NoAction | Error::Malformed(_) | Error::UnfitKey => 400,
            Error::NotAuthenticated
            | Error::AddressNotAllowed(_)
            | Error::AdminDisabled
            | Error::NoApiAccess
            | Error::NotPermitted(_) => 403,
            Error::NoSuchPath => 404,
            Error::MethodNotAllowed => 405,
            Error::TooSlow => 408,
            Error::InProgress => 409,
            Error::TooLarge { .. } => 413,
            Error::KeyReused => 422,
            Error::TooManyFailures { .. } => 429,
            Error::Busy => 503,
            Error::Unfinished => 504,
            Error::Database(_) | Error::Internal(_) | Error::Vanished => 500,
        }
    }
}

impl Error {
    /// After how many seconds the caller may try again, where that may help.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Error::Busy | Error::InProgress => Some(1),
            Error::TooManyFailures { seconds } => Some(*seconds),
            _ => None,
        }
    }
}

/// A business error, in its documented words.
pub fn refuse<T>(message: impl Into<Cow<'static, str>>) -> Result<T> {
    Err(Error::Refused(message.into()))
}
