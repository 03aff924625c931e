//! Business statistics: sums and counts over many tables.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySqlConnection, Row};

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

/// Pending cancellation requests, billable items that are not invoiced yet, open quotes, and to-do items that are due; and how
/// many staff are there to work on them.
#[derive(Debug)]
pub struct PendingWork {
    pub cancellations: i64,
    pub billable_items: i64,
    pub quotes: i64,
    pub to_do_items: i64,
    pub staff_online: i64,
}

from_row!(PendingWork { cancellations, billable_items, quotes, to_do_items, staff_online });

/// Income and pending work, with the format of amounts in the default currency.
#[derive(Debug)]
pub struct Totals {
    pub income: Income,
    pub pending: PendingWork,
    pub currency: Currency,
}

impl<'r> FromRow<'r, MySqlRow> for Totals {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        let format: Option<i64> = row.try_get("format")?;
        let currency = match format {
            Some(format) => Currency { prefix: row.try_get("prefix")?, suffix: row.try_get("suffix")?, format },
            None => Currency::default(),
        };
        Ok(Totals { income: Income::from_row(row)?, pending: PendingWork::from_row(row)?, currency })
    }
}

/// Staff are online who were seen since a time on the operator's clock.
pub async fn totals(db: &mut MySqlConnection, period: Period, staff_seen_since: NaiveDateTime) -> sqlx::Result<Totals> {
    sqlx::query_as(
        "SELECT COALESCE(SUM(CASE WHEN date >= ? AND date < ? THEN income END), 0.00) AS today, \
                COALESCE(SUM(CASE WHEN date >= ? AND date < ? THEN income END), 0.00) AS month, \
                COALESCE(SUM(CASE WHEN date >= ? AND date < ? THEN income END), 0.00) AS year, \
                COALESCE(SUM(income), 0.00) AS `all`, \
                (SELECT COUNT(*) FROM tblcancelrequests r JOIN tblhosting h ON h.id = r.relid \
                 WHERE h.domainstatus NOT IN ('Cancelled', 'Terminated')) AS cancellations, \
                (SELECT COUNT(*) FROM tblbillableitems WHERE invoicecount = 0) AS billable_items, \
                (SELECT COUNT(*) FROM tblquotes WHERE validuntil >= ? AND stage NOT IN ('Accepted', 'Lost', 'Dead')) \
                AS quotes, \
                (SELECT COUNT(*) FROM tbltodolist WHERE status <> 'Completed' AND duedate >= '1000-01-01' AND duedate <= ?) \
                AS to_do_items, \
                (SELECT COUNT(DISTINCT adminusername) FROM tbladminlog \
                 WHERE lastvisit >= ? AND (logouttime IS NULL OR logouttime < '1970-01-02')) AS staff_online, \
                (SELECT prefix FROM tblcurrencies WHERE `default` = 1 LIMIT 1) AS prefix, \
                (SELECT suffix FROM tblcurrencies WHERE `default` = 1 LIMIT 1) AS suffix, \
                (SELECT CAST(format AS SIGNED) FROM tblcurrencies WHERE `default` = 1 LIMIT 1) AS format \
         FROM (SELECT date, (amountin - fees - amountout) / rate AS income FROM tblaccounts) AS entries",
    )
    .bind(period.today)
    .bind(period.tomorrow)
    .bind(period.month)
    .bind(period.tomorrow)
    .bind(period.year)
    .bind(period.tomorrow)
    .bind(period.today)
    .bind(period.today)
    .bind(staff_seen_since)
    .fetch_one(db)
    .await
}

/// Numbers of orders by status, for single days and in all.
#[derive(Debug, Default)]
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

/// A row of the statement about orders: `all` orders, or those of `today` or `yesterday`.
struct OrdersRow {
    part: String,
    cancelled: i64,
    pending: i64,
    fraud: i64,
    active: i64,
    total: i64,
    month: i64,
    year: i64,
}

from_row!(OrdersRow { part, cancelled, pending, fraud, active, total, month, year });

pub async fn orders(db: &mut MySqlConnection, period: Period) -> sqlx::Result<Orders> {
    let rows: Vec<OrdersRow> = sqlx::query_as(
        "SELECT 'all' AS part, 0 AS cancelled, COUNT(CASE WHEN status = 'Pending' THEN 1 END) AS pending, 0 AS fraud, \
                0 AS active, 0 AS total, COUNT(CASE WHEN date >= ? AND date < ? THEN 1 END) AS month, \
                COUNT(CASE WHEN date >= ? AND date < ? THEN 1 END) AS year \
         FROM tblorders \
         UNION ALL \
         SELECT 'today', COUNT(CASE WHEN status = 'Cancelled' THEN 1 END), \
                COUNT(CASE WHEN status = 'Pending' THEN 1 END), COUNT(CASE WHEN status = 'Fraud' THEN 1 END), \
                COUNT(CASE WHEN status = 'Active' THEN 1 END), COUNT(*), 0, 0 \
         FROM tblorders WHERE date >= ? AND date < ? \
         UNION ALL \
         SELECT 'yesterday', COUNT(CASE WHEN status = 'Cancelled' THEN 1 END), \
                COUNT(CASE WHEN status = 'Pending' THEN 1 END), COUNT(CASE WHEN status = 'Fraud' THEN 1 END), \
                COUNT(CASE WHEN status = 'Active' THEN 1 END), COUNT(*), 0, 0 \
         FROM tblorders WHERE date >= ? AND date < ?",
    )
    .bind(period.month)
    .bind(period.tomorrow)
    .bind(period.year)
    .bind(period.tomorrow)
    .bind(period.today)
    .bind(period.tomorrow)
    .bind(period.yesterday)
    .bind(period.today)
    .fetch_all(db)
    .await?;
    let mut orders = Orders::default();
    for row in rows {
        let OrdersRow { part, cancelled, pending, fraud, active, total, month, year } = row;
        match part.as_str() {
            "all" => (orders.pending, orders.month, orders.year) = (pending, month, year),
            "today" => orders.today = OrdersOfDay { cancelled, pending, fraud, active, total },
            _ => orders.yesterday = OrdersOfDay { cancelled, pending, fraud, active, total },
        }
    }
    Ok(orders)
}

/// The figures of one day; days without any have no row.
#[derive(Debug)]
pub struct DailyFigures {
    part: String,
    /// `YYYY-MM-DD`
    pub day: String,
    pub first: Decimal,
    pub second: Decimal,
}

from_row!(DailyFigures { part, day, first, second });

/// The figures of each day.
#[derive(Debug)]
pub struct Timeline {
    /// The numbers of orders placed, and of those that are active.
    pub orders: Vec<DailyFigures>,
    /// Payments less gateway fees, and refunds, in the default currency.
    pub money: Vec<DailyFigures>,
    /// The number of tickets opened.
    pub tickets: Vec<DailyFigures>,
}

pub async fn timeline(db: &mut MySqlConnection, start: NaiveDate, end: NaiveDate) -> sqlx::Result<Timeline> {
    let rows: Vec<DailyFigures> = sqlx::query_as(
        "SELECT 'orders' AS part, CAST(DATE(date) AS CHAR) AS day, CAST(COUNT(*) AS DECIMAL(20, 2)) AS first, \
                CAST(COUNT(CASE WHEN status = 'Active' THEN 1 END) AS DECIMAL(20, 2)) AS second \
         FROM tblorders WHERE date >= ? AND date < ? GROUP BY DATE(date) \
         UNION ALL \
         SELECT 'money', CAST(DATE(date) AS CHAR), COALESCE(SUM((amountin - fees) / rate), 0.00), \
                COALESCE(SUM(amountout / rate), 0.00) \
         FROM tblaccounts WHERE date >= ? AND date < ? GROUP BY DATE(date) \
         UNION ALL \
         SELECT 'tickets', CAST(DATE(date) AS CHAR), CAST(COUNT(*) AS DECIMAL(20, 2)), 0.00 \
         FROM tbltickets WHERE date >= ? AND date < ? AND merged_ticket_id = 0 GROUP BY DATE(date)",
    )
    .bind(start)
    .bind(end)
    .bind(start)
    .bind(end)
    .bind(start)
    .bind(end)
    .fetch_all(db)
    .await?;
    let mut timeline = Timeline { orders: Vec::new(), money: Vec::new(), tickets: Vec::new() };
    for figures in rows {
        match figures.part.as_str() {
            "orders" => timeline.orders.push(figures),
            "money" => timeline.money.push(figures),
            _ => timeline.tickets.push(figures),
        }
    }
    Ok(timeline)
}
