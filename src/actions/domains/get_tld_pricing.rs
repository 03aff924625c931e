//! `GetTLDPricing`.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::fingerprint::FingerprintQuery;
use crate::domain::id::{ClientId, CurrencyId};
use crate::domain::money::Money;
use crate::domain::order::domain_price::{DomainPurchase, LateStatus};
use crate::error::{Result, refuse};
use crate::operations::catalog::domain_prices::{DomainPrices, PriceTerms, PricedExtension};
use crate::param::Param;
use crate::store;
use crate::store::catalog::fingerprints;

/// Returns the domain extensions on sale with their prices, in the order in which the operator shows them.
///
/// Prices are those of the client's group and currency, or else the general ones in a currency. An extension without any
/// price in it is not listed. The number of statements is the same for any number of extensions.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetTLDPricing {
    /// The id of a currency; by default, and if there is no such currency, the default one.
    currencyid: Param<CurrencyId>,
    /// The id of a client, which goes before `currencyid` unless there is no such client.
    clientid: Param<ClientId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetTLDPricingReply {
    currency: Currency,
    #[schemars(with = "HashMap<String, Extension>")]
    pricing: Pricing,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Currency {
    id: i64,
    code: String,
    /// The text before an amount.
    prefix: String,
    /// The text after an amount.
    suffix: String,
    /// 1 for `1234.56`, 2 for `1,234.56`, 3 for `1.234,56`, 4 for `1,234`.
    format: i64,
    /// The amount in this currency that equals one unit of the default currency.
    rate: String,
}

/// Extensions by their names without the leading dot.
#[derive(Debug)]
struct Pricing(Vec<Extension>);

impl Serialize for Pricing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|extension| (&extension.tld, extension)))
    }
}

#[derive(Debug, JsonSchema, Serialize)]
struct Extension {
    tld: String,
    categories: Vec<String>,
    addons: Addons,
    /// `hot`, `new`, `sale`, or empty.
    group: String,
    /// Prices of registrations by numbers of years.
    register: BTreeMap<u32, Money>,
    /// The price of a transfer by its only number of years.
    transfer: BTreeMap<u32, Money>,
    /// Prices of renewals by numbers of years.
    renew: BTreeMap<u32, Money>,
    /// The days after expiry in which a domain can be renewed, if there are any.
    grace_period: Option<Period>,
    /// The days after the grace period in which a domain can be renewed, if there are any.
    redemption_period: Option<Period>,
}

/// The domain addons that are offered.
#[derive(Debug, JsonSchema, Serialize)]
struct Addons {
    dns: bool,
    email: bool,
    idprotect: bool,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Period {
    days: i64,
    /// The fee for renewing a domain then.
    price: Money,
}

impl Action for GetTLDPricing {
    const NAME: &'static str = "GetTLDPricing";
    const ACCESS: Access = Access::Read;
    const FINGERPRINT: Option<fn(&Self) -> FingerprintQuery> =
        Some(|action| fingerprints::extensions(action.clientid.filter(), action.currencyid.filter()));
    const EXAMPLE: &'static str = r#"{"currencyid": 1}"#;
    type Reply = GetTLDPricingReply;

    async fn run(self, call: Call<'_>) -> Result<GetTLDPricingReply> {
        let (client, currency) = (self.clientid.filter(), self.currencyid.filter());
        let Some(currency) = store::billing::currencies::for_prices(call.db, client, currency).await? else {
            return refuse("There is no currency");
        };
        let terms = PriceTerms { currency: currency.id, rate: currency.rate, group: currency.client_group };
        let prices = DomainPrices::load(call.db, None, terms, call.compat).await?;
        let mut categories: HashMap<String, Vec<String>> = HashMap::new();
        for (extension, category) in store::catalog::extensions::categories(call.db).await? {
            categories.entry(extension.to_lowercase()).or_default().push(category);
        }
        let extensions = prices.iter().map(|priced| Extension::new(priced, &categories));
        let listed = extensions.filter(Extension::has_price).collect();
        Ok(GetTLDPricingReply { pricing: Pricing(listed), currency: currency.into() })
    }
}

impl Extension {
    fn new(priced: &PricedExtension, categories: &HashMap<String, Vec<String>>) -> Extension {
        let extension = &priced.extension;
        let tld = extension.name.trim_start_matches('.').to_lowercase();
        let prices = |purchase| priced.offered(purchase).collect();
        let period = |status| priced.late_period(status).map(|period| Period { days: period.days, price: period.fee });
        Extension {
            categories: categories.get(&tld).cloned().unwrap_or_default(),
            addons: Addons {
                dns: extension.offers_dns_management,
                email: extension.offers_email_forwarding,
                idprotect: extension.offers_id_protection,
            },
            group: if extension.group == "none" { String::new() } else { extension.group.clone() },
            register: prices(DomainPurchase::Registration),
            transfer: prices(DomainPurchase::Transfer),
            renew: prices(DomainPurchase::Renewal),
            grace_period: period(LateStatus::Grace),
            redemption_period: period(LateStatus::Redemption),
            tld,
        }
    }

    fn has_price(&self) -> bool {
        !(self.register.is_empty() && self.transfer.is_empty() && self.renew.is_empty())
    }
}

impl From<store::billing::currencies::PriceCurrency> for Currency {
    fn from(currency: store::billing::currencies::PriceCurrency) -> Currency {
        Currency {
            id: currency.id.0,
            code: currency.code,
            prefix: currency.prefix,
            suffix: currency.suffix,
            format: currency.format,
            rate: format!("{:.5}", currency.rate),
        }
    }
}
