//! Tasks in processes of their own, so that the processor time of each side can be told apart.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::load::Outcome;

/// Runs a task in a separate process of this program, which is called with the task's name.
pub async fn apart(name: &'static str, task: &impl Serialize) -> anyhow::Result<Outcome> {
    let task = serde_json::to_vec(task)?;
    let run = move || {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(name).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        // Dropping the handle closes standard input, which ends the task.
        child.stdin.take().context("it is piped")?.write_all(&task)?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("{name} failed: {}", output.status);
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    tokio::task::spawn_blocking(run).await?
}

/// Runs the task that standard input describes, and writes its outcome to standard output.
pub async fn work<T: DeserializeOwned>(run: impl AsyncFnOnce(T) -> anyhow::Result<Outcome>) -> anyhow::Result<()> {
    let task = serde_json::from_reader(std::io::stdin())?;
    println!("{}", serde_json::to_string(&run(task).await?)?);
    Ok(())
}
