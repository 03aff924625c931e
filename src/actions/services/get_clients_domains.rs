//! `GetClientsDomains`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::words::NOT_A_DATE;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{ClientId, DomainId};
use crate::domain::money::Money;
use crate::error::Result;
use crate::param::schema;
use crate::param::{Param, UtcTime};
use crate::store;
use crate::store::billing::gateways::DisplayNames;
use crate::store::services::domains::{DomainFilter, DomainRow};

/// Returns a page of the list of domains.
///
/// Domains are sorted by id. Ids and numbers are strings, as documented. Name servers are not returned: only the
/// registrar has them, and DomainGetNameservers asks it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetClientsDomains {
    #[serde(flatten)]
    paging: Paging,
    /// Only domains of this client.
    clientid: Param<ClientId>,
    /// Only the domain with this id.
    domainid: Param<DomainId>,
    /// Only domains with exactly this name.
    domain: Param<String>,
    /// Only domains that changed at or after this time in UTC: `YYYY-MM-DD HH:MM:SS`, or a day. WHMCS lacks this
    /// parameter.
    #[schemars(with = "schema::DateTime")]
    updatedsince: Param<UtcTime>,
}

/// A page of domains, and the filters as they were sent.
#[derive(Debug, JsonSchema, Serialize)]
pub struct GetClientsDomainsReply {
    clientid: Option<String>,
    domainid: Option<String>,
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    domains: Domains,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Domains {
    domain: Vec<Domain>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Domain {
    id: String,
    userid: String,
    orderid: String,
    /// `Register` or `Transfer`.
    regtype: String,
    domainname: String,
    registrar: String,
    regperiod: String,
    firstpaymentamount: Money,
    recurringamount: Money,
    paymentmethod: String,
    paymentmethodname: String,
    regdate: String,
    expirydate: String,
    nextduedate: String,
    status: String,
    subscriptionid: String,
    promoid: String,
    /// `1` or `0`, as are the next three fields.
    dnsmanagement: String,
    emailforwarding: String,
    idprotection: String,
    donotrenew: String,
    notes: String,
}

impl Action for GetClientsDomains {
    const NAME: &'static str = "GetClientsDomains";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"clientid": 4}"#;
    type Reply = GetClientsDomainsReply;

    async fn run(self, call: Call<'_>) -> Result<GetClientsDomainsReply> {
        let filter = DomainFilter {
            client: self.clientid.filter(),
            id: self.domainid.filter(),
            name: self.domain.lenient(),
            updated_since: self.updatedsince.optional(NOT_A_DATE)?.map(|UtcTime(time)| time),
        };
        let page = self.paging.page();
        let listed = store::services::domains::list(call.db, &filter, page).await?;
        let gateways = store::billing::gateways::display_names(call.db).await?;
        Ok(GetClientsDomainsReply {
            clientid: self.clientid.echo(),
            domainid: self.domainid.echo(),
            totalresults: listed.total,
            startnumber: page.start,
            numreturned: listed.rows.len(),
            domains: Domains { domain: listed.rows.into_iter().map(|domain| Domain::new(domain, &gateways)).collect() },
        })
    }
}

impl Domain {
    fn new(listed: DomainRow, gateways: &DisplayNames) -> Domain {
        Domain {
            id: listed.id.to_string(),
            userid: listed.client.to_string(),
            orderid: listed.order.to_string(),
            regtype: listed.kind,
            domainname: listed.name,
            registrar: listed.registrar,
            regperiod: listed.years.to_string(),
            firstpaymentamount: listed.first_payment,
            recurringamount: listed.recurring,
            paymentmethodname: gateways.get(&listed.payment_method),
            paymentmethod: listed.payment_method,
            regdate: listed.registered,
            expirydate: listed.expires,
            nextduedate: listed.next_due,
            status: listed.status,
            subscriptionid: listed.subscription,
            promoid: listed.promotion.to_string(),
            dnsmanagement: listed.manages_dns.to_string(),
            emailforwarding: listed.forwards_emails.to_string(),
            idprotection: listed.protects_identity.to_string(),
            donotrenew: listed.is_not_renewed.to_string(),
            notes: listed.notes,
        }
    }
}
