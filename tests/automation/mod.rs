//! The daily automation: what each task does, who runs it, and years of days.

mod endings;
mod payments;
mod runs;
mod simulation;
mod speed;

use chrono_tz::Tz;
use tokio_util::sync::CancellationToken;
use whmcs_api::automation::{Request, Results};
use whmcs_api::domain::time::{Clock, Moment};

use crate::support::TestApi;

/// The morning of a day.
fn morning(date: &str) -> Moment {
    Clock::fixed_at(&format!("{date} 10:00:00"), Tz::UTC).unwrap().now()
}

/// Runs the automation of a day.
async fn run(api: &TestApi, date: &str) -> Results {
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
