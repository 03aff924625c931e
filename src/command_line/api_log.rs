//! `whmcs-api log`: shows and searches the API log.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sqlx::mysql::MySqlConnection;
use tokio::time::sleep;

use super::print;
use crate::domain::time::parse_date_time;
use crate::store::system::api_log::{self, ERROR, LogFilter, LogRow};

/// How far the id of a new record may lie below that of a record that was committed earlier.
const OUT_OF_ORDER_IDS: i64 = 1_000;
/// How often `--follow` looks for new calls.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Maximum length of a request or an error in a line.
const MAX_CHARACTERS: usize = 160;

#[derive(Subcommand)]
pub enum Command {
    /// Show the latest calls
    Tail {
        /// Number of calls to show
        #[arg(short = 'n', long, default_value_t = 20)]
        lines: u32,
        /// Continue with new calls as they are recorded
        #[arg(short, long)]
        follow: bool,
        #[command(flatten)]
        filter: LogFilterArgs,
    },
    /// Find calls; several options must all match
    Search {
        /// Only calls since then: a duration ago, such as 2h, or a UTC time, such as "2026-11-20 12:00:00"
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<NaiveDateTime>,
        /// Only calls before then, in the same forms
        #[arg(long, value_name = "TIME", value_parser = time)]
        until: Option<NaiveDateTime>,
        /// Maximum number of calls, the latest ones
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        filter: LogFilterArgs,
    },
}

#[derive(Args)]
pub struct LogFilterArgs {
    /// Only calls of this action
    #[arg(long)]
    action: Option<String>,
    /// Only calls with this identifier, or by this user name
    #[arg(long, value_name = "IDENTIFIER")]
    credential: Option<String>,
    /// Only calls from this network address
    #[arg(long)]
    address: Option<String>,
    /// Only calls whose response had this HTTP status
    #[arg(long)]
    status: Option<u16>,
    /// Print JSON, one object per line, with everything that is recorded
    #[arg(long)]
    json: bool,
}

fn time(text: &str) -> Result<NaiveDateTime, String> {
    if let Ok(ago) = humantime::parse_duration(text) {
        let ago = TimeDelta::from_std(ago).ok().and_then(|ago| Utc::now().naive_utc().checked_sub_signed(ago));
        return ago.ok_or_else(|| "that is too long ago".to_owned());
    }
    parse_date_time(text).ok_or_else(|| "it must be a duration, such as 2h, or a time, YYYY-MM-DD HH:MM:SS".to_owned())
}

pub async fn run(command: Command, db: &mut MySqlConnection) -> anyhow::Result<()> {
    match command {
        Command::Search { since, until, limit, filter } => {
            let search = LogFilter { since, until, limit, ..filter.search() };
            show(&api_log::search(db, &search).await?, filter.json)
        }
        Command::Tail { lines, follow, filter } => {
            let mut search = LogFilter { limit: lines, ..filter.search() };
            let mut shown: BTreeSet<i64> = BTreeSet::new();
            loop {
                let mut rows = api_log::search(db, &search).await?;
                rows.retain(|row| shown.insert(row.id));
                show(&rows, filter.json)?;
                if !follow {
                    return Ok(());
                }
                // A write gets its id before it is committed, so lower ids may appear after higher ones.
                let from = shown.last().unwrap_or(&0) - OUT_OF_ORDER_IDS;
                shown = shown.split_off(&from);
                let is_first = search.after.replace(from).is_none();
                search.limit = u32::MAX;
                if is_first {
                    shown.extend(api_log::search(db, &search).await?.iter().map(|row| row.id));
                }
                sleep(POLL_INTERVAL).await;
            }
        }
    }
}

impl LogFilterArgs {
    fn search(&self) -> LogFilter {
        LogFilter {
            action: self.action.clone(),
            credential: self.credential.clone(),
            address: self.address.clone(),
            status: self.status,
            ..LogFilter::default()
        }
    }
}

fn show(rows: &[LogRow], as_json: bool) -> anyhow::Result<()> {
    rows.iter().try_for_each(|row| print(&if as_json { format!("{}\n", row.to_json()) } else { row.line() }))
}

impl LogRow {
    fn line(&self) -> String {
        let (request, response) = (parse_or_string(&self.request_headers), parse_or_string(&self.response_headers));
        let text = |name: &str| request[name].as_str().map(str::to_owned);
        // In parentheses if authentication failed.
        let claimed = text("claimed").map(|claimed| format!("({claimed})"));
        let credential = text("credential").or(claimed).unwrap_or_else(|| "-".to_owned());
        let error = if self.level < ERROR { "" } else { &self.response };
        format!(
            "{}  {}  {:<20}  {}  {}  {} ms  {}  {}\n",
            self.at,
            self.status,
            if self.action.is_empty() { "-" } else { &self.action },
            credential,
            text("address").unwrap_or_else(|| "-".to_owned()),
            response["duration"].as_f64().unwrap_or_default(),
            shortened(&self.request),
            shortened(error),
        )
    }

    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "at": self.at,
            "action": self.action,
            "status": self.status,
            "request": parse_or_string(&self.request),
            "request_headers": parse_or_string(&self.request_headers),
            "response": parse_or_string(&self.response),
            "response_headers": parse_or_string(&self.response_headers),
        })
    }
}

/// Parses a text as JSON, or returns it as a string if it was cut.
fn parse_or_string(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn shortened(text: &str) -> String {
    let short: String = text.chars().take(MAX_CHARACTERS).collect();
    if short.len() < text.len() { short + "…" } else { short }
}
