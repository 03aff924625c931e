//! The measurement of one action.

use std::time::Duration;

use anyhow::Context;

use super::bench::{Bench, DATABASE, Pressure, SMALL_DATABASE, body};
use super::capture::{self, Command, Recorder, STAND_IN};
use super::connection::Connection;
use super::endpoint::Endpoint;
use super::equality;
use super::peer;
use super::processes::Processes;
use super::report::{Figure, Measured};
use super::sides::{Round, Side, Turns};
use super::workload::Action;

/// Connections of the yardstick, in every run.
const LOOKUP_CONNECTIONS: u32 = 32;
const CAPTURED_CALLS: usize = 5;

impl Bench<'_> {
    /// Measures one action: all sides in turn, and then the other figures.
    pub async fn action(&self, action: &Action) -> anyhow::Result<Measured> {
        self.say(action, "taking down its statements");
        let commands = self.capture(action).await?;
        let candidates = self.candidates.iter();
        let servers: Vec<Processes> =
            candidates.map(|candidate| candidate.start(&self.endpoint, DATABASE)).collect::<Result<_, _>>()?;
        let php = match self.arguments.php {
            true => Some(peer::start(self.folder, &self.endpoint, DATABASE).await?),
            false => None,
        };
        let mut equality = None;
        if let Some(php) = &php {
            self.say(action, "comparing the replies of PHP");
            let sides = [&servers[0], php];
            equality = Some(equality::compare(action, &body(action), sides, &self.endpoint, DATABASE).await?);
        }
        let mut all_turns = Vec::new();
        for &connections in &self.arguments.connections {
            all_turns.push(self.turns(action, &commands, &servers, php.as_ref(), connections).await?);
        }
        let turns = &all_turns[0];
        let memory_of_php = php.as_ref().map(Processes::memory).transpose()?;
        drop(php);
        self.say(action, "at 70 % of its maximum");
        let paced = |side: &Side| Pressure {
            connections: turns.connections,
            seconds: self.arguments.seconds,
            pace: Some(side.figure(Round::per_second).median * 0.7),
        };
        let calls = self.load(&servers[0], action, self.sizes, paced(&turns.http)).await?;
        let bare_calls = self.bare(&commands, action.ids(&self.sizes), paced(&turns.bare)).await?;
        let peak_memory = servers[0].peak_memory()?;
        drop(servers);
        Ok(Measured {
            action: action.name,
            target: action.target,
            php_target: action.php_target,
            growth_target: action.growth_target,
            most_statements: action.statements,
            statements: commands.iter().filter(|command| command.is_statement()).count(),
            beside: commands.iter().filter(|command| !command.is_statement()).count(),
            rates: all_turns.iter().map(Turns::rates).collect(),
            other: turns.other.as_ref().map(|other| turns.compared_with(other)),
            cpu: turns.http.figure(|round| round.server),
            cpu_of_database: turns.http.figure(|round| round.outcome.cpu_of_database),
            cpu_of_bare: turns.bare.figure(Round::cpu),
            lookups_per_second: turns.lookup.figure(Round::per_second),
            cpu_of_lookup: turns.lookup.figure(Round::cpu),
            equality,
            memory_of_php,
            peak_memory,
            paced_p50: calls.p50,
            paced_p99: calls.p99,
            bare_paced_p50: bare_calls.p50,
            bare_paced_p99: bare_calls.p99,
            growth: self.growth(action).await?,
        })
    }

    /// All sides in turn, with this number of connections each.
    async fn turns(
        &self,
        action: &Action,
        commands: &[Command],
        servers: &[Processes],
        php: Option<&Processes>,
        connections: u32,
    ) -> anyhow::Result<Turns> {
        let over_http: Vec<&Processes> = servers.iter().chain(php).collect();
        let warm_up = Pressure { connections, seconds: self.arguments.short_seconds(), pace: None };
        for side in &over_http {
            self.load(side, action, self.sizes, warm_up).await?;
        }
        servers[0].peak_memory()?;
        let pressure = Pressure { seconds: self.arguments.seconds, ..warm_up };
        let mut sides: Vec<Side> = over_http.iter().map(|_| Side::default()).collect();
        let (mut bare, mut lookup) = (Side::default(), Side::default());
        for round in 1..=self.arguments.rounds {
            self.say(action, &format!("round {round}, over {connections} connections"));
            for (processes, side) in over_http.iter().zip(&mut sides) {
                side.rounds.push(self.round(processes, action, pressure).await?);
            }
            self.say(action, &format!("round {round}, bare SQL over {connections} connections"));
            let outcome = self.bare(commands, action.ids(&self.sizes), pressure).await;
            let outcome = outcome.with_context(|| format!("the statements of {}", action.name))?;
            bare.rounds.push(Round { outcome, server: 0.0 });
            let single = Pressure { connections: LOOKUP_CONNECTIONS, ..pressure };
            let outcome = self.bare(&[capture::lookup()], self.sizes.clients, single).await.context("look-ups")?;
            lookup.rounds.push(Round { outcome, server: 0.0 });
        }
        let php = php.and_then(|_| sides.pop());
        let mut sides = sides.into_iter();
        let (http, other) = (sides.next().unwrap_or_default(), sides.next());
        Ok(Turns { connections, http, other, php, bare, lookup })
    }

    async fn round(&self, side: &Processes, action: &Action, pressure: Pressure) -> anyhow::Result<Round> {
        let before = side.cpu()?;
        let outcome = self.load(side, action, self.sizes, pressure).await?;
        #[expect(clippy::cast_precision_loss)]
        let calls = outcome.calls as f64;
        Ok(Round { outcome, server: side.cpu()?.saturating_sub(before).as_secs_f64() * 1e6 / calls })
    }

    /// Captures the statements of a call, on a connection that has been used before: of several calls the shortest list,
    /// because what the server does by itself may come in between.
    async fn capture(&self, action: &Action) -> anyhow::Result<Vec<Command>> {
        let recorder = Recorder::start(self.folder, &self.socket)?;
        // The log record of a read is written separately, together with others.
        let log = if action.writes { "all" } else { "errors" };
        let candidate = self.candidates[0].with("WHMCS_API_DATABASE_CONNECTIONS", "1");
        let candidate = candidate.with("WHMCS_API_API_LOG_CALLS", log);
        let server = candidate.start(&Endpoint::Socket(recorder.socket.clone()), DATABASE)?;
        let body = body(action).replace("{id}", &STAND_IN.to_string());
        let mut connection = Connection::open(server.address).await?;
        let mut captured = Vec::new();
        for _ in 0..CAPTURED_CALLS {
            connection.call(&body).await?;
            // The connection is reset after the response.
            tokio::time::sleep(Duration::from_millis(200)).await;
            captured.push(of_the_call(recorder.take()));
        }
        self.bar.inc(1);
        // The first two calls prepare their statements.
        let whole = captured.into_iter().skip(2).filter(|commands| !commands.is_empty());
        whole.min_by_key(Vec::len).context("no call was captured")
    }

    /// Ratio of a single client's response time with the whole data to that with a hundredth of it.
    async fn growth(&self, action: &Action) -> anyhow::Result<Figure> {
        self.say(action, "on a hundredth of the data");
        let (large, small) = (self.server(DATABASE)?, self.server(SMALL_DATABASE)?);
        let pressure = Pressure { connections: 1, seconds: self.arguments.short_seconds(), pace: None };
        let mut ratios = Vec::new();
        for _ in 0..self.arguments.rounds.min(3) {
            let of_large = self.load(&large, action, self.sizes, pressure).await?;
            let of_small = self.load(&small, action, self.small, pressure).await?;
            ratios.push(of_large.p50 / of_small.p50);
        }
        Ok(Figure::of(ratios.into_iter()))
    }
}

/// The commands of the call itself: from the look-up of the credential to the commit, if there is one. Before and after them,
/// records of writes are moved to the API log.
fn of_the_call(mut commands: Vec<Command>) -> Vec<Command> {
    let first = commands.iter().position(Command::reads_credential).unwrap_or(commands.len());
    commands.drain(..first);
    if let Some(commit) = commands.iter().position(Command::is_commit) {
        commands.truncate(commit + 1);
    }
    commands
}
