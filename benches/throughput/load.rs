//! The clients: connections that are kept open and call again as soon as they have a response, or at a given pace. In a
//! separate process.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::time::sleep_until;

use super::connection::{Connection, Reply};
use super::cpu::Cpu;

#[derive(Serialize, Deserialize)]
pub struct Task {
    pub address: SocketAddr,
    /// The body of each call, in which `{id}` stands for the id.
    pub body: String,
    /// The largest id; ids begin with 1.
    pub ids: u64,
    pub connections: u32,
    pub seconds: f64,
    /// The database's process id, to measure its CPU time.
    pub database_process: String,
    /// Number of calls per second in all; unlimited if absent.
    pub pace: Option<f64>,
}

/// The result of a task.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Outcome {
    pub calls: u64,
    /// Number of further calls that were rejected as busy.
    pub refused: u64,
    pub per_second: f64,
    /// In milliseconds.
    pub p50: f64,
    pub p99: f64,
    /// CPU time of this process and of the database per call, in microseconds.
    pub cpu: f64,
    pub cpu_of_database: f64,
}

impl Outcome {
    pub fn of(mut times: Vec<Duration>, took: Duration, [own, database]: [Duration; 2]) -> Outcome {
        times.sort_unstable();
        let at = |share: usize| {
            let time = times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
            time.map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
        };
        #[expect(clippy::cast_precision_loss)]
        let calls = times.len() as f64;
        Outcome {
            calls: times.len() as u64,
            refused: 0,
            per_second: calls / took.as_secs_f64(),
            p50: at(50),
            p99: at(99),
            cpu: own.as_secs_f64() * 1e6 / calls,
            cpu_of_database: database.as_secs_f64() * 1e6 / calls,
        }
    }
}

/// The next pseudo-random id; the sequence is the same in every run.
pub fn next_id(seed: &mut u64, ids: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    1 + (*seed >> 33) % ids
}

pub async fn run(task: Task) -> anyhow::Result<Outcome> {
    let mut connections = Vec::new();
    for _ in 0..task.connections {
        connections.push(Connection::open(task.address).await?);
    }
    let (start, length) = (tokio::time::Instant::now(), Duration::from_secs_f64(task.seconds));
    let cpu = Cpu::now(&task.database_process)?;
    let runs = connections.into_iter().zip(0_u32..).map(|(mut connection, number)| {
        let body = task.body.clone();
        let mut pace = Pace::new(task.pace, task.connections, number);
        tokio::spawn(async move {
            let (mut seed, mut times, mut refused) = (u64::from(number) + 1, Vec::new(), 0);
            while start.elapsed() < length {
                let before = pace.wait().await;
                let id = next_id(&mut seed, task.ids).to_string();
                match connection.call(&body.replace("{id}", &id)).await? {
                    Reply::Success => times.push(before.elapsed()),
                    Reply::Busy => refused += 1,
                }
            }
            anyhow::Ok((times, refused))
        })
    });
    let (mut times, mut refused) = (Vec::new(), 0);
    for run in runs.collect::<Vec<_>>() {
        let (its_times, its_refused) = run.await??;
        times.extend(its_times);
        refused += its_refused;
    }
    Ok(Outcome { refused, ..Outcome::of(times, start.elapsed(), cpu.since()?) })
}

/// When the calls of one connection are due.
pub struct Pace {
    /// `None` if the next call is due as soon as the last has its response.
    pause: Option<Duration>,
    due: tokio::time::Instant,
}

impl Pace {
    /// The pace of one of several connections that together make this many calls per second.
    pub fn new(per_second: Option<f64>, connections: u32, number: u32) -> Pace {
        let pause = per_second.map(|per_second| Duration::from_secs_f64(f64::from(connections) / per_second));
        // The connections start at different times.
        Pace { pause, due: tokio::time::Instant::now() + pause.unwrap_or_default() * number / connections }
    }

    /// Waits until the next call is due, and returns when that was: a call that is sent late has waited since then.
    pub async fn wait(&mut self) -> Instant {
        let Some(pause) = self.pause else { return Instant::now() };
        let due = self.due;
        sleep_until(due).await;
        self.due += pause;
        due.into_std()
    }
}
