//! `whmcs-api demo`: a server with demo data, for people and for tests of programs that call the API.

pub mod seed;

use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use chrono::Utc;
use clap::Args;
use indexmap::IndexSet;
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::mysql::MySqlConnectOptions;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{automation, clock, start_embedded, stop_signal, with_embedded};
use crate::config::{Date, Settings};
use crate::database::pool;
use crate::demo;
use crate::demo::seed::SeedPlan;
use crate::domain::time::Clock;
use crate::network::Network;
use crate::server::faults::{Faults, Rule};
use crate::server::serving::Serving;
use crate::tls::self_signed;

#[derive(Args)]
pub struct Arguments {
    /// Keep the changes of earlier runs, instead of starting with new data
    #[arg(long, env = "WHMCS_API_KEEP", value_parser = clap::builder::FalseyValueParser::new())]
    keep: bool,
    /// Listen on this port of the address; 0 chooses a free one
    #[arg(long)]
    port: Option<u16>,
    /// Listen on all of this machine's addresses, and allow calls from everywhere. The credential is published: use
    /// this only where nobody else has access, as in a container
    #[arg(long)]
    exposed: bool,
    /// Speak HTTPS, with a certificate that is made for this machine; the output says how clients come to trust it
    #[arg(long)]
    tls: bool,
    /// A further name or address that the certificate is for, such as that of a container. Can be repeated
    #[arg(long = "tls-name", value_name = "NAME", requires = "tls", value_parser = self_signed::parse_name)]
    tls_names: Vec<String>,
    /// Write the API's URL into this file once calls are accepted; it is removed at the end
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Stop the clock at this time, such as 2026-11-20T12:30:00Z
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// Inject faults: status=500, error=MESSAGE, drop, cut, hang, latency=200ms-2s; with action=NAME, after, rate=0.1,
    /// times=3. Can be repeated (docs/testing-against-it.md)
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Rule>,
    /// Add this many made-up clients to those of the demo, unless --keep keeps those of an earlier run
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    clients: Option<u64>,
    /// Let days of billing pass first, such as 400d: renewals, charges, reminders, suspensions. The clock then stands still
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    fast_forward: Option<u32>,
    /// Seed of the random numbers for faults and made-up clients
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

pub async fn run(mut settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    if let Some(port) = arguments.port {
        settings.listen.set_port(port);
    }
    if arguments.exposed {
        settings.listen.set_ip(Ipv4Addr::UNSPECIFIED.into());
        settings.access.allow = Network::EVERYWHERE.to_vec();
        settings.console.plain_http = true;
    } else if !settings.listen.ip().is_loopback() {
        bail!(
            "demo has a published credential, so it listens on this machine only (127.0.0.1 or ::1) and not on {}; \
             to serve others, use serve; if nobody else has access, as in a container, use --exposed",
            settings.listen
        );
    }
    let clock = clock(&settings, arguments.now.as_deref())?;
    // A file that a killed run left says nothing about this one.
    let ready_file = arguments.ready_file.map(ReadyFile::remove_old).transpose()?;
    if settings.database.url.reveal().is_some() {
        warn!("demo uses its own embedded database, not database.url");
    }
    // The demo has a data directory of its own, so that it never touches the files of `serve`.
    let directory = settings.data_dir.join("demo");
    demo::adapt(&mut settings, &directory).await?;
    let (embedded, options) = start_embedded(&directory, !arguments.keep).await?;
    if arguments.tls {
        let names = certificate_names(settings.listen.ip(), arguments.tls_names);
        settings.tls = self_signed::ensure(&directory.join("tls"), &names, Utc::now())?;
    }
    let faults =
        Faults::new(arguments.faults, arguments.seed, &settings).map_err(|error| anyhow!("--fault: {error}"))?;
    Box::pin(with_embedded(embedded, async |ended| {
        let is_new = demo::fill(options.clone()).await.context("inserting the demo data")?;
        demo::grant_custom_actions(options.clone(), &settings).await.context("granting the custom actions")?;
        if let Some(clients) = arguments.clients.filter(|_| is_new) {
            let plan = SeedPlan { clients, seed: arguments.seed, now: clock.now(), is_forced: false };
            let mut connection = pool::connect(options.clone()).await?;
            seed::with_progress(&mut connection, plan).await?;
            pool::close(connection).await;
        }
        let clock = match arguments.fast_forward {
            Some(days) => fast_forward(&settings, &options, clock, days).await?,
            None => clock,
        };
        // On the day of the start, replies change only by what callers do, see `docs/testing-against-it.md`.
        let tomorrow = clock.now().date().succ_opt().map(Date);
        settings.automation.starts_on = settings.automation.starts_on.or(tomorrow);
        serve_demo(settings, options, clock, faults, ready_file, ended).await
    }))
    .await
}

/// Lets days pass: runs the automation of each, and what it has others do. Returns the clock, which stands on the last one.
async fn fast_forward(
    settings: &Settings,
    options: &MySqlConnectOptions,
    clock: Clock,
    days: u32,
) -> anyhow::Result<Clock> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} days").expect("the template is valid");
    let bar = ProgressBar::new(days.into()).with_style(style);
    let mut today = clock;
    for _ in 0..days {
        today = today.next_day().context("--fast-forward: the calendar ends with the year 9999")?;
        bar.set_message(today.now().date().to_string());
        automation::run_on(settings, options, today).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(today)
}

/// Parses a number of days, with or without the unit.
fn parse_days(text: &str) -> Result<u32, String> {
    let days = text.strip_suffix('d').unwrap_or(text).parse().ok().filter(|days| (1..=3_660).contains(days));
    days.ok_or_else(|| "must be 1d to 3660d".to_owned())
}

/// What the certificate is for: this machine by its own names, the address that is listened on, and further names.
fn certificate_names(listen: IpAddr, further: Vec<String>) -> Vec<String> {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let address = (!listen.is_unspecified()).then(|| listen.to_string());
    let names: IndexSet<String> = own.into_iter().chain(address).chain(further).collect();
    names.into_iter().collect()
}

async fn serve_demo(
    settings: Settings,
    options: MySqlConnectOptions,
    clock: Clock,
    faults: Arc<Faults>,
    ready_file: Option<ReadyFile>,
    ended: CancellationToken,
) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let (docs, tls) = (settings.docs, settings.tls.clone());
    let serving = Box::pin(Serving::open(settings, vec![options], clock)).await?;
    let serving = serving.with_faults(Arc::clone(&faults)).with_database(ended);
    if let Some(file) = &ready_file {
        file.write(&format!("{}\n", serving.url()))?;
    }
    let certificate = tls.is_enabled().then(|| fs::canonicalize(&tls.certificate)).transpose()?;
    let welcome = demo::welcome(&serving.url(), serving.console_url(), docs, certificate.as_deref());
    // The program that started it may have closed the pipe.
    let _ = std::io::stdout().write_all(welcome.as_bytes());
    let stop = async move {
        stop.await;
        drop(ready_file);
        faults.stop();
    };
    Box::pin(serving.run(stop)).await;
    Ok(())
}

/// A file that exists only while calls are accepted, and is always complete.
struct ReadyFile(PathBuf);

impl ReadyFile {
    fn remove_old(path: PathBuf) -> anyhow::Result<ReadyFile> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("--ready-file: removing the old {}", path.display()))
            }
            _ => Ok(ReadyFile(path)),
        }
    }

    fn write(&self, text: &str) -> anyhow::Result<()> {
        let context = || format!("--ready-file: writing {}", self.0.display());
        let mut unfinished = self.0.as_os_str().to_owned();
        unfinished.push(format!(".{}", std::process::id()));
        fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, &self.0)).with_context(context)
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
