//! `DomainRenew`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::domain_param::{DomainParam, NothingReply};
use crate::actions::words::registration::DOMAIN_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::domains::registrar::Command;
use crate::domain::order::domain_price::MAX_YEARS;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::domains::registration::{CommandArguments, send};
use crate::param::Param;

/// Has a domain's registrar renew the domain.
///
/// The day of expiry moves by the years of the renewal once the registrar has said yes, from that day on, however late the
/// renewal is. The next due date stays, unless the setting `compat.renewal_due_date` is `moves`: a payment moves it. If it is
/// not known whether the registrar has renewed the domain, the call fails with status 504.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainRenew {
    #[serde(flatten)]
    domain: DomainParam,
    /// The number of years, from 1 to 10; by default or with 0, the domain's own period.
    regperiod: Param<u32>,
}

const INVALID_PERIOD: &str = "Registration Period must be 1 to 10 years";

impl Action for DomainRenew {
    const NAME: &'static str = "DomainRenew";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const RUNS_REGISTRARS: bool = true;
    const EXAMPLE: &'static str = r#"{"domainid": 18, "regperiod": 2}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_NOT_FOUND)];
    type Reply = NothingReply;

    async fn run(self, call: Call<'_>) -> Result<NothingReply> {
        let choice = self.domain.choice(DOMAIN_NOT_FOUND)?;
        let years = self.regperiod.optional(INVALID_PERIOD)?.unwrap_or_default();
        if years > MAX_YEARS {
            return refuse(INVALID_PERIOD);
        }
        let arguments = CommandArguments { years, ..CommandArguments::default() };
        send(call.context(), &choice, Command::Renew, arguments).await?;
        Ok(NothingReply {})
    }
}
