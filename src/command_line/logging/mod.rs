//! Set-up of logging.

mod line_budget;

use std::fmt::{self, Write};
use std::io::{IsTerminal, stderr};

use anyhow::Context;
use serde_json::json;
use tokio::runtime::Handle;
use tracing::{Event, Subscriber, error};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload;

use crate::config::{LogFormat, Settings};
use crate::observability::current_call::{self, CurrentCall};
use crate::observability::traces::Traces;
use crate::server::reload::SetLogLevels;
use line_budget::LineBudget;

/// Logs to standard error, in colors on a terminal, and starts the export of traces if it is enabled.
///
/// Also returns a function that sets other levels later.
pub fn begin(settings: &Settings, runtime: &Handle) -> anyhow::Result<(Option<Traces>, SetLogLevels)> {
    let has_colors = stderr().is_terminal();
    let lines = layer().with_writer(stderr).with_ansi(has_colors);
    let lines = match settings.log_format {
        LogFormat::Text => lines.map_event_format(|format| Lines::new(format.with_ansi(has_colors), in_text)).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .map_event_format(|format| Lines::new(format, in_json))
            .boxed(),
    };
    let traces = Traces::begin(&settings.traces, runtime.clone())?;
    let set_levels = match &traces {
        Some(traces) => {
            // The lines already contain the call that they belong to.
            let parse: Parse =
                |levels| Ok(parse(levels)?.with_target("whmcs_api::observability::traces", LevelFilter::OFF));
            let (filter, handle) = reload::Layer::new(parse(&settings.log)?);
            tracing_subscriber::registry().with(lines.with_filter(filter)).with(traces.layer()).init();
            setter(handle, parse)
        }
        // A layer's own filter, even if it is the only one, is evaluated for each event.
        None => {
            let (filter, handle) = reload::Layer::new(parse(&settings.log)?);
            tracing_subscriber::registry().with(lines).with(filter).init();
            setter(handle, parse)
        }
    };
    // Without this, panics would be printed in another format and without the call.
    std::panic::set_hook(Box::new(|panic| error!("{panic}")));
    Ok((traces, set_levels))
}

type Parse = fn(&str) -> anyhow::Result<Targets>;

fn parse(levels: &str) -> anyhow::Result<Targets> {
    levels.parse().context("log: must be a level, such as info, or levels of targets")
}

fn setter<S: 'static>(handle: reload::Handle<Targets, S>, parse: Parse) -> SetLogLevels {
    Box::new(move |levels| Ok(handle.reload(parse(levels)?)?))
}

/// Formats lines with one of the library's formats, appends the current call, and omits lines that are repeated too
/// often.
struct Lines<F> {
    format: F,
    append: Append,
    budget: LineBudget,
}

/// Appends the current call to a line, and the number of lines that were omitted before it.
type Append = fn(&mut String, Option<&CurrentCall>, u64) -> fmt::Result;

impl<F> Lines<F> {
    fn new(format: F, append: Append) -> Lines<F> {
        Lines { format, append, budget: LineBudget::new() }
    }
}

impl<S, N, F> FormatEvent<S, N> for Lines<F>
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(omitted) = self.budget.take(event.metadata()) else { return Ok(()) };
        let call = current_call::current();
        if call.is_none() && omitted == 0 {
            return self.format.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.format.format_event(context, Writer::new(&mut line), event)?;
        line.truncate(line.trim_end().len());
        (self.append)(&mut line, call.as_deref(), omitted)?;
        writeln!(writer, "{line}")
    }
}

fn in_text(line: &mut String, call: Option<&CurrentCall>, omitted: u64) -> fmt::Result {
    if omitted > 0 {
        write!(line, " ({omitted} lines like this one were omitted)")?;
    }
    let Some(CurrentCall { id, action }) = call else { return Ok(()) };
    write!(line, " call{{id={id:?} action={:?}}}", action.as_deref().unwrap_or("unknown"))
}

fn in_json(line: &mut String, call: Option<&CurrentCall>, omitted: u64) -> fmt::Result {
    // Inserted into the object of the line.
    line.pop();
    if omitted > 0 {
        write!(line, ",\"omitted\":{omitted}")?;
    }
    if let Some(CurrentCall { id, action }) = call {
        write!(line, ",\"span\":{}", json!({ "name": "call", "id": id, "action": action }))?;
    }
    line.push('}');
    Ok(())
}
