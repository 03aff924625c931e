//! `GetStats`.

use chrono::{Days, NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sqlx::MySqlConnection;

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::entities::are_same_ignoring_case;
use crate::domain::money::Money;
use crate::domain::ticket::Statuses;
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::system::stats::{self, DailyFigures, Period, Totals};

/// Returns statistics about income, orders, tickets and pending work. Income is payments less refunds and gateway fees,
/// in the default currency.
///
/// To-do items are due that are not completed. Staff are online as in GetStaffOnline. Network issues are not stored here, so
/// their number is 0.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetStats {
    /// The number of days in `timeline_data`, up to today, at most 90; by default, `timeline_data` is omitted.
    timeline_days: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetStatsReply {
    income_today: String,
    income_thismonth: String,
    income_thisyear: String,
    income_alltime: String,
    orders_pending: i64,
    orders_today_cancelled: i64,
    orders_today_pending: i64,
    orders_today_fraud: i64,
    orders_today_active: i64,
    orders_today_total: i64,
    orders_yesterday_cancelled: i64,
    orders_yesterday_pending: i64,
    orders_yesterday_fraud: i64,
    orders_yesterday_active: i64,
    orders_yesterday_total: i64,
    orders_thismonth_total: i64,
    orders_thisyear_total: i64,
    tickets_allactive: i64,
    tickets_awaitingreply: i64,
    tickets_flaggedtickets: i64,
    tickets_open: i64,
    tickets_answered: i64,
    tickets_customerreply: i64,
    tickets_closed: i64,
    tickets_onhold: i64,
    tickets_inprogress: i64,
    cancellations_pending: i64,
    todoitems_due: i64,
    networkissues_open: i64,
    billableitems_uninvoiced: i64,
    quotes_valid: i64,
    staff_online: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline_data: Option<Timeline>,
}

/// Daily figures, each by date, latest first.
#[derive(Debug, JsonSchema, Serialize)]
struct Timeline {
    new_orders: Map<String, Json>,
    accepted_orders: Map<String, Json>,
    income: Map<String, Json>,
    expenditure: Map<String, Json>,
    new_tickets: Map<String, Json>,
}

const MAX_DAYS: u32 = 90;

impl Action for GetStats {
    const NAME: &'static str = "GetStats";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"timeline_days": 2}"#;
    type Reply = GetStatsReply;

    async fn run(self, call: Call<'_>) -> Result<GetStatsReply> {
        let today = call.now.date();
        let period = Period::for_day(today);
        let seen_since = call.now.local() - TimeDelta::minutes(call.compat.staff_online_minutes.into());
        let Totals { income, pending, currency } = stats::totals(call.db, period, seen_since).await?;
        let orders = stats::orders(call.db, period).await?;
        let (statuses, tickets) = store::support::overview::statuses_and_counts(call.db, call.author.admin).await?;
        let active = || tickets.iter().filter(|count| statuses.is_active(&count.status));
        let awaiting = tickets.iter().filter(|count| statuses.is_awaiting(&count.status));
        let in_status = |title: &str| -> i64 {
            let own = tickets.iter().filter(|count| are_same_ignoring_case(&count.status, title));
            own.map(|count| count.tickets).sum()
        };
        let timeline_data = match self.timeline_days.lenient() {
            None | Some(0) => None,
            Some(days) => Some(timeline(call.db, today, days.min(MAX_DAYS)).await?),
        };
        Ok(GetStatsReply {
            income_today: currency.format(income.today),
            income_thismonth: currency.format(income.month),
            income_thisyear: currency.format(income.year),
            income_alltime: currency.format(income.all),
            orders_pending: orders.pending,
            orders_today_cancelled: orders.today.cancelled,
            orders_today_pending: orders.today.pending,
            orders_today_fraud: orders.today.fraud,
            orders_today_active: orders.today.active,
            orders_today_total: orders.today.total,
            orders_yesterday_cancelled: orders.yesterday.cancelled,
            orders_yesterday_pending: orders.yesterday.pending,
            orders_yesterday_fraud: orders.yesterday.fraud,
            orders_yesterday_active: orders.yesterday.active,
            orders_yesterday_total: orders.yesterday.total,
            orders_thismonth_total: orders.month,
            orders_thisyear_total: orders.year,
            tickets_allactive: active().map(|count| count.tickets).sum(),
            tickets_awaitingreply: awaiting.map(|count| count.tickets).sum(),
            tickets_flaggedtickets: active().map(|count| count.flagged).sum(),
            tickets_open: in_status(Statuses::OPEN),
            tickets_answered: in_status(Statuses::ANSWERED),
            tickets_customerreply: in_status(Statuses::CUSTOMER_REPLY),
            tickets_closed: in_status("Closed"),
            tickets_onhold: in_status("On Hold"),
            tickets_inprogress: in_status("In Progress"),
            cancellations_pending: pending.cancellations,
            todoitems_due: pending.to_do_items,
            networkissues_open: 0,
            billableitems_uninvoiced: pending.billable_items,
            quotes_valid: pending.quotes,
            staff_online: pending.staff_online,
            timeline_data,
        })
    }
}

async fn timeline(db: &mut MySqlConnection, today: NaiveDate, days: u32) -> Result<Timeline> {
    let end = today + Days::new(1);
    let start = end - Days::new(days.into());
    let stats::Timeline { orders, money, tickets } = stats::timeline(db, start, end).await?;
    let days: Vec<String> = (0..days.into()).map(|back| (today - Days::new(back)).to_string()).collect();
    let by_day = |figures: &[DailyFigures], of: fn(&DailyFigures) -> Decimal, format: fn(Decimal) -> Json| {
        let figure = |day: &String| figures.iter().find(|figures| figures.day == *day).map(of).unwrap_or_default();
        days.iter().map(|day| (day.clone(), format(figure(day)))).collect()
    };
    let count = |figure: Decimal| figure.to_i64().into();
    let amount = |figure: Decimal| Money::rounded(figure).unwrap_or(Money::ZERO).to_string().into();
    Ok(Timeline {
        new_orders: by_day(&orders, |day| day.first, count),
        accepted_orders: by_day(&orders, |day| day.second, count),
        income: by_day(&money, |day| day.first, amount),
        expenditure: by_day(&money, |day| day.second, amount),
        new_tickets: by_day(&tickets, |day| day.first, count),
    })
}
