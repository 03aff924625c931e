//! `UpdateClientProduct`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::MySqlConnection;

use crate::actions::billing::add_credit::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::custom_fields;
use crate::actions::orders::add_order::terms_of;
use crate::actions::orders::cancel_order::change_stock;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::{ProductId, PromotionId, ServerId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::Charge;
use crate::domain::order::cycle::{Cycle, Term};
use crate::domain::order::price::Price;
use crate::domain::order::promotion::{Goods, Promotion};
use crate::domain::service::Status;
use crate::domain::time::{NO_DATE, parse_date};
use crate::error::{Error, Result, refuse, refuse_as};
use crate::openapi;
use crate::param::{List, Nested, Param, Value};
use crate::store;
use crate::store::catalog::pricing::Priced;
use crate::store::clients::client::Client;
use crate::store::clients::custom_fields::Kind;
use crate::store::services::options::{Choice, QUANTITY, Selection, YES_OR_NO};
use crate::store::services::service::{Changes, Service};

/// Changes a service: what is named, and nothing else. No module is asked to do anything.
///
/// The date of the next invoice goes with `nextduedate`. Custom fields and configurable options that are not of the
/// product are left out; a choice that an option does not have is refused. A service that becomes Cancelled or a Fraud is
/// given back to the stock; one that ceases to be, or changes to another product, takes from it, and is refused where
/// there is not so much.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateClientProduct {
    serviceid: Param<ServiceId>,
    /// The product it is to be of.
    pid: Param<ProductId>,
    /// 0 for none.
    serverid: Param<u32>,
    /// `YYYY-MM-DD`, as are the other dates; `0000-00-00` for none.
    #[schemars(with = "openapi::DateOrNone")]
    regdate: Param<Day>,
    #[schemars(with = "openapi::DateOrNone")]
    nextduedate: Param<Day>,
    #[schemars(with = "openapi::DateOrNone")]
    terminationdate: Param<Day>,
    domain: Param<String>,
    firstpaymentamount: Param<Money>,
    /// What it costs from now on.
    recurringamount: Param<Money>,
    /// The name of an active gateway.
    paymentmethod: Param<String>,
    /// `Free Account`, `One Time`, `Monthly`, `Quarterly`, `Semi-Annually`, `Annually`, `Biennially` or `Triennially`.
    billingcycle: Param<Cycle>,
    subscriptionid: Param<String>,
    /// `Pending`, `Active`, `Suspended`, `Terminated`, `Cancelled`, `Fraud` or `Completed`.
    status: Param<Status>,
    /// For staff to read.
    notes: Param<String>,
    serviceusername: Param<String>,
    /// Stored as it is.
    servicepassword: Param<String>,
    /// `on` or `off`.
    overideautosuspend: Param<bool>,
    #[schemars(with = "openapi::DateOrNone")]
    overidesuspenduntil: Param<Day>,
    ns1: Param<String>,
    ns2: Param<String>,
    dedicatedip: Param<String>,
    assignedips: Param<String>,
    /// In megabytes, as are the next three.
    diskusage: Param<u32>,
    disklimit: Param<u32>,
    bwusage: Param<u32>,
    bwlimit: Param<u32>,
    suspendreason: Param<String>,
    /// 0 for none.
    promoid: Param<u32>,
    /// What is to be empty, also where a value for it is sent: any of `domain`, `serviceusername`, `servicepassword`,
    /// `subscriptionid`, `ns1`, `ns2`, `dedicatedip`, `assignedips`, `notes` and `suspendreason`.
    unset: Param<List<String>>,
    /// Works out the recurring amount from the prices of the product and of its options in the client's currency and from
    /// a recurring promotion, as AddOrder does, instead of taking `recurringamount`.
    autorecalc: Param<bool>,
    /// Values by the fields' ids.
    customfields: Param<Nested>,
    /// By the options' ids, a choice's id or an array of `optionid` and `qty`. What is a quantity, or yes or no, may be a
    /// number alone.
    configoptions: Param<Nested>,
}

/// A day as a date column holds it, which may be `0000-00-00`.
#[derive(Debug)]
struct Day(String);

impl Value for Day {
    fn parse(text: &str) -> Option<Self> {
        (text == NO_DATE || parse_date(text).is_some()).then(|| Day(text.to_owned()))
    }
}

impl Value for Cycle {
    fn parse(text: &str) -> Option<Self> {
        Cycle::parse(text)
    }
}

impl Value for Status {
    fn parse(text: &str) -> Option<Self> {
        Status::parse(text)
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    /// As text, as documented.
    serviceid: String,
}

pub const SERVICE_NOT_FOUND: &str = "Service ID Not Found";

impl Action for UpdateClientProduct {
    const NAME: &'static str = "UpdateClientProduct";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["serviceid"];
    type Reply = Reply;

    async fn run(mut self, call: Call<'_>) -> Result<Reply> {
        let (client, service) = locked_service(call.db, std::mem::take(&mut self.serviceid)).await?;
        let id = service.id;
        let recalculates = self.autorecalc.is_set();
        let sent = custom_fields::read(std::mem::take(&mut self.customfields))?;
        let options = values(std::mem::take(&mut self.configoptions), "configoptions")?;
        let mut changes = self.changes(call.db).await?;

        let product = changes.product.unwrap_or(service.product);
        let fields = store::clients::custom_fields::fields(call.db, Kind::Product, product.0).await?;
        let choices = store::services::options::choices(call.db, product).await?;
        let selections = selections(&choices, &options)?;
        if recalculates {
            let amount = recurring_amount(call.db, &client, &service, &changes, &choices, &selections).await?;
            changes.recurring = Some(amount);
        }

        let mut books = call.write(Subject::Client(client.id)).await?;
        store::services::service::update(&mut books, id, &changes).await?;
        sent.write(&mut books, &fields, id.0).await?;
        for selection in selections {
            store::services::options::select(&mut books, id, selection).await?;
        }
        store::system::activity::log(&mut books, Some(client.id), &format!("Modified Service - Service ID: {id}"))
            .await?;
        change_stock(&mut books, &stock_changes(&service, &changes)).await?;
        Ok(Reply { serviceid: id.to_string() })
    }
}

/// A service that a call is about to change, and its client: locked in that order, client first.
pub async fn locked_service(db: &mut MySqlConnection, id: Param<ServiceId>) -> Result<(Client, Service)> {
    let not_found = || Error::Refused(SERVICE_NOT_FOUND);
    let id = id.required(SERVICE_NOT_FOUND)?;
    let client = store::services::service::client(db, id).await?.ok_or_else(not_found)?;
    let client = store::clients::client::lock(db, client).await?.ok_or_else(not_found)?;
    let service = store::services::service::lock(db, id).await?.ok_or_else(not_found)?;
    Ok((client, service))
}

impl UpdateClientProduct {
    async fn changes(self, db: &mut MySqlConnection) -> Result<Changes> {
        let unset = self.unset()?;
        let text = |name: &str, value: Param<String>| match value {
            _ if unset.iter().any(|unset| unset == name) => Ok(Some(String::new())),
            Param::Absent => Ok(None),
            value => value.text(name, TEXT_BYTES).map(Some),
        };
        Ok(Changes {
            product: product(db, self.pid).await?,
            server: server(db, self.serverid).await?,
            registered: day(self.regdate)?,
            next_due: day(self.nextduedate)?,
            terminated: day(self.terminationdate)?,
            domain: text("domain", self.domain)?,
            first_payment: amount(self.firstpaymentamount)?,
            recurring: amount(self.recurringamount)?,
            payment_method: payment_method(db, self.paymentmethod).await?,
            cycle: self.billingcycle.optional("Invalid Billing Cycle")?,
            subscription: text("subscriptionid", self.subscriptionid)?,
            status: match self.status {
                Param::Malformed(text) => return refuse_as("invalid_status", format!("Invalid status {text}")),
                status => status.lenient(),
            },
            notes: text("notes", self.notes)?,
            username: text("serviceusername", self.serviceusername)?,
            password: text("servicepassword", self.servicepassword)?,
            is_never_suspended: self.overideautosuspend.lenient(),
            not_suspended_until: day(self.overidesuspenduntil)?,
            nameserver1: text("ns1", self.ns1)?,
            nameserver2: text("ns2", self.ns2)?,
            dedicated_address: text("dedicatedip", self.dedicatedip)?,
            assigned_addresses: text("assignedips", self.assignedips)?,
            disk_usage: megabytes("diskusage", self.diskusage)?,
            disk_limit: megabytes("disklimit", self.disklimit)?,
            bandwidth_usage: megabytes("bwusage", self.bwusage)?,
            bandwidth_limit: megabytes("bwlimit", self.bwlimit)?,
            suspension_reason: text("suspendreason", self.suspendreason)?,
            promotion: promotion(db, self.promoid).await?,
        })
    }

    fn unset(&self) -> Result<Vec<String>> {
        const NAMES: [&str; 10] = [
            "domain",
            "serviceusername",
            "servicepassword",
            "subscriptionid",
            "ns1",
            "ns2",
            "dedicatedip",
            "assignedips",
            "notes",
            "suspendreason",
        ];
        let unset = match &self.unset {
            Param::Absent => return Ok(Vec::new()),
            Param::Given(List(names)) if names.iter().all(|name| NAMES.contains(&name.as_str())) => names.clone(),
            _ => return refuse_as("invalid_unset", format!("unset can only name {}", NAMES.join(", "))),
        };
        Ok(unset)
    }
}

async fn product(db: &mut MySqlConnection, id: Param<ProductId>) -> Result<Option<ProductId>> {
    const NOT_FOUND: &str = "Product ID Not Found";
    match id.optional(NOT_FOUND)? {
        Some(id) if !store::catalog::products::exists(db, id).await? => refuse(NOT_FOUND),
        id => Ok(id),
    }
}

async fn server(db: &mut MySqlConnection, id: Param<u32>) -> Result<Option<i64>> {
    const NOT_FOUND: &str = "Server ID Not Found";
    let id = id.optional(NOT_FOUND)?.map(i64::from);
    match id {
        Some(id) if id != 0 && !store::services::service::server_exists(db, ServerId(id)).await? => refuse(NOT_FOUND),
        id => Ok(id),
    }
}

async fn promotion(db: &mut MySqlConnection, id: Param<u32>) -> Result<Option<i64>> {
    const NOT_FOUND: &str = "Promotion ID Not Found";
    let id = id.optional(NOT_FOUND)?.map(i64::from);
    match id {
        Some(id) if id != 0 && store::catalog::promotions::find(db, PromotionId(id)).await?.is_none() => {
            refuse(NOT_FOUND)
        }
        id => Ok(id),
    }
}

async fn payment_method(db: &mut MySqlConnection, name: Param<String>) -> Result<Option<String>> {
    let Some(name) = name.lenient() else { return Ok(None) };
    let gateways = store::billing::gateways::active(db).await?;
    if gateways.find(&name).is_none() {
        return refuse_as("invalid_payment_method", gateways.refusal());
    }
    Ok(Some(name))
}

fn day(day: Param<Day>) -> Result<Option<String>> {
    Ok(day.optional(NOT_A_DATE)?.map(|day| day.0))
}

fn amount(amount: Param<Money>) -> Result<Option<Money>> {
    match amount.optional(NOT_AN_AMOUNT)? {
        Some(amount) if amount < Money::ZERO => refuse(NOT_AN_AMOUNT),
        amount => Ok(amount),
    }
}

fn megabytes(name: &str, number: Param<u32>) -> Result<Option<i64>> {
    let not_a_number = || format!("{name} must be a whole number of megabytes, at most {}", i32::MAX);
    match number.optional(not_a_number())?.map(i32::try_from) {
        Some(Err(_)) => refuse_as("malformed_parameter", not_a_number()),
        Some(Ok(number)) => Ok(Some(number.into())),
        None => Ok(None),
    }
}

/// What an array says, by the ids that are its keys. Other keys are of nothing.
fn values(array: Param<Nested>, name: &'static str) -> Result<BTreeMap<i64, Json>> {
    let array = array.optional(format!("{name} must be an array"))?;
    let pairs = array.map(|array| array.pairs(name)).transpose()?.unwrap_or_default();
    Ok(pairs.into_iter().filter_map(|(id, value)| Some((id.parse().ok()?, value))).collect())
}

/// A number or a text, as text.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(if *value { "1" } else { "" }.to_owned()),
        Json::Null => Some(String::new()),
        Json::Array(_) | Json::Object(_) => None,
    }
}

/// What is to be chosen. Options that the product does not have are left out, and so is what is empty.
fn selections(choices: &[Choice], sent: &BTreeMap<i64, Json>) -> Result<Vec<Selection>> {
    let is_named = |(_, value): &(&i64, &Json)| scalar(value).is_none_or(|text| !text.is_empty());
    let selection = |(option, value): (&i64, &Json)| {
        let choices: Vec<&Choice> = choices.iter().filter(|choice| choice.option == *option).collect();
        let first = choices.first()?;
        let unfit = || Error::RefusedAs {
            code: "invalid_configoption",
            message: format!("configoptions: option {option} cannot be set to this"),
        };
        Some(select(&choices, first, value).ok_or_else(unfit))
    };
    sent.iter().filter(is_named).filter_map(selection).collect()
}

/// Reads what was sent for an option that has these choices, of which there is at least a first one.
fn select(choices: &[&Choice], first: &Choice, value: &Json) -> Option<Selection> {
    let number = |value: &Json| scalar(value)?.trim().parse::<i64>().ok();
    let (choice, quantity) = match (first.kind.as_str(), value) {
        (_, Json::Object(value)) => {
            let choice = value.get("optionid").map_or(Some(first.choice), number)?;
            (choice, value.get("qty").map_or(Some(1), number)?)
        }
        (YES_OR_NO, value) => match number(value)? {
            quantity @ 0..=1 => (first.choice, quantity),
            choice => (choice, 1),
        },
        (QUANTITY, value) => (first.choice, number(value)?),
        (_, value) => (number(value)?, 1),
    };
    let quantity = first.counted(quantity);
    let (minimum, maximum) = match first.kind.as_str() {
        YES_OR_NO => (0, 1),
        QUANTITY if first.maximum > 0 => (first.minimum, first.maximum),
        _ => (first.minimum.max(0), i32::MAX.into()),
    };
    let has_choice = choices.iter().any(|known| known.choice == choice);
    let fits = has_choice && (minimum..=maximum).contains(&quantity);
    fits.then_some(Selection { option: first.option, choice, quantity })
}

/// What a term of the service costs after these changes.
async fn recurring_amount(
    db: &mut MySqlConnection,
    client: &Client,
    service: &Service,
    changes: &Changes,
    choices: &[Choice],
    selections: &[Selection],
) -> Result<Money> {
    const NOT_OFFERED: &str = "The product is not offered for this billing cycle in the client's currency";
    let product = changes.product.unwrap_or(service.product).0;
    let cycle = changes.cycle.or(Cycle::parse(&service.cycle)).filter(|cycle| cycle.recurs());
    let Some(cycle) = cycle else { return Ok(Money::ZERO) };
    let prices =
        store::catalog::pricing::in_currency(db, Priced::Product, [product].into_iter(), client.currency).await?;
    let price = prices.get(&product).and_then(|prices| prices.term(cycle));
    let price = price.ok_or(Error::Refused(NOT_OFFERED))?;

    let stored = store::services::options::selected(db, service.id).await?;
    let selected: BTreeMap<i64, &Selection> =
        stored.iter().chain(selections).map(|selection| (selection.option, selection)).collect();
    let prices = store::catalog::pricing::in_currency(
        db,
        Priced::Choice,
        selected.values().map(|selection| selection.choice),
        client.currency,
    );
    let prices = prices.await?;
    let option_price = |selection: &&Selection| {
        let choice = choices.iter().find(|choice| choice.choice == selection.choice)?;
        Some((prices.get(&choice.choice)?.term(cycle)?, choice.counted(selection.quantity)))
    };
    let options: Vec<(Money, i64)> = selected.values().filter_map(option_price).collect();

    let one = options
        .iter()
        .try_fold(price, |sum, &(price, count)| sum.checked_add(price.times(u32::try_from(count).unwrap_or(0))?));
    let too_large = || Error::Refused(NOT_AN_AMOUNT);
    let charge = Charge {
        goods: Goods::Product(product),
        term: Term::Cycle(cycle),
        price: Price::NOTHING,
        renewal: one.ok_or_else(too_large)?,
        quantity: u32::try_from(service.quantity).map_err(|_| too_large())?,
        taxed: false,
    };
    let id = changes.promotion.map_or(service.promotion, PromotionId);
    // Another promotion begins anew.
    let uses = if id == service.promotion { service.promotion_uses } else { 0 };
    let promotion = promotion_after(db, id, uses, client.currency_rate).await?;
    charge.renewal(promotion.as_ref().filter(|promotion| promotion.holds_for(&charge))).ok_or_else(too_large)
}

/// A promotion that was used for so many terms, if it goes on.
async fn promotion_after(
    db: &mut MySqlConnection,
    id: PromotionId,
    uses: i64,
    rate: Decimal,
) -> Result<Option<Promotion>> {
    let stored = store::catalog::promotions::find(db, id).await?;
    let goes_on = |stored: &store::catalog::promotions::Promotion| stored.recur_for == 0 || uses < stored.recur_for;
    Ok(stored.filter(goes_on).and_then(|stored| terms_of(stored, rate)))
}

/// What of a service counts, before and after the changes, as what there is more in stock.
fn stock_changes(service: &Service, changes: &Changes) -> BTreeMap<ProductId, i64> {
    let product = changes.product.unwrap_or(service.product);
    let status = Status::parse(&service.status);
    let had_ended = status.is_some_and(Status::is_end);
    let has_ended = changes.status.or(status).is_some_and(Status::is_end);
    let mut stock = BTreeMap::new();
    if !had_ended && service.is_counted {
        *stock.entry(service.product).or_default() += service.quantity;
    }
    // Where the product stays, it may be gone.
    if !has_ended && (service.is_counted || product != service.product) {
        *stock.entry(product).or_default() -= service.quantity;
    }
    stock
}
