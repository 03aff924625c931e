//! The run of the benchmark: the database with its data, and what is measured of all actions together.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use whmcs_api::database::embedded::Embedded;
use whmcs_api::database::migrations;
use whmcs_api::database::pool;

use super::arguments::Arguments;
use super::bare;
use super::capture::Command;
use super::cpu;
use super::data::{self, Sizes};
use super::endpoint::{Endpoint, free_port};
use super::load::{self, Outcome};
use super::processes::Processes;
use super::report::{Figure, Report};
use super::server::Candidate;
use super::task::apart;
use super::workload::Action;

pub const DATABASE: &str = "whmcs";
/// A hundredth of the data, to measure the cost of growth.
pub const SMALL_DATABASE: &str = "whmcs_small";
const GROWTH: f64 = 100.0;
const MANY_CONNECTIONS: u32 = 256;
const STARTS: usize = 5;

pub struct Bench<'a> {
    pub arguments: &'a Arguments,
    pub folder: &'a Path,
    database: Embedded,
    /// The database's Unix socket, which also exists if all sides use TCP.
    pub socket: PathBuf,
    pub endpoint: Endpoint,
    pub sizes: Sizes,
    pub small: Sizes,
    /// The server, and what it is compared with in the same rounds.
    pub candidates: Vec<Candidate>,
    actions: Vec<&'static Action>,
    pub bar: ProgressBar,
}

/// A load or its bare counterpart.
#[derive(Clone, Copy)]
pub struct Pressure {
    pub connections: u32,
    pub seconds: f64,
    /// Number of calls per second in all; unlimited if absent.
    pub pace: Option<f64>,
}

impl<'a> Bench<'a> {
    pub async fn start(arguments: &'a Arguments, folder: &'a Path) -> anyhow::Result<Bench<'a>> {
        let actions = arguments.actions();
        let current = Candidate { program: PathBuf::from(env!("CARGO_BIN_EXE_whmcs-api")), settings: Vec::new() };
        let older = arguments.against.iter().map(|program| Candidate { program: program.clone(), ..current.clone() });
        let altered = arguments.against_setting.iter().map(|(name, value)| current.with(name, value));
        let candidates: Vec<Candidate> = std::iter::once(current.clone()).chain(older).chain(altered).collect();
        let bar = ProgressBar::new(steps(arguments, actions.len(), candidates.len()));
        bar.set_style(ProgressStyle::with_template("{elapsed} [{bar:30}] {eta} left  {msg}")?.progress_chars("=> "));
        bar.enable_steady_tick(Duration::from_millis(250));
        bar.set_message("starting the embedded database");
        let port = if arguments.tcp { Some(free_port()?) } else { None };
        let database = match port {
            Some(port) => Embedded::start_on_port(folder, port).await?,
            None => Embedded::start(folder).await?,
        };
        let socket = database.options().get_socket().context("the embedded database has a socket")?.clone();
        let endpoint = port.map_or(Endpoint::Socket(socket.clone()), Endpoint::Tcp);
        let (sizes, small) = (Sizes::scaled(arguments.scale), Sizes::scaled(arguments.scale / GROWTH));
        for (name, sizes) in [(DATABASE, sizes), (SMALL_DATABASE, small)] {
            pool::create_database(database.options(), name, true).await?;
            migrations::run(database.options().database(name)).await?;
            data::fill(database.options().database(name), sizes, &bar).await?;
        }
        Ok(Bench { arguments, folder, database, socket, endpoint, sizes, small, candidates, actions, bar })
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.database.stop().await
    }

    pub async fn run(&self) -> anyhow::Result<Report> {
        let mut actions = Vec::new();
        for action in &self.actions {
            actions.push(self.action(action).await?);
        }
        Ok(Report {
            machine: cpu::machine(),
            sizes: self.sizes,
            connections: self.arguments.connections[0],
            over_tcp: self.arguments.tcp,
            rounds: self.arguments.rounds,
            actions,
            memory_of_many: self.memory_of_many().await?,
            first_answer: self.first_answer().await?,
        })
    }

    /// Starts the server on this database.
    pub fn server(&self, database: &str) -> anyhow::Result<Processes> {
        self.candidates[0].start(&self.endpoint, database)
    }

    /// Calls over HTTP.
    pub async fn load(
        &self,
        side: &Processes,
        action: &Action,
        sizes: Sizes,
        pressure: Pressure,
    ) -> anyhow::Result<Outcome> {
        let Pressure { connections, seconds, pace } = pressure;
        let (address, body, ids) = (side.address, body(action), action.ids(&sizes));
        let database_process = self.database_process()?;
        let outcome: anyhow::Result<Outcome> =
            apart("load", &load::Task { address, body, ids, connections, seconds, database_process, pace }).await;
        self.bar.inc(1);
        if let Ok(Outcome { refused: refused @ 1.., .. }) = outcome {
            self.bar.suspend(|| eprintln!("{}: {refused} calls were rejected as busy", action.name));
        }
        outcome.with_context(|| action.name)
    }

    /// Executes statements over bare connections.
    pub async fn bare(&self, commands: &[Command], ids: u64, pressure: Pressure) -> anyhow::Result<Outcome> {
        let Pressure { connections, seconds, pace } = pressure;
        let task = bare::Task {
            endpoint: self.endpoint.clone(),
            database: DATABASE.to_owned(),
            commands: commands.to_vec(),
            ids,
            connections,
            seconds,
            database_process: self.database_process()?,
            pace,
        };
        self.bar.inc(1);
        apart("bare", &task).await
    }

    fn database_process(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.join("mariadbd.pid"))?.trim().to_owned())
    }

    /// The server's peak memory while many connections call all actions, in MiB.
    async fn memory_of_many(&self) -> anyhow::Result<f64> {
        let server = self.server(DATABASE)?;
        let seconds = self.arguments.short_seconds();
        for action in &self.actions {
            self.say(action, "over many connections");
            let pressure = Pressure { connections: MANY_CONNECTIONS, seconds, pace: None };
            self.load(&server, action, self.sizes, pressure).await?;
        }
        server.peak_memory()
    }

    async fn first_answer(&self) -> anyhow::Result<Figure> {
        self.bar.set_message("starting anew");
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let body = body(self.actions[0]).replace("{id}", "1");
            times.push(self.candidates[0].first_answer(&self.endpoint, DATABASE, &body).await?);
        }
        Ok(Figure::of(times.into_iter()))
    }

    pub fn say(&self, action: &Action, what: &str) {
        self.bar.set_message(format!("{}: {what}", action.name));
    }
}

/// The body of a call with the bench's credential.
pub fn body(action: &Action) -> String {
    action.body(&format!("identifier={}&secret={}", data::IDENTIFIER, data::SECRET))
}

/// Number of steps of the progress bar: what is loaded, and each load.
fn steps(arguments: &Arguments, actions: usize, candidates: usize) -> u64 {
    let sides_over_http = candidates + usize::from(arguments.php);
    let turns = arguments.connections.len() * (sides_over_http + arguments.rounds * (sides_over_http + 2));
    let others = 1 + 2 + 2 * arguments.rounds.min(3) + 1;
    (8 + actions * (turns + others)) as u64
}
