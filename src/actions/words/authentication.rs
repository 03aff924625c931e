//! Error texts for the refusals of [`crate::operations::authentication`].

use super::ErrorText;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::authentication::{Refusal, SsoRefusal};

pub const CREDENTIAL_NOT_FOUND: &str = "Invalid Credential ID provided.";
pub const NO_NAME: &str = "A name for the Client Credential is required.";
pub const NO_SERVICE: &str = "A service ID is required for the single sign-on grant type.";
pub const NO_SCOPE: &str = "At least one valid scope is required.";
pub const SERVICE_NOT_FOUND: &str = "A valid Service ID is required.";
pub const SERVICE_WITHOUT_CLIENT: &str = "Service ID not associated with valid Client.";
pub const NOT_READABLE: &str = "Unable to decrypt the supplied value";
pub const SSO_CLIENT_NOT_FOUND: &str = "Invalid client_id";
pub const SSO_USER_NOT_FOUND: &str = "Invalid user_id";
pub const SSO_NOT_A_MEMBER: &str = "Invalid user_id for client";
pub const SSO_NOBODY_NAMED: &str = "A valid client_id or user_id is required";
pub const INVALID_DESTINATION: &str = "Invalid destination";
pub const NOT_PROVISIONED: &str = "Token could not be provisioned: ";
pub const SSO_BLOCKED: &str = "SSO authentication blocked for client ";
/// The beginnings of messages that name what was sent.
pub const INVALID_GRANT: &str = "The requested grant type \"";
pub const INVALID_SCOPE: &str = "The requested scope \"";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        let refused = |message: &str| Error::RefusedAs { code, message: message.to_owned() };
        match self {
            Refusal::CredentialNotFound => Error::Refused(CREDENTIAL_NOT_FOUND),
            Refusal::NameMissing => Error::Refused(NO_NAME),
            Refusal::ServiceMissing => Error::Refused(NO_SERVICE),
            Refusal::NoScope => Error::Refused(NO_SCOPE),
            Refusal::ScopeNotFound(scope) => invalid_scope(&scope),
            Refusal::ServiceNotFound => Error::Refused(SERVICE_NOT_FOUND),
            Refusal::ServiceWithoutClient => Error::Refused(SERVICE_WITHOUT_CLIENT),
            Refusal::SecretOfWhmcs => Error::Refused(
                "The secret was made by a WHMCS, which would not know another one: reset it there, or delete the credential",
            ),
            Refusal::NoMaker => refused(
                "Only an API credential can give a program rights of its own: staff and programs with tokens cannot",
            ),
            Refusal::NotTheMaker => {
                refused("Another API credential made this one, and only that one can change its scopes and its secret")
            }
            Refusal::GrantIsFixed => {
                refused("A credential is of the grant type client_credentials from the beginning to its end, or never")
            }
            Refusal::NoKeys => Error::Refused("This server has no key file (keys.file), so it can seal nothing"),
            Refusal::NotReadable => Error::Refused(NOT_READABLE),
        }
    }
}

impl ErrorText for SsoRefusal {
    fn error(self) -> Error {
        let code = self.code();
        let not_provisioned = |reason| Error::RefusedAs { code, message: format!("{NOT_PROVISIONED}{reason}") };
        match self {
            SsoRefusal::ClientNotFound => Error::Refused(SSO_CLIENT_NOT_FOUND),
            SsoRefusal::UserNotFound => Error::Refused(SSO_USER_NOT_FOUND),
            SsoRefusal::NotAMember => Error::Refused(SSO_NOT_A_MEMBER),
            SsoRefusal::NobodyNamed => Error::Refused(SSO_NOBODY_NAMED),
            SsoRefusal::NotAbout => Error::Refused(INVALID_DESTINATION),
            SsoRefusal::Off => not_provisioned("single sign-on is off on this server (sso.mode)"),
            SsoRefusal::NoPortal => {
                not_provisioned("this server has no portal to which it could lead (sso.portal_url)")
            }
            SsoRefusal::NoRedeemUrl => {
                not_provisioned("neither sso.redeem_url nor SystemURL says where browsers reach this server")
            }
            SsoRefusal::ClientBlocked(client) => Error::RefusedAs { code, message: format!("{SSO_BLOCKED}{client}") },
            SsoRefusal::TokenNotValid => Error::Refused("The token is not valid"),
            SsoRefusal::AddressBanned => Error::Refused("The address is banned"),
        }
    }
}

/// The error for a grant type that does not exist.
pub fn invalid_grant(sent: &str) -> Error {
    Error::RefusedAs { code: "invalid_grant_type", message: format!("{INVALID_GRANT}{sent}\" is invalid.") }
}

/// The error for a scope that does not exist, or that a credential cannot have.
pub fn invalid_scope(sent: &str) -> Error {
    Error::RefusedAs { code: "scope_not_found", message: format!("{INVALID_SCOPE}{sent}\" is invalid.") }
}
