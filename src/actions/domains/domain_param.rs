//! The domain that an action is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::domains::NAMESERVERS_REQUIRED;
use crate::actions::words::registration::DOMAIN_ID_NOT_FOUND;
use crate::actions::words::with_text;
use crate::database::TEXT_BYTES;
use crate::domain::domain_name::DomainName;
use crate::domain::id::DomainId;
use crate::error::{Error, Result, refuse};
use crate::operations::OperationError;
use crate::operations::domains::registration::{DomainChoice, MAX_NAME_BYTES, Refusal};
use crate::outbox::registrars::Nameservers;
use crate::param::Param;

/// The domain, by its id.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainIdParam {
    domainid: Param<DomainId>,
}

/// The domain, by its id or its name.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainParam {
    /// The domain's id, or else its name in `domain`.
    domainid: Param<DomainId>,
    /// The domain's name. If several domains have it, the active one is meant, or else the newest.
    domain: Param<String>,
}

/// The reply of actions that return nothing.
#[derive(Debug, JsonSchema, Serialize)]
pub struct NothingReply {}

impl DomainIdParam {
    pub fn choice(self) -> Result<DomainChoice> {
        Ok(DomainChoice::Id(self.domainid.required(DOMAIN_ID_NOT_FOUND)?))
    }
}

impl DomainParam {
    /// Returns the domain that is meant; the id counts if both are given.
    pub fn choice(self, not_found: &'static str) -> Result<DomainChoice> {
        if let Some(id) = self.domainid.optional(not_found)? {
            return Ok(DomainChoice::Id(id));
        }
        match self.domain.text("domain", TEXT_BYTES)?.trim() {
            "" => refuse(not_found),
            name => Ok(DomainChoice::Name(name.to_owned())),
        }
    }
}

/// Reads name servers, `ns1` to `ns5`. The first two are required.
pub fn nameservers(params: [Param<String>; 5]) -> Result<Nameservers> {
    let mut names = Nameservers::default();
    for (at, (param, name)) in params.into_iter().zip(&mut names).enumerate() {
        let sent = param.text(&format!("ns{}", at + 1), MAX_NAME_BYTES)?;
        let host = sent.trim().trim_end_matches('.');
        if host.is_empty() && at < 2 {
            return refuse(NAMESERVERS_REQUIRED);
        }
        if !host.is_empty() {
            let invalid = || Error::RefusedAs {
                code: "invalid_nameserver",
                message: format!("A name server must be the name of a host: {host} is none"),
            };
            *name = Some(DomainName::parse(host).ok_or_else(invalid)?.ascii().to_owned());
        }
    }
    Ok(names)
}

/// Converts an operation's error for the actions that know domains by their ids only.
pub fn by_id(error: OperationError<Refusal>) -> Error {
    with_text(error, &Refusal::DomainNotFound, DOMAIN_ID_NOT_FOUND)
}
