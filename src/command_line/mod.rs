//! The command line: commands and options.
//!
//! Each file reads the options of a command, calls what does the work, and prints the outcome. Rules of the business
//! and SQL are never here.

mod access;
mod actions;
mod api_log;
mod audit;
mod automation;
mod backup;
mod compare;
mod console;
mod database;
mod demo;
mod doctor;
mod domains;
mod fossbilling;
mod healthcheck;
mod key;
mod logging;
mod mail;
mod mcp;
mod migrate;
mod outbox;
mod reload;
mod webhook;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, Parser, Subcommand};
use sqlx::mysql::MySqlConnectOptions;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::info;

use self::access::{ban, credential, role};
use self::database::CommandDatabase;
use crate::actions::Catalogue;
use crate::config::{Settings, Source};
use crate::database::embedded::Embedded;
use crate::database::migrations;
use crate::database::pool;
use crate::domain::time::Clock;
use crate::keyring;
use crate::openapi;
use crate::server::reload::Reloader;
use crate::server::serving::Serving;

/// The name of the embedded database.
const DATABASE: &str = "whmcs";
/// Time from the failure of a connection until the exit of the embedded database is known.
const EXIT_NOTICE: Duration = Duration::from_millis(200);

/// A drop-in server for the WHMCS API.
///
/// Settings come from a file (--config), then the environment, then these options. Every setting has a variable:
/// `database.url` is WHMCS_API_DATABASE_URL. `whmcs-api config` prints the effective settings.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API from the configured database, or from the embedded one in the data directory
    Serve,
    /// Serve the API from demo data, with a published credential, on this machine only
    Demo(demo::Arguments),
    /// Add made-up clients with years of history, for tests and experiments; an empty database gets a shop, too
    Seed(demo::seed::Arguments),
    /// Create missing tables in the database; existing ones are never altered
    ///
    /// In WHMCS's own database, only this program's own tables are created, whose names begin with mod_whmcs_api_.
    Migrate(migrate::Command),
    /// Examine a database and report which actions would work; nothing is written
    Doctor(doctor::Command),
    /// Create, list and change the credentials with which the API is called
    #[command(subcommand)]
    Credential(credential::Command),
    /// Create, list and change the roles, which determine what credentials may call
    #[command(subcommand)]
    Role(role::Command),
    /// List the network addresses from which nobody can log in, and end bans
    #[command(subcommand)]
    Ban(ban::Command),
    /// Invite staff to the console, the pages for operators; list and end their sessions (docs/console.md)
    #[command(subcommand)]
    Console(console::Command),
    /// Manage the keys and the sessions of FOSSBilling's API
    #[command(subcommand, name = "fossbilling")]
    FossBilling(fossbilling::Command),
    /// Create, add and list the keys that seal secrets in the database (`keys.file`)
    #[command(subcommand)]
    Key(key::Command),
    /// Show the recorded calls: who called what, and the outcome
    #[command(subcommand)]
    Log(api_log::Command),
    /// Show how replies differ from those of the WHMCS behind this server (`[upstream]`)
    #[command(subcommand)]
    Compare(compare::Command),
    /// Show the side effects (mails, commands to modules and registrars) that are pending or have failed, and retry them
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Add, list and change the endpoints that are told of events, and send events again
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Run the daily automation (renewals, reminders, suspensions) now, and show what it has done
    #[command(subcommand)]
    Automation(automation::Command),
    /// Take mails to the support desk from a mail server
    #[command(subcommand)]
    Mail(mail::Command),
    /// Serve an agent over standard input and output, by the Model Context Protocol (docs/agents.md)
    Mcp(mcp::Arguments),
    /// Compare domains with what their registrars know of them
    #[command(subcommand)]
    Domains(domains::Command),
    /// Write the database and the attachments of tickets to one file, also while the server is running
    ///
    /// Nothing in the database is changed: it may be a WHMCS's, or of an older version of this program.
    Backup(backup::Backup),
    /// Restore what `backup` has written, into a database without data, while no server is running
    ///
    /// The file is checked as a whole before anything is written, and what was restored is compared with it. Mails,
    /// module commands and everything that acts by itself are held until `whmcs-api outbox release`.
    Restore(backup::Restore),
    /// Check the books for consistency: balances, totals, payments, promotions
    Audit(audit::Arguments),
    /// List the actions with their groups, whether they write, whether WHMCS has them or the settings define them, and what they do
    Actions(actions::Arguments),
    /// Print the OpenAPI document, the description of the API for programs
    Openapi,
    /// Print the effective settings, with secrets hidden
    Config,
    /// Have the running server read its settings again, as SIGHUP does; tells what changed and what needs a restart
    ///
    /// The settings are applied as a whole or, if any is wrong, not at all. The server is found by the data directory.
    Reload,
    /// Check that the server that listens on this machine is ready, and fail if it is not
    Healthcheck,
}

#[derive(Args)]
struct Options {
    /// Read settings from this TOML file (config.example.toml lists all)
    #[arg(long, global = true, value_name = "FILE", env = "WHMCS_API_CONFIG")]
    config: Option<PathBuf>,
    /// Use this database, such as mysql://user:password@host/database [env: WHMCS_API_DATABASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<crate::config::DatabaseUrl>,
    /// Listen on this address, such as 127.0.0.1:8080 [env: WHMCS_API_LISTEN]
    #[arg(long, global = true, value_name = "ADDR")]
    listen: Option<std::net::SocketAddr>,
    /// Store the embedded database in this directory, by default ./data [env: WHMCS_API_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Runs the command that the program's arguments name.
pub fn main() -> std::process::ExitCode {
    // A mail server would give a mail up because of another exit code.
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let is_mail = arguments.windows(2).any(|words| words == ["mail", "receive"]);
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => {
            let _ = error.print();
            let code = if is_mail && error.use_stderr() {
                mail::TEMPORARY_FAILURE
            } else {
                error.exit_code().to_le_bytes()[0]
            };
            return code.into();
        }
    };
    let is_mail = matches!(command_line.command, Command::Mail(_));
    match if is_mail { without_panic(|| run(command_line)) } else { run(command_line) } {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("whmcs-api: {error:#}");
            match error.downcast_ref::<mail::Rejected>() {
                Some(rejected) => rejected.exit_code.into(),
                None if is_mail => mail::TEMPORARY_FAILURE.into(),
                None => std::process::ExitCode::FAILURE,
            }
        }
    }
}

/// Turns a panic into an error. The program ends after it, and nothing that it left behind is used.
fn without_panic(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    done.unwrap_or_else(|_| Err(anyhow!("the program has a defect: what it printed before tells where")))
}

fn run(command_line: CommandLine) -> anyhow::Result<()> {
    let source = source(command_line.options)?;
    let loaded = source.read()?;
    let settings = loaded.settings.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (traces, set_log_levels) = logging::begin(&settings, runtime.handle())?;
    let done = runtime.block_on(async {
        match command_line.command {
            Command::Serve => {
                let reloader = Reloader::open(source, loaded, set_log_levels)?;
                Box::pin(serve(settings, reloader)).await
            }
            Command::Demo(arguments) => Box::pin(demo::run(settings, arguments)).await,
            Command::Seed(arguments) => demo::seed::run(settings, arguments).await,
            Command::Migrate(command) => migrate::run(command, &settings).await,
            Command::Doctor(command) => doctor::run(command, &settings).await,
            Command::Credential(command) => {
                let mut database = CommandDatabase::open(&settings).await?;
                credential::run(command, &mut database.connection).await.and(database.close().await)
            }
            Command::Ban(command) => {
                let mut database = CommandDatabase::open(&settings).await?;
                ban::run(command, &settings, &mut database.connection).await.and(database.close().await)
            }
            Command::FossBilling(command) => {
                let mut database = CommandDatabase::open(&settings).await?;
                fossbilling::run(command, &mut database.connection).await.and(database.close().await)
            }
            Command::Console(command) => Box::pin(console::run(command, &settings)).await,
            Command::Role(command) => {
                let mut database = CommandDatabase::open(&settings).await?;
                role::run(command, &settings, &mut database.connection).await.and(database.close().await)
            }
            Command::Key(key::Command::Reseal(arguments)) => {
                let mut database = CommandDatabase::open(&settings).await?;
                key::reseal(&arguments, &settings, &mut database.connection).await.and(database.close().await)
            }
            Command::Key(command) => key::run(command, &settings),
            Command::Log(command) => {
                let mut database = CommandDatabase::open(&settings).await?;
                api_log::run(command, &mut database.connection).await.and(database.close().await)
            }
            Command::Compare(command) => compare::run(command, &settings).await,
            Command::Outbox(command) => {
                let mut database = CommandDatabase::open(&settings).await?;
                outbox::run(command, &settings, &mut database).await.and(database.close().await)
            }
            Command::Webhook(command) => webhook::run(command, &settings).await,
            Command::Automation(command) => {
                let mut database = CommandDatabase::open(&settings).await?;
                automation::run(command, &settings, &mut database).await.and(database.close().await)
            }
            Command::Domains(command) => {
                let mut database = CommandDatabase::open(&settings).await?;
                domains::run(command, &settings, &mut database.connection).await.and(database.close().await)
            }
            Command::Mail(command) => mail::run(command, &settings).await,
            Command::Mcp(arguments) => Box::pin(mcp::run(arguments, &settings)).await,
            Command::Backup(command) => backup::backup(command, &settings).await,
            Command::Restore(command) => backup::restore(command, &settings).await,
            Command::Audit(arguments) => {
                let mut database = CommandDatabase::open_unchanged(&settings).await?;
                audit::run(&mut database.connection, &arguments).await.and(database.close().await)
            }
            Command::Actions(arguments) => actions::run(&arguments, &settings),
            Command::Openapi => print(&format!("{:#}\n", openapi::document(&Catalogue::of(&settings)?))),
            Command::Config => print_config(&settings),
            Command::Reload => reload::run(&settings).await,
            Command::Healthcheck => healthcheck::run(&settings).await,
        }
    });
    if let Some(traces) = traces {
        traces.finish();
    }
    done
}

/// Where the settings come from.
fn source(options: Options) -> anyhow::Result<Source> {
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let text = |option: Option<String>, path| option.map(|value| (path, value));
    let path = |path: PathBuf| path.into_os_string().into_string();
    let data_dir = options.data_dir.map(path).transpose();
    let data_dir = data_dir.map_err(|path| anyhow!("--data-dir: must be UTF-8 text, not {}", path.display()))?;
    let options_by_path = [
        text(options.database_url.map(|url| url.reveal().unwrap_or_default().to_owned()), "database.url"),
        text(options.listen.map(|listen| listen.to_string()), "listen"),
        text(data_dir, "data_dir"),
    ];
    Ok(Source {
        file: options.config,
        environment: environment.collect(),
        options: options_by_path.into_iter().flatten().collect(),
    })
}

async fn serve(settings: Settings, reloader: Reloader) -> anyhow::Result<()> {
    let servers = settings.database.url.servers().context("database.url")?;
    if servers.is_empty() {
        keyring::ensure(&settings.keys.file)?;
        let (embedded, options) = start_embedded(&settings.data_dir.join("database"), false).await?;
        // Boxed, because the future is large.
        let serving = |ended| serve_until_stopped(settings, vec![options], Some(ended), reloader);
        return Box::pin(with_embedded(embedded, serving)).await;
    }
    serve_until_stopped(settings, servers, None, reloader).await
}

fn print_config(settings: &Settings) -> anyhow::Result<()> {
    print(&toml::to_string(settings)?)
}

/// Writes to standard output, which may have been closed.
fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// Formats rows as columns of sufficient width.
fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(header.map(str::to_owned)).chain(rows).collect();
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// The computer's clock, or one that is fixed at the given time.
fn clock(settings: &Settings, now: Option<&str>) -> anyhow::Result<Clock> {
    let Some(time) = now else { return Ok(Clock::System(settings.time_zone)) };
    let clock = Clock::fixed_at(time, settings.time_zone);
    clock.with_context(|| format!("--now {time}: must be a time such as 2026-11-20T12:30:00Z"))
}

/// Starts the embedded database with all its tables.
async fn start_embedded(directory: &Path, replace: bool) -> anyhow::Result<(Embedded, MySqlConnectOptions)> {
    let embedded = Embedded::start(directory).await?;
    pool::create_database(embedded.options(), DATABASE, replace).await?;
    let options = embedded.options().database(DATABASE);
    migrations::run(options.clone()).await?;
    Ok((embedded, options))
}

/// The connection options of the first host that accepts a connection. `None` for the embedded database.
async fn first_server(settings: &Settings) -> anyhow::Result<Option<MySqlConnectOptions>> {
    let servers = settings.database.url.servers().context("database.url")?;
    for server in &servers {
        if servers.len() > 1 && pool::connect(server.clone()).await.is_ok() {
            return Ok(Some(server.clone()));
        }
    }
    // Connecting to the first one later returns its error.
    Ok(servers.into_iter().next())
}

/// Runs `work` while the embedded database runs, then stops the database. `work` gets a token that is cancelled if the
/// database ends before; what it returns then matters less than why the database has ended.
async fn with_embedded<W: Future<Output = anyhow::Result<()>>>(
    embedded: Embedded,
    work: impl FnOnce(CancellationToken) -> W,
) -> anyhow::Result<()> {
    let ended = embedded.ended();
    let done = work(ended.clone()).await;
    if done.is_err() {
        // A connection fails a moment before the exit of its server is known.
        let _ = timeout(EXIT_NOTICE, ended.cancelled()).await;
    }
    if ended.is_cancelled() {
        return Err(embedded.wait_for_exit().await);
    }
    embedded.stop().await?;
    done
}

/// Serves the API until the program is told to stop, or the embedded database has ended.
async fn serve_until_stopped(
    settings: Settings,
    servers: Vec<MySqlConnectOptions>,
    embedded_ended: Option<CancellationToken>,
    reloader: Reloader,
) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let clock = Clock::System(settings.time_zone);
    let serving = Box::pin(Serving::open(settings, servers, clock)).await?;
    if embedded_ended.is_some() {
        console::welcome(serving.api(), serving.console_url()).await?;
    }
    let reloads = reloader.run(Arc::clone(serving.api()));
    tokio::select! {
        () = Box::pin(serving.with_database(embedded_ended.unwrap_or_default()).run(stop)) => {}
        () = reloads => {}
    }
    Ok(())
}

/// Completes on the next SIGINT or SIGTERM.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        info!("stopping; a second signal stops at once");
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(1);
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        assert!(without_panic(|| Ok(())).is_ok());
        assert!(without_panic(|| panic!("on purpose")).is_err());
    }
}
