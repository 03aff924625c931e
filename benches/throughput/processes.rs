//! The processes of a side that answers calls, and their use of the machine.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::Context;

use super::cpu::cpu_of;

/// Processes with all that they have started. They are stopped when this is dropped.
pub struct Processes {
    pub children: Vec<Child>,
    pub address: SocketAddr,
}

impl Processes {
    /// Their CPU time so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        self.ids().iter().map(|id| cpu_of(id)).sum()
    }

    /// The peak memory of each since the last time, added, in MiB.
    pub fn peak_memory(&self) -> anyhow::Result<f64> {
        let mut peak = 0.0;
        for id in self.ids() {
            peak += mebibytes(&format!("/proc/{id}/status"), "VmHWM:")?;
            fs::write(format!("/proc/{id}/clear_refs"), "5")?;
        }
        Ok(peak)
    }

    /// Their memory now, in MiB. What several of them share is counted once.
    pub fn memory(&self) -> anyhow::Result<f64> {
        self.ids().iter().map(|id| mebibytes(&format!("/proc/{id}/smaps_rollup"), "Pss:")).sum()
    }

    /// The ids of the processes, and of those that they have started.
    fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.children.iter().map(|child| child.id().to_string()).collect();
        let mut index = 0;
        while let Some(id) = ids.get(index) {
            let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
            ids.extend(children.split_whitespace().map(str::to_owned));
            index += 1;
        }
        ids
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}

fn mebibytes(file: &str, name: &'static str) -> anyhow::Result<f64> {
    let text = fs::read_to_string(file)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)).context(name)?;
    let kilobytes: f64 = value.split_whitespace().next().context(name)?.parse()?;
    Ok(kilobytes / 1024.0)
}
