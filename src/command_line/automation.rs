//! `whmcs-api automation`: runs the daily automation, and shows what it has done.

use std::time::Duration;

use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::mysql::MySqlConnectOptions;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::database::CommandDatabase;
use super::{clock, print, table};
use crate::api::Api;
use crate::automation::{self, Request, Results, TASKS};
use crate::config::Settings;
use crate::domain::time::{Clock, parse_date};
use crate::server::serving::OpenedApi;
use crate::store::automation::runs::{self, TaskRow};

/// Time limit for what a run leaves to be finished, such as records of calls.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Subcommand)]
pub enum Command {
    /// Run the tasks of a day now, whether they ran on it or not: what has been done is not done again
    Run(Arguments),
    /// Show the tasks, and what each has done on a day
    Status {
        /// The day, by default today
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<String>,
    },
}

#[derive(Args)]
pub struct Arguments {
    /// Only this task; `automation status` lists them
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    /// Run as on this day, which must not be in the future. For a day that has passed nobody is told anything, and nothing is
    /// suspended or ended
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// Report what would be done, and do nothing: each transaction is rolled back
    #[arg(long)]
    dry_run: bool,
    /// Suspend and end services even if they are more than `automation.max_endings`
    #[arg(long)]
    confirm: bool,
}

pub async fn run(command: Command, settings: &Settings, database: &mut CommandDatabase) -> anyhow::Result<()> {
    match command {
        Command::Run(arguments) => run_tasks(arguments, settings, database).await,
        Command::Status { date } => status(date.as_deref(), settings, database).await,
    }
}

async fn run_tasks(arguments: Arguments, settings: &Settings, database: &mut CommandDatabase) -> anyhow::Result<()> {
    let task = match arguments.task.as_deref() {
        Some(name) => match automation::find(name) {
            Some(task) => Some(task.name()),
            None => bail!("--task {name}: there are {}", names().join(", ")),
        },
        None => None,
    };
    let clock = clock_on(settings, arguments.date.as_deref())?;
    let mut settings = settings.clone();
    let OpenedApi { api, .. } = OpenedApi::open(&mut settings, vec![database.options.clone()], clock).await?;
    let is_past = clock.now().date() < self::clock(&settings, None)?.now().date();
    let request = Request { task, is_dry: arguments.dry_run, is_confirmed: arguments.confirm, is_past };
    let ran = run_day(&api, clock, &request).await;
    api.shut_down(STOP_TIMEOUT).await;
    print(&summary(&ran?, arguments.dry_run))
}

/// Runs the automation of the clock's day on a database, and then what it has others do, such as charges.
pub async fn run_on(settings: &Settings, options: &MySqlConnectOptions, clock: Clock) -> anyhow::Result<()> {
    let mut settings = settings.clone();
    let OpenedApi { api, .. } = OpenedApi::open(&mut settings, vec![options.clone()], clock).await?;
    let stopping = CancellationToken::new();
    if let Err(refused) = api.automation()?.run_day(clock.now(), &Request::default(), &stopping, &|_, _, _| {}).await? {
        info!("the automation does not run: {refused}");
    }
    api.config().outbox.run_once().await;
    api.shut_down(STOP_TIMEOUT).await;
    Ok(())
}

/// Runs the tasks of a day with a progress bar.
async fn run_day(api: &Api, clock: Clock, request: &Request) -> anyhow::Result<Results> {
    let style = ProgressStyle::with_template("{msg:>20} {wide_bar} {pos}/{len}").expect("the template is valid");
    let bar = ProgressBar::new(0).with_style(style);
    let progress = |task: &'static str, ended: usize, all: usize| {
        bar.set_message(task);
        bar.set_length(all as u64);
        bar.set_position(ended as u64);
    };
    let ran = api.automation()?.run_day(clock.now(), request, &CancellationToken::new(), &progress).await?;
    bar.finish_and_clear();
    match ran {
        Ok(results) => Ok(results),
        Err(refused) => bail!("the automation does not run: {refused}"),
    }
}

/// The clock of today, or one that stands on another day.
fn clock_on(settings: &Settings, date: Option<&str>) -> anyhow::Result<Clock> {
    let Some(date) = date else { return clock(settings, None) };
    let today = clock(settings, None)?.now().date();
    let Some(day) = parse_date(date) else { bail!("--date {date}: must be a day such as 2026-11-20") };
    ensure!(
        day <= today,
        "--date {date}: is in the future, where nobody has been able to pay yet (to look ahead with made-up data: whmcs-api \
         demo --fast-forward)"
    );
    clock(settings, Some(&format!("{date} 12:00:00")))
}

fn names() -> Vec<&'static str> {
    TASKS.iter().map(|task| task.name()).collect()
}

fn summary(results: &Results, is_dry: bool) -> String {
    let rows = results.iter().map(|(task, result)| {
        let counts: Vec<String> = result
            .counts
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        let done = if counts.is_empty() { "-".to_owned() } else { counts.join(", ") };
        let note = match (result.is_stopped, result.failures) {
            (true, _) => "stopped: more services than automation.max_endings; see --confirm".to_owned(),
            (false, 0) => String::new(),
            (false, failures) => format!("{failures} failed; the log says why"),
        };
        [(*task).to_owned(), done, note]
    });
    let header = if is_dry { "WOULD BE DONE" } else { "DONE" };
    table(["TASK", header, "NOTE"], rows)
}

async fn status(date: Option<&str>, settings: &Settings, database: &mut CommandDatabase) -> anyhow::Result<()> {
    let day = match date {
        None => clock(settings, None)?.now().date(),
        Some(date) => match parse_date(date) {
            Some(day) => day,
            None => bail!("--date {date}: must be a day such as 2026-11-20"),
        },
    };
    let rows = runs::of_day(&mut database.connection, day).await?;
    let tasks = TASKS.iter().map(|task| {
        let row = rows.iter().find(|row| row.task == task.name());
        let state = match row {
            None if !task.is_on(&settings.automation) => "off".to_owned(),
            None => "not yet".to_owned(),
            Some(TaskRow { finished_at, .. }) if finished_at.is_empty() => "not finished".to_owned(),
            Some(row) => format!("{} UTC", row.finished_at),
        };
        let counts = row.map(|row| row.counts.trim_matches(['{', '}']).replace('"', "").replace(',', ", "));
        [task.name().to_owned(), state, counts.unwrap_or_default(), task.summary().to_owned()]
    });
    print(&table(["TASK", "ENDED", "DONE", "WHAT IT DOES"], tasks))
}
