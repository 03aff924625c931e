//! Placing an order: prices the items, and computes what is to be paid.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sqlx::MySqlConnection;

use super::cart::CartItem;
use super::fraud::Judgment;
use super::line_items::{LineItemKind, PricingContext};
pub use super::mails::OrderMailOptions;
use super::mails::OrderMails;
use super::plan::OrderPlan;
pub use super::plan::PlacedOrder;
use super::pricing::PricedCart;
pub use super::promotion::PromotionCode;
use super::promotion::PromotionOutcome;
use super::{Refusal, Result, invoice_lines};
use crate::config::FreeOrders;
use crate::database::writer::Subject;
use crate::domain::id::{AffiliateId, ClientId, ContactId, CurrencyId};
use crate::domain::money::Money;
use crate::domain::order::bill;
use crate::domain::tax::{self, Rates, Totals};
use crate::operations::Context;
use crate::operations::billing::{self, InvoiceUpdate, LockedInvoice, Numbers, PlannedUpdate, RateOverrides};
use crate::operations::catalog::domain_prices::PriceTerms;
use crate::operations::services::passwords;
use crate::store;
use crate::store::clients::client::Client;
use crate::store::orders::new_orders::OrderingClient;
use crate::store::system::configuration::Configuration;

/// A client who may order, with the row locked until the transaction ends.
#[derive(Debug)]
pub struct Customer {
    client: Client,
    ordering_client: OrderingClient,
}

impl Customer {
    pub async fn lock(context: &mut Context<'_>, id: ClientId) -> Result<Customer> {
        let client = store::clients::client::lock(context.db, id).await?.ok_or(Refusal::ClientNotFound)?;
        let ordering_client = store::orders::new_orders::ordering_client(context.db, client.id).await?;
        if ordering_client.status == "Closed" {
            return Err(Refusal::ClientClosed.into());
        }
        Ok(Customer { client, ordering_client })
    }
}

/// The items that a client orders, and how they are to be paid.
#[derive(Debug)]
pub struct NewOrder {
    /// The items, in the order in which they are charged.
    pub items: Vec<CartItem>,
    /// The name of an active gateway, as returned by [`payment_method`].
    pub payment_method: String,
    pub promotion: Option<PromotionCode>,
    /// Whether an invoice is created; if nothing is to be paid, `compat.free_orders` decides as well.
    pub is_invoiced: bool,
    pub mails: OrderMailOptions,
    /// The name servers of all domains.
    pub nameservers: Vec<String>,
    /// The client's contact for all domains.
    pub contact: Option<ContactId>,
    /// The network address that the order came from; by default, that of the call's author.
    pub address: Option<IpAddr>,
    /// The id of the affiliate who brought the client, as it was sent. One that no affiliate has, or that is the client's own,
    /// has no effect.
    pub affiliate: Option<String>,
}

/// Returns the payment method with this name, which must be an active gateway.
pub async fn payment_method(context: &mut Context<'_>, name: Option<String>) -> Result<String> {
    Ok(billing::active_gateway(context.db, &name.unwrap_or_default()).await?.name)
}

/// Places an order, with an invoice for what is due now. All rows are written together or not at all. Nothing is
/// provisioned: [`super::accept`] does that. The operator's fraud check is asked first, if there is one.
pub async fn place(mut context: Context<'_>, customer: &Customer, new: NewOrder) -> Result<PlacedOrder> {
    let mut mail_options = new.mails;
    let mut plan = plan(&mut context, customer, new).await?;
    let (amount, address) = (plan.totals.total, &*plan.address);
    plan.judgment = Judgment::of_new(&mut context, plan.client, amount, &plan.payment_method, address).await?;
    if plan.is_fraud() {
        mail_options = OrderMailOptions { confirmation: false, invoice: false };
        // One without anything to pay would be Paid.
        plan.is_invoiced &= plan.totals.total.is_positive();
    }
    let is_free = plan.is_invoiced && !plan.totals.total.is_positive();
    let renewals = lock_open_renewals(&mut context, &plan).await?;
    let (invoices, changes): (Vec<_>, Vec<_>) = renewals.into_iter().unzip();
    let mut withdrawals = Vec::with_capacity(invoices.len());
    for (invoice, change) in invoices.iter().zip(changes) {
        withdrawals.push(PlannedUpdate::new(&mut context, invoice, change).await?);
    }
    let paid = withdrawals.iter().flat_map(PlannedUpdate::paid).copied().collect();
    let mut numbers = Numbers::of_paid(context.db, context.settings, context.now, paid, is_free).await?;
    let links = &context.settings.links;
    let mails = OrderMails::prepare(context.db, &plan, mail_options, &numbers, links, context.now).await?;
    let mut tx = context.write(Subject::Client(customer.client.id)).await?;
    for withdrawal in withdrawals {
        withdrawal.write(&mut tx, &mut numbers).await?;
    }
    plan.record(tx, mails, numbers).await
}

/// Returns the items with passwords as they are stored.
fn with_stored_passwords(context: &Context<'_>, mut items: Vec<CartItem>) -> Result<Vec<CartItem>> {
    for item in &mut items {
        if let CartItem::Service(service) = item {
            service.password = passwords::stored(context, &service.password)?;
        }
    }
    Ok(items)
}

/// Locks the unpaid invoices for the renewals that an order is for as well, and returns them with the changes by which nobody pays
/// for these renewals twice. Without an invoice of its own, the order leaves them.
async fn lock_open_renewals(
    context: &mut Context<'_>,
    plan: &OrderPlan,
) -> Result<Vec<(LockedInvoice, InvoiceUpdate)>> {
    let domains = plan.cart.items.iter().filter_map(|item| match item.kind {
        LineItemKind::Renewal { domain, .. } => Some(domain.0),
        _ => None,
    });
    let domains: BTreeSet<i64> = domains.collect();
    if domains.is_empty() || !plan.is_invoiced || plan.is_fraud() {
        return Ok(Vec::new());
    }
    let mut changed = Vec::new();
    for id in store::automation::domains::open_renewals(context.db, plan.client, &domains).await? {
        let invoice = billing::lock_invoice(context.db, id).await?;
        if let Some(change) = billing::without_renewal(context, &invoice, &domains).await? {
            changed.push((invoice, change));
        }
    }
    Ok(changed)
}

/// Reads and computes everything that is to be written.
async fn plan(context: &mut Context<'_>, customer: &Customer, new: NewOrder) -> Result<OrderPlan> {
    let Customer { client, ordering_client } = customer;
    if new.items.is_empty() {
        return Err(Refusal::EmptyCart.into());
    }
    let items = with_stored_passwords(context, new.items)?;
    let settings = store::system::configuration::orders(context.db).await?;
    let pricing = PricingContext {
        client: client.id,
        terms: PriceTerms {
            currency: CurrencyId(client.currency),
            rate: client.currency_rate,
            group: ordering_client.group,
        },
        today: context.now.date(),
        date_format: settings.date_format.clone(),
        taxes_domains: settings.taxes_domains,
        compat: context.compat,
    };
    let cart = PricedCart::price(context.db, items, &pricing).await?;
    let outcome =
        PromotionOutcome::evaluate(context.db, new.promotion.as_ref(), client, &cart.charges(), context.now).await?;
    let promotion = outcome.promotion;
    let affiliate = Affiliation::find(context.db, new.affiliate.as_deref(), client.id).await?;
    let bill =
        bill(&cart.charges(), promotion.as_ref(), ordering_client.group_discount).ok_or(Refusal::TotalTooLarge)?;
    let lines = invoice_lines::draft_lines(&cart, &bill, promotion.as_ref(), ordering_client);
    let configuration = store::system::configuration::read(context.db).await?;
    let rates = billing::rates(context.db, client, &configuration, RateOverrides::default()).await?;
    let amounts: Vec<_> = lines.iter().map(|draft| (draft.line.amount, draft.line.taxed)).collect();
    let totals = totals(&amounts, rates, &configuration, context).ok_or(Refusal::TotalTooLarge)?;
    Ok(OrderPlan {
        client: client.id,
        contact: contact(context.db, client.id, new.contact).await?,
        payment_method: new.payment_method,
        address: new.address.map_or_else(|| context.author.address.clone(), |address| address.to_string()),
        nameservers: new.nameservers.join(","),
        cart,
        bill,
        promotion,
        affiliate: affiliate.affiliate,
        not_applied: [outcome.not_applied, affiliate.not_applied].into_iter().flatten().collect(),
        lines,
        rates,
        totals,
        judgment: None,
        is_invoiced: new.is_invoiced
            && (totals.total.is_positive() || context.compat.free_orders == FreeOrders::Invoice),
        is_unbilled: !new.is_invoiced,
        today: context.now.date(),
        due_date: billing::days_after(context.now.date(), settings.days_to_pay)?,
    })
}

/// Returns the totals of the lines, with taxes.
fn totals(
    amounts: &[(Money, bool)],
    rates: Rates,
    configuration: &Configuration,
    context: &Context<'_>,
) -> Option<Totals> {
    let owes_nothing = Money::sum(amounts.iter().map(|&(amount, _)| amount)).is_some_and(Money::is_zero);
    match owes_nothing {
        // Rounded taxes of lines and discounts need not add up to zero.
        true => Some(Totals::NOTHING),
        false => tax::totals(amounts, rates, billing::tax_rules(configuration, context.compat)),
    }
}

/// The affiliate of an order.
struct Affiliation {
    affiliate: Option<AffiliateId>,
    /// The line for the activity log, if the affiliate that was named has no effect.
    not_applied: Option<String>,
}

impl Affiliation {
    async fn find(db: &mut MySqlConnection, sent: Option<&str>, client: ClientId) -> sqlx::Result<Affiliation> {
        let Some(sent) = sent else { return Ok(Affiliation { affiliate: None, not_applied: None }) };
        let affiliate = AffiliateId::parse(sent);
        let own = match affiliate {
            Some(id) => store::orders::new_orders::client_of_affiliate(db, id).await?,
            None => None,
        };
        let why = match own {
            None => "there is no such affiliate",
            Some(own) if own == client => "the client is this affiliate",
            Some(_) => return Ok(Affiliation { affiliate, not_applied: None }),
        };
        Ok(Affiliation { affiliate: None, not_applied: Some(format!("Affiliate ID {sent} not applied, as {why}")) })
    }
}

async fn contact(db: &mut MySqlConnection, client: ClientId, contact: Option<ContactId>) -> Result<Option<ContactId>> {
    match contact {
        Some(id) if !store::orders::new_orders::has_contact(db, client, id).await? => {
            Err(Refusal::ContactNotFound.into())
        }
        contact => Ok(contact),
    }
}
