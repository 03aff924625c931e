//! The overview: how the server is doing.

use maud::{Markup, html};

use crate::api::Operation;
use crate::console::Console;
use crate::console::chart::{Bar, Bars};
use crate::console::html::{self, Mood};
use crate::console::visit::{Answer, Result, Visit};
use crate::domain::time::parse_date_time;
use crate::operations::system::health::{self, Check, Severity};
use crate::operations::{self, Context};
use crate::store::automation::runs;
use crate::store::system::queue_lengths::QueueLengths;

/// How many actions are shown with their times.
const SLOWEST: usize = 8;

pub async fn show(console: &Console, visit: Visit) -> Result {
    let Ok(checks) = console.api.examine(visit.author(), &Health).await?;
    let queues = console.api.queue_lengths().await;
    let run = automation(console, &visit).await?;
    let body = html! {
        section class="cards" data-refresh="30" id="state" {
            (checks_card(&checks))
            (queues_card(queues.as_ref()))
            (run)
            (audit_card(console, &visit))
        }
        (calls(console, &visit))
        (slowest(console, &visit))
    };
    Ok(Answer::page("Overview", body))
}

/// The checks of `GetHealthStatus`. None of them is refused.
struct Health;

impl Operation for Health {
    type Done = Vec<Check>;
    type Refusal = std::convert::Infallible;

    async fn run(&self, context: Context<'_>) -> operations::Result<Vec<Check>, std::convert::Infallible> {
        Ok(health::check(context).await?)
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
            h2 { "Waiting" }
            (html::pairs(&[
                ("To be sent", html! { (count("pending")) }),
                ("Failed", html! { (count("failed")) }),
                ("Outcome unknown", html! { (count("unknown")) }),
                ("Held after a restore", html! { (if queues.is_held { "yes" } else { "no" }) }),
                ("Failed commands of modules", html! { (queues.module_queue) }),
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
            h2 { "Automation" }
            (html::pairs(&[
                ("Last daily run", html! { (if marker.is_empty() { "never" } else { &marker }) }),
                ("Tasks today", html! { (tasks.len()) }),
                ("Last one ended", match last { Some(time) => html::time(visit, time), None => html! { "–" } }),
                ("Not ended", html! { (unfinished) }),
                ("Failures today", html! { (failures) }),
            ]))
        }
    })
}

fn audit_card(console: &Console, visit: &Visit) -> Markup {
    let hours = console.api.config().settings.audit_hours;
    html! {
        article class="card" {
            h2 { "Books" }
            @match console.api.last_audit() {
                Some(last) => {
                    p { "Last audit: " (html::time(visit, last.at)) }
                    p {
                        @if last.findings == 0 { (html::badge(Mood::Good, "consistent")) }
                        @else { (html::badge(Mood::Bad, &format!("{} findings", last.findings))) }
                    }
                }
                None if hours == 0 => { p { "No regular audits: audit_hours is 0." } }
                None => { p { "No audit since the server started." } }
            }
        }
    }
}

/// The calls of the last day, as this server has counted them.
fn calls(console: &Console, visit: &Visit) -> Markup {
    let day = console.api.recent_calls().day(visit.now.utc());
    let bars: Vec<Bar> = day.iter().map(|period| Bar { all: period.calls(), marked: period.failures() }).collect();
    let (all, failures) =
        day.iter().fold((0, 0), |(all, failures), period| (all + period.calls(), failures + period.failures()));
    let most = bars.iter().map(|bar| bar.all).max().unwrap_or_default();
    let label = format!("{all} calls in the last 24 hours, {failures} of them failed; at most {most} in ten minutes");
    html! {
        section {
            h2 { "Calls" }
            p { (label) ". This server alone, since it started." }
            (Bars { label: &label, periods: &bars }.draw())
            p class="axis" aria-hidden="true" { span { "24 hours ago" } span { "now" } }
        }
    }
}

fn slowest(console: &Console, visit: &Visit) -> Markup {
    let slowest = console.api.recent_calls().slowest(visit.now.utc(), SLOWEST);
    let milliseconds = |time: std::time::Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let rows = html! {
        @for (action, times) in &slowest {
            tr {
                th scope="row" { (action) }
                td class="number" { (times.calls) }
                td class="number" { (times.failures) }
                td class="number" { (milliseconds(times.average())) }
                td class="number" { (milliseconds(times.longest)) }
            }
        }
        @if slowest.is_empty() { tr { td colspan="5" { "No calls in the last hour." } } }
    };
    html! {
        section {
            h2 { "Slowest actions" }
            (html::table("Slowest actions of the last hour", &["Action", "Calls", "Failed", "Average", "Longest"], rows))
        }
    }
}
