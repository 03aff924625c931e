//! The measured server, in a separate process.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context;

use super::connection::Connection;
use super::endpoint::Endpoint;
use super::processes::Processes;

/// A program to measure, and the variables of its settings.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub program: PathBuf,
    pub settings: Vec<(String, String)>,
}

impl Candidate {
    /// The same program with this setting, too.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Candidate {
        let mut candidate = self.clone();
        candidate.settings.push((name.to_owned(), value.to_owned()));
        candidate
    }

    /// Starts the server with a running database.
    pub fn start(&self, endpoint: &Endpoint, database: &str) -> anyhow::Result<Processes> {
        let mut command = Command::new(&self.program);
        command.arg("serve").args(["--listen", "127.0.0.1:0"]).env("WHMCS_API_DATABASE_URL", endpoint.url(database));
        command.envs(self.settings.iter().cloned()).current_dir(std::env::temp_dir());
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
        Ok(Processes { children: vec![child], address })
    }

    /// Time from the start of the program to its first response, in milliseconds.
    pub async fn first_answer(&self, endpoint: &Endpoint, database: &str, body: &str) -> anyhow::Result<f64> {
        let start = Instant::now();
        let server = self.start(endpoint, database)?;
        Connection::open(server.address).await?.call(body).await?;
        Ok(start.elapsed().as_secs_f64() * 1000.0)
    }
}
