//! What the program says while it runs.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tokio::runtime::Handle;
use tracing::error;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::config::{LogFormat, Settings};
use crate::traces::Traces;

/// Logs to standard error, in colors where a person reads it, and has traces made where they are wanted.
pub fn begin(settings: &Settings, runtime: &Handle) -> anyhow::Result<Option<Traces>> {
    let filter: Targets = settings.log.parse().context("log: must be a level, such as info, or levels of targets")?;
    let lines = fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let traces = Traces::begin(&settings.traces, runtime.clone())?;
    let spans = traces.as_ref().map(Traces::layer);
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).init();
    // Otherwise it would be told in another format, and not of which call.
    std::panic::set_hook(Box::new(|panic| error!("{panic}")));
    Ok(traces)
}
