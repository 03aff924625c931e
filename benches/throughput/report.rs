//! The results as text, Markdown and JSON.

use std::fmt::Write;

use serde::Serialize;

use super::data::Sizes;

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
    pub most_statements: Option<usize>,
    pub statements: usize,
    /// Number of other commands to the database.
    pub beside: usize,
    pub per_second: Figure,
    /// In milliseconds, like all durations here.
    pub p50: Figure,
    pub p99: Figure,
    pub bare_per_second: Figure,
    pub ratio: Figure,
    /// The ratio by CPU time of all processes per call: this applies where the CPU is the limit, whatever else runs on
    /// the machine.
    pub ratio_of_cpu: Figure,
    /// The ratio of the older program.
    pub ratio_before: Option<Figure>,
    pub ratio_of_cpu_before: Option<Figure>,
    /// CPU time per call in microseconds: of the server, of the database for it, and of the other side.
    pub cpu: Figure,
    pub cpu_before: Option<Figure>,
    pub cpu_of_database: Figure,
    pub cpu_of_bare: Figure,
    /// MiB.
    pub peak_memory: f64,
    pub paced_p50: f64,
    pub paced_p99: f64,
    pub bare_paced_p50: f64,
    pub bare_paced_p99: f64,
    /// Ratio of its p50 to that with a hundredth of the data.
    pub growth: Figure,
}

const HEADER: [&str; 12] = [
    "Action",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "bare SQL/s",
    "ratio (rounds)",
    "by CPU",
    "target",
    "statements",
    "CPU µs/call",
    "MiB",
    "p50 at 100 × the data",
];

impl Report {
    pub fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.conditions());
        let rows = self.rows();
        let widths: Vec<usize> = (0..HEADER.len())
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
            .collect();
        for row in &rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            let _ = writeln!(text, "{}", cells.join("  ").trim_end());
        }
        let _ = write!(text, "\n{}", self.others().replace("- ", "").replace('`', ""));
        for measured in &self.actions {
            let Measured { action, ratio, ratio_of_cpu, cpu, .. } = measured;
            if let (Some(ratio_before), Some(ratio_of_cpu_before), Some(cpu_before)) =
                (measured.ratio_before, measured.ratio_of_cpu_before, measured.cpu_before)
            {
                let _ = writeln!(
                    text,
                    "{action}: ratio {:.2} before, {:.2} now; by CPU {:.2}, {:.2}; the server's CPU {:.0} µs, {:.0} µs",
                    ratio_before.median,
                    ratio.median,
                    ratio_of_cpu_before.median,
                    ratio_of_cpu.median,
                    cpu_before.median,
                    cpu.median
                );
            }
        }
        text
    }

    pub fn markdown(&self) -> String {
        let mut text = format!("{}\n\n", self.conditions());
        for (number, row) in self.rows().iter().enumerate() {
            let _ = writeln!(text, "| {} |", row.join(" | "));
            if number == 0 {
                let _ = writeln!(text, "| --- |{}", " ---: |".repeat(HEADER.len() - 1));
            }
        }
        let _ = write!(text, "\n{}", self.others());
        text
    }

    fn conditions(&self) -> String {
        let Sizes { clients, credits, invoices, products } = self.sizes;
        format!(
            "On {}, which also run the database and the clients; {} connections; medians of {} rounds (least–most); \
             {clients} clients, {credits} credit entries, {invoices} invoices, {products} products.",
            self.machine, self.connections, self.rounds
        )
    }

    fn rows(&self) -> Vec<[String; 12]> {
        let row = |measured: &Measured| {
            let Figure { median, least, most } = measured.ratio;
            [
                measured.action.to_owned(),
                format!("{:.0}", measured.per_second.median),
                format!("{:.2}", measured.p50.median),
                format!("{:.2}", measured.p99.median),
                format!("{:.0}", measured.bare_per_second.median),
                format!("{median:.2} ({least:.2}–{most:.2})"),
                format!("{:.2}", measured.ratio_of_cpu.median),
                measured.target.map(|target| format!("{target:.2}")).unwrap_or_default(),
                measured.statements.to_string(),
                format!("{:.0}", measured.cpu.median),
                format!("{:.0}", measured.peak_memory),
                format!("× {:.2}", measured.growth.median),
            ]
        };
        std::iter::once(HEADER.map(str::to_owned)).chain(self.actions.iter().map(row)).collect()
    }

    fn others(&self) -> String {
        let tail = |measured: &Measured| measured.paced_p99 / measured.paced_p50;
        let bare_tail = |measured: &Measured| measured.bare_paced_p99 / measured.bare_paced_p50;
        let tails = Figure::of(self.actions.iter().map(tail));
        let bare_tails = Figure::of(self.actions.iter().map(bare_tail));
        let beside: usize = self.actions.iter().map(|measured| measured.beside).sum();
        format!(
            "- p99 at 70 % of the maximum: {:.1} × p50 ({:.1}–{:.1}); target 5. Bare SQL at 70 % of its own: {:.1} × \
             ({:.1}–{:.1}).\n\
             - Memory at 256 connections: {:.0} MiB at most; target 64.\n\
             - Start to first answer, database up: {:.0} ms ({:.0}–{:.0}); target 100.\n\
             - Round trips to the database beside the statements, in one call of each: {beside}.\n",
            tails.median,
            tails.least,
            tails.most,
            bare_tails.median,
            bare_tails.least,
            bare_tails.most,
            self.memory_of_many,
            self.first_answer.median,
            self.first_answer.least,
            self.first_answer.most
        )
    }
}
