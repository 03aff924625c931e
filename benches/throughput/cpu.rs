//! What processes use of the processor, and what processor it is.

use std::fs;
use std::time::Duration;

use anyhow::Context;

/// How long a process has computed, in all its threads.
pub fn cpu_of(process: &str) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, behind_name) = stat.rsplit_once(')').context("a name")?;
    let times = behind_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = times.filter_map(|count| count.parse::<u64>().ok()).sum();
    // The kernel's unit for this, on every machine that Linux runs on.
    Ok(Duration::from_millis(ticks * 10))
}

/// How long this process and the database had computed at a time.
pub struct Cpu<'p> {
    database_process: &'p str,
    times: [Duration; 2],
}

impl<'p> Cpu<'p> {
    pub fn now(database_process: &'p str) -> anyhow::Result<Cpu<'p>> {
        Ok(Cpu { database_process, times: [cpu_of("self")?, cpu_of(database_process)?] })
    }

    /// How long they have computed since then.
    pub fn since(&self) -> anyhow::Result<[Duration; 2]> {
        let [own, database] = Cpu::now(self.database_process)?.times;
        Ok([own.saturating_sub(self.times[0]), database.saturating_sub(self.times[1])])
    }
}

/// What the figures are of.
pub fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes: u64 = memory.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
    format!(
        "{cores} cores of {}, {} GiB of memory",
        model.map_or("an unknown processor", |(_, name)| name),
        kilobytes >> 20
    )
}
