//! A call: who makes it, and which method it is for.

use std::fmt;
use std::sync::Arc;

use super::missing::Missing;
use super::wire::{AUTHENTICATION_FAILED, Role};
use crate::actions::ActionEntry;
use crate::auth::failures::GuestCall;
use crate::auth::{AuthAttempt, Authenticator, Caller, KeyOf};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::error::{Error, Result};

/// What a request carries to say who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing that can be used.
    None,
    /// A user name without a password.
    NoPassword,
    /// A user name that is not the role of the path.
    OtherRole,
    EmptyPassword,
    Key(String),
}

impl Credentials {
    /// Reads the header `Authorization` of a call. `decoded` is what `Basic` has, if it is that.
    pub fn of(role: Role, decoded: Option<&str>) -> Credentials {
        let Some(decoded) = decoded else { return Credentials::None };
        let (name, password) = match decoded.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (decoded, None),
        };
        match password {
            _ if !matches!(name, "admin" | "client") => Credentials::None,
            _ if name != role.name() => Credentials::OtherRole,
            None => Credentials::NoPassword,
            Some("") => Credentials::EmptyPassword,
            Some(key) => Credentials::Key(key.to_owned()),
        }
    }

    /// The number of the error of a caller who is not let in.
    fn number(&self, role: Role) -> &'static str {
        match (self, role) {
            (Credentials::None, _) => "201",
            (Credentials::NoPassword, _) => "202",
            (Credentials::OtherRole, _) => "203",
            (Credentials::Key(_), Role::Admin) => "205",
            (Credentials::Key(_), _) => "204",
            (Credentials::EmptyPassword, _) => "206",
        }
    }
}

/// A call of FOSSBilling's API.
pub struct FossBillingCall {
    pub role: Role,
    pub credentials: Credentials,
    pub method: std::result::Result<Arc<ActionEntry>, Missing>,
}

impl FossBillingCall {
    /// Finds out who calls. Guests are let in whatever they carry.
    pub async fn authenticate(
        &self,
        authenticator: &Authenticator,
        attempt: AuthAttempt<'_>,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Caller)> {
        let whose = match self.role {
            Role::Guest => return authenticator.admit_guest(attempt, self.limited(), hosts).await,
            Role::Client => KeyOf::Client,
            Role::Admin => KeyOf::Staff,
        };
        match &self.credentials {
            Credentials::Key(key) => authenticator.authenticate_key(whose, key, attempt, hosts).await,
            _ => Err(Error::NotAuthenticated),
        }
    }

    /// The call of a guest if its number is limited.
    fn limited(&self) -> Option<GuestCall> {
        match self.method.as_ref().ok()?.name.as_ref() {
            "guest/client/login" => Some(GuestCall::LogIn),
            "guest/client/create" => Some(GuestCall::SignUp),
            _ => None,
        }
    }

    /// Returns the error with the number that depends on what the request carries, if it has one.
    pub fn numbered(&self, error: Error) -> Error {
        match error {
            Error::NotAuthenticated => {
                let code = self.credentials.number(self.role);
                Error::RefusedAs { code, message: AUTHENTICATION_FAILED.to_owned() }
            }
            error => error,
        }
    }
}

impl fmt::Debug for FossBillingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.as_ref().map(|entry| &*entry.name);
        f.debug_struct("FossBillingCall").field("role", &self.role).field("method", &method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_says_who_calls() {
        for (decoded, number) in [
            (None, "201"),
            (Some("root:key"), "201"),
            (Some("client:key"), "203"),
            (Some("client"), "203"),
            (Some("admin"), "202"),
            (Some("admin:"), "206"),
            (Some("admin:key:with:colons"), "205"),
        ] {
            assert_eq!(Credentials::of(Role::Admin, decoded).number(Role::Admin), number, "{decoded:?}");
        }
        let colons = Credentials::of(Role::Client, Some("client:a:b"));
        assert_eq!((&colons, colons.number(Role::Client)), (&Credentials::Key("a:b".to_owned()), "204"));
    }
}
