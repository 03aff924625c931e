//! The results as tables, for the terminal and for documents.

use std::fmt::Write;

use super::{Compared, Figure, Measured, Php, Rates, Report};
use crate::equality::Equality;

/// The first row has the names of the columns.
struct Table(Vec<Vec<String>>);

const TAIL_TARGET: f64 = 4.0;
const MEMORY_TARGET: f64 = 64.0;
const FIRST_ANSWER_TARGET: f64 = 100.0;

impl Report {
    pub fn text(&self) -> String {
        let tables: Vec<String> = self.tables().iter().map(Table::text).collect();
        let mut text = format!("{}\n\n{}\n{}", self.conditions(), tables.join("\n"), self.others().replace("- ", ""));
        for measured in &self.actions {
            if let Some(other) = &measured.other {
                let _ = writeln!(text, "{}: {}", measured.action, comparison(other));
            }
        }
        text
    }

    pub fn markdown(&self) -> String {
        let tables: Vec<String> = self.tables().iter().map(Table::markdown).collect();
        format!("{}\n\n{}\n{}", self.conditions(), tables.join("\n"), self.others())
    }

    fn tables(&self) -> Vec<Table> {
        [Some(self.main()), self.by_connections(), self.php()].into_iter().flatten().collect()
    }

    fn conditions(&self) -> String {
        format!(
            "On {}, which also run the database and the clients; {} connections; the database over {}; medians of {} \
             rounds (least–most); {} clients, {} credit entries, {} invoices, {} products.",
            self.machine,
            self.connections,
            if self.over_tcp { "TCP" } else { "a Unix socket" },
            self.rounds,
            self.sizes.clients,
            self.sizes.credits,
            self.sizes.invoices,
            self.sizes.products
        )
    }

    fn main(&self) -> Table {
        let header = [
            "Action",
            "requests/s",
            "p50 ms",
            "p99 ms",
            "bare SQL/s",
            "ratio (rounds)",
            "by CPU",
            "target",
            "look-ups (by rate)",
            "statements",
            "CPU µs/call",
            "MiB",
            "p99 at 70 %",
            "p50 at 100 × the data (target)",
        ];
        let row = |measured: &Measured| {
            let rates = measured.main();
            vec![
                measured.action.to_owned(),
                whole(rates.per_second),
                decimals(rates.p50),
                decimals(rates.p99),
                whole(rates.bare_per_second),
                with_range(rates.ratio),
                decimals(rates.ratio_of_cpu),
                target(measured.target),
                lookups(rates.lookups, rates.lookups_by_rate),
                measured.statements.to_string(),
                whole(measured.cpu),
                format!("{:.0}", measured.peak_memory),
                format!("{:.1} × p50", measured.tail()),
                format!("× {:.2} ({})", measured.growth.median, measured.growth_target),
            ]
        };
        Table::of(&header, self.actions.iter().map(row))
    }

    /// Rates and times over each number of connections, if there are several.
    fn by_connections(&self) -> Option<Table> {
        let of_php = self.actions.iter().any(|measured| measured.main().php.is_some());
        let header =
            ["Action", "connections", "requests/s", "p50 ms", "p99 ms", "bare SQL/s", "ratio (rounds)", "by CPU"];
        let header = [&header[..], if of_php { &["PHP/s", "ratio to PHP", "PHP p99 ms"] } else { &[] }].concat();
        let row = |(measured, rates): (&Measured, &Rates)| {
            let mut row = vec![
                measured.action.to_owned(),
                rates.connections.to_string(),
                whole(rates.per_second),
                decimals(rates.p50),
                decimals(rates.p99),
                whole(rates.bare_per_second),
                with_range(rates.ratio),
                decimals(rates.ratio_of_cpu),
            ];
            row.extend(
                rates.php.iter().flat_map(|php| [whole(php.per_second), decimals(php.ratio), decimals(php.p99)]),
            );
            row
        };
        let all = self.actions.iter().flat_map(|measured| {
            let mut rates: Vec<&Rates> = measured.rates.iter().collect();
            rates.sort_by_key(|rates| rates.connections);
            rates.into_iter().map(move |rates| (measured, rates))
        });
        self.actions.iter().any(|measured| measured.rates.len() > 1).then(|| Table::of(&header, all.map(row)))
    }

    fn php(&self) -> Option<Table> {
        let header = [
            "Action",
            "requests/s",
            "PHP/s",
            "ratio to PHP (rounds)",
            "by CPU",
            "target",
            "PHP p50 ms",
            "PHP p99 ms",
            "look-ups (by rate)",
            "PHP's look-ups",
            "CPU µs/call",
            "PHP's CPU",
            "database's CPU",
            "for PHP",
            "MiB",
            "PHP's MiB",
            "same reply",
        ];
        let row = |(measured, php): (&Measured, &Php)| {
            let rates = measured.main();
            vec![
                measured.action.to_owned(),
                whole(rates.per_second),
                whole(php.per_second),
                with_range(php.ratio),
                decimals(php.ratio_of_cpu),
                target(measured.php_target),
                decimals(php.p50),
                decimals(php.p99),
                lookups(rates.lookups, rates.lookups_by_rate),
                lookups(php.lookups, php.lookups_by_rate),
                whole(measured.cpu),
                whole(php.cpu),
                whole(measured.cpu_of_database),
                whole(php.cpu_of_database),
                format!("{:.0}", measured.peak_memory),
                measured.memory_of_php.map(|memory| format!("{memory:.0}")).unwrap_or_default(),
                match measured.equality {
                    Some(Equality::Bytes) => "byte by byte".to_owned(),
                    Some(Equality::Values) => "as JSON".to_owned(),
                    None => String::new(),
                },
            ]
        };
        let all = self.actions.iter().filter_map(|measured| Some((measured, measured.main().php.as_ref()?)));
        let table = Table::of(&header, all.map(row));
        (table.0.len() > 1).then_some(table)
    }

    fn others(&self) -> String {
        let tails = Figure::of(self.actions.iter().map(Measured::tail));
        let bare_tail = |measured: &Measured| measured.bare_paced_p99 / measured.bare_paced_p50;
        let bare_tails = Figure::of(self.actions.iter().map(bare_tail));
        let beside: usize = self.actions.iter().map(|measured| measured.beside).sum();
        let lookups = Figure::of(self.actions.iter().map(|measured| measured.lookups_per_second.median));
        let cpu_of_lookup = Figure::of(self.actions.iter().map(|measured| measured.cpu_of_lookup.median));
        format!(
            "- A look-up: {:.0} a second ({:.0}–{:.0}), and {:.0} µs of processor time in all processes ({:.0}–{:.0}).\n\
             - p99 at 70 % of the maximum: {:.1} × p50 ({:.1}–{:.1}); target {TAIL_TARGET}. Bare SQL at 70 % of its \
             own: {:.1} × ({:.1}–{:.1}).\n\
             - Memory at 256 connections: {:.0} MiB at most; target {MEMORY_TARGET}.\n\
             - Start to first answer, database up: {:.0} ms ({:.0}–{:.0}); target {FIRST_ANSWER_TARGET}.\n\
             - Round trips to the database beside the statements, in one call of each: {beside}.\n",
            lookups.median,
            lookups.least,
            lookups.most,
            cpu_of_lookup.median,
            cpu_of_lookup.least,
            cpu_of_lookup.most,
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

impl Table {
    fn of(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
        let header = header.iter().map(|&name| name.to_owned()).collect();
        Table(std::iter::once(header).chain(rows).collect())
    }

    fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.0[0].len())
            .map(|column| self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
            .collect();
        let mut text = String::new();
        for row in &self.0 {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            let _ = writeln!(text, "{}", cells.join("  ").trim_end());
        }
        text
    }

    fn markdown(&self) -> String {
        let mut text = String::new();
        for (number, row) in self.0.iter().enumerate() {
            let _ = writeln!(text, "| {} |", row.join(" | "));
            if number == 0 {
                let _ = writeln!(text, "| --- |{}", " ---: |".repeat(row.len() - 1));
            }
        }
        text
    }
}

fn comparison(other: &Compared) -> String {
    let part = |name: &str, [before, now]: &[Figure; 2], decimals: usize| {
        format!("{name} {:.decimals$} with the other, {:.decimals$}", before.median, now.median)
    };
    let parts = [
        part("ratio", &other.ratio, 2),
        part("by CPU", &other.ratio_of_cpu, 2),
        part("the server's CPU in µs", &other.cpu, 0),
        part("the database's", &other.cpu_of_database, 0),
    ];
    parts.join("; ")
}

fn whole(figure: Figure) -> String {
    format!("{:.0}", figure.median)
}

fn decimals(figure: Figure) -> String {
    format!("{:.2}", figure.median)
}

fn with_range(figure: Figure) -> String {
    format!("{:.2} ({:.2}–{:.2})", figure.median, figure.least, figure.most)
}

fn lookups(by_cpu: Figure, by_rate: Figure) -> String {
    format!("{:.1} ({:.1})", by_cpu.median, by_rate.median)
}

fn target(target: Option<f64>) -> String {
    target.map(|target| format!("{target:.2}")).unwrap_or_default()
}
