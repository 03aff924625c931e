//! `DomainUpdateNameservers`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::domain_param::{DomainParam, NothingReply, by_id};
use crate::actions::words::registration::DOMAIN_ID_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::domains::registration::{MAX_NAME_BYTES, save_nameservers};
use crate::param::Param;

/// Sets the name servers of a domain at its registrar. They are not stored here.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainUpdateNameservers {
    #[serde(flatten)]
    domain: DomainParam,
    ns1: Param<String>,
    ns2: Param<String>,
    ns3: Param<String>,
    ns4: Param<String>,
    ns5: Param<String>,
}

const TOO_FEW: &str = "ns1 and ns2 required";

impl Action for DomainUpdateNameservers {
    const NAME: &'static str = "DomainUpdateNameservers";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["ns1", "ns2"];
    const EXAMPLE: &'static str = r#"{"domainid": 18, "ns1": "ns1.example.com", "ns2": "ns2.example.com"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_ID_NOT_FOUND), Exact(TOO_FEW)];
    type Reply = NothingReply;

    async fn run(self, call: Call<'_>) -> Result<NothingReply> {
        let choice = self.domain.choice(DOMAIN_ID_NOT_FOUND)?;
        let given = [("ns1", self.ns1), ("ns2", self.ns2), ("ns3", self.ns3), ("ns4", self.ns4), ("ns5", self.ns5)];
        let mut names = Vec::new();
        for (name, param) in given {
            let server = param.text(name, MAX_NAME_BYTES)?.trim().to_owned();
            if server.is_empty() && matches!(name, "ns1" | "ns2") {
                return refuse(TOO_FEW);
            }
            names.extend(Some(server).filter(|server| !server.is_empty()));
        }
        save_nameservers(call.context(), &choice, &names).await.map_err(by_id)?;
        Ok(NothingReply {})
    }
}
