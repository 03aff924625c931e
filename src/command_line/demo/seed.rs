//! `whmcs-api seed`: adds made-up clients for tests.

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::MySqlConnection;

use crate::command_line::database::CommandDatabase;
use crate::command_line::{clock, print};
use crate::config::Settings;
use crate::demo::seed::{self, SeedPlan};

#[derive(Args)]
pub struct Arguments {
    /// Number of clients to add
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    clients: u64,
    /// Seed number: with as many clients and the same --now, it makes the same rows
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// End their history at this time, such as 2026-11-20T12:30:00Z, instead of now
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// Write to a database even if it appears to be in use by people
    #[arg(long)]
    force: bool,
}

pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let now = clock(&settings, arguments.now.as_deref())?.now();
    let mut database = CommandDatabase::open(&settings).await?;
    let Arguments { clients, seed, force, .. } = arguments;
    let plan = SeedPlan { clients, seed, now, is_forced: force };
    let seeded = with_progress(&mut database.connection, plan).await;
    seeded.and(database.close().await)?;
    print(&format!("Added {clients} clients. `whmcs-api audit` checks their books.\n"))
}

/// Seeds with a progress bar, which is drawn on terminals only.
pub async fn with_progress(db: &mut MySqlConnection, plan: SeedPlan) -> anyhow::Result<()> {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} clients, {eta} left")?;
    let bar = ProgressBar::new(plan.clients).with_style(style);
    let seeded = seed::run(db, plan, |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    seeded
}
