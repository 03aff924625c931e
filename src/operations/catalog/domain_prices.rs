//! What domains cost: the one place where prices of domain extensions are chosen, for whoever orders, renews or lists
//! them.

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::config::{Compat, DomainGroupColumn, PriceColumn};
use crate::domain::id::CurrencyId;
use crate::domain::money::Money;
use crate::domain::order::domain_price::{
    DomainAddons, DomainPurchase, LatePeriod, LateStatus, PriceLists, YearPrices, converted,
};
use crate::domain::order::price::PriceList;
use crate::fault;
use crate::store;
use crate::store::catalog::extensions::Extension;

/// For whom domains are priced.
#[derive(Debug, Clone, Copy)]
pub struct PriceTerms {
    pub currency: CurrencyId,
    /// The currency's exchange rate.
    pub rate: Decimal,
    /// The client group's id, or 0.
    pub group: i64,
}

/// Domain extensions with their prices in one currency for clients of one group.
#[derive(Debug)]
pub struct DomainPrices {
    extensions: Vec<PricedExtension>,
    /// The prices of one year of DNS management, e-mail forwarding and ID protection.
    addons: [Money; 3],
}

/// A domain extension with its prices.
#[derive(Debug)]
pub struct PricedExtension {
    pub extension: Extension,
    /// In the order of [`DomainPurchase::ALL`].
    prices: [YearPrices; 3],
    rate: Decimal,
}

/// A fee for the renewal of a domain that has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateFee {
    pub status: LateStatus,
    pub amount: Money,
}

impl DomainPrices {
    /// Reads the prices of these extensions, or of all, with a fixed number of statements; with none if there is no name.
    /// Extensions are in lower case and have their leading dot.
    pub async fn load(
        db: &mut MySqlConnection,
        names: Option<&[&str]>,
        terms: PriceTerms,
        compat: &Compat,
    ) -> fault::Result<DomainPrices> {
        if names.is_some_and(<[&str]>::is_empty) {
            return Ok(DomainPrices { extensions: Vec::new(), addons: [Money::ZERO; 3] });
        }
        let extensions = store::catalog::extensions::list(db, names).await?;
        let ids = extensions.iter().map(|extension| extension.id);
        let has_groups = compat.domain_group_column == DomainGroupColumn::Tsetupfee;
        let rows = store::catalog::domain_prices::list(db, ids, Some(terms.currency), has_groups).await?;
        let priced = |extension: Extension| {
            let prices = DomainPurchase::ALL.map(|purchase| {
                let rows = rows.iter().filter(|row| (row.extension, row.purchase) == (extension.id, Some(purchase)));
                let mut lists = PriceLists::default();
                rows.for_each(|row| lists.add(row.group, YearPrices::in_row(&row.columns)));
                lists.for_group(purchase, terms.group)
            });
            PricedExtension { extension, prices, rate: terms.rate }
        };
        let addons = rows.iter().find(|row| row.purchase.is_none());
        Ok(DomainPrices {
            addons: addons.map_or([Money::ZERO; 3], |row| addon_prices(&row.columns, compat)),
            extensions: extensions.into_iter().map(priced).collect(),
        })
    }

    /// Returns an extension, given in lower case and with its leading dot; of several with the name, the oldest.
    pub fn find(&self, name: &str) -> Option<&PricedExtension> {
        let named = self.extensions.iter().filter(|priced| priced.extension.name.to_lowercase() == name);
        named.min_by_key(|priced| priced.extension.id)
    }

    /// The extensions in the order in which they are shown.
    pub fn iter(&self) -> impl Iterator<Item = &PricedExtension> {
        self.extensions.iter()
    }

    /// Returns the price of addons for a number of years; `None` if it is larger than a money column holds.
    pub fn addons(&self, addons: DomainAddons, years: u32) -> Option<Money> {
        addons.price(self.addons, years)
    }
}

/// Returns the prices of domain addons from their row; `compat.domain_addon_columns` says which column has which.
fn addon_prices(row: &PriceList, compat: &Compat) -> [Money; 3] {
    compat.domain_addon_columns.map(|column| match column {
        PriceColumn::Msetupfee => row.setup[0],
        PriceColumn::Qsetupfee => row.setup[1],
        PriceColumn::Ssetupfee => row.setup[2],
        PriceColumn::Asetupfee => row.setup[3],
        PriceColumn::Bsetupfee => row.setup[4],
        PriceColumn::Tsetupfee => row.setup[5],
        PriceColumn::Monthly => row.prices[0],
        PriceColumn::Quarterly => row.prices[1],
        PriceColumn::Semiannually => row.prices[2],
        PriceColumn::Annually => row.prices[3],
        PriceColumn::Biennially => row.prices[4],
        PriceColumn::Triennially => row.prices[5],
    })
}

impl PricedExtension {
    /// Returns the numbers of years on offer with their prices, the shortest first.
    pub fn offered(&self, purchase: DomainPurchase) -> impl Iterator<Item = (u32, Money)> {
        self.years(purchase).offered(purchase)
    }

    /// Returns the price for a number of years, or `None` if it is not offered.
    pub fn price(&self, purchase: DomainPurchase, years: u32) -> Option<Money> {
        self.years(purchase).price(purchase, years)
    }

    fn years(&self, purchase: DomainPurchase) -> YearPrices {
        let at = DomainPurchase::ALL.iter().position(|other| *other == purchase);
        at.map_or_else(YearPrices::not_offered, |at| self.prices[at])
    }

    /// Returns the days after expiry in which a domain can be renewed, and the fee for it in the currency of the prices;
    /// `None` if the extension has no such period.
    pub fn late_period(&self, status: LateStatus) -> Option<LatePeriod> {
        let period = match status {
            LateStatus::Grace => self.extension.grace_period(),
            LateStatus::Redemption => self.extension.redemption_period(),
        };
        let period = Some(period).filter(|period| period.is_offered())?;
        Some(LatePeriod { fee: self.in_currency(period.fee)?, ..period })
    }

    /// Returns the fees for renewing a domain with this status; `None` if it can no longer be renewed, because the extension
    /// has no fee for redemption. In redemption, the fee of the grace period is due as well, as WHMCS adds one to the other.
    pub fn late_fees(&self, status: Option<LateStatus>) -> Option<Vec<LateFee>> {
        let Extension { grace_fee, redemption_fee, .. } = self.extension;
        let fee = |status, fee| Some(LateFee { status, amount: self.in_currency(fee)? });
        let grace = || fee(LateStatus::Grace, grace_fee.max(Money::ZERO));
        let fees = match status {
            None => Vec::new(),
            Some(LateStatus::Grace) => vec![grace()?],
            Some(LateStatus::Redemption) if redemption_fee < Money::ZERO => return None,
            Some(LateStatus::Redemption) => vec![grace()?, fee(LateStatus::Redemption, redemption_fee)?],
        };
        Some(fees.into_iter().filter(|fee| fee.amount.is_positive()).collect())
    }

    /// Converts an amount in the default currency.
    fn in_currency(&self, amount: Money) -> Option<Money> {
        converted(amount, Decimal::ONE, self.rate)
    }
}
