//! What the program says while it runs.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tracing::error;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::config::{LogFormat, Settings};

/// Logs to standard error, in colors where a person reads it.
pub fn begin(settings: &Settings) -> anyhow::Result<()> {
    let filter: Targets = settings.log.parse().context("log: must be a level, such as info, or levels of targets")?;
    let lines = fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
    // Otherwise it would be told in another format, and not of which call.
    std::panic::set_hook(Box::new(|panic| error!("{panic}")));
    Ok(())
}
