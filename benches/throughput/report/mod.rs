//! The results: as text, Markdown, JSON and a chart.

mod chart;
pub mod publish;
mod tables;

use serde::Serialize;

use super::data::Sizes;
use super::equality::Equality;

/// Median of several rounds, with the smallest and the largest value.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Figure {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Figure {
    pub fn of(values: impl Iterator<Item = f64>) -> Figure {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        Figure { median: at(values.len() / 2), least: at(0), most: at(values.len().saturating_sub(1)) }
    }
}

#[derive(Serialize)]
pub struct Report {
    pub machine: String,
    pub sizes: Sizes,
    pub connections: u32,
    /// Whether the database was reached over TCP.
    pub over_tcp: bool,
    pub rounds: usize,
    pub actions: Vec<Measured>,
    /// MiB, at 256 connections.
    pub memory_of_many: f64,
    /// Milliseconds from the start of the program to its first response.
    pub first_answer: Figure,
}

#[derive(Serialize)]
pub struct Measured {
    pub action: &'static str,
    pub target: Option<f64>,
    pub php_target: Option<f64>,
    pub growth_target: f64,
    pub most_statements: Option<usize>,
    pub statements: usize,
    /// Number of other commands to the database.
    pub beside: usize,
    /// For each number of connections; the first is that of the table.
    pub rates: Vec<Rates>,
    pub other: Option<Compared>,
    /// CPU time per call in microseconds: of the server, of the database for it, and of all processes of bare SQL.
    pub cpu: Figure,
    pub cpu_of_database: Figure,
    pub cpu_of_bare: Figure,
    /// The yardstick: look-ups per second, and the CPU time of all processes for each.
    pub lookups_per_second: Figure,
    pub cpu_of_lookup: Figure,
    /// How equal the replies of PHP are.
    pub equality: Option<Equality>,
    /// MiB, of all processes of PHP and nginx.
    pub memory_of_php: Option<f64>,
    /// MiB.
    pub peak_memory: f64,
    pub paced_p50: f64,
    pub paced_p99: f64,
    pub bare_paced_p50: f64,
    pub bare_paced_p99: f64,
    /// Ratio of its p50 to that with a hundredth of the data.
    pub growth: Figure,
}

impl Measured {
    /// The figures of the table.
    pub fn main(&self) -> &Rates {
        &self.rates[0]
    }

    /// p99 at 70 % of the maximum, as a multiple of p50.
    pub fn tail(&self) -> f64 {
        self.paced_p99 / self.paced_p50
    }
}

/// Rates and times over a number of connections. Durations are in milliseconds.
#[derive(Serialize)]
pub struct Rates {
    pub connections: u32,
    pub per_second: Figure,
    pub p50: Figure,
    pub p99: Figure,
    pub bare_per_second: Figure,
    pub ratio: Figure,
    /// The ratio by CPU time of all processes per call: this applies where the CPU is the limit, whatever else runs on
    /// the machine.
    pub ratio_of_cpu: Figure,
    /// The cost of a call in look-ups, by the CPU time of all processes.
    pub lookups: Figure,
    /// The same by rate.
    pub lookups_by_rate: Figure,
    pub php: Option<Php>,
}

/// The PHP peer. Ratios say how much better the server is.
#[derive(Serialize)]
pub struct Php {
    pub per_second: Figure,
    pub p50: Figure,
    pub p99: Figure,
    pub ratio: Figure,
    pub ratio_of_cpu: Figure,
    /// CPU time per call in microseconds: of nginx and PHP, and of the database for it.
    pub cpu: Figure,
    pub cpu_of_database: Figure,
    pub lookups: Figure,
    pub lookups_by_rate: Figure,
}

/// Figures of the older program or the other setting, each followed by the current one.
#[derive(Serialize)]
pub struct Compared {
    pub ratio: [Figure; 2],
    pub ratio_of_cpu: [Figure; 2],
    pub cpu: [Figure; 2],
    pub cpu_of_database: [Figure; 2],
}
