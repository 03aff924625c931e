//! Prices of domain extensions and of domain addons (`tblpricing`).

use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySqlConnection, Row};

use super::pricing::{PriceKind, price_list};
use crate::database::sql::id_list;
use crate::database::writer::Writer;
use crate::domain::id::CurrencyId;
use crate::domain::order::domain_price::{DomainPurchase, YearPrices};
use crate::domain::order::price::PriceList;

const LIST: &str = "SELECT CAST(p.id AS SIGNED) AS id, p.type AS kind, CAST(p.relid AS SIGNED) AS extension, \
            CAST(p.currency AS SIGNED) AS currency, CAST(COALESCE(g.id, 0) AS SIGNED) AS `group`, p.msetupfee, \
            p.qsetupfee, p.ssetupfee, p.asetupfee, p.bsetupfee, p.tsetupfee, p.monthly, p.quarterly, p.semiannually, \
            p.annually, p.biennially, p.triennially \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblpricing p ON p.relid = wanted.id \
          AND p.type IN ('domainregister', 'domaintransfer', 'domainrenew', 'domainaddons') AND (? IS NULL OR p.currency = ?) \
     LEFT JOIN tblclientgroups g ON ? AND g.id = p.tsetupfee \
     ORDER BY p.tsetupfee <> 0, p.id";
const ADD: &str = "INSERT INTO tblpricing (type, currency, relid, msetupfee, qsetupfee, ssetupfee, asetupfee, bsetupfee, tsetupfee, \
                             monthly, quarterly, semiannually, annually, biennially, triennially) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const SET: &str = "UPDATE tblpricing SET msetupfee = ?, qsetupfee = ?, ssetupfee = ?, asetupfee = ?, bsetupfee = ?, monthly = ?, \
            quarterly = ?, semiannually = ?, annually = ?, biennially = ? \
     WHERE id = ?";

/// A row of `tblpricing` for domains.
#[derive(Debug)]
pub struct DomainPriceRow {
    pub id: i64,
    /// The kind of purchase, or `None` for domain addons.
    pub purchase: Option<DomainPurchase>,
    /// 0 for addons, which have the same prices for all extensions.
    pub extension: i64,
    pub currency: CurrencyId,
    /// The client group that the prices are for; 0 for all clients.
    pub group: i64,
    pub columns: PriceList,
}

impl<'r> FromRow<'r, MySqlRow> for DomainPriceRow {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        let kind: &str = row.try_get("kind")?;
        Ok(DomainPriceRow {
            id: row.try_get("id")?,
            purchase: DomainPurchase::ALL.into_iter().find(|purchase| kind_of(*purchase).name() == kind),
            extension: row.try_get("extension")?,
            currency: CurrencyId(row.try_get("currency")?),
            group: row.try_get("group")?,
            columns: price_list(row)?,
        })
    }
}

fn kind_of(purchase: DomainPurchase) -> PriceKind {
    match purchase {
        DomainPurchase::Registration => PriceKind::DomainRegistration,
        DomainPurchase::Transfer => PriceKind::DomainTransfer,
        DomainPurchase::Renewal => PriceKind::DomainRenewal,
    }
}

/// Returns the prices of extensions and of domain addons, in one currency or in all. The rows for all clients come first;
/// of rows for the same, the oldest.
///
/// `has_groups` tells whether `tsetupfee` has the client group that a row is for, as public sources let us infer. A row with a
/// number that is no group's id is for all clients.
pub async fn list(
    db: &mut MySqlConnection,
    extensions: impl Iterator<Item = i64>,
    currency: Option<CurrencyId>,
    has_groups: bool,
) -> sqlx::Result<Vec<DomainPriceRow>> {
    let wanted = id_list(extensions.chain([0]));
    sqlx::query_as(LIST).bind(wanted).bind(currency).bind(currency).bind(has_groups).fetch_all(db).await
}

/// Adds prices for all clients.
pub async fn add(
    tx: &mut Writer<'_>,
    extension: i64,
    purchase: DomainPurchase,
    currency: CurrencyId,
    prices: YearPrices,
) -> sqlx::Result<()> {
    let PriceList { setup, prices } = prices.row();
    let insert = sqlx::query(ADD).bind(kind_of(purchase).name()).bind(currency).bind(extension);
    let insert = setup.iter().chain(&prices).fold(insert, |insert, amount| insert.bind(*amount));
    tx.execute(insert).await.map(|_| ())
}

/// Sets the prices in a row.
pub async fn set(tx: &mut Writer<'_>, row: i64, prices: YearPrices) -> sqlx::Result<()> {
    let change = prices.0.iter().fold(sqlx::query(SET), |change, amount| change.bind(*amount));
    tx.execute(change.bind(row)).await.map(|_| ())
}
