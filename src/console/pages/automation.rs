//! The daily automation: a calendar of its runs, what each task did on a day, and dry runs.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use maud::{Markup, html};

use super::jobs;
use super::stored::choice;
use crate::api::{DryTask, NewJob};
use crate::auth::console::Right;
use crate::automation::{self, Refused, TASKS};
use crate::console::Console;
use crate::console::html::{self as parts, Mood, badge, time};
use crate::console::visit::{Answer, Result, Visit, refuse};
use crate::domain::time::{parse_date, parse_date_time};
use crate::store::automation::runs::{self, DayRow, TaskRow};
use crate::store::console::jobs::{Job, JobKind};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const PATH: &str = "/console/automation";

pub async fn show(console: &Console, visit: Visit) -> Result {
    let today = visit.now.date();
    let day = parse_date(visit.query.text("day")).unwrap_or(today);
    let month = parse_date(&format!("{}-01", visit.query.text("month"))).unwrap_or(day).min(today);
    let first = month.with_day(1).unwrap_or(month);
    let until = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let (days, rows) = console
        .api
        .look(async |db| Ok((runs::days(&mut *db, first, until).await?, runs::of_day(db, day).await?)))
        .await?;
    let automation = console.api.automation()?;
    let refused = automation.check_scheduled(visit.now).await?.err();
    let may_run = automation.check(visit.now).await?.is_ok();
    let dry_run = jobs::last(console, &visit, JobKind::DryRun).await?;
    let body = html! {
        @if let Some(refused) = &refused {
            @let class = if matches!(refused, Refused::Before(_)) { "notice" } else { "problem" };
            p class=(class) role="status" { "The automation does not run: " (refused) "." }
        }
        (calendar(first, today, &days))
        h2 { "What each task did on " (day) }
        (tasks(console, &visit, &rows))
        h2 id="dry-run" { "Dry run" }
        p { "What a run would do now. It changes nothing: each of its transactions is rolled back." }
        @if may_run && visit.may(Right::Operate) { (dry_run_form(&visit)) }
        (dry_run.shown("dry-run-result", &visit, dry_result))
    };
    Ok(Answer::page("Automation", body))
}

/// A month, a row for each week.
fn calendar(first: NaiveDate, today: NaiveDate, days: &[DayRow]) -> Markup {
    let by_day: BTreeMap<NaiveDate, &DayRow> =
        days.iter().filter_map(|row| Some((parse_date(&row.day)?, row))).collect();
    let monday = first - Days::new(first.weekday().num_days_from_monday().into());
    let weeks = monday.iter_weeks().take_while(|week| *week < first || week.month() == first.month());
    let month = first.format("%B %Y").to_string();
    let link = |month: NaiveDate| format!("{PATH}?month={0}&day={0}-01", month.format("%Y-%m"));
    html! {
        nav class="months" aria-label="Months" {
            @if let Some(before) = first.checked_sub_months(Months::new(1)) { a rel="prev" href=(link(before)) { (before.format("%B %Y")) } }
            @if let Some(after) = first.checked_add_months(Months::new(1)).filter(|after| *after <= today) {
                " " a rel="next" href=(link(after)) { (after.format("%B %Y")) }
            }
        }
        div class="scroll" role="region" aria-label=(format!("Runs in {month}")) tabindex="0" {
            table class="calendar" {
                caption { "Runs in " (month) }
                thead { tr { @for weekday in WEEKDAYS { th scope="col" { (weekday) } } } }
                tbody {
                    @for week in weeks {
                        tr { @for date in week.iter_days().take(7) {
                            td aria-current=[(date == today).then_some("date")] {
                                @if date.month() == first.month() { (cell(date, by_day.get(&date).copied())) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn cell(date: NaiveDate, row: Option<&DayRow>) -> Markup {
    let (mood, word) = match row {
        None => (Mood::Neutral, "no run".to_owned()),
        Some(row) if row.failures > 0 => (Mood::Bad, format!("{} failed", row.failures)),
        Some(row) if row.unfinished > 0 => (Mood::Warning, "not finished".to_owned()),
        Some(row) if row.is_whole => (Mood::Good, "done".to_owned()),
        Some(_) => (Mood::Neutral, "in part".to_owned()),
    };
    html! {
        a href=(format!("{PATH}?month={}&day={date}", date.format("%Y-%m"))) aria-label=(format!("{} {}, {word}", date.day(), date.format("%B %Y"))) { (date.day()) }
        @if row.is_some() { " " (badge(mood, &word)) }
    }
}

/// All tasks, in their order.
fn tasks(console: &Console, visit: &Visit, rows: &[TaskRow]) -> Markup {
    let settings = &console.api.config().settings.automation;
    let rows = html! {
        @for task in TASKS {
            @let row = rows.iter().find(|row| row.task == task.name());
            tr {
                th scope="row" { (task.name()) }
                td {
                    @match row {
                        None if !task.is_on(settings) => (badge(Mood::Neutral, "off")),
                        None => (badge(Mood::Neutral, "not run")),
                        Some(row) if row.finished_at.is_empty() => (badge(Mood::Warning, "not finished")),
                        Some(row) if row.failures > 0 => (badge(Mood::Bad, &format!("{} failed", row.failures))),
                        Some(_) => (badge(Mood::Good, "done")),
                    }
                }
                td { @if let Some(at) = row.and_then(|row| parse_date_time(&row.finished_at)) { (time(visit, at)) } }
                td { @if let Some(row) = row { (counts(&serde_json::from_str(&row.counts).unwrap_or_default())) } }
                td class="wide" { (task.summary()) }
            }
        }
    };
    parts::table("Tasks of the day", &["Task", "State", "Ended", "What it did", "What it is for"], rows)
}

fn counts(counts: &BTreeMap<String, u64>) -> Markup {
    let told: Vec<String> =
        counts.iter().filter(|(_, count)| **count > 0).map(|(name, count)| format!("{count} {name}")).collect();
    html! { @if told.is_empty() { "nothing" } @else { (told.join(", ")) } }
}

fn dry_run_form(visit: &Visit) -> Markup {
    let tasks: Vec<(&str, &str)> =
        std::iter::once(("", "All tasks")).chain(TASKS.iter().map(|task| (task.name(), task.name()))).collect();
    parts::form(
        visit,
        "/console/automation/dry-run",
        html! { (choice("task", "Task", &tasks, "")) p class="field" { button { "Start a dry run" } } },
    )
}

fn dry_result(job: &Job) -> Markup {
    let tasks: Vec<DryTask> = serde_json::from_str(&job.result).unwrap_or_default();
    let rows = html! {
        @for DryTask { task, counts: would, failures } in &tasks {
            tr {
                th scope="row" { (task) }
                td { (counts(would)) }
                td { @if *failures > 0 { (badge(Mood::Bad, &format!("{failures} failed"))) } }
            }
        }
    };
    parts::table("What the dry run would have done", &["Task", "Would do", "Problems"], rows)
}

pub async fn dry_run(console: &Console, visit: Visit) -> Result {
    let task = match visit.form.text("task") {
        "" => None,
        name => match automation::find(name) {
            Some(task) => Some(task.name()),
            None => return refuse("There is no such task."),
        },
    };
    jobs::start(console, &visit, NewJob::DryRun(task), "/console/automation#dry-run").await
}
