//! The daily automation: what each task does, who runs it, and years of days.

mod domains;
mod endings;
mod overdue;
mod payments;
mod runs;
mod simulation;
mod speed;
mod terms;
mod upkeep;

use chrono_tz::Tz;
use tokio_util::sync::CancellationToken;
use whmcs_api::automation::{Request, Results, find};
use whmcs_api::config::{self, Settings};
use whmcs_api::domain::time::{Clock, Moment};

use crate::support::TestApi;

/// The morning of a day.
fn morning(date: &str) -> Moment {
    Clock::fixed_at(&format!("{date} 10:00:00"), Tz::UTC).unwrap().now()
}

/// Runs the automation of a day.
pub async fn run(api: &TestApi, date: &str) -> Results {
    run_with(api, date, &Request::default()).await
}

async fn run_with(api: &TestApi, date: &str, request: &Request) -> Results {
    let (automation, stopping) = (api.api.automation().unwrap(), CancellationToken::new());
    automation.run_day(morning(date), request, &stopping, &|_, _, _| {}).await.unwrap().unwrap()
}

/// What a task has counted: `suspended 2`, or nothing.
fn counted(results: &Results, task: &str) -> String {
    let (_, result) = results.iter().find(|(name, _)| *name == task).unwrap();
    assert_eq!(result.failures, 0, "{task}");
    let counts: Vec<String> = result.counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    counts.join(", ")
}

/// Runs a task on a day, and returns what it has done.
pub async fn run_task(api: &TestApi, task: &str, date: &str) -> String {
    let request = Request { task: Some(find(task).unwrap().name()), ..Request::default() };
    let results = run_with(api, date, &request).await;
    let [(_, result)] = &results[..] else { panic!("{task} is off") };
    assert_eq!((result.failures, result.is_stopped), (0, false), "{task} on {date}");
    let counts = result.counts.iter().filter(|(_, count)| **count > 0);
    counts.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// Records that the automation ran on the day before this one.
async fn ran_before(api: &TestApi, date: &str) {
    api.sql(&format!(
        "INSERT INTO mod_whmcs_api_automation_runs (day, task, started_at, finished_at, counts) \
         VALUES (DATE_SUB('{date}', INTERVAL 1 DAY), 'day', '{date}', '{date}', '{{}}')"
    ))
    .await;
}

/// An API with these settings of the automation.
async fn api_with(change: impl FnOnce(&mut config::Automation)) -> TestApi {
    let mut settings = Settings::default();
    change(&mut settings.automation);
    TestApi::with_settings(settings).await
}
