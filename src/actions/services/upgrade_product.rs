//! `UpgradeProduct`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::option_values::option_values;
use crate::actions::words::services::{PRODUCT_NOT_FOUND, SERVICE_NOT_FOUND};
use crate::actions::words::upgrades::IN_PROGRESS;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::currency::Currency;
use crate::domain::id::{ProductId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Result, refuse};
use crate::operations::billing;
use crate::operations::services::update::LockedService;
use crate::operations::upgrades::{self, Change, PlacedUpgrade, PricedUpgrade, Wanted};
use crate::param::{Nested, Param, ParamValue};

/// Changes the product, the billing cycle or the configurable options of a service, for the rest of the current term.
///
/// What is left of the current term is credited, by its days, and the same days are charged at the new price, without a set-up
/// fee: the next payment stays due when it is. A service that was not paid for regularly is charged a whole term of the new
/// product, and is due again after it. The invoice's payment carries the upgrade out, and commands the service's module to
/// change the package. If nothing is to be paid, this happens at once, and the client's balance gets what is left
/// (`compat.downgrade_credit`). The stock of products stays as it is, and `upgradeemail` is not sent.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpgradeProduct {
    serviceid: Param<ServiceId>,
    /// Only tells the price, and changes nothing.
    calconly: Param<bool>,
    /// The name of a gateway; with `calconly`, it may be left out.
    paymentmethod: Param<String>,
    /// `product` or `configoptions`.
    #[serde(rename = "type")]
    kind: Param<UpgradeKind>,
    /// The id of the new product, for `product`; by default, that of the service, of which the cycle changes.
    newproductid: Param<ProductId>,
    /// `Monthly`, `Quarterly`, `Semi-Annually`, `Annually`, `Biennially` or `Triennially`; by default, the service's own.
    newproductbillingcycle: Param<Cycle>,
    /// For `configoptions`, by the ids of options: a choice's id, a quantity, or 1 or 0. What is not named stays as it is.
    configoptions: Param<Nested>,
    /// The code of a promotion that is for upgrades (`tblpromotions.upgrades`). One that does not apply is left out, which the
    /// activity log tells.
    promocode: Param<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum UpgradeKind {
    Product,
    ConfigOptions,
}

impl ParamValue for UpgradeKind {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "product" => Some(UpgradeKind::Product),
            "configoptions" => Some(UpgradeKind::ConfigOptions),
            _ => None,
        }
    }
}

/// Ids and numbers are of the documented types. Prices are formatted in the client's currency, before taxes.
#[derive(Debug, Default, JsonSchema, Serialize)]
pub struct UpgradeProductReply {
    #[serde(flatten)]
    product: Option<ProductReply>,
    #[serde(flatten)]
    options: Option<OptionsReply>,
    /// Whether the invoice of an earlier upgrade of the service is not paid yet; only with `calconly`.
    #[serde(skip_serializing_if = "Option::is_none")]
    upgradeinprogress: Option<bool>,
    #[serde(flatten)]
    placed: Option<PlacedReply>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ProductReply {
    oldproductid: String,
    oldproductname: String,
    newproductid: i64,
    newproductname: String,
    /// The days that are left of the current term.
    daysuntilrenewal: i64,
    /// The days of the current term.
    totaldays: i64,
    newproductbillingcycle: String,
    /// Less what a promotion takes off; negative if the new product costs less.
    price: String,
}

/// The options that change, numbered from 1.
#[derive(Debug, JsonSchema, Serialize)]
struct OptionsReply {
    /// `configname1`, `originalvalue1`, `newvalue1` and `price1`, and so on.
    #[serde(flatten)]
    changes: BTreeMap<String, String>,
    subtotal: String,
    discount: String,
    total: String,
}

/// What was written.
#[derive(Debug, JsonSchema, Serialize)]
struct PlacedReply {
    /// The id of the upgrade; of several options, that of the first.
    id: String,
    orderid: i64,
    order_number: String,
    /// `null` if nothing is to be paid.
    invoiceid: Option<i64>,
}

const INVALID_TYPE: &str = "Invalid Upgrade Type";

impl Action for UpgradeProduct {
    const NAME: &'static str = "UpgradeProduct";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["serviceid", "paymentmethod", "type"];
    const EXAMPLE: &'static str = r#"{"serviceid": 1, "paymentmethod": "paypal", "type": "product", "newproductid": 2, "newproductbillingcycle": "Annually"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(SERVICE_NOT_FOUND),
        Exact(IN_PROGRESS),
        Prefix { text: "Invalid Payment Method. Valid options include ", code: "invalid_payment_method" },
        Exact(INVALID_TYPE),
    ];
    type Reply = UpgradeProductReply;

    async fn run(self, call: Call<'_>) -> Result<UpgradeProductReply> {
        let mut context = call.context();
        let service = LockedService::lock(&mut context, self.serviceid.clone().required(SERVICE_NOT_FOUND)?).await?;
        let only_tells = self.calconly.is_set();
        if !only_tells && upgrades::is_in_progress(context.db, &service).await? {
            return refuse(IN_PROGRESS);
        }
        let payment_method = match self.paymentmethod.clone().lenient() {
            None if only_tells => String::new(),
            name => billing::active_gateway(context.db, &name.unwrap_or_default()).await?.name,
        };
        let code = self.promocode.clone().text("promocode", 255)?.trim().to_owned();
        let wanted = self.wanted(&service)?;
        let mut priced = upgrades::price(&mut context, &service, wanted).await?;
        if !code.is_empty() {
            priced.apply(&mut context, &service, code).await?;
        }
        let mut reply = UpgradeProductReply::new(&priced);
        if only_tells {
            reply.upgradeinprogress = Some(priced.is_in_progress);
            return Ok(reply);
        }
        let PlacedUpgrade { id, order, order_number, invoice } =
            upgrades::place(context, &service, &priced, payment_method).await?;
        reply.placed = Some(PlacedReply {
            id: id.to_string(),
            orderid: order.0,
            order_number: order_number.to_string(),
            invoiceid: invoice.map(|invoice| invoice.0),
        });
        Ok(reply)
    }
}

impl UpgradeProduct {
    fn wanted(self, service: &LockedService) -> Result<Wanted> {
        Ok(match self.kind.required(INVALID_TYPE)? {
            UpgradeKind::Product => Wanted::Product {
                product: self.newproductid.optional(PRODUCT_NOT_FOUND)?.unwrap_or(service.stored().product),
                cycle: self.newproductbillingcycle.optional("Invalid Billing Cycle")?,
            },
            UpgradeKind::ConfigOptions => Wanted::Options(option_values(self.configoptions)?),
        })
    }
}

impl UpgradeProductReply {
    fn new(priced: &PricedUpgrade) -> UpgradeProductReply {
        let PricedUpgrade { service, currency, .. } = priced;
        match &priced.change {
            Change::Product { from, to, name, price, .. } => UpgradeProductReply {
                product: Some(ProductReply {
                    oldproductid: from.to_string(),
                    oldproductname: service.product_name.clone(),
                    newproductid: to.0,
                    newproductname: name.clone(),
                    daysuntilrenewal: price.days_left,
                    totaldays: price.total_days,
                    newproductbillingcycle: cycle_name(priced.cycle),
                    price: formatted(currency, priced.amount),
                }),
                ..UpgradeProductReply::default()
            },
            Change::Options(changes) => {
                let mut fields = BTreeMap::new();
                for (number, change) in (1..).zip(changes) {
                    fields.insert(format!("configname{number}"), change.name.clone());
                    fields.insert(format!("originalvalue{number}"), change.from_name.clone());
                    fields.insert(format!("newvalue{number}"), change.to_name.clone());
                    fields.insert(format!("price{number}"), formatted(currency, change.price.amount));
                }
                let discount = priced.promotion.as_ref().map_or(Money::ZERO, |promotion| promotion.discount);
                let [subtotal, discount, total] =
                    [priced.amount + discount, discount, priced.amount].map(|amount| formatted(currency, amount));
                UpgradeProductReply {
                    options: Some(OptionsReply { changes: fields, subtotal, discount, total }),
                    ..UpgradeProductReply::default()
                }
            }
        }
    }
}

/// The name of a cycle as requests spell it.
fn cycle_name(cycle: Cycle) -> String {
    match cycle {
        Cycle::Free => "free".to_owned(),
        cycle => cycle.name().replace([' ', '-'], "").to_ascii_lowercase(),
    }
}

/// Formats an amount as documented, with the sign after the currency's prefix: `$-8.67 USD`.
fn formatted(currency: &Currency, amount: Money) -> String {
    format!("{}{}{}", currency.prefix, amount.formatted(currency.format), currency.suffix)
}
