//! `DomainGetWhoisInfo`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::domain_param::{DomainIdParam, by_id};
use crate::actions::words::registration::DOMAIN_ID_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::domains::registration::contact_details;

/// Returns the contacts of a domain, as its registrar has them.
///
/// Contacts and labels are the registrar's own: usually `Registrant`, `Admin`, `Technical` and `Billing`, with labels such as
/// `First_Name`. Blanks in labels become underscores, as WHMCS has them. WHMCS documents each contact as a text with JSON;
/// observed replies have objects, as here.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainGetWhoisInfo {
    #[serde(flatten)]
    domain: DomainIdParam,
}

/// The values of each contact by their labels.
#[derive(Debug, JsonSchema, Serialize)]
pub struct DomainGetWhoisInfoReply {
    #[serde(flatten)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, String>>")]
    contacts: IndexMap<String, IndexMap<String, String>>,
}

impl Action for DomainGetWhoisInfo {
    const NAME: &'static str = "DomainGetWhoisInfo";
    const ACCESS: Access = Access::Read;
    const ASKS_OUTSIDE: bool = true;
    const REQUIRED: &[&str] = &["domainid"];
    const EXAMPLE: &'static str = r#"{"domainid": 18}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_ID_NOT_FOUND)];
    type Reply = DomainGetWhoisInfoReply;

    async fn run(self, call: Call<'_>) -> Result<DomainGetWhoisInfoReply> {
        let contacts = contact_details(call.context(), &self.domain.choice()?).await.map_err(by_id)?;
        let as_key = |label: String| label.replace(' ', "_");
        let contact = |fields: IndexMap<String, String>| {
            fields.into_iter().map(|(label, value)| (as_key(label), value)).collect()
        };
        let contacts = contacts.into_iter().map(|(name, fields)| (as_key(name), contact(fields))).collect();
        Ok(DomainGetWhoisInfoReply { contacts })
    }
}
