//! `AddOrder`.

mod cart;
mod lines;
mod place;
mod shop;
mod wishes;

use std::net::IpAddr;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::MySqlConnection;

use self::cart::{Cart, Terms};
use self::place::{Letters, Order, Placed, Wanted};
use self::wishes::{AddonParameters, DomainParameters, ServiceParameters, Wishes};
use crate::actions::billing::add_credit::{NOT_AN_AMOUNT, locked_client};
use crate::actions::billing::create_invoice::{days_after, rates, tax_rules};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, ContactId};
use crate::domain::money::Money;
use crate::domain::order::bill;
use crate::domain::order::promotion::{Circumstances, Goods, Kind, Limits, Promotion, Reduction};
use crate::domain::tax::{self, Totals};
use crate::domain::time::Moment;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::openapi;
use crate::param::{Param, Value};
use crate::store;
use crate::store::clients::client::Client;
use crate::store::orders::new_orders::Standing;

/// Places an order for a client, with an invoice for what is to be paid now. Nothing is provisioned: AcceptOrder does.
///
/// All that is ordered, the invoice and what is taken from stock come into being together, or not at all. What is
/// ordered is in parallel arrays, which count from 0; where only one thing is ordered, each may be a single value.
/// Prices are those in the client's currency; what has none there cannot be ordered, unless its price is overridden.
/// Hidden and retired products may be ordered, as staff may. A promotion code that does not apply is left out, and the
/// activity log says why: WHMCS documents no error for it. The client group's discount is a line of its own. Amounts
/// that promotions take off are in the default currency, and are converted.
///
/// There is no invoice, and `invoiceid` is 0, where nothing is to be paid. It is due at once, or `OrderDaysGrace` days
/// later. The order's amount is that of the invoice, with taxes. What is recurring is next due today, until that is paid.
///
/// Free domains that come with a product are not given. Products that are billed pro rata, affiliates, languages of
/// names, fields of extensions and renewals on demand are not supported, and are refused.
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
    /// The first name server of all domains in the order; so are the next four.
    nameserver1: Param<String>,
    nameserver2: Param<String>,
    nameserver3: Param<String>,
    nameserver4: Param<String>,
    nameserver5: Param<String>,
    promocode: Param<String>,
    /// Applies the promotion to whatever is ordered.
    promooverride: Param<bool>,
    /// An affiliate, which is not supported.
    affid: Param<String>,
    /// Makes no invoice.
    noinvoice: Param<bool>,
    /// Sends no e-mail about the invoice.
    noinvoiceemail: Param<bool>,
    /// Sends no confirmation of the order.
    noemail: Param<bool>,
    /// The client's contact for all domains in the order.
    contactid: Param<ContactId>,
    /// The address that the order came from; by default, the caller's.
    #[schemars(with = "openapi::Address")]
    clientip: Param<IpAddr>,
    /// Services to renew on demand, which none can be.
    #[schemars(with = "openapi::Ids")]
    servicerenewals: Param<Ids>,
    /// Addons of services to renew on demand, which none can be.
    #[schemars(with = "openapi::Ids")]
    addonrenewals: Param<Ids>,
}

/// One or more ids, as they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ids(Vec<String>);

impl Value for Ids {
    fn parse(text: &str) -> Option<Self> {
        Some(Ids(vec![text.to_owned()]))
    }

    fn from_list(list: Json) -> Option<Self> {
        crate::param::List::from_list(list).map(|list| Ids(list.0))
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    orderid: i64,
    /// What `serviceids` was called before.
    productids: String,
    /// Comma lists, as the next two are.
    serviceids: String,
    addonids: String,
    domainids: String,
    /// 0 without an invoice.
    invoiceid: i64,
}

impl Action for AddOrder {
    const NAME: &'static str = "AddOrder";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["clientid", "paymentmethod"];
    type Reply = Reply;

    async fn run(mut self, mut call: Call<'_>) -> Result<Reply> {
        let client = locked_client(call.db, std::mem::take(&mut self.clientid)).await?;
        let standing = store::orders::new_orders::standing(call.db, client.id).await?;
        if standing.status == "Closed" {
            return refuse("Unable to add order when client status is Closed");
        }
        let gateways = store::billing::gateways::active(call.db).await?;
        let payment_method = match std::mem::take(&mut self.paymentmethod).lenient() {
            Some(name) if gateways.find(&name).is_some() => name,
            _ => return refuse_as("invalid_payment_method", gateways.refusal()),
        };
        let wanted = Wanted { confirmation: !self.noemail.is_set(), invoice: !self.noinvoiceemail.is_set() };
        let order = self.prepare(&mut call, &client, &standing, payment_method).await?;
        let letters = Letters::prepare(call.db, &order, wanted, call.now).await?;
        let books = call.write(Subject::Client(client.id)).await?;
        let placed = order.place(books, letters).await?;
        Ok(Reply::from(placed))
    }
}

impl AddOrder {
    /// Reads and works out all there is to write.
    async fn prepare(
        self,
        call: &mut Call<'_>,
        client: &Client,
        standing: &Standing,
        payment_method: String,
    ) -> Result<Order> {
        self.refuse_renewals_on_demand()?;
        let wishes = Wishes::of(self.services, self.domains, self.addons)?;
        if self.affid.lenient().is_some_and(|affiliate| affiliate != "0") {
            return refuse("affid is not supported: this server keeps no affiliates' accounts");
        }
        let settings = store::system::configuration::orders(call.db).await?;
        let terms = Terms {
            client: client.id,
            currency: client.currency,
            group: standing.group,
            today: call.now.date(),
            date_format: settings.date_format.clone(),
            taxes_domains: settings.taxes_domains,
        };
        let cart = Cart::fill(call.db, wishes, &terms).await?;
        let code = self.promocode.text("promocode", 255)?;
        let offer = Offer::of(call.db, code.trim(), self.promooverride.is_set(), client, &cart, call.now).await?;
        let promotion = offer.promotion;
        let too_large = || Error::Refused(NOT_AN_AMOUNT);
        let bill = bill(&cart.charges(), promotion.as_ref(), standing.group_discount).ok_or_else(too_large)?;
        let lines = lines::of(&cart, &bill, promotion.as_ref(), standing);
        let configuration = store::system::configuration::read(call.db).await?;
        let rates = rates(Param::Absent, Param::Absent, client, &configuration, call.db).await?;
        let amounts: Vec<_> = lines.iter().map(|draft| (draft.line.amount, draft.line.taxed)).collect();
        let owes_nothing = Money::sum(amounts.iter().map(|&(amount, _)| amount)).is_some_and(Money::is_zero);
        let totals = match owes_nothing {
            // The taxes of single lines and of what is taken off them need not add up to nothing.
            true => Totals::NOTHING,
            false => tax::totals(&amounts, rates, tax_rules(&configuration, call.compat)).ok_or_else(too_large)?,
        };
        let names = [self.nameserver1, self.nameserver2, self.nameserver3, self.nameserver4, self.nameserver5];
        let is_invoiced = !self.noinvoice.is_set() && totals.total.is_positive();
        Ok(Order {
            client: client.id,
            contact: contact(call.db, client.id, self.contactid).await?,
            payment_method,
            address: match self.clientip.optional("clientip must be an IP address")? {
                Some(address) => address.to_string(),
                None => call.author.address.clone(),
            },
            nameservers: nameservers(names)?,
            cart,
            bill,
            promotion,
            promotion_not_applied: offer.not_applied,
            lines,
            rates,
            totals,
            is_invoiced,
            is_unbilled: self.noinvoice.is_set(),
            today: call.now.date(),
            due_date: days_after(call.now.date(), settings.days_to_pay)?,
        })
    }

    /// Which products may be renewed on demand is nowhere in the tables here, so none may.
    fn refuse_renewals_on_demand(&self) -> Result<()> {
        for (renewals, what) in [(&self.servicerenewals, "Service ID"), (&self.addonrenewals, "Addon ID")] {
            let id = match renewals {
                Param::Given(Ids(ids)) => ids.first().cloned(),
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

impl From<Placed> for Reply {
    fn from(placed: Placed) -> Reply {
        fn join<T: ToString>(ids: &[T]) -> String {
            ids.iter().map(T::to_string).collect::<Vec<_>>().join(",")
        }
        Reply {
            orderid: placed.order.0,
            productids: join(&placed.services),
            serviceids: join(&placed.services),
            addonids: join(&placed.addons),
            domainids: join(&placed.domains),
            invoiceid: placed.invoice.map_or(0, |invoice| invoice.0),
        }
    }
}

async fn contact(db: &mut MySqlConnection, client: ClientId, contact: Param<ContactId>) -> Result<Option<ContactId>> {
    const NOT_FOUND: &str = "Contact ID Not Found";
    // Clients of the API send 0 for none.
    if contact == Param::Malformed("0".to_owned()) {
        return Ok(None);
    }
    let contact = contact.optional(NOT_FOUND)?;
    match contact {
        Some(id) if !store::orders::new_orders::has_contact(db, client, id).await? => refuse(NOT_FOUND),
        contact => Ok(contact),
    }
}

fn nameservers(names: [Param<String>; 5]) -> Result<String> {
    let mut servers = Vec::new();
    for (number, name) in (1..).zip(names) {
        let name = name.text(&format!("nameserver{number}"), 255)?;
        if !name.is_empty() {
            servers.push(name);
        }
    }
    Ok(servers.join(","))
}

/// Why a promotion that was there when it was looked up cannot be used any more.
pub fn promotion_used_up(code: &str) -> Error {
    Error::RefusedAs {
        code: "promotion_used_up",
        message: format!("Promotion Code {code} has been used as often as it may be"),
    }
}

/// What comes of a promotion code.
struct Offer {
    promotion: Option<Promotion>,
    /// For the activity log, where there is a code that gives nothing.
    not_applied: Option<String>,
}

impl Offer {
    /// Locks the promotion's row until the order is placed.
    async fn of(
        db: &mut MySqlConnection,
        code: &str,
        overrides_goods: bool,
        client: &Client,
        cart: &Cart,
        now: Moment,
    ) -> Result<Offer> {
        let nothing = |why: &str| {
            let not_applied = Some(format!("Promotion Code {code} not applied, as {why}"));
            Ok(Offer { promotion: None, not_applied })
        };
        if code.is_empty() {
            return Ok(Offer { promotion: None, not_applied: None });
        }
        let Some(stored) = store::catalog::promotions::lock(db, code).await? else {
            return nothing("there is no such promotion");
        };
        let (has_active_order, has_used_it) = store::orders::new_orders::history(db, client.id, &stored.code).await?;
        let owned = match stored.requires_existing {
            0 => Vec::new(),
            _ => store::orders::new_orders::owned(db, client.id).await?,
        };
        let circumstances = Circumstances { today: now.date(), has_active_order, has_used_it, owned };
        let Some(mut promotion) = terms_of(stored, client.currency_rate) else {
            return nothing("it is of a kind that this server does not know");
        };
        if overrides_goods {
            promotion.forget_goods();
        }
        match promotion.unmet(&cart.charges(), &circumstances) {
            Some(unmet) => nothing(&unmet.to_string()),
            None => Ok(Offer { promotion: Some(promotion), not_applied: None }),
        }
    }
}

/// What a row of `tblpromotions` means for a client whose currency has this exchange rate.
pub fn terms_of(stored: store::catalog::promotions::Promotion, currency_rate: Decimal) -> Option<Promotion> {
    let kind = Kind::parse(&stored.kind)?;
    let value = match kind {
        Kind::Percentage => stored.value.decimal(),
        _ => stored.value.decimal().checked_mul(currency_rate)?,
    };
    let cycles = stored.cycles.split(',').map(str::trim).filter(|cycle| !cycle.is_empty());
    Some(Promotion {
        id: stored.id,
        code: stored.code,
        face_value: stored.value,
        reduction: Reduction { kind, value },
        recurs: stored.recurring != 0,
        cycles: cycles.map(str::to_owned).collect(),
        applies_to: Goods::parse_list(&stored.applies_to),
        requires: Goods::parse_list(&stored.requires),
        requires_existing: stored.requires_existing != 0,
        apply_once: stored.apply_once != 0,
        limits: Limits {
            starts: stored.starts,
            expires: stored.expires,
            max_uses: stored.max_uses,
            uses: stored.uses,
            new_clients_only: stored.new_signups != 0,
            existing_clients_only: stored.existing_client != 0,
            once_per_client: stored.once_per_client != 0,
        },
    })
}
