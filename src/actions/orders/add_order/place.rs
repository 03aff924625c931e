//! Writes an order, with all that comes of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use super::cart::{Addon, Cart, Domain, Item, Service, What};
use super::lines::Draft;
use super::promotion_used_up;
use crate::actions::billing::create_invoice;
use crate::actions::orders::cancel_order::change_stock;
use crate::database::writer::Writer;
use crate::domain::currency::Currency;
use crate::domain::id::{ClientId, ContactId, DomainId, InvoiceId, OrderId, ProductId, ServiceAddonId, ServiceId};
use crate::domain::invoice::{Line, LineKind, Status};
use crate::domain::order::promotion::Promotion;
use crate::domain::order::{Bill, Billed};
use crate::domain::tax::{Rates, Totals};
use crate::domain::time::Moment;
use crate::error::{Error, Result};
use crate::outbox::mail::{self, Letter};
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::orders::new_orders::NewOrder;
use crate::store::services::new_services::{NewAddon, NewDomain, NewService, Terms};

/// An order with all that there is to write.
pub struct Order {
    pub client: ClientId,
    pub contact: Option<ContactId>,
    pub payment_method: String,
    pub address: String,
    pub nameservers: String,
    pub cart: Cart,
    pub bill: Bill,
    pub promotion: Option<Promotion>,
    /// What the activity log says of a promotion code that was left out.
    pub promotion_not_applied: Option<String>,
    pub lines: Vec<Draft>,
    pub rates: Rates,
    pub totals: Totals,
    pub is_invoiced: bool,
    /// Whether it is to be paid without an invoice of this order.
    pub is_unbilled: bool,
    pub today: NaiveDate,
    pub due_date: NaiveDate,
}

/// What came into being.
pub struct Placed {
    pub order: OrderId,
    /// That clients know it by.
    pub number: i64,
    pub services: Vec<ServiceId>,
    pub addons: Vec<ServiceAddonId>,
    pub domains: Vec<DomainId>,
    pub invoice: Option<InvoiceId>,
}

impl Order {
    pub async fn place(&self, mut books: Writer<'_>, letters: Letters) -> Result<Placed> {
        if let Some(promotion) = &self.promotion
            && !store::catalog::promotions::count_use(&mut books, promotion.id).await?
        {
            return Err(promotion_used_up(&promotion.code));
        }
        let (order, number) = self.create(&mut books).await?;
        let mut placed =
            Placed { order, number, services: Vec::new(), addons: Vec::new(), domains: Vec::new(), invoice: None };
        let ids = self.write_items(&mut books, &mut placed).await?;
        if self.is_invoiced {
            let invoice = create_invoice::create(&mut books, &self.invoice(&ids)).await?;
            store::orders::new_orders::set_invoice(&mut books, order, invoice).await?;
            placed.invoice = Some(invoice);
        }
        self.log(&mut books, order).await?;
        letters.send(&mut books, self, &placed).await?;
        self.take_stock(&mut books).await?;
        Ok(placed)
    }

    /// Writes the order itself, by a number of ten digits that no other order has.
    async fn create(&self, books: &mut Writer<'_>) -> Result<(OrderId, i64)> {
        let new = self.new_order();
        for _ in 0..10 {
            let random = getrandom::u64().map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
            let number = (1_000_000_000 + random % 9_000_000_000).cast_signed();
            if let Some(order) = store::orders::new_orders::create(books, &new, number).await? {
                return Ok((order, number));
            }
        }
        Err(Error::Internal("ten order numbers in a row were taken".into()))
    }

    fn new_order(&self) -> NewOrder {
        let promotion = self.promotion.as_ref();
        let renewals = self.cart.items.iter().filter_map(|item| match item.what {
            What::Renewal { domain, years } => Some(format!("{domain}={years}")),
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

    /// Writes what is ordered, and returns what the lines about each item are related to.
    async fn write_items(&self, books: &mut Writer<'_>, placed: &mut Placed) -> Result<Vec<Related>> {
        let mut ids = Vec::with_capacity(self.cart.items.len());
        for (item, billed) in self.cart.items.iter().zip(&self.bill.billed) {
            let terms = self.terms(placed.order, item, billed);
            ids.push(match &item.what {
                What::Service(service) => {
                    let id = add_service(books, &terms, service, item.charge.quantity).await?;
                    placed.services.push(id);
                    Related { own: id.0, discount: id.0 }
                }
                What::Addon(addon) => {
                    let (service, id) = add_addon(books, &terms, addon, item, billed, placed).await?;
                    Related { own: id.0, discount: service.0 }
                }
                What::Domain(domain) => {
                    let id = add_domain(books, &terms, domain).await?;
                    placed.domains.push(id);
                    Related { own: id.0, discount: id.0 }
                }
                What::Renewal { domain, .. } => Related { own: domain.0, discount: domain.0 },
            });
        }
        Ok(ids)
    }

    /// What is due today is what the invoice asks for; where nothing is to be paid for the first term, it is the next.
    fn terms(&self, order: OrderId, item: &Item, billed: &Billed) -> Terms<'_> {
        let next = item.charge.term.next(self.today);
        let today = next.map(|_| self.today);
        let (due, next_invoice) = match (self.is_invoiced, self.is_unbilled) {
            (true, _) => (today, next),
            (false, true) => (today, today),
            (false, false) => (next, next),
        };
        Terms {
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

    fn invoice(&self, ids: &[Related]) -> NewInvoice {
        let line = |draft: &Draft| {
            let related = draft.item.and_then(|at| ids.get(at)).map_or(0, |related| match draft.line.kind {
                LineKind::PromoHosting | LineKind::PromoDomain => related.discount,
                _ => related.own,
            });
            Line { related, ..draft.line.clone() }
        };
        NewInvoice {
            client: self.client,
            status: Status::Unpaid,
            date: self.today,
            due_date: self.due_date,
            payment_method: self.payment_method.clone(),
            notes: String::new(),
            rates: self.rates,
            totals: self.totals,
            lines: self.lines.iter().map(line).collect(),
        }
    }

    /// Takes what is ordered from stock: last, as others wait for these rows.
    async fn take_stock(&self, books: &mut Writer<'_>) -> Result<()> {
        let mut changes: BTreeMap<ProductId, i64> = BTreeMap::new();
        for item in &self.cart.items {
            if let What::Service(service) = &item.what {
                *changes.entry(service.product).or_default() -= i64::from(item.charge.quantity);
            }
        }
        change_stock(books, &changes).await
    }

    async fn log(&self, books: &mut Writer<'_>, order: OrderId) -> Result<()> {
        let line = format!("New Order Placed - Order ID: {order} - Total: {}", self.totals.total);
        store::system::activity::log(books, Some(self.client), &line).await?;
        if let Some(why) = &self.promotion_not_applied {
            store::system::activity::log(books, Some(self.client), &format!("{why} - Order ID: {order}")).await?;
        }
        Ok(())
    }

    /// The lines and what they come to, as plain text.
    fn text(&self, currency: &Currency) -> String {
        let line = |draft: &Draft| format!("{}\n{}\n", draft.line.description, currency.show(draft.line.amount));
        let lines: Vec<String> = self.lines.iter().map(line).collect();
        format!("{}\nTotal: {}", lines.join("\n"), currency.show(self.totals.total))
    }
}

/// The ids that lines about an item have: its own one, and the one that a discount is for.
struct Related {
    own: i64,
    discount: i64,
}

async fn add_service(books: &mut Writer<'_>, terms: &Terms<'_>, service: &Service, quantity: u32) -> Result<ServiceId> {
    let new = NewService {
        product: service.product,
        domain: &service.domain,
        quantity,
        cycle: service.cycle.name(),
        password: &service.password,
        nameservers: [&service.nameservers[0], &service.nameservers[1]],
    };
    let id = store::services::new_services::add(books, terms, &new).await?;
    for chosen in &service.options {
        store::services::new_services::add_choice(books, id, chosen.option, chosen.choice, chosen.quantity).await?;
    }
    for (&field, value) in &service.fields {
        store::clients::custom_fields::add(books, field, id.0, value).await?;
    }
    Ok(id)
}

async fn add_addon(
    books: &mut Writer<'_>,
    terms: &Terms<'_>,
    addon: &Addon,
    item: &Item,
    billed: &Billed,
    placed: &mut Placed,
) -> Result<(ServiceId, ServiceAddonId)> {
    let service = addon.service.or(placed.services.last().copied());
    let Some(service) = service else { return Err(Error::Internal("an addon of no service was ordered".into())) };
    let new = NewAddon {
        service,
        addon: addon.addon,
        quantity: item.charge.quantity,
        cycle: addon.cycle.name(),
        setup: billed.setup,
        taxed: item.charge.taxed,
    };
    let id = store::services::new_services::add_addon(books, terms, &new).await?;
    placed.addons.push(id);
    Ok((service, id))
}

async fn add_domain(books: &mut Writer<'_>, terms: &Terms<'_>, domain: &Domain) -> Result<DomainId> {
    let new = NewDomain {
        name: domain.name.as_str(),
        kind: domain.kind.name(),
        years: domain.years,
        dns_management: domain.addons.dns_management,
        email_forwarding: domain.addons.email_forwarding,
        id_protection: domain.addons.id_protection,
    };
    Ok(store::services::new_services::add_domain(books, terms, &new).await?)
}

/// What registrars want to hear, by domains, as PHP's `serialize()` writes it; empty where there is none.
fn transfer_secrets(cart: &Cart) -> String {
    let secret = |item: &Item| match &item.what {
        What::Domain(domain) if !domain.transfer_secret.is_empty() => {
            let text = |text: &str| format!("s:{}:\"{text}\";", text.len());
            Some(text(domain.name.as_str()) + &text(&domain.transfer_secret))
        }
        _ => None,
    };
    let secrets: Vec<String> = cart.items.iter().filter_map(secret).collect();
    if secrets.is_empty() { String::new() } else { format!("a:{}:{{{}}}", secrets.len(), secrets.concat()) }
}

/// Which mails are to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub confirmation: bool,
    pub invoice: bool,
}

/// The mails, but for what is known only once the order is written.
pub struct Letters {
    confirmation: Option<Letter>,
    invoice: Option<Letter>,
    about: mail::Invoice,
}

impl Letters {
    pub async fn prepare(db: &mut MySqlConnection, order: &Order, wanted: Wanted, now: Moment) -> Result<Letters> {
        let mut letter = async |is_wanted, template| match is_wanted {
            true => Letter::to_client(db, template, order.client, now).await,
            false => Ok(None),
        };
        let confirmation = letter(wanted.confirmation, mail::ORDER_CONFIRMATION).await?;
        let invoice = letter(wanted.invoice && order.is_invoiced, mail::INVOICE_CREATED).await?;
        Ok(Letters { confirmation, invoice, about: mail::Invoice::of_new(db, &order.invoice(&[])).await? })
    }

    async fn send(self, books: &mut Writer<'_>, order: &Order, placed: &Placed) -> Result<()> {
        for mut letter in [self.confirmation, self.invoice].into_iter().flatten() {
            letter.set("order_id", placed.order.to_string());
            letter.set("order_number", placed.number.to_string());
            letter.set("order_details", order.text(&self.about.currency));
            if let Some(invoice) = placed.invoice {
                mail::invoice_fields(&mut letter, invoice, &self.about);
            }
            letter.send(books).await?;
        }
        Ok(())
    }
}
