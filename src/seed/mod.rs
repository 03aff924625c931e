//! `whmcs-api seed`: many clients with years of history, who look real, are the same again for the same number, and whose
//! books are in order.
//!
//! Each client is made by itself, from random numbers of its own, and written whole: a transaction holds some
//! clients with all that is theirs, so that whoever stops it in the middle has fewer clients, and nothing half.

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
use crate::store::system::seeding::{self, Ids};

const ZERO: u8 = 0;
const ZERO_DATE: &str = NO_DATE;
const ZERO_TIME: &str = "0000-00-00 00:00:00";
/// For how long the shop has been open.
const HISTORY: TimeDelta = TimeDelta::days(7 * 365);
/// How many clients are written at a time.
const AT_ONCE: u64 = 100;
/// The hosts of addresses that are nobody's.
const NOBODYS: [&str; 9] =
    ["", "localhost", "127.0.0.1", "example.com", "example.net", "example.org", "example", "test", "invalid"];

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub clients: u64,
    /// The same number, with as many clients and the same time, makes the same rows.
    pub seed: u64,
    /// Everything has happened by then.
    pub now: Moment,
    /// Whether also a database that may be somebody's gets them.
    pub is_forced: bool,
}

/// All that is at hand while a client is made.
struct Scene<'s> {
    shop: &'s Shop,
    now: NaiveDateTime,
    random: Random,
    ids: Ids,
    rows: Rows,
}

impl Scene<'_> {
    /// In so many of a hundred cases, a time between the given one and now.
    fn percent_later(&mut self, percent: u64, than: NaiveDateTime) -> Option<NaiveDateTime> {
        let seconds = (self.now - than).num_seconds();
        let at = than + TimeDelta::seconds(self.random.between(0, seconds.max(0)));
        (self.random.percent(percent) && at < self.now).then_some(at)
    }
}

/// Adds clients to what is there; an empty database also gets the shop of the demo. `progress` is told how many clients
/// there are so far.
pub async fn run(db: &mut MySqlConnection, plan: Plan, mut progress: impl FnMut(u64)) -> anyhow::Result<()> {
    if !plan.is_forced {
        refuse_somebodys(db).await?;
    }
    demo::open_shop(db).await.context("filling in what is sold")?;
    seeding::allow_defaults(db).await?;
    let shop = Shop::read(db).await?;
    // Columns hold the operator's time, or universal time: nothing is to lie in the future of either.
    let now = plan.now.utc().min(plan.now.local());
    for first in (0..plan.clients).step_by(usize::try_from(AT_ONCE)?) {
        let mut transaction = db.begin().await?;
        let ids = seeding::free_ids(&mut transaction).await?;
        let mut scene = Scene { shop: &shop, now, random: Random::new(0), ids, rows: Rows::default() };
        for number in first..plan.clients.min(first + AT_ONCE) {
            scene.random = Random::of(plan.seed, number);
            let joined = joined(number, plan.clients, &mut scene);
            let made = live(joined, &mut scene);
            made.context("what is sold has no price in any currency that is there")?;
        }
        scene.rows.insert(&mut transaction).await.context(
            "writing clients; if somebody else wrote to the database at the same time, this can be run again",
        )?;
        transaction.commit().await?;
        progress(plan.clients.min(first + AT_ONCE));
    }
    Ok(())
}

/// Fails for a database that is in use by people.
async fn refuse_somebodys(db: &mut MySqlConnection) -> anyhow::Result<()> {
    let url = seeding::setting(db, "SystemURL").await?.unwrap_or_default();
    let sign = match seeding::somebody(db).await? {
        Some(email) => format!("a client has the address {email}"),
        None if !is_nobodys(&url) => format!("its WHMCS is at {url}"),
        None => return Ok(()),
    };
    bail!("this looks like a database that people use: {sign}. Made-up clients do not belong there; --force adds them")
}

/// Whether an address on the web is one of those that are for examples and tests.
fn is_nobodys(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default();
    NOBODYS.iter().any(|name| {
        let parent = host.strip_suffix(name).filter(|_| !name.is_empty());
        host == *name || parent.is_some_and(|parent| parent.ends_with('.'))
    })
}

/// Later ones come closer to each other: the shop grows.
fn joined(number: u64, of: u64, scene: &mut Scene<'_>) -> NaiveDateTime {
    // Of millionths of all clients, which are 0 at the opening, the square root is that of the time.
    let millionths = (number * 1_000_000 + scene.random.below(1_000_000)) / of.max(1);
    let span = HISTORY.num_seconds().unsigned_abs();
    let seconds = span * (millionths * 1_000_000).isqrt() / 1_000_000;
    let seconds = i64::try_from(seconds.min(span)).unwrap_or_default();
    scene.now - HISTORY + TimeDelta::seconds(seconds)
}

/// The life of one client, from when they joined until now. `None` where there is nothing for them to buy.
fn live(joined: NaiveDateTime, scene: &mut Scene<'_>) -> Option<()> {
    let shop = scene.shop;
    let client = Client::new(shop, scene.ids.client, scene.ids.user, joined, &mut scene.random)?;
    scene.ids.client += 1;
    scene.ids.user += 1;
    let first = joined + TimeDelta::minutes(scene.random.between(1, 20));
    let times = [(first <= scene.now).then_some(first)];
    let later = [scene.percent_later(35, joined), scene.percent_later(12, joined)];
    let (mut drafts, mut services, mut updated, mut is_active) = (Vec::new(), Vec::new(), joined, false);
    let mut times: Vec<NaiveDateTime> = times.into_iter().chain(later).flatten().collect();
    times.sort();
    for (number, at) in times.iter().enumerate() {
        let placed = orders::place(&client, *at, number, scene)?;
        drafts.extend(placed.drafts);
        services.extend(placed.services);
        updated = updated.max(placed.touched);
        is_active |= placed.is_active;
    }
    let balance = books::keep(&client, drafts, scene);
    tickets::ask(&client, &services, scene);
    let status = match is_active || times.is_empty() {
        true => "Active",
        false if scene.random.percent(20) => "Closed",
        false => "Inactive",
    };
    client.write(balance, status, updated.min(scene.now), scene);
    let welcome = format!("<p>Dear {},</p>\n<p>thank you for joining us.</p>", client.name());
    books::write_mail(&client, joined, "Welcome", &welcome, scene);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_for_examples_are_nobodys() {
        for url in
            ["", "https://billing.example.com/", "http://localhost:8080/whmcs", "https://shop.test", "example.org"]
        {
            assert!(is_nobodys(url), "{url}");
        }
        for url in ["https://billing.atlantic.pt/", "https://myexample.com/", "https://example.com.evil.net/"] {
            assert!(!is_nobodys(url), "{url}");
        }
    }
}
