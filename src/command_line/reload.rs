//! `whmcs-api reload`: has the running server read its settings again.

use anyhow::bail;

use super::print;
use crate::config::Settings;
use crate::server::control;

pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let outcomes = control::reload_all(&settings.data_dir).await?;
    let several = outcomes.len() > 1;
    let mut failures = Vec::new();
    for (number, outcome) in (1..).zip(outcomes) {
        let prefix = if several { format!("server {number}: ") } else { String::new() };
        match outcome {
            Ok(text) => text.lines().try_for_each(|line| print(&format!("{prefix}{line}\n")))?,
            Err(error) => failures.push(format!("{prefix}{error}")),
        }
    }
    if !failures.is_empty() {
        bail!("the settings were not applied: {}", failures.join("; "));
    }
    Ok(())
}
