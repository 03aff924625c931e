//! The tasks of the daily automation: what is due on a day, what is not, and that it is done once.

mod domains;
mod overdue;
mod upkeep;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use whmcs_api::automation::{Automation, Request, Tools, find};
use whmcs_api::config::Settings;
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::outbox::fraud::FraudChecks;

use crate::support::TestApi;

/// Runs a task on a day at noon, and returns what it counted.
pub async fn run(api: &TestApi, task: &str, date: &str) -> String {
    let config = api.api.config();
    let tools = Tools {
        hosts: Arc::clone(&api.hosts),
        settings: config.settings.clone(),
        modules: Arc::clone(&config.modules),
        registrars: Arc::clone(&config.registrars),
        gateways: Arc::clone(&config.gateways),
        fraud: FraudChecks::new(&config.settings.fraud).unwrap(),
        keyring: Arc::clone(&config.keyring),
        attachments: Arc::clone(&config.attachments),
        sends_mail: false,
    };
    let now = Clock::fixed(parse_date_time(&format!("{date} 12:00:00")).unwrap()).now();
    let request = Request { task: Some(find(task).unwrap().name()), ..Request::default() };
    let automation = Automation::new(tools).unwrap();
    let ran = automation.run_day(now, &request, &CancellationToken::new(), &|_, _, _| {}).await.unwrap().unwrap();
    let [(_, result)] = &ran[..] else { panic!("{task} is off") };
    assert_eq!((result.failures, result.is_stopped), (0, false), "{task} on {date}");
    let counts = result.counts.iter().filter(|(_, count)| **count > 0);
    counts.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// Records that the automation ran on the day before this one.
pub async fn ran_before(api: &TestApi, date: &str) {
    api.sql(&format!(
        "INSERT INTO mod_whmcs_api_automation_runs (day, task, started_at, finished_at, counts) \
         VALUES (DATE_SUB('{date}', INTERVAL 1 DAY), 'day', '{date}', '{date}', '{{}}')"
    ))
    .await;
}

/// An API with these settings of the automation.
pub async fn api_with(change: impl FnOnce(&mut whmcs_api::config::Automation)) -> TestApi {
    let mut settings = Settings::default();
    change(&mut settings.automation);
    TestApi::with_settings(settings).await
}
