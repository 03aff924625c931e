//! `whmcs-api seed`: generates many clients with years of history, realistic, reproducible from a seed number, and with
//! consistent books.
//!
//! Each client is generated independently, from its own random numbers, and written completely: a transaction contains
//! several clients with everything that belongs to them, so that an interrupted run leaves fewer clients, but none in
//! part.
//!
//! Rules of the business are never here: money and taxes are computed by [`crate::domain`].

mod books;
mod client;
mod orders;
mod rows;
mod shop;
mod tickets;
mod words;

use anyhow::{Context, bail};
use chrono::{NaiveDateTime, TimeDelta};
use sqlx::{Connection, MySqlConnection};

use self::client::Client;
use self::rows::Rows;
use self::shop::Shop;
use crate::demo;
use crate::domain::random::Random;
use crate::domain::time::{Moment, NO_DATE};
use crate::store::system::seed::{self, Ids};

const ZERO: u8 = 0;
const ZERO_DATE: &str = NO_DATE;
const ZERO_TIME: &str = "0000-00-00 00:00:00";
/// How long the shop has been open.
const HISTORY: TimeDelta = TimeDelta::days(7 * 365);
/// Number of clients per transaction.
const CLIENTS_PER_TRANSACTION: u64 = 100;
/// Host names that belong to nobody.
const EXAMPLE_HOSTS: [&str; 9] =
    ["", "localhost", "127.0.0.1", "example.com", "example.net", "example.org", "example", "test", "invalid"];

/// The options of a seed run.
#[derive(Debug, Clone, Copy)]
pub struct SeedPlan {
    pub clients: u64,
    /// The seed number: with as many clients and the same time, it makes the same rows.
    pub seed: u64,
    /// The time up to which events are generated.
    pub now: Moment,
    /// Whether to write to a database that may be in use by people, too.
    pub is_forced: bool,
}

/// What generating a client works with: shop, time, random numbers, free ids and rows.
struct SeedContext<'s> {
    shop: &'s Shop,
    now: NaiveDateTime,
    random: Random,
    ids: Ids,
    rows: Rows,
}

impl SeedContext<'_> {
    /// In `percent` of all cases, returns a time between the given one and now.
    fn percent_later(&mut self, percent: u64, than: NaiveDateTime) -> Option<NaiveDateTime> {
        let seconds = (self.now - than).num_seconds();
        let at = than + TimeDelta::seconds(self.random.between(0, seconds.max(0)));
        (self.random.percent(percent) && at < self.now).then_some(at)
    }
}

/// Adds clients to the existing ones; an empty database also gets the shop of the demo. `progress` gets the number of
/// clients so far.
pub async fn run(db: &mut MySqlConnection, plan: SeedPlan, mut progress: impl FnMut(u64)) -> anyhow::Result<()> {
    if !plan.is_forced {
        refuse_real_data(db).await?;
    }
    demo::open_shop(db).await.context("creating the shop")?;
    seed::allow_defaults(db).await?;
    let shop = Shop::read(db).await?;
    // Some columns contain the operator's time, others UTC: no time may lie in the future of either.
    let now = plan.now.utc().min(plan.now.local());
    for first in (0..plan.clients).step_by(usize::try_from(CLIENTS_PER_TRANSACTION)?) {
        let mut transaction = db.begin().await?;
        let ids = seed::free_ids(&mut transaction).await?;
        let mut context = SeedContext { shop: &shop, now, random: Random::new(0), ids, rows: Rows::default() };
        for number in first..plan.clients.min(first + CLIENTS_PER_TRANSACTION) {
            context.random = Random::nth(plan.seed, number);
            let joined = joined(number, plan.clients, &mut context);
            let made = write_history(joined, &mut context);
            made.context("no product has a price in an existing currency")?;
        }
        context
            .rows
            .insert(&mut transaction)
            .await
            .context("writing clients; if another program wrote to the database at the same time, run this again")?;
        transaction.commit().await?;
        progress(plan.clients.min(first + CLIENTS_PER_TRANSACTION));
    }
    Ok(())
}

/// Fails if the database appears to be in use by people.
async fn refuse_real_data(db: &mut MySqlConnection) -> anyhow::Result<()> {
    let url = seed::setting(db, "SystemURL").await?.unwrap_or_default();
    let sign = match seed::client_with_real_address(db).await? {
        Some(email) => format!("a client has the address {email}"),
        None if !is_example_host(&url) => format!("its WHMCS is at {url}"),
        None => return Ok(()),
    };
    bail!(
        "this looks like a database that people use: {sign}. Made-up clients do not belong there; use --force to add them anyway"
    )
}

/// Whether a URL's host is reserved for examples and tests.
fn is_example_host(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default();
    EXAMPLE_HOSTS.iter().any(|name| {
        let parent = host.strip_suffix(name).filter(|_| !name.is_empty());
        host == *name || parent.is_some_and(|parent| parent.ends_with('.'))
    })
}

/// The time at which a client joined. The intervals become shorter: the shop grows.
fn joined(number: u64, of: u64, context: &mut SeedContext<'_>) -> NaiveDateTime {
    // The share of clients who have joined grows with the square of the time since the opening.
    let millionths = (number * 1_000_000 + context.random.below(1_000_000)) / of.max(1);
    let span = HISTORY.num_seconds().unsigned_abs();
    let seconds = span * (millionths * 1_000_000).isqrt() / 1_000_000;
    let seconds = i64::try_from(seconds.min(span)).unwrap_or_default();
    context.now - HISTORY + TimeDelta::seconds(seconds)
}

/// Generates the history of one client, from when they joined until now. Returns `None` if the shop sells nothing that
/// they can buy.
fn write_history(joined: NaiveDateTime, context: &mut SeedContext<'_>) -> Option<()> {
    let shop = context.shop;
    let client = Client::new(shop, context.ids.client, context.ids.user, joined, &mut context.random)?;
    context.ids.client += 1;
    context.ids.user += 1;
    let first = joined + TimeDelta::minutes(context.random.between(1, 20));
    let times = [(first <= context.now).then_some(first)];
    let later = [context.percent_later(35, joined), context.percent_later(12, joined)];
    let (mut drafts, mut services, mut updated, mut is_active) = (Vec::new(), Vec::new(), joined, false);
    let mut times: Vec<NaiveDateTime> = times.into_iter().chain(later).flatten().collect();
    times.sort();
    for (number, at) in times.iter().enumerate() {
        let placed = orders::place(&client, *at, number, context)?;
        drafts.extend(placed.drafts);
        services.extend(placed.services);
        updated = updated.max(placed.touched);
        is_active |= placed.is_active;
    }
    let balance = books::write_books(&client, drafts, context);
    tickets::generate_tickets(&client, &services, context);
    let status = match is_active || times.is_empty() {
        true => "Active",
        false if context.random.percent(20) => "Closed",
        false => "Inactive",
    };
    client.write(balance, status, updated.min(context.now), context);
    let welcome = format!("<p>Dear {},</p>\n<p>thank you for joining us.</p>", client.name());
    books::write_mail(&client, joined, "Welcome", &welcome, context);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reserved_addresses_count_as_fictional() {
        for url in
            ["", "https://billing.example.com/", "http://localhost:8080/whmcs", "https://shop.test", "example.org"]
        {
            assert!(is_example_host(url), "{url}");
        }
        for url in ["https://billing.atlantic.pt/", "https://myexample.com/", "https://example.com.evil.net/"] {
            assert!(!is_example_host(url), "{url}");
        }
    }
}
