//! Business statistics: sums and counts over many tables.

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::currency::Currency;
use crate::domain::money::Money;

/// The days for which figures are computed.
#[derive(Debug, Clone, Copy)]
pub struct Period {
    pub yesterday: NaiveDate,
    pub today: NaiveDate,
    pub tomorrow: NaiveDate,
    pub month: NaiveDate,
    pub year: NaiveDate,
}

impl Period {
    pub fn for_day(today: NaiveDate) -> Period {
        Period {
            yesterday: today - Days::new(1),
            today,
            tomorrow: today + Days::new(1),
            month: today.with_day(1).unwrap_or(today),
            year: today.with_ordinal(1).unwrap_or(today),
        }
    }
}

/// Payments less refunds and gateway fees, in the default currency.
#[derive(Debug)]
pub struct Income {
    pub today: Money,
    pub month: Money,
    pub year: Money,
    pub all: Money,
}

from_row!(Income { today, month, year, all });

pub async fn income(db: &mut MySqlConnection, period: Period) -> sqlx::Result<Income> {
    sqlx::query_as(
        "SELECT COALESCE(SUM(CASE WHEN date >= ? AND date < ? THEN income END), 0.00) AS today, \
                COALESCE(SUM(CASE WHEN date >= ? AND date < ? THEN income END), 0.00) AS month, \
                COALESCE(SUM(CASE WHEN date >= ? AND date < ? THEN income END), 0.00) AS year, \
                COALESCE(SUM(income), 0.00) AS `all` \
         FROM (SELECT date, (amountin - fees - amountout) / rate AS income FROM tblaccounts) AS entries",
    )
    .bind(period.today)
    .bind(period.tomorrow)
    .bind(period.month)
    .bind(period.tomorrow)
    .bind(period.year)
    .bind(period.tomorrow)
    .fetch_one(db)
    .await
}

/// Returns the format of amounts in the default currency.
pub async fn currency(db: &mut MySqlConnection) -> sqlx::Result<Currency> {
    let statement = "SELECT prefix, suffix, CAST(format AS SIGNED) FROM tblcurrencies WHERE `default` = 1 LIMIT 1";
    let currency: Option<(String, String, i64)> = sqlx::query_as(statement).fetch_optional(db).await?;
    Ok(currency.map(|(prefix, suffix, format)| Currency { prefix, suffix, format }).unwrap_or_default())
}

/// Numbers of orders by status, for single days and in all.
#[derive(Debug)]
pub struct Orders {
    pub pending: i64,
    pub month: i64,
    pub year: i64,
    pub today: OrdersOfDay,
    pub yesterday: OrdersOfDay,
}

#[derive(Debug, Default)]
pub struct OrdersOfDay {
    pub cancelled: i64,
    pub pending: i64,
    pub fraud: i64,
    pub active: i64,
    pub total: i64,
}

from_row!(OrdersOfDay { cancelled, pending, fraud, active, total });

pub async fn orders(db: &mut MySqlConnection, period: Period) -> sqlx::Result<Orders> {
    let (pending, month, year) = sqlx::query_as(
        "SELECT COUNT(CASE WHEN status = 'Pending' THEN 1 END), COUNT(CASE WHEN date >= ? AND date < ? THEN 1 END), \
                COUNT(CASE WHEN date >= ? AND date < ? THEN 1 END) FROM tblorders",
    )
    .bind(period.month)
    .bind(period.tomorrow)
    .bind(period.year)
    .bind(period.tomorrow)
    .fetch_one(&mut *db)
    .await?;
    let today = orders_of(db, period.today, period.tomorrow).await?;
    let yesterday = orders_of(db, period.yesterday, period.today).await?;
    Ok(Orders { pending, month, year, today, yesterday })
}

async fn orders_of(db: &mut MySqlConnection, start: NaiveDate, end: NaiveDate) -> sqlx::Result<OrdersOfDay> {
    sqlx::query_as(
        "SELECT COUNT(CASE WHEN status = 'Cancelled' THEN 1 END) AS cancelled, \
                COUNT(CASE WHEN status = 'Pending' THEN 1 END) AS pending, \
                COUNT(CASE WHEN status = 'Fraud' THEN 1 END) AS fraud, \
                COUNT(CASE WHEN status = 'Active' THEN 1 END) AS active, COUNT(*) AS total \
         FROM tblorders WHERE date >= ? AND date < ?",
    )
    .bind(start)
    .bind(end)
    .fetch_one(db)
    .await
}

/// Pending cancellation requests, billable items that are not invoiced yet, and open quotes.
#[derive(Debug)]
pub struct PendingWork {
    pub cancellations: i64,
    pub billable_items: i64,
    pub quotes: i64,
}

from_row!(PendingWork { cancellations, billable_items, quotes });

pub async fn pending_work(db: &mut MySqlConnection, today: NaiveDate) -> sqlx::Result<PendingWork> {
    sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM tblcancelrequests r JOIN tblhosting h ON h.id = r.relid \
                 WHERE h.domainstatus NOT IN ('Cancelled', 'Terminated')) AS cancellations, \
                (SELECT COUNT(*) FROM tblbillableitems WHERE invoicecount = 0) AS billable_items, \
                (SELECT COUNT(*) FROM tblquotes WHERE validuntil >= ? AND stage NOT IN ('Accepted', 'Lost', 'Dead')) \
                AS quotes",
    )
    .bind(today)
    .fetch_one(db)
    .await
}

/// The figures of one day; days without any have no row.
#[derive(Debug)]
pub struct DailyFigures {
    /// `YYYY-MM-DD`
    pub day: String,
    pub first: Decimal,
    pub second: Decimal,
}

from_row!(DailyFigures { day, first, second });

/// Returns the numbers of orders placed on each day and of those that are active.
pub async fn orders_by_day(
    db: &mut MySqlConnection,
    start: NaiveDate,
    end: NaiveDate,
) -> sqlx::Result<Vec<DailyFigures>> {
    let statement = "SELECT CAST(DATE(date) AS CHAR) AS day, CAST(COUNT(*) AS DECIMAL(20, 2)) AS first, \
                            CAST(COUNT(CASE WHEN status = 'Active' THEN 1 END) AS DECIMAL(20, 2)) AS second \
                     FROM tblorders WHERE date >= ? AND date < ? GROUP BY DATE(date)";
    sqlx::query_as(statement).bind(start).bind(end).fetch_all(db).await
}

/// Returns payments less gateway fees, and refunds, for each day in the default currency.
pub async fn money_by_day(
    db: &mut MySqlConnection,
    start: NaiveDate,
    end: NaiveDate,
) -> sqlx::Result<Vec<DailyFigures>> {
    let statement = "SELECT CAST(DATE(date) AS CHAR) AS day, COALESCE(SUM((amountin - fees) / rate), 0.00) AS first, \
                            COALESCE(SUM(amountout / rate), 0.00) AS second \
                     FROM tblaccounts WHERE date >= ? AND date < ? GROUP BY DATE(date)";
    sqlx::query_as(statement).bind(start).bind(end).fetch_all(db).await
}

/// Returns the number of tickets opened on each day.
pub async fn tickets_by_day(
    db: &mut MySqlConnection,
    start: NaiveDate,
    end: NaiveDate,
) -> sqlx::Result<Vec<DailyFigures>> {
    let statement = "SELECT CAST(DATE(date) AS CHAR) AS day, CAST(COUNT(*) AS DECIMAL(20, 2)) AS first, 0.00 AS second \
                     FROM tbltickets WHERE date >= ? AND date < ? AND merged_ticket_id = 0 GROUP BY DATE(date)";
    sqlx::query_as(statement).bind(start).bind(end).fetch_all(db).await
}
