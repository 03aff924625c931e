//! Rate limits and quotas: how many calls a caller may make in a minute and in a day.
//!
//! Both are counted in fixed windows, the minutes and days of UTC, because such counts can be added up: each server counts
//! the calls that it accepts, and twice a second the servers tell each other in the table `mod_whmcs_api_call_counts`. A
//! token bucket (as of the crate `governor`) allows no more calls in any minute than in a minute of the clock, but has no
//! sum over servers, and none that lasts over a restart.
//!
//! A call takes a look into memory. Only the first of a caller after a while reads the table, and callers without a limit
//! are not counted at all.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use sqlx::MySqlConnection;
use tokio::sync::Notify;
use tracing::warn;

use crate::config;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::id::{AdminId, ClientId};
use crate::domain::window::Windowed;
use crate::error::{Error, Result};
use crate::network::subscriber;
use crate::store::system::call_counts::{self, CallCount, CallSum, ServerId};

/// How long a caller without calls is kept in memory, once its counts are stored.
const KEPT_FOR: TimeDelta = TimeDelta::minutes(1);
/// Maximum number of callers in one statement.
const BATCH_SIZE: usize = 500;

/// Whose calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerId {
    Credential(i64),
    Staff(AdminId),
    Client(ClientId),
    /// Whoever calls from an address with a credential that this server does not know.
    Address(IpAddr),
}

impl fmt::Display for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallerId::Credential(id) => write!(f, "credential {id}"),
            CallerId::Staff(id) => write!(f, "staff {}", id.0),
            CallerId::Client(id) => write!(f, "client {}", id.0),
            // The column has room for 32 characters.
            CallerId::Address(address) => match subscriber(*address) {
                IpAddr::V4(address) => write!(f, "address {address}"),
                IpAddr::V6(address) => write!(f, "address {:016x}", address.to_bits() >> 64),
            },
        }
    }
}

/// Maximum numbers of calls; 0 for no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallLimits {
    pub per_minute: u32,
    pub per_day: u32,
}

impl CallLimits {
    /// The limits in the settings, of callers that have none of their own.
    pub fn of(limits: &config::Limits) -> CallLimits {
        CallLimits { per_minute: limits.calls_per_minute, per_day: limits.calls_per_day }
    }

    pub fn is_unlimited(self) -> bool {
        self == CallLimits::default()
    }
}

/// The limits of a single credential; `None` for those of the settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnLimits {
    pub per_minute: Option<u32>,
    pub per_day: Option<u32>,
}

impl OwnLimits {
    pub fn or(self, defaults: CallLimits) -> CallLimits {
        CallLimits {
            per_minute: self.per_minute.unwrap_or(defaults.per_minute),
            per_day: self.per_day.unwrap_or(defaults.per_day),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Minute,
    Day,
}

/// What a caller has used of one limit, this call included.
#[derive(Debug, Clone, Copy)]
pub struct WindowUsage {
    pub window: Window,
    pub limit: u32,
    pub remaining: u32,
    /// Seconds until the window ends and the full limit is available again.
    pub reset_seconds: u64,
}

/// What a caller has used of its limits.
#[derive(Debug, Clone, Copy)]
pub struct CallUsage {
    minute: Option<WindowUsage>,
    day: Option<WindowUsage>,
}

impl Window {
    pub fn name(self) -> &'static str {
        match self {
            Window::Minute => "minute",
            Window::Day => "day",
        }
    }

    pub fn seconds(self) -> u64 {
        match self {
            Window::Minute => 60,
            Window::Day => 86_400,
        }
    }

    /// The number of the window in which this time (UTC) is, since 1970.
    fn number(self, now: NaiveDateTime) -> i64 {
        now.and_utc().timestamp().div_euclid(self.seconds().cast_signed())
    }

    /// The start of the window in which this time (UTC) is.
    fn start(self, now: NaiveDateTime) -> NaiveDateTime {
        self.start_of(self.number(now))
    }

    fn start_of(self, number: i64) -> NaiveDateTime {
        DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::seconds(number * self.seconds().cast_signed())
    }
}

impl CallUsage {
    /// The windows that have a limit.
    pub fn windows(&self) -> impl Iterator<Item = WindowUsage> {
        [self.minute, self.day].into_iter().flatten()
    }

    /// The window that a client must heed first: the one with the least calls left, and of equal ones the longest wait.
    pub fn tightest(&self) -> Option<WindowUsage> {
        self.windows().min_by_key(|usage| (usage.remaining, Reverse(usage.reset_seconds)))
    }
}

/// Counts the calls of callers that have a limit.
pub struct RateLimits {
    server: ServerId,
    /// Whether counts are exchanged with other servers, for which the table must exist and be writable.
    is_shared: bool,
    counts: Mutex<HashMap<CallerId, Counts>>,
    /// Notified with each counted call.
    counted: Notify,
    told_that_alone: Once,
}

/// The counts of one caller in the current windows.
#[derive(Debug, Clone)]
struct Counts {
    minute: Windowed<Calls>,
    day: Windowed<Calls>,
    last_call: NaiveDateTime,
    /// Whether the stored count of this server is included.
    is_loaded: bool,
    /// Whether calls were counted that are not stored.
    is_unsaved: bool,
}

/// The number of calls to this server and to all others.
#[derive(Debug, Clone, Copy, Default)]
struct Calls {
    own: u32,
    others: u32,
}

impl RateLimits {
    pub fn new(is_shared: bool) -> Result<RateLimits> {
        let mut server = ServerId::default();
        getrandom::fill(&mut server).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        let (counts, counted, told_that_alone) = (Mutex::default(), Notify::new(), Once::new());
        Ok(RateLimits { server, is_shared, counts, counted, told_that_alone })
    }

    /// Counts a call unless a limit is exhausted. Returns whether the call is accepted, and what is used of the limits.
    pub fn count(&self, caller: CallerId, limits: CallLimits, now: NaiveDateTime) -> (bool, CallUsage) {
        if !self.is_shared {
            self.told_that_alone.call_once(|| {
                warn!("this server cannot share the counts of calls with others, so it applies rate limits by itself");
            });
        }
        let mut all = self.counts();
        let counts = all.entry(caller).or_insert_with(|| Counts::new(now));
        counts.roll(now);
        counts.last_call = now;
        let is_exhausted = counts.usage(limits, now).windows().any(|usage| usage.remaining == 0);
        if !is_exhausted {
            counts.minute.counts.own += 1;
            counts.day.counts.own += 1;
            counts.is_unsaved = true;
        }
        let usage = counts.usage(limits, now);
        drop(all);
        self.counted.notify_one();
        (!is_exhausted, usage)
    }

    /// Whether the counts of a caller must be loaded before its calls can be counted.
    pub fn must_load(&self, caller: CallerId) -> bool {
        self.is_shared && !self.counts().contains_key(&caller)
    }

    /// Reads what other servers and this one have counted for a caller.
    pub async fn load(&self, caller: CallerId, now: NaiveDateTime, db: &mut MySqlConnection) -> sqlx::Result<()> {
        let sums = self.sums(db, &[caller], now).await?;
        // Another call may have been faster.
        self.counts().entry(caller).or_insert_with(|| Counts::new(now));
        self.adopt(&[caller], &sums, now);
        Ok(())
    }

    /// Completes when there are counts to exchange or to forget.
    pub async fn until_counted(&self) {
        if self.counts().is_empty() {
            self.counted.notified().await;
        }
    }

    /// Reads what others have counted, and stores what this server has.
    pub async fn exchange(&self, now: NaiveDateTime, hosts: &Arc<Hosts>) -> sqlx::Result<()> {
        let callers = self.forget_idle(now);
        if !self.is_shared || callers.is_empty() {
            return Ok(());
        }
        Lease::with_connection(hosts, async |db| {
            for batch in callers.chunks(BATCH_SIZE) {
                let sums = self.sums(db, batch, now).await?;
                self.adopt(batch, &sums, now);
            }
            let unsaved = self.unsaved();
            for batch in unsaved.chunks(BATCH_SIZE) {
                let rows: Vec<CallCount> = batch.iter().map(|(caller, counts)| counts.row(*caller)).collect();
                call_counts::store(db, &self.server, &rows).await?;
            }
            self.mark_saved(&unsaved);
            Ok(())
        })
        .await
    }

    /// Forgets callers that have made no call for a while, and returns all others. Counts that cannot be stored are kept
    /// until their day is over.
    fn forget_idle(&self, now: NaiveDateTime) -> Vec<CallerId> {
        let today = Window::Day.number(now);
        let mut all = self.counts();
        all.retain(|_, counts| match self.is_shared {
            true => counts.is_unsaved || now - counts.last_call <= KEPT_FOR,
            false => counts.day.number == today,
        });
        all.keys().copied().collect()
    }

    /// Returns the counts that are to be stored. One that was not loaded would replace a larger one.
    fn unsaved(&self) -> Vec<(CallerId, Counts)> {
        let all = self.counts();
        let unsaved = all.iter().filter(|(_, counts)| counts.is_unsaved && counts.is_loaded);
        unsaved.map(|(caller, counts)| (*caller, counts.clone())).collect()
    }

    fn mark_saved(&self, saved: &[(CallerId, Counts)]) {
        let mut all = self.counts();
        for (caller, saved) in saved {
            if let Some(counts) = all.get_mut(caller) {
                counts.is_unsaved =
                    counts.day.counts.own != saved.day.counts.own || counts.day.number != saved.day.number;
            }
        }
    }

    async fn sums(
        &self,
        db: &mut MySqlConnection,
        callers: &[CallerId],
        now: NaiveDateTime,
    ) -> sqlx::Result<Vec<CallSum>> {
        let names = callers.iter().map(ToString::to_string);
        call_counts::sums(db, &self.server, names, Window::Minute.start(now), Window::Day.start(now)).await
    }

    /// Takes over what is stored: what others have counted, and, once, what this server had counted before it forgot the
    /// caller.
    fn adopt(&self, callers: &[CallerId], sums: &[CallSum], now: NaiveDateTime) {
        let sums: HashMap<(&str, bool), &CallSum> =
            sums.iter().map(|sum| ((sum.caller.as_str(), sum.is_own), sum)).collect();
        let mut all = self.counts();
        for caller in callers {
            let Some(counts) = all.get_mut(caller) else { continue };
            let name = caller.to_string();
            let calls = |is_own, calls: fn(&CallSum) -> i64| {
                sums.get(&(name.as_str(), is_own)).map_or(0, |sum| number(calls(sum)))
            };
            let own = |stored| if counts.is_loaded { 0 } else { calls(true, stored) };
            let minute = (own(|sum| sum.minute_calls), calls(false, |sum| sum.minute_calls));
            let day = (own(|sum| sum.day_calls), calls(false, |sum| sum.day_calls));
            // A call in between may have begun a later window, of which the sums know nothing.
            if counts.minute.number == Window::Minute.number(now) {
                counts.minute.counts.adopt(minute);
            }
            if counts.day.number == Window::Day.number(now) {
                counts.day.counts.adopt(day);
            }
            counts.is_loaded = true;
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<CallerId, Counts>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    fn adopt(&mut self, (own, others): (u32, u32)) {
        self.own = self.own.saturating_add(own);
        self.others = others;
    }
}

impl Counts {
    fn new(now: NaiveDateTime) -> Counts {
        let count = |window: Window| Windowed::new(window.number(now));
        let (minute, day) = (count(Window::Minute), count(Window::Day));
        Counts { minute, day, last_call: now, is_loaded: false, is_unsaved: false }
    }

    /// Begins new windows if the current ones are over.
    fn roll(&mut self, now: NaiveDateTime) {
        self.minute.begin(Window::Minute.number(now));
        self.day.begin(Window::Day.number(now));
    }

    fn usage(&self, limits: CallLimits, now: NaiveDateTime) -> CallUsage {
        let usage = |window: Window, count: &Windowed<Calls>, limit: u32| {
            let elapsed = u64::try_from((now - window.start_of(count.number)).num_seconds()).unwrap_or_default();
            (limit > 0).then(|| WindowUsage {
                window,
                limit,
                remaining: limit.saturating_sub(count.counts.own.saturating_add(count.counts.others)),
                reset_seconds: window.seconds().saturating_sub(elapsed).max(1),
            })
        };
        CallUsage {
            minute: usage(Window::Minute, &self.minute, limits.per_minute),
            day: usage(Window::Day, &self.day, limits.per_day),
        }
    }

    fn row(&self, caller: CallerId) -> CallCount {
        CallCount {
            caller: caller.to_string(),
            minute_start: Window::Minute.start_of(self.minute.number),
            minute_calls: self.minute.counts.own,
            day_start: Window::Day.start_of(self.day.number),
            day_calls: self.day.counts.own,
        }
    }
}

fn number(calls: i64) -> u32 {
    u32::try_from(calls.max(0)).unwrap_or(u32::MAX)
}
