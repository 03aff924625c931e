//! `make bench`: calls per second of the server, compared with the same statements over bare connections.
//!
//! The absolute figures depend on the machine. What can be compared is the ratio: in alternating rounds of one run,
//! calls go to the server over HTTP, and the statements of the same calls go to the same database over as many bare
//! connections. Clients, bare connections and server run in separate processes.

mod bare;
mod capture;
mod chart;
mod connection;
mod cpu;
mod data;
mod load;
mod publish;
mod report;
mod server;
mod workload;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde::de::DeserializeOwned;
use whmcs_api::database::embedded::Embedded;
use whmcs_api::database::migrations;
use whmcs_api::database::pool;

use self::capture::{Command, Recorder, STAND_IN};
use self::connection::Connection;
use self::data::Sizes;
use self::load::Outcome;
use self::publish::publish;
use self::report::{Figure, Measured, Report};
use self::server::Server;
use self::workload::{ACTIONS, Action};

const DATABASE: &str = "whmcs";
/// A hundredth of the data, to measure the cost of growth.
const SMALL_DATABASE: &str = "whmcs_small";
const GROWTH: f64 = 100.0;
const MANY_CONNECTIONS: u32 = 256;
const STARTS: usize = 5;

/// Measure the server against bare SQL, on this machine
#[derive(Parser)]
struct Arguments {
    /// Scale of the data set, as a multiple of the agreed one
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Number of rounds for each side
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Duration of a round of one side
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Number of connections of the clients, and of bare SQL
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// Only these actions
    #[arg(long, value_delimiter = ',')]
    actions: Vec<String>,
    /// Measure this older program in the same rounds, too, to see the effect of a change
    #[arg(long)]
    against: Option<PathBuf>,
    /// Write the results to README.md, docs/performance.md and docs/images/throughput.svg
    #[arg(long)]
    publish: bool,
    /// Option that `cargo bench` passes to every benchmark; ignored
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The tasks that run in separate processes.
    match std::env::args().nth(1).as_deref() {
        Some("load") => return work(load::run).await,
        Some("bare") => return work(bare::run).await,
        _ => {}
    }
    let arguments = Arguments::parse();
    let folder = std::env::temp_dir().join(format!("whmcs-api-bench-{}", std::process::id()));
    let report = measure(&arguments, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    let report = report?;
    println!("{}", report.text());
    let json = Path::new("target").join("bench.json");
    std::fs::write(&json, serde_json::to_string_pretty(&report)?)?;
    println!("The same as JSON: {}", json.display());
    if arguments.publish {
        publish(&report)?;
    }
    Ok(())
}

async fn measure(arguments: &Arguments, folder: &Path) -> anyhow::Result<Report> {
    let bench = Bench::start(arguments, folder).await?;
    let measured = bench.run().await;
    bench.bar.finish_and_clear();
    bench.database.stop().await?;
    measured
}

struct Bench<'a> {
    arguments: &'a Arguments,
    folder: &'a Path,
    database: Embedded,
    socket: PathBuf,
    sizes: Sizes,
    small: Sizes,
    programs: Vec<PathBuf>,
    actions: Vec<&'static Action>,
    bar: ProgressBar,
}

impl<'a> Bench<'a> {
    async fn start(arguments: &'a Arguments, folder: &'a Path) -> anyhow::Result<Bench<'a>> {
        let is_asked_for = |action: &&Action| {
            arguments.actions.is_empty() || arguments.actions.iter().any(|name| name.eq_ignore_ascii_case(action.name))
        };
        let actions: Vec<&Action> = ACTIONS.iter().filter(is_asked_for).collect();
        if actions.is_empty() {
            bail!("no such action is measured");
        }
        if arguments.scale < 1.0 {
            bail!("--scale is 1 or more: the client whose calls are taken down would not be there");
        }
        let current = PathBuf::from(env!("CARGO_BIN_EXE_whmcs-api"));
        let programs: Vec<PathBuf> = [current].into_iter().chain(arguments.against.clone()).collect();
        let rounds = actions.len() * (arguments.rounds * (programs.len() + 1) + 4 + 2 * arguments.rounds.min(3));
        let bar = ProgressBar::new(rounds as u64 + 8 + 2);
        bar.set_style(ProgressStyle::with_template("{elapsed} [{bar:30}] {eta} left  {msg}")?.progress_chars("=> "));
        bar.enable_steady_tick(Duration::from_millis(250));
        bar.set_message("starting the embedded database");
        let database = Embedded::start(folder).await?;
        let socket = database.options().get_socket().context("the embedded database has a socket")?.clone();
        let (sizes, small) = (Sizes::scaled(arguments.scale), Sizes::scaled(arguments.scale / GROWTH));
        for (name, sizes) in [(DATABASE, sizes), (SMALL_DATABASE, small)] {
            pool::create_database(database.options(), name, true).await?;
            migrations::run(database.options().database(name)).await?;
            data::fill(database.options().database(name), sizes, &bar).await?;
        }
        Ok(Bench { arguments, folder, database, socket, sizes, small, programs, actions, bar })
    }

    async fn run(&self) -> anyhow::Result<Report> {
        let mut actions = Vec::new();
        for action in &self.actions {
            actions.push(self.action(action).await?);
        }
        Ok(Report {
            machine: cpu::machine(),
            sizes: self.sizes,
            connections: self.arguments.connections,
            rounds: self.arguments.rounds,
            actions,
            memory_of_many: self.memory_of_many().await?,
            first_answer: self.first_answer().await?,
        })
    }

    /// Measures one action: each program and bare SQL in turn, and then the other figures.
    async fn action(&self, action: &Action) -> anyhow::Result<Measured> {
        self.say(action, "taking down its statements");
        let commands = self.capture(action).await?;
        let servers: Vec<Server> =
            self.programs.iter().map(|program| self.server(program, DATABASE)).collect::<Result<_, _>>()?;
        for server in &servers {
            self.load(server, action, self.sizes, self.arguments.connections, 1.0, None).await?;
            server.peak_memory()?;
        }
        let mut rounds: Vec<Vec<Round>> = servers.iter().map(|_| Vec::new()).collect();
        let mut bare = Vec::new();
        for round in 1..=self.arguments.rounds {
            for (index, server) in servers.iter().enumerate() {
                self.say(action, &format!("round {round}, over HTTP"));
                rounds[index].push(self.round_over_http(server, action).await?);
            }
            self.say(action, &format!("round {round}, bare SQL"));
            bare.push(Round { outcome: self.bare(action, &commands, None).await?, server: 0.0 });
        }
        let (mut rounds, bare) = (rounds.into_iter(), Side { rounds: bare });
        let (http, other) = (Side { rounds: rounds.next().unwrap_or_default() }, rounds.next());
        let other = other.map(|rounds| Side { rounds });
        let per_second = http.figure(|round| round.outcome.per_second);
        self.say(action, "at 70 % of its maximum");
        let pace = |of: &Figure| Some(of.median * 0.7);
        let (connections, seconds) = (self.arguments.connections, self.arguments.seconds);
        let paced = self.load(&servers[0], action, self.sizes, connections, seconds, pace(&per_second)).await?;
        let bare_per_second = bare.figure(|round| round.outcome.per_second);
        let bare_paced = self.bare(action, &commands, pace(&bare_per_second)).await?;
        let peak_memory = servers[0].peak_memory()?;
        drop(servers);
        let growth = self.growth(action).await?;
        Ok(Measured {
            action: action.name,
            target: action.target,
            most_statements: action.statements,
            statements: commands.iter().filter(|command| command.is_statement()).count(),
            beside: commands.iter().filter(|command| !command.is_statement()).count(),
            p50: http.figure(|round| round.outcome.p50),
            p99: http.figure(|round| round.outcome.p99),
            bare_per_second,
            ratio: http.ratio(&bare, |round| round.outcome.per_second),
            ratio_of_cpu: http.ratio(&bare, |round| 1.0 / round.cpu()),
            ratio_of_cpu_before: other.as_ref().map(|other| other.ratio(&bare, |round| 1.0 / round.cpu())),
            ratio_before: other.as_ref().map(|other| other.ratio(&bare, |round| round.outcome.per_second)),
            cpu: http.figure(|round| round.server),
            cpu_before: other.as_ref().map(|other| other.figure(|round| round.server)),
            cpu_of_database: http.figure(|round| round.outcome.cpu_of_database),
            cpu_of_bare: bare.figure(Round::cpu),
            peak_memory,
            paced_p50: paced.p50,
            paced_p99: paced.p99,
            bare_paced_p50: bare_paced.p50,
            bare_paced_p99: bare_paced.p99,
            growth,
            per_second,
        })
    }

    async fn round_over_http(&self, server: &Server, action: &Action) -> anyhow::Result<Round> {
        let before = server.cpu()?;
        let (connections, seconds) = (self.arguments.connections, self.arguments.seconds);
        let outcome = self.load(server, action, self.sizes, connections, seconds, None).await?;
        #[expect(clippy::cast_precision_loss)]
        let calls = outcome.calls as f64;
        Ok(Round { outcome, server: server.cpu()?.saturating_sub(before).as_secs_f64() * 1e6 / calls })
    }

    fn database_process(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.join("mariadbd.pid"))?.trim().to_owned())
    }

    /// Captures the statements of the last of several calls, on a connection that has been used before.
    async fn capture(&self, action: &Action) -> anyhow::Result<Vec<Command>> {
        let recorder = Recorder::start(self.folder, &self.socket)?;
        // The log record of a read is written separately, together with others.
        let log = if action.writes { "all" } else { "errors" };
        let settings = [("WHMCS_API_DATABASE_CONNECTIONS", "1"), ("WHMCS_API_API_LOG_CALLS", log)];
        let server = Server::start(&self.programs[0], &recorder.socket, DATABASE, &settings)?;
        let body = body(action).replace("{id}", &STAND_IN.to_string());
        let mut connection = Connection::open(server.address).await?;
        let mut commands = Vec::new();
        for _ in 0..3 {
            connection.call(&body).await?;
            // The connection is reset after the response.
            tokio::time::sleep(Duration::from_millis(200)).await;
            commands = recorder.take();
        }
        self.bar.inc(1);
        Ok(commands)
    }

    fn server(&self, program: &Path, database: &str) -> anyhow::Result<Server> {
        Server::start(program, &self.socket, database, &[])
    }

    async fn load(
        &self,
        server: &Server,
        action: &Action,
        sizes: Sizes,
        connections: u32,
        seconds: f64,
        pace: Option<f64>,
    ) -> anyhow::Result<Outcome> {
        let (address, body, ids) = (server.address, body(action), action.ids(&sizes));
        let database_process = self.database_process()?;
        let outcome: anyhow::Result<Outcome> =
            apart("load", &load::Task { address, body, ids, connections, seconds, database_process, pace }).await;
        self.bar.inc(1);
        if let Ok(Outcome { refused: refused @ 1.., .. }) = outcome {
            self.bar.suspend(|| eprintln!("{}: {refused} calls were rejected as busy", action.name));
        }
        outcome.with_context(|| action.name)
    }

    async fn bare(&self, action: &Action, commands: &[Command], pace: Option<f64>) -> anyhow::Result<Outcome> {
        let task = bare::Task {
            socket: self.socket.clone(),
            database: DATABASE.to_owned(),
            commands: commands.to_vec(),
            ids: action.ids(&self.sizes),
            connections: self.arguments.connections,
            seconds: self.arguments.seconds,
            database_process: self.database_process()?,
            pace,
        };
        self.bar.inc(1);
        apart("bare", &task).await.with_context(|| format!("the statements of {}", action.name))
    }

    /// Ratio of a single client's response time with the whole data to that with a hundredth of it.
    async fn growth(&self, action: &Action) -> anyhow::Result<Figure> {
        self.say(action, "on a hundredth of the data");
        let (large, small) =
            (self.server(&self.programs[0], DATABASE)?, self.server(&self.programs[0], SMALL_DATABASE)?);
        let mut ratios = Vec::new();
        for _ in 0..self.arguments.rounds.min(3) {
            let of_large = self.load(&large, action, self.sizes, 1, 1.0, None).await?;
            let of_small = self.load(&small, action, self.small, 1, 1.0, None).await?;
            ratios.push(of_large.p50 / of_small.p50);
        }
        Ok(Figure::of(ratios.into_iter()))
    }

    /// The server's peak memory while many connections call all actions, in MiB.
    async fn memory_of_many(&self) -> anyhow::Result<f64> {
        let server = self.server(&self.programs[0], DATABASE)?;
        for action in &self.actions {
            self.say(action, "over many connections");
            self.load(&server, action, self.sizes, MANY_CONNECTIONS, 1.0, None).await?;
        }
        server.peak_memory()
    }

    async fn first_answer(&self) -> anyhow::Result<Figure> {
        self.bar.set_message("starting anew");
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let body = body(self.actions[0]).replace("{id}", "1");
            times.push(Server::first_answer(&self.programs[0], &self.socket, &body).await?);
        }
        Ok(Figure::of(times.into_iter()))
    }

    fn say(&self, action: &Action, what: &str) {
        self.bar.set_message(format!("{}: {what}", action.name));
    }
}

/// One round of one side, with the server's CPU time per call, in microseconds.
struct Round {
    outcome: Outcome,
    server: f64,
}

impl Round {
    /// CPU time of all processes together.
    fn cpu(&self) -> f64 {
        self.outcome.cpu + self.outcome.cpu_of_database + self.server
    }
}

/// All rounds of one side.
struct Side {
    rounds: Vec<Round>,
}

impl Side {
    fn figure(&self, of: impl Fn(&Round) -> f64) -> Figure {
        Figure::of(self.rounds.iter().map(of))
    }

    /// Compared round by round, so that other load on the machine affects both sides.
    fn ratio(&self, to: &Side, of: impl Fn(&Round) -> f64) -> Figure {
        Figure::of(self.rounds.iter().zip(&to.rounds).map(|(one, other)| of(one) / of(other)))
    }
}

fn body(action: &Action) -> String {
    action.body(&format!("identifier={}&secret={}", data::IDENTIFIER, data::SECRET))
}

/// Runs a task in a separate process of this program.
async fn apart(what: &'static str, task: &impl Serialize) -> anyhow::Result<Outcome> {
    let task = serde_json::to_vec(task)?;
    let run = move || {
        let mut command = std::process::Command::new(std::env::current_exe()?);
        let mut child = command.arg(what).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        // Dropping the handle closes standard input, which ends the task.
        child.stdin.take().context("it is piped")?.write_all(&task)?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("{what} failed: {}", output.status);
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    tokio::task::spawn_blocking(run).await?
}

async fn work<T: DeserializeOwned>(run: impl AsyncFnOnce(T) -> anyhow::Result<Outcome>) -> anyhow::Result<()> {
    let task = serde_json::from_reader(std::io::stdin())?;
    println!("{}", serde_json::to_string(&run(task).await?)?);
    Ok(())
}
