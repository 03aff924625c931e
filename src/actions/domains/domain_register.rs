//! `DomainRegister`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::domain_param::{DomainParam, NothingReply};
use crate::actions::words::registration::{DOMAIN_NOT_FOUND, INVALID_IDN_LANGUAGE};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::domains::registrar::Command;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::domains::registration::{CommandArguments, send};
use crate::param::Param;

/// Has a domain's registrar register the domain, for the years and with the name servers of its order.
///
/// The domain turns Active once the registrar has said yes, or Pending Registration if it says that it is not finished. If it is
/// not known whether it has registered the domain, the call fails with status 504.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainRegister {
    #[serde(flatten)]
    domain: DomainParam,
    /// The language of an internationalized name, such as `ger`; by default, the one that was ordered.
    idnlanguage: Param<String>,
}

impl Action for DomainRegister {
    const NAME: &'static str = "DomainRegister";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const RUNS_REGISTRARS: bool = true;
    const EXAMPLE: &'static str = r#"{"domainid": 41}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(DOMAIN_NOT_FOUND), Prefix { text: INVALID_IDN_LANGUAGE, code: "invalid_idn_language" }];
    type Reply = NothingReply;

    async fn run(self, call: Call<'_>) -> Result<NothingReply> {
        let choice = self.domain.choice(DOMAIN_NOT_FOUND)?;
        let idn_language = self.idnlanguage.text("idnlanguage", 255)?;
        let arguments = CommandArguments { idn_language, ..CommandArguments::default() };
        send(call.context(), &choice, Command::Register, arguments).await?;
        Ok(NothingReply {})
    }
}
