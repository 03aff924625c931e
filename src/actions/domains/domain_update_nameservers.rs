//! `DomainUpdateNameservers`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::domain_param::{DomainParam, NothingReply, by_id, nameservers};
use crate::actions::words::domains::NAMESERVERS_REQUIRED;
use crate::actions::words::registration::DOMAIN_ID_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::domains::registration::save_nameservers;
use crate::param::Param;

/// Sets the name servers of a domain at its registrar, by the names of their hosts. They are not stored here.
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

impl Action for DomainUpdateNameservers {
    const NAME: &'static str = "DomainUpdateNameservers";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["ns1", "ns2"];
    const EXAMPLE: &'static str = r#"{"domainid": 18, "ns1": "ns1.example.com", "ns2": "ns2.example.com"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_ID_NOT_FOUND), Exact(NAMESERVERS_REQUIRED)];
    type Reply = NothingReply;

    async fn run(self, call: Call<'_>) -> Result<NothingReply> {
        let choice = self.domain.choice(DOMAIN_ID_NOT_FOUND)?;
        let names = nameservers([self.ns1, self.ns2, self.ns3, self.ns4, self.ns5])?;
        save_nameservers(call.context(), &choice, &names).await.map_err(by_id)?;
        Ok(NothingReply {})
    }
}
