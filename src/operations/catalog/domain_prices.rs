//! What domains cost: the one place where prices of domain extensions are chosen, for whoever orders, renews or lists
//! them.

use std::collections::HashMap;

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::config::{Compat, DomainGroupColumn, PriceColumn};
use crate::domain::id::CurrencyId;
use crate::domain::money::Money;
use crate::domain::order::domain_price::{DomainAddons, DomainPurchase, LateStatus, PriceLists, YearPrices, converted};
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
    registrations: YearPrices,
    transfers: YearPrices,
    renewals: YearPrices,
    /// The exchange rate of the currency of the prices.
    rate: Decimal,
    /// Whether domains that have expired cost fees, as `compat.domain_late_fees` says.
    has_late_fees: bool,
}

/// The days after expiry in which a domain can be renewed for a fee, in the currency of the prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatePeriod {
    pub days: i64,
    pub fee: Money,
}

/// A fee for the renewal of a domain that has expired, in the currency of the prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateFee {
    pub status: LateStatus,
    pub amount: Money,
}

/// Why there are no fees for which a domain could be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLateFees {
    /// The extension has no fee for redemption, so that the domain can no longer be renewed.
    NotRenewable,
    /// A fee cannot be converted: the currency has no exchange rate, or the fee becomes larger than a money column holds.
    NotConvertible,
}

impl DomainPrices {
    /// Reads the prices of these extensions, or of all, with a fixed number of statements; with none if there is no name.
    /// Extensions are in lower case and have their leading dot. Of several rows for one extension, the oldest counts.
    pub async fn load(
        db: &mut MySqlConnection,
        names: Option<&[&str]>,
        terms: PriceTerms,
        compat: &Compat,
    ) -> fault::Result<DomainPrices> {
        if names.is_some_and(<[&str]>::is_empty) {
            return Ok(DomainPrices { extensions: Vec::new(), addons: [Money::ZERO; 3] });
        }
        let extensions = without_duplicates(store::catalog::extensions::list(db, names).await?);
        let ids = extensions.iter().map(|extension| extension.id);
        let has_groups = compat.domain_group_column == DomainGroupColumn::Tsetupfee;
        let rows = store::catalog::domain_prices::list(db, ids, Some(terms.currency), has_groups).await?;
        let mut lists: HashMap<(i64, DomainPurchase), PriceLists> = HashMap::new();
        let mut addons = None;
        for row in rows {
            match row.purchase {
                Some(purchase) => {
                    let lists = lists.entry((row.extension, purchase)).or_default();
                    lists.add(row.group, YearPrices::in_row(&row.columns));
                }
                // Only the row that belongs to no extension counts.
                None if row.extension == 0 => addons = addons.or(Some(addon_prices(&row.columns, compat))),
                None => {}
            }
        }
        let priced = |extension: Extension| {
            let prices = |purchase| {
                let lists = lists.get(&(extension.id, purchase));
                lists.map_or_else(YearPrices::not_offered, |lists| lists.for_group(purchase, terms.group))
            };
            PricedExtension {
                registrations: prices(DomainPurchase::Registration),
                transfers: prices(DomainPurchase::Transfer),
                renewals: prices(DomainPurchase::Renewal),
                extension,
                rate: terms.rate,
                has_late_fees: compat.domain_late_fees,
            }
        };
        let extensions = extensions.into_iter().map(priced).collect();
        Ok(DomainPrices { extensions, addons: addons.unwrap_or([Money::ZERO; 3]) })
    }

    /// Returns an extension, given in lower case and with its leading dot.
    pub fn find(&self, name: &str) -> Option<&PricedExtension> {
        self.extensions.iter().find(|priced| priced.extension.name.to_lowercase() == name)
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

/// Removes the extensions of which an older row has the same name, in whatever case, and names without the leading dot, which
/// belong to no domain.
fn without_duplicates(mut extensions: Vec<Extension>) -> Vec<Extension> {
    let mut oldest: HashMap<String, i64> = HashMap::new();
    for Extension { id, name, .. } in &extensions {
        oldest.entry(name.to_lowercase()).and_modify(|oldest| *oldest = (*oldest).min(*id)).or_insert(*id);
    }
    let is_oldest = |extension: &Extension| oldest.get(&extension.name.to_lowercase()) == Some(&extension.id);
    extensions.retain(|extension| extension.name.starts_with('.') && is_oldest(extension));
    extensions
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
        match purchase {
            DomainPurchase::Registration => self.registrations,
            DomainPurchase::Transfer => self.transfers,
            DomainPurchase::Renewal => self.renewals,
        }
    }

    /// Returns the days after expiry in which a domain can be renewed, and the fee for it; `None` if the extension has no such
    /// period, or its fee cannot be converted.
    pub fn late_period(&self, status: LateStatus) -> Option<LatePeriod> {
        let Extension { grace_days, grace_fee, redemption_days, redemption_fee, .. } = self.extension;
        let (days, fee) = match status {
            LateStatus::Grace => (grace_days, grace_fee),
            LateStatus::Redemption => (redemption_days, redemption_fee),
        };
        let has_period = self.has_late_fees && days > 0 && fee >= Money::ZERO;
        if has_period { Some(LatePeriod { days, fee: self.in_currency(fee)? }) } else { None }
    }

    /// Returns the fees for renewing a domain with this status.
    ///
    /// That the fee of the grace period is due in redemption as well, in addition to that of redemption, is a decision: no
    /// public document tells. A fee of the grace period below 0 is none. Without `compat.domain_late_fees`, nothing is due.
    pub fn late_fees(&self, status: Option<LateStatus>) -> Result<Vec<LateFee>, NoLateFees> {
        let grace = (LateStatus::Grace, self.extension.grace_fee);
        let redemption = (LateStatus::Redemption, self.extension.redemption_fee);
        let due = match status.filter(|_| self.has_late_fees) {
            None => Vec::new(),
            Some(LateStatus::Grace) => vec![grace],
            Some(LateStatus::Redemption) if redemption.1 < Money::ZERO => return Err(NoLateFees::NotRenewable),
            Some(LateStatus::Redemption) => vec![grace, redemption],
        };
        let mut fees = Vec::new();
        for (status, fee) in due {
            let amount = self.in_currency(fee).ok_or(NoLateFees::NotConvertible)?;
            if amount.is_positive() {
                fees.push(LateFee { status, amount });
            }
        }
        Ok(fees)
    }

    /// Converts an amount in the default currency, if that is possible.
    fn in_currency(&self, amount: Money) -> Option<Money> {
        if amount.is_zero() { Some(amount) } else { converted(amount, Decimal::ONE, self.rate) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extension(id: i64, name: &str, [grace_fee, redemption_fee]: [&str; 2]) -> Extension {
        Extension {
            id,
            name: name.to_owned(),
            offers_dns_management: false,
            offers_email_forwarding: false,
            offers_id_protection: false,
            group: String::new(),
            grace_days: 30,
            grace_fee: Money::parse(grace_fee).unwrap(),
            redemption_days: 30,
            redemption_fee: Money::parse(redemption_fee).unwrap(),
        }
    }

    #[test]
    fn of_several_rows_for_an_extension_the_oldest_counts() {
        let rows = [(4, ".com"), (9, ".net"), (2, ".COM"), (3, ".Com"), (1, "com"), (5, ".c\u{f6}m")];
        let rows = rows.map(|(id, name)| extension(id, name, ["0", "0"]));
        let kept: Vec<String> = without_duplicates(rows.into()).into_iter().map(|kept| kept.name).collect();
        assert_eq!(kept, [".net", ".COM", ".c\u{f6}m"], "in the order in which they are shown");
    }

    #[test]
    fn domains_that_have_expired_cost_fees() {
        use LateStatus::{Grace, Redemption};
        let due = |fees: &[(LateStatus, &str)]| {
            let fee =
                |&(status, amount): &(LateStatus, &str)| LateFee { status, amount: Money::parse(amount).unwrap() };
            Ok(fees.iter().map(fee).collect::<Vec<_>>())
        };
        let largest = "99999999999999.99";
        for (status, fees, rate, has_late_fees, expected) in [
            (None, ["5", "80"], "1", true, due(&[])),
            (Some(Grace), ["5", "80"], "1", true, due(&[(Grace, "5")])),
            (Some(Grace), ["5", "-1"], "0.9", true, due(&[(Grace, "4.50")])),
            (Some(Grace), ["-1", "80"], "1", true, due(&[])),
            (Some(Grace), ["0.01", "80"], "0.1", true, due(&[])),
            (Some(Redemption), ["5", "80"], "0.9", true, due(&[(Grace, "4.50"), (Redemption, "72")])),
            (Some(Redemption), ["-1", "80"], "1", true, due(&[(Redemption, "80")])),
            (Some(Redemption), ["5", "0"], "1", true, due(&[(Grace, "5")])),
            (Some(Redemption), ["5", "-1"], "1", true, Err(NoLateFees::NotRenewable)),
            (Some(Redemption), ["5", "-1"], "1", false, due(&[])),
            (Some(Redemption), ["5", "80"], "1", false, due(&[])),
            // A fee that is none has no need of an exchange rate.
            (Some(Redemption), ["0", "0"], "0", true, due(&[])),
            (Some(Grace), ["5", "80"], "0", true, Err(NoLateFees::NotConvertible)),
            (Some(Redemption), ["0", largest], "1.1", true, Err(NoLateFees::NotConvertible)),
        ] {
            let priced = PricedExtension {
                extension: extension(1, ".com", fees),
                registrations: YearPrices::not_offered(),
                transfers: YearPrices::not_offered(),
                renewals: YearPrices::not_offered(),
                rate: rate.parse().unwrap(),
                has_late_fees,
            };
            assert_eq!(priced.late_fees(status), expected, "{status:?} {fees:?} {rate} {has_late_fees}");
        }
    }
}
