//! `DomainGetNameservers`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::domain_param::{DomainIdParam, by_id};
use crate::actions::words::registration::{DOMAIN_ID_NOT_FOUND, NOT_SUPPORTED};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::domains::registration::nameservers;

/// Returns the name servers of a domain, as its registrar has them.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainGetNameservers {
    #[serde(flatten)]
    domain: DomainIdParam,
}

/// The name servers; those that are not set are absent.
#[derive(Debug, JsonSchema, Serialize)]
pub struct DomainGetNameserversReply {
    #[serde(skip_serializing_if = "Option::is_none")]
    ns1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ns2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ns3: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ns4: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ns5: Option<String>,
}

impl Action for DomainGetNameservers {
    const NAME: &'static str = "DomainGetNameservers";
    const ACCESS: Access = Access::Read;
    const ASKS_OUTSIDE: bool = true;
    const REQUIRED: &[&str] = &["domainid"];
    const EXAMPLE: &'static str = r#"{"domainid": 18}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_ID_NOT_FOUND), Exact(NOT_SUPPORTED)];
    type Reply = DomainGetNameserversReply;

    async fn run(self, call: Call<'_>) -> Result<DomainGetNameserversReply> {
        let [ns1, ns2, ns3, ns4, ns5] = nameservers(call.context(), &self.domain.choice()?).await.map_err(by_id)?;
        Ok(DomainGetNameserversReply { ns1, ns2, ns3, ns4, ns5 })
    }
}
