//! Writes an order with its services, addons, domains, invoice and mails.

use std::collections::BTreeMap;

use super::line_items::{AddonLine, DomainLine, LineItem, LineItemKind, ServiceLine};
use super::mails::OrderMails;
use super::plan::{OrderPlan, PlacedOrder, RelatedIds};
use super::pricing::PricedCart;
use super::{Refusal, Result, promotion};
use crate::database::writer::Writer;
use crate::domain::id::{DomainId, OrderId, ProductId, ServiceAddonId, ServiceId};
use crate::domain::invoice::Status;
use crate::domain::order::BilledCharge;
use crate::domain::order::promotion::Promotion;
use crate::events::{About, Event};
use crate::fault::{self, Fault};
use crate::operations::billing::{self, Numbers};
use crate::store;
use crate::store::orders::new_orders::NewOrder;
use crate::store::services::new_services::{DomainField, NewAddon, NewDomain, NewItemTerms, NewService};
use crate::store::webhooks::events::{raise, raise_order_paid};

impl OrderPlan {
    pub async fn record(&self, mut tx: Writer<'_>, mails: OrderMails, numbers: Numbers) -> Result<PlacedOrder> {
        if let Some(promotion) = self.promotion.as_ref().filter(|_| !self.is_fraud()) {
            promotion::count_use(&mut tx, promotion).await?;
        }
        let (order, number) = create_order(&mut tx, &self.new_order()).await?;
        let mut placed =
            PlacedOrder { order, number, services: Vec::new(), addons: Vec::new(), domains: Vec::new(), invoice: None };
        let ids = self.write_items(&mut tx, &mut placed).await?;
        if self.is_invoiced {
            let invoice = billing::write_invoice(&mut tx, &self.invoice(&ids), numbers).await?;
            store::orders::new_orders::set_invoice(&mut tx, order, invoice.id).await?;
            placed.invoice = Some(invoice.id);
            if invoice.status == Status::Paid {
                raise_order_paid(&mut tx, self.client, invoice.id).await?;
            }
        }
        self.log(&mut tx, order).await?;
        raise(&mut tx, About::Client(self.client), &self.event(&placed)).await?;
        mails.send(&mut tx, self, &placed).await?;
        if let Some(judgment) = &self.judgment {
            judgment.record(&mut tx, self.client, placed.order, placed.invoice).await?;
        }
        if !self.is_fraud() {
            self.take_stock(&mut tx).await?;
        }
        Ok(placed)
    }

    fn event(&self, placed: &PlacedOrder) -> Event<'_> {
        Event::AfterShoppingCartCheckout {
            order: placed.order,
            number: placed.number,
            services: placed.services.clone(),
            addons: placed.addons.clone(),
            domains: placed.domains.clone(),
            gateway: &self.payment_method,
            invoice: placed.invoice,
            total: self.totals.total,
        }
    }

    fn new_order(&self) -> NewOrder {
        let promotion = self.promotion.as_ref();
        let renewals = self.cart.items.iter().filter_map(|item| match item.kind {
            LineItemKind::Renewal { domain, years, .. } => Some(format!("{domain}={years}")),
            _ => None,
        });
        let text = |text: fn(&Promotion) -> String| promotion.map(text).unwrap_or_default();
        NewOrder {
            client: self.client,
            contact: self.contact,
            nameservers: self.nameservers.clone(),
            transfer_secrets: transfer_secrets(&self.cart),
            renewals: renewals.collect::<Vec<_>>().join(","),
            promotion_code: text(|promotion| promotion.code.clone()),
            promotion_kind: text(|promotion| promotion.reduction.kind.name().to_owned()),
            promotion_value: text(|promotion| promotion.face_value.to_string()),
            amount: self.totals.total,
            payment_method: self.payment_method.clone(),
            address: self.address.clone(),
        }
    }

    /// Writes the items, and returns the ids to which the lines about each item refer.
    async fn write_items(&self, tx: &mut Writer<'_>, placed: &mut PlacedOrder) -> Result<Vec<RelatedIds>> {
        let mut ids = Vec::with_capacity(self.cart.items.len());
        let mut fields = Vec::new();
        for (item, billed) in self.cart.items.iter().zip(&self.bill.billed) {
            let terms = self.terms(placed.order, item, billed);
            ids.push(match &item.kind {
                LineItemKind::Service(service) => {
                    let id = add_service(tx, &terms, service, item.charge.quantity).await?;
                    placed.services.push(id);
                    RelatedIds { item: id.0, discount: id.0 }
                }
                LineItemKind::Addon(addon) => {
                    let (service, id) = add_addon(tx, &terms, addon, item, billed, placed).await?;
                    RelatedIds { item: id.0, discount: service.0 }
                }
                LineItemKind::Domain(domain) => {
                    let id = add_domain(tx, &terms, domain).await?;
                    for (name, value) in &domain.fields {
                        fields.push(DomainField { domain: id, name, value });
                    }
                    placed.domains.push(id);
                    RelatedIds { item: id.0, discount: id.0 }
                }
                LineItemKind::Renewal { domain, .. } | LineItemKind::LateFee { domain, .. } => {
                    RelatedIds { item: domain.0, discount: domain.0 }
                }
            });
        }
        if !fields.is_empty() {
            store::services::new_services::add_domain_fields(tx, &fields).await?;
        }
        if let Some(affiliate) = self.affiliate.filter(|_| !placed.services.is_empty()) {
            store::services::new_services::add_to_affiliate(tx, affiliate, &placed.services).await?;
        }
        Ok(ids)
    }

    /// Returns the due dates of an item: today if its first term is to be paid, or the next term if there is nothing to
    /// pay for the first one.
    fn terms(&self, order: OrderId, item: &LineItem, billed: &BilledCharge) -> NewItemTerms<'_> {
        let next = item.charge.term.next(self.today);
        let today = next.map(|_| self.today);
        let (due, next_invoice) = match (self.has_to_be_paid(), self.is_unbilled) {
            (true, _) => (today, next),
            (false, true) => (today, today),
            (false, false) => (next, next),
        };
        NewItemTerms {
            client: self.client,
            order,
            payment_method: &self.payment_method,
            first_payment: billed.first_payment(),
            renewal: billed.renewal,
            due,
            next_invoice,
            promotion: self.promotion.as_ref().filter(|_| billed.is_promoted).map(|promotion| promotion.id),
        }
    }

    /// Takes the ordered products from stock. This comes last, since other calls wait for these rows.
    async fn take_stock(&self, tx: &mut Writer<'_>) -> Result<()> {
        let mut changes: BTreeMap<ProductId, i64> = BTreeMap::new();
        for item in &self.cart.items {
            if let LineItemKind::Service(service) = &item.kind {
                *changes.entry(service.product).or_default() -= i64::from(item.charge.quantity);
            }
        }
        match store::catalog::products::change_stock(tx, &changes).await? {
            Some(product) => Err(Refusal::OutOfStock(product).into()),
            None => Ok(()),
        }
    }

    async fn log(&self, tx: &mut Writer<'_>, order: OrderId) -> Result<()> {
        let line = format!("New Order Placed - Order ID: {order} - Total: {}", self.totals.total);
        store::system::activity::log(tx, Some(self.client), &line).await?;
        for why in &self.not_applied {
            store::system::activity::log(tx, Some(self.client), &format!("{why} - Order ID: {order}")).await?;
        }
        Ok(())
    }
}

/// Writes an order itself, with an unused number of ten digits, and returns its id and number.
pub(in crate::operations) async fn create_order(tx: &mut Writer<'_>, new: &NewOrder) -> fault::Result<(OrderId, i64)> {
    for _ in 0..10 {
        let random = getrandom::u64().map_err(|error| Fault::internal(format_args!("no randomness: {error}")))?;
        let number = (1_000_000_000 + random % 9_000_000_000).cast_signed();
        if let Some(order) = store::orders::new_orders::create(tx, new, number).await? {
            return Ok((order, number));
        }
    }
    Err(Fault::internal("ten random order numbers were in use"))
}

async fn add_service(
    tx: &mut Writer<'_>,
    terms: &NewItemTerms<'_>,
    service: &ServiceLine,
    quantity: u32,
) -> Result<ServiceId> {
    let new = NewService {
        product: service.product,
        domain: &service.domain,
        quantity,
        cycle: service.cycle.name(),
        password: &service.password,
        nameservers: [&service.nameservers[0], &service.nameservers[1]],
    };
    let id = store::services::new_services::add(tx, terms, &new).await?;
    for chosen in &service.options {
        store::services::new_services::add_choice(tx, id, chosen.option, chosen.choice, chosen.quantity).await?;
    }
    for (&field, value) in &service.fields {
        store::clients::custom_fields::add(tx, field, id.0, value).await?;
    }
    Ok(id)
}

async fn add_addon(
    tx: &mut Writer<'_>,
    terms: &NewItemTerms<'_>,
    addon: &AddonLine,
    item: &LineItem,
    billed: &BilledCharge,
    placed: &mut PlacedOrder,
) -> Result<(ServiceId, ServiceAddonId)> {
    let service = addon.service.or(placed.services.last().copied());
    let service = service.ok_or_else(|| Fault::internal("an ordered addon has no service"))?;
    let new = NewAddon {
        service,
        addon: addon.addon.0,
        quantity: item.charge.quantity,
        cycle: addon.cycle.name(),
        setup: billed.setup,
        taxed: item.charge.taxed,
    };
    let id = store::services::new_services::add_addon(tx, terms, &new).await?;
    placed.addons.push(id);
    Ok((service, id))
}

async fn add_domain(tx: &mut Writer<'_>, terms: &NewItemTerms<'_>, domain: &DomainLine) -> Result<DomainId> {
    let new = NewDomain {
        name: domain.name.as_str(),
        kind: domain.kind.name(),
        years: domain.years,
        dns_management: domain.addons.dns_management,
        email_forwarding: domain.addons.email_forwarding,
        id_protection: domain.addons.id_protection,
    };
    Ok(store::services::new_services::add_domain(tx, terms, &new).await?)
}

/// Returns the transfer codes by domain, serialized as PHP does; empty if there are none.
fn transfer_secrets(cart: &PricedCart) -> String {
    let secret = |item: &LineItem| match &item.kind {
        LineItemKind::Domain(domain) if !domain.transfer_secret.is_empty() => {
            let text = |text: &str| format!("s:{}:\"{text}\";", text.len());
            Some(text(domain.name.as_str()) + &text(&domain.transfer_secret))
        }
        _ => None,
    };
    let secrets: Vec<String> = cart.items.iter().filter_map(secret).collect();
    if secrets.is_empty() { String::new() } else { format!("a:{}:{{{}}}", secrets.len(), secrets.concat()) }
}
