//! The form of requests and answers: paths, the envelope, error numbers and HTTP statuses.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::wire::{Encoded, Encoder};

/// The number of an error that has no other.
pub const ANY: &str = "9999";
pub const AUTHENTICATION_FAILED: &str = "Authentication Failed";

/// Who a path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Guest,
    Client,
    Admin,
}

impl Role {
    pub fn parse(text: &str) -> Option<Role> {
        [Role::Guest, Role::Client, Role::Admin].into_iter().find(|role| role.name() == text)
    }

    pub fn name(self) -> &'static str {
        match self {
            Role::Guest => "guest",
            Role::Client => "client",
            Role::Admin => "admin",
        }
    }

    /// The name at the beginning of a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Role::Guest => "Guest",
            Role::Client => "Client",
            Role::Admin => "Admin",
        }
    }
}

/// The path of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallPath {
    pub role: Role,
    /// In lower case, as the method.
    pub module: String,
    pub method: String,
}

impl CallPath {
    /// Reads what follows `/api/`.
    pub fn parse(rest: &str) -> Option<CallPath> {
        let mut parts = rest.split('/');
        let (role, module, method) = (parts.next()?, parts.next()?, parts.next()?);
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_call = parts.next().is_none() && is_name(module) && is_name(method);
        let (module, method) = (module.to_ascii_lowercase(), method.to_ascii_lowercase());
        Some(CallPath { role: Role::parse(role)?, module, method }).filter(|_| is_call)
    }

    /// The method as the catalogue has it.
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.role.name(), self.module, self.method)
    }
}

/// An error as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub message: String,
    pub code: u16,
    pub status: u16,
}

impl Answer {
    /// The answer to an error: FOSSBilling's where it has that, and this server's HTTP status for those that only it has.
    pub fn to(error: &Error) -> Answer {
        let numbered = |code: u16, message: &str| Answer { message: message.to_owned(), code, status: status_of(code) };
        match error {
            Error::RefusedAs { code, .. } => numbered(code.parse().unwrap_or(9999), &error.message()),
            Error::NotAuthenticated => numbered(201, AUTHENTICATION_FAILED),
            Error::AddressNotAllowed(_) => numbered(1002, "Unauthorized IP"),
            Error::AdminDisabled | Error::NoApiAccess => numbered(205, AUTHENTICATION_FAILED),
            Error::TooManyFailures { .. } | Error::RateLimited { .. } => {
                numbered(429, "Rate limit exceeded. Please try again later.")
            }
            Error::NotPermitted(_) => numbered(403, "You do not have permission to perform this action"),
            Error::ReadOnly => numbered(503, "The system is undergoing maintenance. Please try again later"),
            Error::Malformed(_) => numbered(400, "Malformed JSON input: Syntax error"),
            Error::Busy => numbered(503, &error.message()),
            refusal if refusal.is_refusal() => numbered(9999, &refusal.message()),
            other => Answer { message: other.message(), code: 9999, status: other.whmcs_status() },
        }
    }

    pub fn envelope(&self) -> Value {
        json!({"result": null, "error": {"message": self.message, "code": self.code}})
    }
}

/// The HTTP status of an error number.
fn status_of(code: u16) -> u16 {
    match code {
        201..=206 | 1002 | 1004 => 401,
        403 | 429 | 503 => code,
        740 => 404,
        701 | 879 => 400,
        _ => 200,
    }
}

/// The error of a path that is no call; `rest` is what follows `/api/`.
pub fn no_call(rest: &str) -> Error {
    Error::RefusedAs { code: "879", message: format!("Unknown API call {rest}") }
}

/// Encodes the result of a method.
pub fn encode(encoder: &Encoder, result: &Value) -> Result<Encoded> {
    let encoded = encoder.success(&json!({"result": result, "error": null}));
    encoded.map_err(|error| Error::Internal(error.to_string().into()))
}

/// A map, which PHP writes as a list if it is empty.
pub fn map(entries: impl Iterator<Item = (String, Value)>) -> Value {
    let map: Map<String, Value> = entries.collect();
    if map.is_empty() { Value::Array(Vec::new()) } else { map.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_calls_or_not() {
        for (rest, name) in [
            ("guest/client/create", Some("guest/client/create")),
            ("admin/Client/GET_list", Some("admin/client/get_list")),
            ("foo/client/get", None),
            ("Admin/client/get", None),
            ("admin/client", None),
            ("admin/client/get/", None),
            ("admin/client/get/1", None),
            ("admin/cli-ent/get", None),
            ("", None),
        ] {
            assert_eq!(CallPath::parse(rest).map(|path| path.name()).as_deref(), name, "{rest}");
        }
    }

    #[test]
    fn errors_have_numbers_and_statuses() {
        let said = |code| Error::RefusedAs { code, message: "x".to_owned() };
        for (error, code, status) in [
            (said("9999"), 9999, 200),
            (said("831"), 831, 200),
            (said("740"), 740, 404),
            (said("879"), 879, 400),
            (said("206"), 206, 401),
            (said("module_failed"), 9999, 200),
            (Error::Refused("No Amount Provided"), 9999, 200),
            (Error::RateLimited { limit: 1, window: "day", seconds: 1 }, 429, 429),
            (Error::NotPermitted("x".to_owned()), 403, 403),
            (Error::ReadOnly, 503, 503),
            (Error::OutcomeUnknown, 9999, 504),
            (Error::KeyReused, 9999, 422),
            (Error::Internal("x".into()), 9999, 500),
        ] {
            let answer = Answer::to(&error);
            assert_eq!((answer.code, answer.status), (code, status), "{error}");
        }
    }
}
