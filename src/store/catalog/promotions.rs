//! Promotions (`tblpromotions`).

use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{OrderId, PromotionId};
use crate::domain::money::Money;
use crate::domain::promotion::{Discount, Expiry};
use crate::domain::time::NO_DATE;

/// The fields of a promotion to set. `None` leaves the default in a new promotion, and the old value in an existing
/// one.
#[derive(Debug, Clone)]
pub struct PromotionFields {
    pub code: Option<String>,
    pub discount: Option<Discount>,
    pub value: Option<Money>,
    /// A comma-separated list; empty by default, which means all cycles.
    pub cycles: Option<String>,
    /// A comma-separated list of product ids; empty by default, which means all products.
    pub applies_to: Option<String>,
    /// Never by default.
    pub expires: Option<Expiry>,
    /// 0 by default, which means no limit.
    pub max_uses: Option<u32>,
}

/// A promotion as listed.
#[derive(Debug)]
pub struct PromotionRow {
    pub id: PromotionId,
    pub code: String,
    /// `Percentage`, `Fixed Amount`, `Price Override` or `Free Setup`.
    pub kind: String,
    pub recurring: i64,
    pub value: Money,
    /// This and the next two are comma-separated lists.
    pub cycles: String,
    pub applies_to: String,
    pub requires: String,
    pub requires_existing: i64,
    /// This and the next are `0000-00-00` if there is no limit.
    pub starts: String,
    pub expires: String,
    pub max_uses: i64,
    pub uses: i64,
    pub lifetime: i64,
    pub apply_once: i64,
    pub new_signups: i64,
    pub existing_client: i64,
    pub once_per_client: i64,
    pub recur_for: i64,
    pub upgrades: i64,
    /// Serialized by PHP.
    pub upgrade_config: String,
    pub notes: String,
}

from_row!(PromotionRow {
    id,
    code,
    kind,
    recurring,
    value,
    cycles,
    applies_to,
    requires,
    requires_existing,
    starts,
    expires,
    max_uses,
    uses,
    lifetime,
    apply_once,
    new_signups,
    existing_client,
    once_per_client,
    recur_for,
    upgrades,
    upgrade_config,
    notes
});

macro_rules! promotion {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(id AS SIGNED) AS id, code, type AS kind, CAST(COALESCE(recurring, 0) AS SIGNED) AS recurring, \
                value, cycles, appliesto AS applies_to, requires, CAST(requiresexisting AS SIGNED) AS requires_existing, \
                COALESCE(CAST(startdate AS CHAR), '0000-00-00') AS starts, \
                COALESCE(CAST(expirationdate AS CHAR), '0000-00-00') AS expires, \
                CAST(maxuses AS SIGNED) AS max_uses, CAST(uses AS SIGNED) AS uses, \
                CAST(lifetimepromo AS SIGNED) AS lifetime, CAST(applyonce AS SIGNED) AS apply_once, \
                CAST(newsignups AS SIGNED) AS new_signups, CAST(existingclient AS SIGNED) AS existing_client, \
                CAST(onceperclient AS SIGNED) AS once_per_client, CAST(recurfor AS SIGNED) AS recur_for, \
                CAST(upgrades AS SIGNED) AS upgrades, upgradeconfig AS upgrade_config, notes \
             FROM tblpromotions ",
            $rest
        )
    };
}

const LOCK: &str = promotion!("WHERE code IN (?, ?, ?) ORDER BY tblpromotions.id LIMIT 1 FOR UPDATE");
const USE: &str = "UPDATE tblpromotions SET uses = uses + 1 WHERE id = ? AND (maxuses = 0 OR uses < maxuses)";
const LOCK_TERMS: &str =
    "SELECT type AS kind, value, cycles, appliesto AS applies_to FROM tblpromotions WHERE id = ? FOR UPDATE";
const CREATE: &str = "INSERT INTO tblpromotions (code, type, recurring, value, cycles, appliesto, requires, requiresexisting, \
                                startdate, expirationdate, maxuses, uses, lifetimepromo, applyonce, newsignups, \
                                existingclient, onceperclient, recurfor, upgrades, upgradeconfig, notes) \
     SELECT ?, COALESCE(?, ''), 0, COALESCE(?, 0.00), COALESCE(?, ''), COALESCE(?, ''), '', 0, \
            '0000-00-00', ?, COALESCE(?, 0), 0, 0, 0, 0, 0, 0, 0, 0, '', '' \
     FROM (SELECT 1) AS one WHERE NOT EXISTS (SELECT 1 FROM tblpromotions WHERE code IN (?, ?, ?))";
const UPDATE: &str = "UPDATE tblpromotions p LEFT JOIN tblpromotions other ON other.code IN (?, ?, ?) AND other.id <> p.id \
     SET p.code = COALESCE(?, p.code), p.type = COALESCE(?, p.type), p.value = COALESCE(?, p.value), \
         p.cycles = COALESCE(?, p.cycles), p.appliesto = COALESCE(?, p.appliesto), \
         p.expirationdate = COALESCE(?, p.expirationdate), p.maxuses = COALESCE(?, p.maxuses) \
     WHERE p.id = ? AND other.id IS NULL";
const FIND: &str = promotion!("WHERE id = ?");
const OF_ORDER: &str = "SELECT CAST(p.id AS SIGNED) FROM \
        (SELECT promoid AS id, 1 AS is_of_item FROM tblhosting WHERE orderid = ? AND promoid > 0 \
         UNION SELECT promoid, 1 FROM tbldomains WHERE orderid = ? AND promoid > 0 \
         UNION SELECT id, 0 FROM tblpromotions WHERE code IN (?, ?, ?)) AS named \
     JOIN tblpromotions p ON p.id = named.id ORDER BY named.is_of_item DESC, p.code IN (?, ?, ?) DESC, p.id LIMIT 1";
const RELEASE_USE: &str = "UPDATE tblpromotions SET uses = uses - 1 WHERE id = ? AND uses > 0";

/// Returns all promotions ordered by id, or only the one with this code.
pub async fn list(db: &mut MySqlConnection, code: Option<String>) -> sqlx::Result<Vec<PromotionRow>> {
    let statement = promotion!("WHERE ? IS NULL OR code IN (?, ?, ?) ORDER BY tblpromotions.id");
    sqlx::query_as(statement).bind(&code).bind_forms(code.as_deref()).fetch_all(db).await
}

/// Reads the promotion with this code and locks its row until the transaction ends.
pub async fn lock(db: &mut Lease, code: &str) -> sqlx::Result<Option<PromotionRow>> {
    sqlx::query_as(LOCK).bind_forms(code).fetch_optional(db.locked()?).await
}

/// Counts one more use of a promotion. Returns `false` if its maximum number of uses is reached.
pub async fn count_use(tx: &mut Writer<'_>, id: PromotionId) -> sqlx::Result<bool> {
    tx.change(sqlx::query(USE).bind(id)).await
}

/// The discount of a promotion, and what it applies to.
#[derive(Debug)]
pub struct PromotionTerms {
    /// A kind that [`Discount::name`] returns, or one that only WHMCS itself sets.
    pub kind: String,
    pub value: Money,
    /// Comma-separated lists.
    pub cycles: String,
    pub applies_to: String,
}

from_row!(PromotionTerms { kind, value, cycles, applies_to });

/// Reads the terms of a promotion and locks its row until the transaction ends.
pub async fn lock_terms(db: &mut Lease, id: PromotionId) -> sqlx::Result<Option<PromotionTerms>> {
    sqlx::query_as(LOCK_TERMS).bind(id).fetch_optional(db.lock(Subject::Promotions).await?).await
}

/// Inserts a promotion. Returns `None`, with nothing written, if another one has the code.
pub async fn create(tx: &mut Writer<'_>, new: &PromotionFields) -> sqlx::Result<Option<PromotionId>> {
    let insert = sqlx::query(CREATE)
        .bind(&new.code)
        .bind(new.discount.map(Discount::name))
        .bind(new.value)
        .bind(&new.cycles)
        .bind(&new.applies_to)
        .bind(new.expires.map(last_day))
        .bind(new.max_uses)
        .bind_forms(new.code.as_deref());
    let done = tx.execute(insert).await?;
    Ok((done.rows_affected() == 1).then(|| PromotionId(done.last_insert_id().cast_signed())))
}

/// Returns the last day as it is stored.
fn last_day(expiry: Expiry) -> String {
    match expiry {
        Expiry::Never => NO_DATE.to_owned(),
        Expiry::On(day) => day.to_string(),
    }
}

/// Updates an existing promotion. Returns `false`, with nothing written, if another one has the code.
pub async fn update(tx: &mut Writer<'_>, id: PromotionId, fields: &PromotionFields) -> sqlx::Result<bool> {
    let change = sqlx::query(UPDATE)
        .bind_forms(fields.code.as_deref())
        .bind(&fields.code)
        .bind(fields.discount.map(Discount::name))
        .bind(fields.value)
        .bind(&fields.cycles)
        .bind(&fields.applies_to)
        .bind(fields.expires.map(last_day))
        .bind(fields.max_uses)
        .bind(id);
    tx.change(change).await
}

pub async fn find(db: &mut MySqlConnection, id: PromotionId) -> sqlx::Result<Option<PromotionRow>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

/// Returns the promotion that was used in an order with this code: the one that is recorded with its services or
/// domains, because the code may have passed to another promotion since; otherwise the one with the code.
pub async fn of_order(db: &mut MySqlConnection, order: OrderId, code: &str) -> sqlx::Result<Option<PromotionId>> {
    let query = sqlx::query_scalar(OF_ORDER).bind(order).bind(order).bind_forms(code).bind_forms(code);
    let id: Option<i64> = query.fetch_optional(db).await?;
    Ok(id.map(PromotionId))
}

/// Takes back one use of a promotion.
pub async fn release_use(tx: &mut Writer<'_>, id: PromotionId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(RELEASE_USE).bind(id)).await.map(|_| ())
}
