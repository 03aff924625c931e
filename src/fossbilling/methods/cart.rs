//! The module `cart`: what guests and clients choose, and ordering it. The cart is kept with the session.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::client::{self, object};
use super::order::domain_title;
use super::product::kind;
use super::{currency, gateway, order_writes, session};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use crate::domain::order::promotion::NotApplicable;
use crate::error::Error;
use crate::fossbilling::mapping::hashes::Hashes;
use crate::fossbilling::mapping::money;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::{Failure, Reply, said, said_as};
use crate::operations::authentication::SessionOf;
use crate::operations::billing::{gateway_of_client, lock_invoice};
use crate::operations::clients;
use crate::operations::orders::cart::CartItem;
use crate::operations::orders::place::{Customer, NewOrder, PromotionCode, place};
use crate::operations::orders::quote::{PromotionState, Quote, QuotedLine, Shopper, quote};
use crate::store;
use crate::store::billing::currencies::Currency;
use crate::store::fossbilling::{products, sessions};

/// A cart of more items is none that a person fills.
const MAX_ITEMS: usize = 50;
const UNKNOWN_CODE: &str = "The promo code has expired or does not exist";
const FOREIGN_CODE: &str = "Promo code cannot be applied to your account";

/// A cart as it is stored.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Cart {
    /// The code of a currency; `None` for the client's, or the default one.
    currency: Option<String>,
    promocode: Option<String>,
    items: Vec<Item>,
}

/// An item, with the parameters that `admin/order/create` has for it.
#[derive(Debug, Deserialize, Serialize)]
struct Item {
    id: i64,
    parameters: Map<String, Value>,
}

/// `guest/cart/get`
pub async fn get(mut call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let cart = Cart::of(&call)?;
    let shop = Shop::open(&mut call, &cart).await?;
    let quote = shop.quote(&mut call, &cart).await?;
    cart.object(&shop, &quote)
}

/// `guest/cart/get_currency`
pub async fn get_currency(mut call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let cart = Cart::of(&call)?;
    Ok(currency::object(&Shop::open(&mut call, &cart).await?.currency).into())
}

/// `guest/cart/set_currency`
pub async fn set_currency(mut call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let code = sent.filled("currency").unwrap_or_default();
    let listed = store::billing::currencies::list(call.db).await?;
    let found = listed.into_iter().find(|currency| currency.code.eq_ignore_ascii_case(&code));
    let code = found.ok_or_else(|| said("Currency not found"))?.code;
    let (session, cart) = lock(&mut call).await?;
    save(call, session, &Cart { currency: Some(code), ..cart }).await
}

/// `guest/cart/reset`
pub async fn reset(mut call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let (session, cart) = lock(&mut call).await?;
    save(call, session, &Cart { items: Vec::new(), promocode: None, ..cart }).await
}

/// `guest/cart/add_item`: in place of the others, unless `multiple` says that there are several.
pub async fn add_item(mut call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let new = chosen(&mut call, sent).await?;
    let (session, mut cart) = lock(&mut call).await?;
    if !sent.is_set("multiple") {
        cart.items.clear();
    }
    let domains = cart.domains()?;
    for parameters in new {
        cart.items.push(Item { id: cart.items.iter().map(|item| item.id).max().unwrap_or(0) + 1, parameters });
    }
    if let Some(CartItem::Domain(added)) = cart.ordered()?.last()
        && domains.iter().any(|name| name == added.name.as_str())
    {
        return Err(said("This domain is already in the cart."));
    }
    if cart.items.len() > MAX_ITEMS {
        return Err(said("The cart is full."));
    }
    let shop = Shop::open(&mut call, &cart).await?;
    // What cannot be ordered does not get into the cart. A code that does not apply to it stays there.
    quote(call.db, (call.now, call.compat), cart.ordered()?, None, shop.shopper()).await?;
    save(call, session, &cart).await
}

/// `guest/cart/remove_item`
pub async fn remove_item(mut call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let (session, mut cart) = lock(&mut call).await?;
    let (id, before) = (sent.id("id"), cart.items.len());
    cart.items.retain(|item| item.id != id);
    if cart.items.len() == before {
        return Err(said("Product not found"));
    }
    save(call, session, &cart).await
}

/// `guest/cart/apply_promo`
pub async fn apply_promo(mut call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let (session, mut cart) = lock(&mut call).await?;
    if cart.items.is_empty() {
        return Err(said("Add products to your cart before applying promo code"));
    }
    cart.promocode = sent.filled("promocode");
    let shop = Shop::open(&mut call, &cart).await?;
    let quote = shop.quote(&mut call, &cart).await?;
    match quote.promotion {
        PromotionState::Applied => save(call, session, &cart).await,
        PromotionState::NotApplicable(reason) if is_of_client(reason) => Err(said(FOREIGN_CODE)),
        _ => Err(said(UNKNOWN_CODE)),
    }
}

/// Whether a promotion does not apply because of who the client is.
fn is_of_client(reason: NotApplicable) -> bool {
    use NotApplicable::{ExistingClientsOnly, NewClientsOnly, OncePerClient};
    matches!(reason, ExistingClientsOnly | NewClientsOnly | OncePerClient)
}

/// `guest/cart/remove_promo`
pub async fn remove_promo(mut call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let (session, cart) = lock(&mut call).await?;
    save(call, session, &Cart { promocode: None, ..cart }).await
}

/// `client/cart/checkout`: places the order, as `AddOrder` does, and empties the cart.
pub async fn checkout(mut call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?;
    let requested = gateway::sent_name(call.db, sent).await?;
    let locked = clients::lock(call.db, client).await?;
    let session = session::found(&call).map(|session| session.id);
    let stored = match session {
        Some(id) => sessions::lock_cart(call.db, id).await?.flatten(),
        None => None,
    };
    let cart = Cart::read(stored.as_deref())?;
    let (Some(session), false) = (session, cart.items.is_empty()) else { return Err(said("Cart is empty")) };
    let payment_method = gateway_of_client(call.db, requested, &locked).await?;
    let hashes = Hashes::read(call.db).await?;
    if cart.promocode.is_some() {
        let shop = Shop::open(&mut call, &cart).await?;
        check_promotion(shop.quote(&mut call, &cart).await?.promotion)?;
    }
    let mut context = call.context();
    let customer = Customer::lock(&mut context, client).await?;
    let promotion = cart.promocode.clone().map(|code| PromotionCode { code, applies_to_everything: false });
    let new = NewOrder { promotion, ..order_writes::new_order(cart.ordered()?, payment_method, true) };
    let placed = place(context.reborrow(), &customer, new).await?;
    let due = match placed.invoice {
        Some(id) => lock_invoice(context.db, id).await?.due(),
        None => Money::ZERO,
    };
    let mut tx = context.write(Subject::Client(client)).await?;
    sessions::set_cart(&mut tx, session, None).await?;
    let orders = order_writes::orders(&placed);
    Ok(json!({
        "gateway_id": sent.id_filter("gateway_id"),
        "invoice_hash": placed.invoice.filter(|_| due.is_positive()).map(|invoice| hashes.of(invoice.0)),
        "order_id": orders.first(),
        "orders": orders,
    }))
}

fn check_promotion(state: PromotionState) -> Result<(), Failure> {
    match state {
        PromotionState::NoCode | PromotionState::Applied => Ok(()),
        PromotionState::NotApplicable(NotApplicable::OncePerClient) => Err(said_as(
            "9874",
            "You have already used this promo code. Please remove the promo code and checkout again.",
        )),
        PromotionState::NotApplicable(reason) if is_of_client(reason) => Err(said(FOREIGN_CODE)),
        PromotionState::Unknown | PromotionState::NotApplicable(_) => Err(said(UNKNOWN_CODE)),
    }
}

/// Reads what was chosen: a product, a domain, or a product with a domain to register or transfer.
async fn chosen(call: &mut Call<'_>, sent: &Sent<'_>) -> Result<Vec<Map<String, Value>>, Failure> {
    if let Some(domain) = DomainChoice::read(sent, "") {
        return Ok(vec![domain.ordered()]);
    }
    let id = sent.id("id");
    let listed = products::list(call.db, true).await?;
    let found = listed.iter().find(|row| row.product.id == id).ok_or_else(|| said("Product not found"))?;
    if found.product.stock_control && found.product.stock <= 0 {
        return Err(said("This item is currently out of stock"));
    }
    if sent.has_entries("addons") {
        return Err(said("One or more of your selected add-ons are invalid for the associated product."));
    }
    let of_config = sent.object("config");
    let domain = sent.object("domain").or_else(|| of_config.as_ref()?.object("domain"));
    let domain = domain.and_then(|domain| DomainChoice::read(&domain, "owndomain"));
    let quantity = if found.product.allows_quantity { sent.id("quantity").max(1) } else { 1 };
    let mut parameters = object(json!({"product_id": id, "quantity": quantity, "type": kind(&found.product.kind)}));
    if let Some(period) = sent.filled_raw("period") {
        parameters.insert("period".to_owned(), period.into());
    }
    let mut chosen = Vec::new();
    if let Some(domain) = &domain {
        parameters.insert("config".to_owned(), json!({"domain": domain.config()}));
    }
    chosen.push(parameters);
    chosen.extend(domain.filter(|domain| domain.action != "owndomain").map(|domain| domain.ordered()));
    Ok(chosen)
}

/// A domain of an item.
struct DomainChoice {
    /// `register`, `transfer` or `owndomain`.
    action: String,
    parts: Vec<(&'static str, String)>,
}

impl DomainChoice {
    /// Reads a domain. `default` is what is done with one of which that is not said.
    fn read(sent: &Sent<'_>, default: &str) -> Option<DomainChoice> {
        let action = sent.filled_raw("action").unwrap_or_else(|| default.to_owned());
        if !matches!(&*action, "register" | "transfer" | "owndomain") || action == "owndomain" && default.is_empty() {
            return None;
        }
        let part = |name: &'static str| Some((name, sent.filled_raw(&format!("{action}_{name}"))?));
        let parts = ["sld", "tld", "years", "code"].into_iter().filter_map(part).collect();
        Some(DomainChoice { action, parts })
    }

    fn config(&self) -> Map<String, Value> {
        let parts = self.parts.iter().map(|(name, value)| (format!("{}_{name}", self.action), value.clone().into()));
        std::iter::once(("action".to_owned(), self.action.clone().into())).chain(parts).collect()
    }

    /// The parameters of an order of the domain.
    fn ordered(&self) -> Map<String, Value> {
        object(json!({"config": self.config()}))
    }
}

/// The shop as a cart sees it.
struct Shop {
    client: Option<ClientId>,
    currency: Currency,
}

impl Shop {
    /// Clients pay in their own currency, and guests choose one.
    async fn open(call: &mut Call<'_>, cart: &Cart) -> Result<Shop, Failure> {
        let of_session = session::found(call).and_then(|session| session.client);
        let client = call.rights.client().or(of_session);
        let own = match client {
            Some(client) => store::fossbilling::clients::find(call.db, client).await?.map(|row| row.currency),
            None => None,
        };
        let mut listed = store::billing::currencies::list(call.db).await?;
        let wanted = own.or_else(|| cart.currency.clone());
        let chosen = wanted.and_then(|code| listed.iter().position(|currency| currency.code == code));
        let currency = match chosen {
            Some(at) => Some(listed.swap_remove(at)),
            None => currency::default(listed),
        };
        Ok(Shop { client, currency: currency.ok_or_else(|| said("Default currency not found"))? })
    }

    fn shopper(&self) -> Shopper {
        Shopper { client: self.client, currency: self.currency.id, rate: self.currency.rate }
    }

    async fn quote(&self, call: &mut Call<'_>, cart: &Cart) -> Result<Quote, Failure> {
        let (settings, code) = ((call.now, call.compat), cart.promocode.as_deref());
        Ok(quote(call.db, settings, cart.ordered()?, code, self.shopper()).await?)
    }
}

/// Locks the session's cart until the transaction ends, and returns the session's id with the cart; none if there is no session.
async fn lock(call: &mut Call<'_>) -> Result<(Option<i64>, Cart), Failure> {
    let Some(session) = session::found(call) else { return Ok((None, Cart::default())) };
    call.db.lock(subject(session.id)).await?;
    match sessions::lock_cart(call.db, session.id).await? {
        Some(stored) => Ok((Some(session.id), Cart::read(stored.as_deref())?)),
        None => Ok((None, Cart::default())),
    }
}

fn subject(session: i64) -> Subject {
    Subject::Session(session.cast_unsigned())
}

/// Stores the cart: with the session, or else with a new one.
async fn save(mut call: Call<'_>, session: Option<i64>, cart: &Cart) -> Reply {
    let stored = serde_json::to_string(cart).map_err(|error| Error::Internal(error.to_string().into()))?;
    match session {
        Some(id) => {
            let mut tx = call.write(subject(id)).await?;
            sessions::set_cart(&mut tx, id, Some(&stored)).await?;
        }
        None => {
            let new = session::plan(&mut call, SessionOf::Guest).await?;
            let mut tx = call.write(new.subject()).await?;
            new.with_cart(stored).begin(&mut tx, None).await?;
        }
    }
    Ok(true.into())
}

impl Cart {
    /// The cart of the session as it was when the call began.
    fn of(call: &Call<'_>) -> Result<Cart, Failure> {
        Cart::read(session::found(call).and_then(|session| session.cart.as_deref()))
    }

    fn read(stored: Option<&str>) -> Result<Cart, Failure> {
        let Some(stored) = stored else { return Ok(Cart::default()) };
        Ok(serde_json::from_str(stored).map_err(|error| Error::Internal(format!("a stored cart: {error}").into()))?)
    }

    /// The items as an order has them.
    fn ordered(&self) -> Result<Vec<CartItem>, Failure> {
        self.items.iter().map(|item| order_writes::item(&Sent::within(&item.parameters))).collect()
    }

    /// The names of the domains to register or transfer.
    fn domains(&self) -> Result<Vec<String>, Failure> {
        let name = |item: CartItem| if let CartItem::Domain(domain) = item { Some(domain.name) } else { None };
        Ok(self.ordered()?.into_iter().filter_map(name).map(|name| name.as_str().to_owned()).collect())
    }

    fn object(&self, shop: &Shop, quote: &Quote) -> Reply {
        let too_large = || said("Price must be a valid number.");
        let subtotal = quote.subtotal().ok_or_else(too_large)?;
        let discount = quote.discount().ok_or_else(too_large)?;
        let is_applied = quote.promotion == PromotionState::Applied;
        let items = self.items.iter().enumerate();
        let items = items.map(|(at, item)| item.object(quote.lines.iter().filter(|line| line.item == at)));
        Ok(json!({
            "promocode": self.promocode.as_ref().filter(|_| is_applied),
            "discount": money::number(discount),
            "subtotal": money::number(subtotal),
            "total": money::number(subtotal - discount),
            "items": items.collect::<Result<Value, Failure>>()?,
            "currency": currency::object(&shop.currency),
            "subscribable": false,
        }))
    }
}

impl Item {
    fn object<'q>(&self, lines: impl Iterator<Item = &'q QuotedLine>) -> Reply {
        let sum = |amounts: &mut dyn Iterator<Item = Money>| {
            Money::sum(amounts).ok_or_else(|| said("Price must be a valid number."))
        };
        let lines: Vec<&QuotedLine> = lines.collect();
        let quantity: u32 = lines.iter().map(|line| line.quantity).sum();
        let gross = sum(&mut lines.iter().map(|line| line.billed.gross))?;
        let setup = sum(&mut lines.iter().map(|line| line.billed.setup))?;
        let discount = sum(&mut lines.iter().map(|line| line.billed.discount))?;
        let config = self.parameters.get("config").and_then(Value::as_object);
        let action = config.and_then(|config| config.get("action"));
        let mut all = config.cloned().unwrap_or_default();
        all.extend(self.parameters.get("period").map(|period| ("period".to_owned(), period.clone())));
        // The discount is on set-up fees first, as far as it reaches.
        let of_setup = discount.min(setup);
        all.extend(object(json!({
            "id": self.id,
            "product_id": self.parameters.get("product_id").and_then(Value::as_i64).unwrap_or(0),
            "form_id": null,
            "title": lines.first().map(|line| match action {
                Some(action) => domain_title(&line.name, action == "transfer"),
                None => line.name.clone(),
            }),
            "type": self.parameters.get("type").and_then(Value::as_str).unwrap_or("domain"),
            "quantity": quantity,
            "unit": "product",
            "price": money::number(gross - setup),
            "setup_price": money::number(setup),
            "discount": money::number(discount),
            "discount_price": money::number(discount - of_setup),
            "discount_setup": money::number(of_setup),
            "total": money::number(gross - discount),
        })));
        Ok(all.into())
    }
}
