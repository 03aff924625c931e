//! `GenInvoices`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::domain::id::{ClientId, DomainId, ServiceAddonId, ServiceId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::clients;
use crate::operations::renewals::{self, Request, Selection};
use crate::param::{List, Param};

/// Invoices services, addons, domains and billable items that fall due, as the daily automation does.
///
/// What was invoiced is not invoiced again, however often this is called. Without a client, one call invoices up to 500 clients:
/// call it again until `numcreated` is 0. With a client, the services, addons and domains that are listed are invoiced even if they
/// are not due yet; without a list, all that is due is.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GenInvoices {
    /// Whether clients get no mails about the invoices.
    noemails: Param<bool>,
    /// Only this client.
    clientid: Param<ClientId>,
    /// The services to invoice, of the client.
    serviceids: Param<List<ServiceId>>,
    /// The domains to invoice, of the client.
    domainids: Param<List<DomainId>>,
    /// The addons to invoice, of the client.
    addonids: Param<List<ServiceAddonId>>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GenInvoicesReply {
    /// The number of new invoices.
    numcreated: usize,
    /// The id of the last one, if there is a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    latestinvoiceid: Option<i64>,
}

impl Action for GenInvoices {
    const NAME: &'static str = "GenInvoices";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const EXAMPLE: &'static str = r#"{"clientid": 1, "noemails": true}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CLIENT_NOT_FOUND)];
    type Reply = GenInvoicesReply;

    async fn run(self, call: Call<'_>) -> Result<GenInvoicesReply> {
        let client = match self.clientid.clone().optional(CLIENT_NOT_FOUND)? {
            Some(client) => Some(clients::lock(call.db, client).await?.id),
            None => None,
        };
        let request = Request { sends_mail: !self.noemails.is_set(), selection: self.selection(client)? };
        let mut context = call.context();
        let clients = match client {
            Some(client) => vec![client],
            None => renewals::due_clients(&mut context).await?,
        };
        let invoices = renewals::invoice_due(context, &clients, &request).await?;
        let latestinvoiceid = invoices.last().filter(|_| client.is_some()).map(|invoice| invoice.0);
        Ok(GenInvoicesReply { numcreated: invoices.len(), latestinvoiceid })
    }
}

impl GenInvoices {
    /// A list without ids, such as 0, is none.
    fn selection(&self, client: Option<ClientId>) -> Result<Selection> {
        let services = self.serviceids.clone().optional("serviceids must be a list of service IDs")?;
        let addons = self.addonids.clone().optional("addonids must be a list of addon IDs")?;
        let domains = self.domainids.clone().optional("domainids must be a list of domain IDs")?;
        let services: Vec<i64> = services.map_or(Vec::new(), |list| list.0.iter().map(|id| id.0).collect());
        let addons: Vec<i64> = addons.map_or(Vec::new(), |list| list.0.iter().map(|id| id.0).collect());
        let domains: Vec<i64> = domains.map_or(Vec::new(), |list| list.0.iter().map(|id| id.0).collect());
        let is_listed = !(services.is_empty() && addons.is_empty() && domains.is_empty());
        Ok(match client {
            Some(_) if is_listed => Selection::Listed { services, addons, domains },
            _ => Selection::Due,
        })
    }
}
