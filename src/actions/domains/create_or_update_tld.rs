//! `CreateOrUpdateTLD`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::NOT_AN_AMOUNT;
use crate::actions::words::catalog::{
    CURRENCY_REQUIRED, NOT_YEARS, REGISTER_TOO_LONG, RENEW_TOO_LONG, SEVERAL_TRANSFERS, TRANSFER_TOO_LONG,
};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::domain_name::DomainName;
use crate::domain::money::Money;
use crate::domain::number;
use crate::domain::order::domain_price::DomainPurchase;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Error, Result, refuse, refuse_as};
use crate::operations::Context;
use crate::operations::catalog::extensions::{ExtensionChange, ExtensionFields, SentCurrency, SentPrices, set};
use crate::operations::domains::registrars;
use crate::param::{Clearable, Keyed, Param, ParamValue};

/// Adds a domain extension, or changes an existing one, with its prices in all currencies.
///
/// Prices and fees are given in one currency. Prices are stored in each currency that has an exchange rate, and fees in the
/// default one. Numbers of years that are not given stay as they are, and are not offered by a new extension; -1 means that
/// one is no longer offered. A transfer has a single period, so that a new one replaces the old one. An array without any
/// price counts as not sent. Prices of client groups stay as they are.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CreateOrUpdateTLD {
    /// The extension, such as `.com`, with or without its leading dot.
    extension: Param<String>,
    id_protection: Param<bool>,
    dns_management: Param<bool>,
    email_forwarding: Param<bool>,
    /// Whether a transfer needs the domain's code.
    epp_required: Param<bool>,
    /// The active registrar with which domains are registered on payment; empty for none.
    auto_registrar: Clearable<String>,
    /// `HOT`, `NEW` or `SALE`; empty for none.
    group: Clearable<String>,
    /// The code of the currency of all prices and fees, which must be the default one or have an exchange rate.
    currency_code: Param<String>,
    /// Days after expiry in which a domain can be renewed; 0 for none, and -1 for the default, which is none here.
    #[schemars(with = "i32")]
    grace_period_days: Param<PeriodDays>,
    /// The fee for renewing a domain in its grace period; -1 for no such period.
    grace_period_fee: Param<Money>,
    /// Days after the grace period in which a domain can be renewed; 0 for none, and -1 for the default, which is none here.
    #[schemars(with = "i32")]
    redemption_period_days: Param<PeriodDays>,
    /// The fee for renewing a domain in its redemption period; -1 for no such period, so that it cannot be renewed then.
    redemption_period_fee: Param<Money>,
    /// Prices of registrations by numbers of years, 1 to 10.
    register: Param<Keyed<Money>>,
    /// Prices of renewals by numbers of years, 1 to 9.
    renew: Param<Keyed<Money>>,
    /// The price of a transfer by its only number of years.
    transfer: Param<Keyed<Money>>,
    /// The extension after which this one is shown. One that does not exist is ignored.
    display_after: Param<String>,
}

/// A number of days, or -1 for the default, which is none here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PeriodDays(i32);

impl ParamValue for PeriodDays {
    fn parse(text: &str) -> Option<Self> {
        let days: i32 = number::parse(text).filter(rust_decimal::Decimal::is_integer)?.try_into().ok()?;
        (-1..=3650).contains(&days).then_some(PeriodDays(days))
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct CreateOrUpdateTLDReply {
    /// With its leading dot.
    extension: String,
    id: i64,
}

const NO_EXTENSION: &str = "Extension is required";
const NO_REGISTRARS: &str = "No Active Registrars - auto_registrar value cannot be defined";
const NOT_ARRAYS: &str = "Parameters register, renew and transfer must be arrays";
const NOT_DAYS: &str = "The days of a period must be a whole number from 0 to 3650, or -1 for the default";

impl Action for CreateOrUpdateTLD {
    const NAME: &'static str = "CreateOrUpdateTLD";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["extension"];
    const EXAMPLE: &'static str = r#"{"extension": ".blog", "id_protection": true, "currency_code": "EUR", "register": {"1": "14.00", "2": "28.00"}, "renew": {"1": "16.00"}, "transfer": {"1": "14.00"}, "display_after": ".com"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_EXTENSION),
        Exact(NO_REGISTRARS),
        Prefix { text: "Invalid auto_registrar value. Must be empty or one of: ", code: "invalid_auto_registrar" },
        Exact(CURRENCY_REQUIRED),
        Prefix {
            text: "Provided currency_code value does not exist. Must be one of: ",
            code: "currency_code_not_found",
        },
        Exact(NOT_ARRAYS),
        Exact(REGISTER_TOO_LONG),
        Exact(RENEW_TOO_LONG),
        Exact(SEVERAL_TRANSFERS),
        Exact(TRANSFER_TOO_LONG),
        Prefix { text: "Invalid group parameter: ", code: "invalid_group" },
    ];
    type Reply = CreateOrUpdateTLDReply;

    async fn run(mut self, call: Call<'_>) -> Result<CreateOrUpdateTLDReply> {
        let mut context = call.context();
        let name = std::mem::take(&mut self.extension).text("extension", 255)?;
        if name.is_empty() {
            return refuse(NO_EXTENSION);
        }
        let Some(name) = DomainName::parse_extension(&name) else {
            return refuse_as("invalid_extension", format!("Extension is not Valid: {name}"));
        };
        let registrar = self.registrar(&mut context).await?;
        let sent = self.sent_prices();
        let currency = self.currency(&mut context, &sent).await?;
        let prices = prices(sent)?;
        let group = self.group()?;
        let after = self.after();
        let fields = self.fields(registrar, group)?;
        let changed = set(context, ExtensionChange { name, fields, prices, currency, after }).await?;
        Ok(CreateOrUpdateTLDReply { extension: changed.name, id: changed.id })
    }
}

impl CreateOrUpdateTLD {
    /// Returns the registrar to store, in its own spelling; empty for none.
    async fn registrar(&mut self, context: &mut Context<'_>) -> Result<Option<String>> {
        let name = match std::mem::take(&mut self.auto_registrar).text("auto_registrar", 255)? {
            Some(name) if !name.is_empty() => name,
            emptied => return Ok(emptied),
        };
        let active = registrars::active(context).await?;
        if active.is_empty() {
            return refuse(NO_REGISTRARS);
        }
        if let Some(registrar) = registrars::named(&active, &name) {
            return Ok(Some(registrar.name.clone()));
        }
        let names = active.into_iter().map(|registrar| registrar.name).collect::<Vec<_>>().join(", ");
        let message = format!("Invalid auto_registrar value. Must be empty or one of: {names}");
        refuse_as("invalid_auto_registrar", message)
    }

    fn sent_prices(&mut self) -> PriceParams {
        [
            (DomainPurchase::Registration, std::mem::take(&mut self.register).unless_empty()),
            (DomainPurchase::Renewal, std::mem::take(&mut self.renew).unless_empty()),
            (DomainPurchase::Transfer, std::mem::take(&mut self.transfer).unless_empty()),
        ]
    }

    /// Returns the currency of all amounts, which is required if there are any.
    async fn currency(&mut self, context: &mut Context<'_>, prices: &PriceParams) -> Result<Option<SentCurrency>> {
        let has_amounts = prices.iter().any(|(_, prices)| prices.is_sent())
            || self.grace_period_fee.is_sent()
            || self.redemption_period_fee.is_sent();
        match std::mem::take(&mut self.currency_code).text("currency_code", 255)? {
            code if !code.is_empty() => Ok(Some(SentCurrency::with_code(context, &code).await?)),
            _ if has_amounts => refuse(CURRENCY_REQUIRED),
            _ => Ok(None),
        }
    }

    fn group(&mut self) -> Result<Option<&'static str>> {
        let Some(group) = std::mem::take(&mut self.group).text("group", 255)? else { return Ok(None) };
        let known = [("", "none"), ("NONE", "none"), ("HOT", "hot"), ("NEW", "new"), ("SALE", "sale")];
        match known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&group)) {
            Some((_, stored)) => Ok(Some(stored)),
            None => {
                refuse_as("invalid_group", format!("Invalid group parameter: {group}. Should be one of HOT, NEW, SALE"))
            }
        }
    }

    fn after(&mut self) -> Option<String> {
        let after = std::mem::take(&mut self.display_after).lenient()?;
        DomainName::parse_extension(&after)
    }

    fn fields(self, registrar: Option<String>, group: Option<&'static str>) -> Result<ExtensionFields> {
        let days = |days: Param<PeriodDays>| Ok::<_, Error>(days.optional(NOT_DAYS)?.map(|PeriodDays(days)| days));
        Ok(ExtensionFields {
            dns_management: self.dns_management.lenient(),
            email_forwarding: self.email_forwarding.lenient(),
            id_protection: self.id_protection.lenient(),
            needs_transfer_code: self.epp_required.lenient(),
            registrar,
            group,
            grace_days: days(self.grace_period_days)?,
            grace_fee: self.grace_period_fee.optional(NOT_AN_AMOUNT)?,
            redemption_days: days(self.redemption_period_days)?,
            redemption_fee: self.redemption_period_fee.optional(NOT_AN_AMOUNT)?,
        })
    }
}

/// The prices of each kind of purchase, as they were sent.
type PriceParams = [(DomainPurchase, Param<Keyed<Money>>); 3];

fn prices(sent: PriceParams) -> Result<Vec<SentPrices>> {
    if sent.iter().any(|(_, prices)| prices.is_single()) {
        return refuse(NOT_ARRAYS);
    }
    let mut prices = Vec::new();
    for (purchase, sent) in sent {
        let Some(Keyed(amounts)) = sent.optional(NOT_AN_AMOUNT)? else { continue };
        let amounts = amounts.into_iter().map(|(years, amount)| Ok((number_of_years(&years)?, amount)));
        prices.push(SentPrices::new(purchase, amounts.collect::<Result<_>>()?)?);
    }
    Ok(prices)
}

fn number_of_years(text: &str) -> Result<u32> {
    u32::parse(text).ok_or(Error::Refused(NOT_YEARS))
}
