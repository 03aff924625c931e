//! A call: who makes it, and which method it is for.

use std::fmt;
use std::sync::Arc;

use super::missing::Missing;
use super::wire::{AUTHENTICATION_FAILED, Role};
use crate::actions::ActionEntry;
use crate::auth::failures::CallKind;
use crate::auth::sessions::{CallSession, Session};
use crate::auth::{AuthAttempt, Authenticator, Caller, KeyOf};
use crate::config::FossBillingLimits;
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
    pub session: CallSession,
    pub csrf: CsrfTokens,
    pub method: std::result::Result<Arc<ActionEntry>, Missing>,
}

/// The tokens against forged requests that a request carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CsrfTokens {
    /// That of the parameters or of a header.
    pub sent: Option<String>,
    /// That of the cookie, which must be the same if there is one.
    pub cookie: Option<String>,
}

impl FossBillingCall {
    /// Finds out who calls. Guests are let in whatever they carry.
    pub async fn authenticate(
        &self,
        authenticator: &Authenticator,
        attempt: AuthAttempt<'_>,
        hosts: &Arc<Hosts>,
        limits: &FossBillingLimits,
    ) -> Result<(Lease, Caller)> {
        // With a key, the address is checked by the statement that finds it.
        if !matches!((self.role, &self.credentials), (Role::Client | Role::Admin, Credentials::Key(_))) {
            authenticator.check_network(attempt, hosts).await?;
        }
        for (kind, limit) in self.limited(limits).into_iter().flatten() {
            authenticator.count_of_address(kind, attempt.address, limit).await?;
        }
        let session = authenticator.find_session(&self.session, attempt, limits.session_minutes, hosts).await?;
        let of_client = session.and_then(|session| session.client);
        let (lease, caller) = match (self.role, &self.credentials) {
            (Role::Guest, _) => return authenticator.admit_guest(attempt, hosts).await,
            (Role::Client, Credentials::Key(key)) => {
                authenticator.authenticate_key(KeyOf::Client, key, attempt, hosts).await?
            }
            (Role::Admin, Credentials::Key(key)) => {
                authenticator.authenticate_key(KeyOf::Staff, key, attempt, hosts).await?
            }
            (Role::Client, Credentials::None) if let Some(client) = of_client => {
                self.check_csrf()?;
                authenticator.admit_client(client, attempt, hosts).await?
            }
            _ => return Err(Error::NotAuthenticated),
        };
        authenticator.count_of_caller(CallKind::Authenticated, &caller, limits.calls_per_account).await?;
        if self.name() == "client/profile/change_password" {
            authenticator.count_of_caller(CallKind::PasswordChange, &caller, limits.password_changes).await?;
        }
        Ok((lease, caller))
    }

    /// Rejects a call by a session without its token, which other sites cannot send.
    fn check_csrf(&self) -> Result<()> {
        let CsrfTokens { sent, cookie } = &self.csrf;
        let is_right = |token: &String| self.session.is_csrf_token(token);
        if sent.as_ref().is_some_and(is_right) && cookie.as_ref().is_none_or(is_right) {
            return Ok(());
        }
        Err(Error::RefusedAs { code: "403", message: "CSRF token invalid".to_owned() })
    }

    /// The kinds of calls that this one is of whose number from an address is limited.
    fn limited(&self, limits: &FossBillingLimits) -> [Option<(CallKind, u32)>; 2] {
        let of_role = match self.role {
            Role::Guest => (CallKind::OfGuest, limits.guest_calls),
            Role::Client | Role::Admin => (CallKind::Authenticated, limits.calls_per_address),
        };
        let of_method = match self.name() {
            "guest/client/login" => Some((CallKind::LogIn, limits.log_ins)),
            "guest/client/create" => Some((CallKind::SignUp, limits.sign_ups)),
            "guest/client/reset_password" => Some((CallKind::PasswordReset, limits.password_resets)),
            "guest/support/ticket_create" => Some((CallKind::GuestTicket, limits.guest_tickets)),
            "guest/cart/apply_promo" => Some((CallKind::PromotionCode, limits.promotion_codes)),
            "guest/invoice/get" => Some((CallKind::GuestInvoice, limits.guest_invoices)),
            "guest/servicedomain/check" | "guest/servicedomain/can_be_transferred" => {
                Some((CallKind::DomainLookup, limits.domain_lookups))
            }
            "client/cart/checkout" => Some((CallKind::Checkout, limits.checkouts)),
            _ => None,
        };
        [Some(of_role), of_method]
    }

    /// Whether the call begins a session, as it has none. The cookies of its reply are not kept, so that a repetition would be
    /// answered without them.
    pub fn begins_session(&self) -> bool {
        let name = self.name();
        let may_begin = matches!(name, "guest/client/login" | "guest/client/create") || name.starts_with("guest/cart/");
        may_begin && self.session.found().is_none()
    }

    /// The session of a guest.
    pub fn guest_session(&self) -> Option<&Session> {
        self.session.found().filter(|_| self.role == Role::Guest)
    }

    fn name(&self) -> &str {
        self.method.as_ref().map_or("", |entry| &entry.name)
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
