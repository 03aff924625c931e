//! The measured server, in a separate process, and its use of the machine.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::DATABASE;
use super::connection::Connection;
use super::cpu::cpu_of;

/// A server, which is stopped when it is dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server with a running database.
    pub fn start(program: &Path, socket: &Path, database: &str, settings: &[(&str, &str)]) -> anyhow::Result<Server> {
        let url = format!("mysql://root@localhost/{database}?socket={}&ssl-mode=DISABLED", socket.display());
        let mut command = Command::new(program);
        command.arg("serve").args(["--listen", "127.0.0.1:0"]).env("WHMCS_API_DATABASE_URL", url);
        command.envs(settings.iter().copied()).current_dir(std::env::temp_dir());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("it is piped")?).lines();
        let mut told = String::new();
        let address = loop {
            let line = lines.next().with_context(|| format!("the server ended:\n{told}"))??;
            if let Some((_, url)) = line.split_once("http://") {
                break url.split('/').next().unwrap_or_default().parse()?;
            }
            told.push_str(&line);
        };
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Server { child, address })
    }

    /// Time from the start of the program to its first response, in milliseconds.
    pub async fn first_answer(program: &Path, socket: &Path, body: &str) -> anyhow::Result<f64> {
        let start = Instant::now();
        let server = Server::start(program, socket, DATABASE, &[])?;
        Connection::open(server.address).await?.call(body).await?;
        Ok(start.elapsed().as_secs_f64() * 1000.0)
    }

    /// Its CPU time so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu_of(&self.child.id().to_string())
    }

    /// Its peak memory since the last time, in MiB.
    pub fn peak_memory(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
        let kilobytes: f64 = peak.split_whitespace().next().context("a number")?.parse()?;
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?;
        Ok(kilobytes / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
