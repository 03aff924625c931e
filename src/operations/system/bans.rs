//! Bans of network addresses, from which nobody can log in for a while.

use std::net::IpAddr;

use chrono::{Days, NaiveDate, NaiveDateTime};
use sqlx::MySqlConnection;

use super::Result;
use crate::database::writer::Subject;
use crate::domain::staff::ban::BannedAddress;
use crate::domain::time::Moment;
use crate::fault;
use crate::operations::Context;
use crate::store;

/// When a ban ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BanEnd {
    /// On the operator's clock.
    At(NaiveDateTime),
    InDays(u32),
    /// As the settings say.
    Default,
}

/// Bans an address, or a block of them, and returns the id of the ban. Bans of the same address add up: the last one to end
/// counts.
pub async fn ban(context: Context<'_>, address: &BannedAddress, reason: &str, end: BanEnd) -> Result<i64> {
    let in_days =
        |days: u32| context.now.local().checked_add_days(Days::new(days.into())).unwrap_or(NaiveDateTime::MAX);
    let end = match end {
        BanEnd::At(time) => time,
        BanEnd::InDays(days) => in_days(days),
        BanEnd::Default => in_days(context.settings.bans.default_days),
    };

    let mut tx = context.write(Subject::Staff).await?;
    let id = store::staff::bans::add(&mut tx, &address.to_string(), reason, end.min(latest())).await?;
    let line = format!("Banned IP Added - Ban ID: {id} - IP: {address}");
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(id)
}

/// Ends all bans of an address or a block, however it is written, and returns how many there were. A ban of a block that contains
/// the address is another one.
pub async fn lift_bans(db: &mut MySqlConnection, address: &BannedAddress, now: Moment) -> fault::Result<u64> {
    let mut lifted = 0;
    for ban in store::staff::bans::list(db, now.local()).await? {
        if BannedAddress::parse(&ban.address).as_ref() == Some(address) {
            lifted += u64::from(store::staff::bans::lift(db, ban.id).await?);
        }
    }
    Ok(lifted)
}

/// Whether nobody can log in from an address now. From this machine, somebody always can.
pub async fn is_banned(db: &mut MySqlConnection, address: IpAddr, now: Moment) -> fault::Result<bool> {
    if address.to_canonical().is_loopback() {
        return Ok(false);
    }
    let candidates = store::staff::bans::candidates(db, address, now.local()).await?;
    Ok(candidates.iter().filter_map(|ban| BannedAddress::parse(ban)).any(|ban| ban.contains(address)))
}

/// The latest day that the column can hold. Bans for longer are meant to last for ever.
fn latest() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2037, 12, 31)
        .unwrap_or(NaiveDate::MAX)
        .and_hms_opt(23, 59, 59)
        .unwrap_or(NaiveDateTime::MAX)
}
