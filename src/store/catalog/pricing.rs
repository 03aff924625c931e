//! Price lists (`tblpricing`), in the currencies of `tblcurrencies`.

use std::collections::HashMap;

use sqlx::mysql::MySqlRow;
use sqlx::{MySqlConnection, Row};

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::CurrencyId;
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::order::price::PriceList;

/// The kind of item that a price list is for (`tblpricing.type`).
#[derive(Debug, Clone, Copy)]
pub enum PriceKind {
    Product,
    /// A value of a configurable option.
    Choice,
    Addon,
    /// Registration of an extension for 1 to 10 years, as for transfers and renewals.
    DomainRegistration,
    DomainTransfer,
    DomainRenewal,
    /// Extras of domains, the same for all extensions: the row with id 0.
    DomainAddons,
}

impl PriceKind {
    pub(in crate::store) fn name(self) -> &'static str {
        match self {
            PriceKind::Product => "product",
            PriceKind::Choice => "configoptions",
            PriceKind::Addon => "addon",
            PriceKind::DomainRegistration => "domainregister",
            PriceKind::DomainTransfer => "domaintransfer",
            PriceKind::DomainRenewal => "domainrenew",
            PriceKind::DomainAddons => "domainaddons",
        }
    }
}

/// The price list of one item in one currency: a set-up fee and a price for each cycle, -1.00 if the cycle is not
/// offered.
#[derive(Debug, Clone)]
pub struct Prices {
    id: i64,
    pub priced: i64,
    /// Whether the price list is for a value of an option, and not for a product.
    is_for_choice: bool,
    currency_id: i64,
    /// The currency's code, and the text before and after an amount.
    pub currency: String,
    pub prefix: String,
    pub suffix: String,
    pub monthly_setup: Money,
    pub quarterly_setup: Money,
    pub semiannual_setup: Money,
    pub annual_setup: Money,
    pub biennial_setup: Money,
    pub triennial_setup: Money,
    pub monthly: Money,
    pub quarterly: Money,
    pub semiannually: Money,
    pub annually: Money,
    pub biennially: Money,
    pub triennially: Money,
}

from_row!(Prices {
    id,
    priced,
    is_for_choice,
    currency_id,
    currency,
    prefix,
    suffix,
    monthly_setup,
    quarterly_setup,
    semiannual_setup,
    annual_setup,
    biennial_setup,
    triennial_setup,
    monthly,
    quarterly,
    semiannually,
    annually,
    biennially,
    triennially
});

macro_rules! select_prices {
    ($kind:literal, $is_for_choice:literal) => {
        concat!(
            "SELECT CAST(p.id AS SIGNED) AS id, CAST(p.relid AS SIGNED) AS priced, ",
            $is_for_choice,
            " AS is_for_choice, CAST(c.id AS SIGNED) AS currency_id, c.code AS currency, c.prefix, c.suffix, \
                p.msetupfee AS monthly_setup, p.qsetupfee AS quarterly_setup, p.ssetupfee AS semiannual_setup, \
                p.asetupfee AS annual_setup, p.bsetupfee AS biennial_setup, p.tsetupfee AS triennial_setup, \
                p.monthly, p.quarterly, p.semiannually, p.annually, p.biennially, p.triennially \
             FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
             JOIN tblpricing p ON p.relid = wanted.id AND p.type = '",
            $kind,
            "' JOIN tblcurrencies c ON c.id = p.currency "
        )
    };
}

const ADD: &str = "INSERT INTO tblpricing (type, currency, relid, monthly, msetupfee, quarterly, qsetupfee, semiannually, ssetupfee, \
                             annually, asetupfee, biennially, bsetupfee, triennially, tsetupfee) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const IN_CURRENCY: &str = "SELECT CAST(p.relid AS SIGNED) AS priced, p.monthly, p.quarterly, p.semiannually, p.annually, \
            p.biennially, p.triennially \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblpricing p ON p.relid = wanted.id AND p.type = ? WHERE p.currency = ? ORDER BY p.id DESC";

/// Reads the twelve columns of a price list.
pub(in crate::store) fn price_list(row: &MySqlRow) -> sqlx::Result<PriceList> {
    let columns = |names: [&str; 6]| -> sqlx::Result<[Money; 6]> {
        let [one, two, three, four, five, six] = names.map(|name| row.try_get(name));
        Ok([one?, two?, three?, four?, five?, six?])
    };
    Ok(PriceList { setup: columns(CYCLES.map(|[_, setup]| setup))?, prices: columns(CYCLES.map(|[price, _]| price))? })
}

/// Price lists by the id of the priced item, the oldest currency first.
pub type ById = HashMap<i64, Vec<Prices>>;

/// Returns the price lists of several products and of several option values.
pub async fn product_and_choice_prices(
    db: &mut MySqlConnection,
    products: impl Iterator<Item = i64>,
    choices: impl Iterator<Item = i64>,
) -> sqlx::Result<(ById, ById)> {
    let statement = concat!(select_prices!("product", "0"), "UNION ALL ", select_prices!("configoptions", "1"));
    let mut rows: Vec<Prices> =
        sqlx::query_as(statement).bind(id_list(products)).bind(id_list(choices)).fetch_all(db).await?;
    rows.sort_unstable_by_key(|row| (row.currency_id, row.id));
    let (mut product_prices, mut choice_prices) = (ById::new(), ById::new());
    for row in rows {
        let prices = if row.is_for_choice { &mut choice_prices } else { &mut product_prices };
        prices.entry(row.priced).or_default().push(row);
    }
    Ok((product_prices, choice_prices))
}

/// The columns of each cycle: price and set-up fee.
pub const CYCLES: [[&str; 2]; 6] = [
    ["monthly", "msetupfee"],
    ["quarterly", "qsetupfee"],
    ["semiannually", "ssetupfee"],
    ["annually", "asetupfee"],
    ["biennially", "bsetupfee"],
    ["triennially", "tsetupfee"],
];

/// The price and set-up fee of one cycle.
#[derive(Debug, Clone, Copy)]
pub struct CyclePrice {
    pub price: Money,
    pub setup_fee: Money,
}

/// A price list to insert, in one currency.
#[derive(Debug)]
pub struct NewPrices {
    pub currency: CurrencyId,
    /// In the order of [`CYCLES`].
    pub cycles: Vec<CyclePrice>,
}

pub async fn add(tx: &mut Writer<'_>, priced: PriceKind, id: i64, prices: &NewPrices) -> sqlx::Result<()> {
    let mut insert = sqlx::query(ADD).bind(priced.name()).bind(prices.currency).bind(id);
    for cycle in &prices.cycles {
        insert = insert.bind(cycle.price).bind(cycle.setup_fee);
    }
    tx.execute(insert).await.map(|_| ())
}

/// The price of each cycle of one item in a known currency, -1.00 if the cycle is not offered.
#[derive(Debug)]
pub struct CyclePrices {
    pub priced: i64,
    pub monthly: Money,
    pub quarterly: Money,
    pub semiannually: Money,
    pub annually: Money,
    pub biennially: Money,
    pub triennially: Money,
}

from_row!(CyclePrices { priced, monthly, quarterly, semiannually, annually, biennially, triennially });

impl CyclePrices {
    /// Returns the price of a term of this cycle if it is offered; 0 for items that are not paid again.
    pub fn term(&self, cycle: Cycle) -> Option<Money> {
        let price = match cycle {
            Cycle::Free | Cycle::OneTime => Money::ZERO,
            Cycle::Monthly => self.monthly,
            Cycle::Quarterly => self.quarterly,
            Cycle::SemiAnnually => self.semiannually,
            Cycle::Annually => self.annually,
            Cycle::Biennially => self.biennially,
            Cycle::Triennially => self.triennially,
        };
        (price >= Money::ZERO).then_some(price)
    }
}

/// Returns the cycle prices of several items of one kind in one currency, by their ids.
pub async fn in_currency(
    db: &mut MySqlConnection,
    priced: PriceKind,
    ids: impl Iterator<Item = i64>,
    currency: i64,
) -> sqlx::Result<HashMap<i64, CyclePrices>> {
    let query = sqlx::query_as(IN_CURRENCY).bind(id_list(ids)).bind(priced.name()).bind(currency);
    let rows: Vec<CyclePrices> = query.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.priced, row)).collect())
}
