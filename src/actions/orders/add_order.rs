//! `AddOrder`.

mod items;

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use self::items::{AddonParameters, DomainParameters, ServiceParameters};
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::words::orders::{CLIENT_CLOSED, DOMAIN_NOT_OWNED, EMPTY_CART, SERVICE_NOT_OWNED};
use crate::actions::words::services::ADDON_INVALID;
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::domain::id::{self, AffiliateId, ClientId, ContactId};
use crate::error::DocumentedError::{self, Exact, Never, Prefix};
use crate::error::{Result, refuse_as};
use crate::operations::orders::place::{
    Customer, NewOrder, OrderMailOptions, PlacedOrder, PromotionCode, payment_method, place,
};
use crate::param::schema;
use crate::param::{Param, ParamValue};

/// Places an order for a client, with an invoice for what is due now. Nothing is provisioned; use AcceptOrder for that.
///
/// Items, invoice and changes of stock are written together or not at all. Items are given in parallel arrays, whose
/// entries with the same key belong together; if only one thing is ordered, each array may be a single value. Prices are
/// those in the client's currency; an item without a price there cannot be ordered unless its price is overridden. Hidden
/// and retired products can be ordered, as they can by staff. A promotion code that does not apply is ignored and the
/// reason is written to the activity log, because WHMCS documents no error for it. The client group's discount is a
/// separate line of the invoice. Fixed discounts of promotions are in the default currency, and are converted.
///
/// The invoice is due at once, or after `OrderDaysGrace` days. If nothing is due, it is Paid at once, or there is none, as
/// set in `compat.free_orders`. The order's amount is the invoice's total with taxes. The next due date of recurring items
/// is today until the invoice is paid.
///
/// A domain is free with a product that offers that (`freedomain`) if it is ordered for one year under the product's own
/// `domain`, with one of the product's billing cycles and extensions for it; its addons are not free. Renewing a domain that
/// has expired costs the fees of its extension, too, as lines of their own, which neither a promotion nor the discount of the
/// client's group lowers; `compat.domain_late_fees` switches them off.
///
/// The operator's fraud check is asked first, if there is one (`[fraud]`, `orders.fraud_check`). An order that fails it is placed
/// with the status Fraud, a cancelled invoice and no mails.
///
/// Prorated products and renewals on demand are not supported, and are rejected.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddOrder {
    clientid: Param<ClientId>,
    /// The name of an active gateway.
    paymentmethod: Param<String>,
    #[serde(flatten)]
    services: ServiceParameters,
    #[serde(flatten)]
    domains: DomainParameters,
    #[serde(flatten)]
    addons: AddonParameters,
    /// The first name server of all domains in the order; `nameserver2` to `nameserver5` are the further ones.
    nameserver1: Param<String>,
    nameserver2: Param<String>,
    nameserver3: Param<String>,
    nameserver4: Param<String>,
    nameserver5: Param<String>,
    promocode: Param<String>,
    /// Applies the promotion to all items, whatever its conditions.
    promooverride: Param<bool>,
    /// The id of the affiliate who brought the client; the services of the order become theirs for commissions. An
    /// affiliate who does not exist, or who is the client, is ignored, and the activity log says so.
    #[schemars(with = "schema::IdOrZero")]
    affid: Param<AffiliateId>,
    /// Creates no invoice.
    noinvoice: Param<bool>,
    /// Sends no mail about the invoice.
    noinvoiceemail: Param<bool>,
    /// Sends no confirmation of the order.
    noemail: Param<bool>,
    /// The client's contact for all domains in the order.
    contactid: Param<ContactId>,
    /// The network address that the order came from; by default, the caller's.
    #[schemars(with = "schema::Address")]
    clientip: Param<IpAddr>,
    /// Services to renew on demand. Not supported, so it is rejected.
    #[schemars(with = "schema::Ids")]
    servicerenewals: Param<Ids>,
    /// Addons of services to renew on demand. Not supported, so it is rejected.
    #[schemars(with = "schema::Ids")]
    addonrenewals: Param<Ids>,
}

/// One or more ids, kept as they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ids(Vec<String>);

impl ParamValue for Ids {
    fn parse(text: &str) -> Option<Self> {
        Some(Ids(vec![text.to_owned()]))
    }

    fn from_list(list: Json) -> Option<Self> {
        crate::param::List::from_list(list).map(|list| Ids(list.0))
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddOrderReply {
    orderid: i64,
    /// The former name of `serviceids`.
    productids: String,
    /// The comma-separated ids of the services.
    serviceids: String,
    /// The comma-separated ids of the services' addons.
    addonids: String,
    /// The comma-separated ids of the domains.
    domainids: String,
    /// 0 if there is no invoice.
    invoiceid: i64,
}

impl Action for AddOrder {
    const NAME: &'static str = "AddOrder";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const REQUIRED: &[&str] = &["clientid", "paymentmethod"];
    const EXAMPLE: &'static str = r#"{"clientid": 1, "paymentmethod": "paypal", "pid": [2], "domain": ["new.example.com"], "billingcycle": ["monthly"]}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Exact(CLIENT_CLOSED),
        Prefix { text: "Invalid Payment Method. Valid options include", code: "invalid_payment_method" },
        Exact(ADDON_INVALID),
        Exact(SERVICE_NOT_OWNED),
        Never {
            text: "Domain status is set to 'Pending' and cannot be renewed",
            reason: "the error text names the domain's own status",
        },
        Exact(DOMAIN_NOT_OWNED),
        Exact(EMPTY_CART),
        Prefix { text: "Expecting parameter '", code: "not_an_array" },
        Prefix { text: "Service ID", code: "not_renewable" },
    ];
    type Reply = AddOrderReply;

    async fn run(mut self, call: Call<'_>) -> Result<AddOrderReply> {
        let mut context = call.context();
        let customer =
            Customer::lock(&mut context, std::mem::take(&mut self.clientid).required(CLIENT_NOT_FOUND)?).await?;
        let payment_method = payment_method(&mut context, std::mem::take(&mut self.paymentmethod).lenient()).await?;
        let order = self.order(payment_method)?;
        Ok(place(context, &customer, order).await?.into())
    }
}

impl AddOrder {
    fn order(self, payment_method: String) -> Result<NewOrder> {
        self.refuse_renewals_on_demand()?;
        let items = items::read(self.services, self.domains, self.addons)?;
        let code = self.promocode.text("promocode", 255)?.trim().to_owned();
        let names = [self.nameserver1, self.nameserver2, self.nameserver3, self.nameserver4, self.nameserver5];
        Ok(NewOrder {
            items,
            payment_method,
            promotion: (!code.is_empty())
                .then_some(PromotionCode { code, applies_to_everything: self.promooverride.is_set() }),
            is_invoiced: !self.noinvoice.is_set(),
            mails: OrderMailOptions { confirmation: !self.noemail.is_set(), invoice: !self.noinvoiceemail.is_set() },
            nameservers: nameservers(names)?,
            contact: if self.contactid.is_sent() { self.contactid.filter() } else { None },
            address: self.clientip.optional("clientip must be an IP address")?,
            affiliate: if self.affid.is_sent() { self.affid.echo() } else { None },
        })
    }

    /// Rejects renewals on demand: no table here says which products allow them.
    fn refuse_renewals_on_demand(&self) -> Result<()> {
        for (renewals, what) in [(&self.servicerenewals, "Service ID"), (&self.addonrenewals, "Addon ID")] {
            let id = match renewals {
                Param::Given(Ids(ids)) => ids.iter().find(|id| !id::is_zero(id)).cloned(),
                Param::Malformed(text) => Some(text.clone()),
                Param::Absent => None,
            };
            if let Some(id) = id {
                return refuse_as("not_renewable", format!("{what} {id} can not be renewed at this time."));
            }
        }
        Ok(())
    }
}

impl From<PlacedOrder> for AddOrderReply {
    fn from(placed: PlacedOrder) -> AddOrderReply {
        fn join<T: ToString>(ids: &[T]) -> String {
            ids.iter().map(T::to_string).collect::<Vec<_>>().join(",")
        }
        AddOrderReply {
            orderid: placed.order.0,
            productids: join(&placed.services),
            serviceids: join(&placed.services),
            addonids: join(&placed.addons),
            domainids: join(&placed.domains),
            invoiceid: placed.invoice.map_or(0, |invoice| invoice.0),
        }
    }
}

fn nameservers(names: [Param<String>; 5]) -> Result<Vec<String>> {
    let mut servers = Vec::new();
    for (number, name) in (1..).zip(names) {
        let name = name.text(&format!("nameserver{number}"), 255)?;
        if !name.is_empty() {
            servers.push(name);
        }
    }
    Ok(servers)
}
