//! The overview: how the server is doing.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use maud::{Markup, html};

use super::{books, jobs};
use crate::api::Operation;
use crate::console::Console;
use crate::console::chart::{Bar, Bars};
use crate::console::html::{self, Mood};
use crate::console::visit::{Answer, Result, Visit};
use crate::domain::time::parse_date_time;
use crate::operations::system::health::{self, Check, Severity};
use crate::operations::{self, Context};
use crate::store::automation::runs;
use crate::store::console::calls::{self, ActionCalls, CallsOverTime, PeriodCalls};
use crate::store::console::jobs::{Job, JobKind};
use crate::store::system::queue_lengths::QueueLengths;

/// How many actions are shown with their times.
const SLOWEST: u32 = 8;
/// The length of a period of the chart, in seconds, and their number in a day.
const PERIOD: i64 = 600;
const PERIODS: usize = 144;

pub async fn show(console: &Console, visit: Visit) -> Result {
    let health = Health { lost_records: console.api.lost_records() };
    let Ok(checks) = console.api.examine(visit.author(), &health).await?;
    let queues = console.api.queue_lengths().await;
    let run = automation(console, &visit).await?;
    let audit = jobs::last(console, &visit, JobKind::Audit).await?;
    let (calls_of_day, slow_actions) = recent(console, &visit).await?;
    let body = html! {
        section class="cards" data-refresh="30" id="state" {
            (checks_card(&checks))
            (queues_card(queues.as_ref()))
            (run)
            (audit_card(console, &visit, audit.result()))
        }
        (calls_chart(&calls_of_day))
        (slowest(&slow_actions))
    };
    Ok(Answer::page("Overview", body))
}

/// The checks of `GetHealthStatus`. None of them is refused.
struct Health {
    lost_records: u64,
}

impl Operation for Health {
    type Done = Vec<Check>;
    type Refusal = std::convert::Infallible;

    async fn run(&self, context: Context<'_>) -> operations::Result<Vec<Check>, std::convert::Infallible> {
        Ok(health::check(context, self.lost_records).await?)
    }
}

fn checks_card(checks: &[Check]) -> Markup {
    html! {
        article class="card wide" {
            h2 { "Health" }
            ul class="checks" {
                @for check in checks {
                    li { (severity(check.severity)) " " (check.message) }
                }
            }
        }
    }
}

fn severity(severity: Severity) -> Markup {
    match severity {
        Severity::Success => html::badge(Mood::Good, "ok"),
        Severity::Warning => html::badge(Mood::Warning, "warning"),
        Severity::Danger => html::badge(Mood::Bad, "problem"),
    }
}

fn queues_card(queues: Option<&QueueLengths>) -> Markup {
    let Some(queues) = queues else {
        return html! { article class="card" { h2 { "Waiting" } p { "The database does not answer." } } };
    };
    let count = |state: &str| {
        let entries = queues.outbox.iter().filter(|entries| entries.state == state);
        entries.map(|entries| entries.count).sum::<i64>()
    };
    html! {
        article class="card" {
            h2 { a href="/console/outbox" { "Waiting" } }
            (html::pairs(&[
                ("To be sent", html! { (count("pending")) }),
                ("Failed", html! { (count("failed")) }),
                ("Outcome unknown", html! { (count("unknown")) }),
                ("Held after a restore", html! { (if queues.is_held { "yes" } else { "no" }) }),
                ("Failed commands of modules and registrars", html! { (queues.module_queue) }),
                ("Disabled webhooks", html! { (queues.disabled_webhooks) }),
            ]))
        }
    }
}

async fn automation(console: &Console, visit: &Visit) -> Result<Markup> {
    let today = visit.now.date();
    let (tasks, marker) =
        console.api.look(async |db| Ok((runs::of_day(db, today).await?, runs::marker(db).await?))).await?;
    let failures: i64 = tasks.iter().map(|task| task.failures).sum();
    let unfinished = tasks.iter().filter(|task| task.finished_at.is_empty()).count();
    let last = tasks.iter().filter_map(|task| parse_date_time(&task.finished_at)).max();
    Ok(html! {
        article class="card" {
            h2 { a href="/console/automation" { "Automation" } }
            (html::pairs(&[
                ("Last daily run", html! { @if marker.is_empty() { "never" } @else { (html::local_time(visit, &marker)) } }),
                ("Tasks today", html! { (tasks.len()) }),
                ("Last one ended", match last { Some(time) => html::time(visit, time), None => html! { "–" } }),
                ("Not ended", html! { (unfinished) }),
                ("Failures today", html! { (failures) }),
            ]))
        }
    })
}

fn audit_card(console: &Console, visit: &Visit, audit: Option<&Job>) -> Markup {
    let hours = console.api.config().settings.audit_hours;
    html! {
        article class="card" {
            h2 { a href="/console/books#audit" { "Books" } }
            @match audit {
                Some(audit) => {
                    p { "Last audit: " @if let Some(at) = audit.finished_at { (html::time(visit, at)) } }
                    p {
                        @match books::findings(audit) {
                            Some(0) => (html::badge(Mood::Good, "consistent")),
                            Some(count) => (html::badge(Mood::Bad, &format!("{count} findings"))),
                            None => "by another version",
                        }
                    }
                }
                None => { p { "No audit yet." } }
            }
            @if hours == 0 { p { "No regular audits: audit_hours is 0." } }
        }
    }
}

/// The calls of the last day.
struct Day {
    /// In the order of time.
    bars: Vec<Bar>,
    /// Of which servers they are, and since when.
    of: Markup,
}

/// How long calls of an action took.
struct Slow {
    action: String,
    calls: i64,
    errors: i64,
    average: Duration,
    longest: Duration,
}

/// The actions that took longest in the last hour.
struct SlowActions {
    actions: Vec<Slow>,
    of: Markup,
}

/// Reads the recent calls from the index of calls, so that each server shows the same. Without it, or if the API log does not have all
/// calls, they are those of this server.
async fn recent(console: &Console, visit: &Visit) -> Result<(Day, SlowActions)> {
    let now = visit.now.utc();
    if !console.api.config().log.keeps(false) {
        return Ok((own_day(console, now), own_slowest(console, now)));
    }
    let (start, hour_ago) = (start_of_day(now), now - TimeDelta::hours(1));
    let read = console.api.look(async |db| {
        let Some(over_time) = calls::over_time(&mut *db, start, PERIOD).await? else { return Ok((None, None)) };
        Ok((Some(over_time), calls::slowest(db, hour_ago, SLOWEST).await?))
    });
    let (over_time, slowest) = read.await?;
    let day = over_time.map_or_else(|| own_day(console, now), |over_time| day_of_all(visit, &over_time));
    let slowest = slowest.map_or_else(
        || own_slowest(console, now),
        |actions| SlowActions {
            actions: actions.into_iter().map(Slow::of).collect(),
            of: html! { "Of all servers with a console." },
        },
    );
    Ok((day, slowest))
}

/// The first moment of the oldest period of the last day.
fn start_of_day(now: NaiveDateTime) -> NaiveDateTime {
    let into_period = now.and_utc().timestamp().rem_euclid(PERIOD);
    now - TimeDelta::seconds(into_period + 86_400 - PERIOD)
}

fn day_of_all(visit: &Visit, over_time: &CallsOverTime) -> Day {
    let mut bars = vec![Bar::default(); PERIODS];
    let mut add = |period: &PeriodCalls, is_error: bool| {
        let calls = u64::try_from(period.calls).unwrap_or_default();
        // Clocks of servers differ.
        if let Some(bar) = usize::try_from(period.number).ok().and_then(|number| bars.get_mut(number.min(PERIODS - 1)))
        {
            bar.all += calls;
            bar.marked += if is_error { calls } else { 0 };
        }
    };
    over_time.successes.iter().for_each(|period| add(period, false));
    over_time.errors.iter().for_each(|period| add(period, true));
    let of = html! {
        "Of all servers with a console"
        @if let Some(since) = over_time.counted_since { "; there are too many to count those before " (html::time(visit, since)) }
        "."
    };
    Day { bars, of }
}

impl Slow {
    fn of(calls: ActionCalls) -> Slow {
        let duration = |microseconds: i64| Duration::from_micros(u64::try_from(microseconds).unwrap_or_default());
        let ActionCalls { action, calls, errors, average, longest } = calls;
        Slow { action, calls, errors, average: duration(average), longest: duration(longest) }
    }
}

/// As this server has counted them.
fn own_day(console: &Console, now: NaiveDateTime) -> Day {
    let day = console.api.recent_calls().day(now);
    let bars = day.iter().map(|period| Bar { all: period.calls(), marked: period.failures() }).collect();
    Day { bars, of: html! { "Of this server alone, since it started; what it refused is no error here." } }
}

fn own_slowest(console: &Console, now: NaiveDateTime) -> SlowActions {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let slowest = console.api.recent_calls().slowest(now, SLOWEST as usize).into_iter();
    let actions = slowest.map(|(action, times)| Slow {
        action: action.into_owned(),
        calls: count(times.calls),
        errors: count(times.failures),
        average: times.average(),
        longest: times.longest,
    });
    SlowActions { actions: actions.collect(), of: html! { "Of this server alone." } }
}

fn calls_chart(Day { bars, of }: &Day) -> Markup {
    let (all, errors) = bars.iter().fold((0, 0), |(all, errors), bar| (all + bar.all, errors + bar.marked));
    let most = bars.iter().map(|bar| bar.all).max().unwrap_or_default();
    let label =
        format!("{all} calls in the last 24 hours, {errors} of them with an error; at most {most} in ten minutes");
    html! {
        section {
            h2 { "Calls" }
            p { (label) ". " (of) }
            (Bars { label: &label, periods: bars }.draw())
            p class="axis" aria-hidden="true" { span { "24 hours ago" } span { "now" } }
        }
    }
}

fn slowest(SlowActions { actions, of }: &SlowActions) -> Markup {
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let rows = html! {
        @for slow in actions {
            tr {
                th scope="row" { (slow.action) }
                td class="number" { (slow.calls) }
                td class="number" { (slow.errors) }
                td class="number" { (milliseconds(slow.average)) }
                td class="number" { (milliseconds(slow.longest)) }
            }
        }
        @if actions.is_empty() { tr { td colspan="5" { "No calls in the last hour." } } }
    };
    html! {
        section {
            h2 { "Slowest actions" }
            (html::table("Slowest actions of the last hour", &["Action", "Calls", "Errors", "Average", "Longest"], rows))
            p class="hint" { (of) }
        }
    }
}
