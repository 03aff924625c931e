//! `DomainRelease`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::domain_param::{DomainParam, NothingReply};
use crate::actions::words::registration::DOMAIN_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::domains::registrar::Command;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::domains::registration::{CommandArguments, MAX_TEXT_BYTES, send};
use crate::param::Param;

/// Has a domain's registrar release the domain to another one, as `.uk` domains are.
///
/// WHMCS documents no status that the domain gets. It keeps its own, unless the setting `compat.released_domain_status` has
/// another one; `whmcs-api domains sync` finds out that it has gone.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainRelease {
    #[serde(flatten)]
    domain: DomainParam,
    /// The tag of the receiving registrar.
    newtag: Param<String>,
}

const NO_TAG: &str = "The tag of the receiving registrar is required: newtag";

impl Action for DomainRelease {
    const NAME: &'static str = "DomainRelease";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const RUNS_REGISTRARS: bool = true;
    const REQUIRED: &[&str] = &["newtag"];
    const EXAMPLE: &'static str = r#"{"domainid": 33, "newtag": "OTHER-REGISTRAR"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_NOT_FOUND)];
    type Reply = NothingReply;

    async fn run(self, call: Call<'_>) -> Result<NothingReply> {
        let choice = self.domain.choice(DOMAIN_NOT_FOUND)?;
        let new_tag = self.newtag.text("newtag", MAX_TEXT_BYTES)?;
        if new_tag.is_empty() {
            return refuse(NO_TAG);
        }
        let arguments = CommandArguments { new_tag, ..CommandArguments::default() };
        send(call.context(), &choice, Command::Release, arguments).await?;
        Ok(NothingReply {})
    }
}
