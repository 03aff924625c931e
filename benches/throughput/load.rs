//! The clients: connections that are kept alive and call again as soon as they are answered, or at a given pace. In a
//! process of their own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::time::sleep_until;

use super::connection::{Connection, Reply};
use super::cpu::Cpu;

#[derive(Serialize, Deserialize)]
pub struct Task {
    pub address: SocketAddr,
    /// In which `{id}` stands for the id.
    pub body: String,
    /// There are things with the ids up to this one.
    pub ids: u64,
    pub connections: u32,
    pub seconds: f64,
    /// The database's, to see how long it computes.
    pub database_process: String,
    /// How many calls a second are sent in all; as many as are answered, if not said.
    pub pace: Option<f64>,
}

/// What came of a task.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Outcome {
    pub calls: u64,
    /// How many more were told to come again.
    pub refused: u64,
    pub per_second: f64,
    /// In milliseconds.
    pub p50: f64,
    pub p99: f64,
    /// Microseconds of processor time for a call, of this process and of the database.
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

/// Another id, as if at random, and the same ones in every run.
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
    /// None where the next one is due as soon as the last is answered.
    pause: Option<Duration>,
    due: tokio::time::Instant,
}

impl Pace {
    /// That of one of the connections that together make so many calls a second.
    pub fn new(per_second: Option<f64>, connections: u32, number: u32) -> Pace {
        let pause = per_second.map(|per_second| Duration::from_secs_f64(f64::from(connections) / per_second));
        // They do not all begin at once.
        Pace { pause, due: tokio::time::Instant::now() + pause.unwrap_or_default() * number / connections }
    }

    /// Waits until the next one is due, and tells when that was: one that cannot be made then has waited since.
    pub async fn wait(&mut self) -> Instant {
        let Some(pause) = self.pause else { return Instant::now() };
        let due = self.due;
        sleep_until(due).await;
        self.due += pause;
        due.into_std()
    }
}
