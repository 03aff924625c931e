//! `whmcs-api compare replay`: makes the reads in an API log again, on the WHMCS and here.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::show;
use crate::api::{Api, ApiRequest};
use crate::command_line::database::CommandDatabase;
use crate::command_line::print;
use crate::config::{self, Settings};
use crate::domain::time::Clock;
use crate::network::Network;
use crate::observability::api_log::Origin;
use crate::redaction::Hidden;
use crate::server::serving::OpenedApi;
use crate::upstream::comparison::{ComparedReply, Comparison, Tally, differences};
use crate::upstream::{PassedCall, Upstream, is_comparable};
use crate::wire::{ApiStyle, Parameters};

const LOOPBACK: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const FORBIDDEN: u16 = 403;
/// What stands in a log in place of a secret.
const HIDDEN: &str = "***";
/// Longer lines are no records of the log.
const MAX_LINE_BYTES: u64 = 1 << 20;
/// The parameters that say who calls and in which format, which are replaced.
const REPLACED: [&str; 8] =
    ["action", "identifier", "secret", "username", "password", "accesskey", "responsetype", "idempotencykey"];

#[derive(Args)]
pub struct Arguments {
    /// A file with records of the API log as `whmcs-api log search --json` prints them, or - for standard input
    file: PathBuf,
    /// The identifier of the credential for the calls
    #[arg(long)]
    identifier: String,
    /// Its secret
    #[arg(long, env = "WHMCS_API_COMPARE_SECRET", hide_env_values = true)]
    secret: String,
    /// Maximum number of calls to make
    #[arg(long, default_value_t = 1000)]
    limit: usize,
    /// Show the values that differ, without those of secrets
    #[arg(long)]
    values: bool,
    /// Print JSON, one object per line
    #[arg(long)]
    json: bool,
}

/// A record of the log.
#[derive(Deserialize)]
struct LoggedCall {
    action: String,
    #[serde(default)]
    request: Value,
}

/// How many records were not used, by reason.
#[derive(Default)]
struct Unused {
    unreadable: usize,
    not_reads: usize,
    secret: usize,
    repeated: usize,
    not_answered: usize,
}

pub async fn run(arguments: Arguments, settings: Settings) -> anyhow::Result<()> {
    if settings.upstream.url.is_empty() {
        bail!("upstream.url is not set: there is no WHMCS to compare with");
    }
    let database = CommandDatabase::open_unchanged(&settings).await?;
    let mut to_read = only_reading(&settings);
    let clock = Clock::System(settings.time_zone);
    let opened = OpenedApi::open(&mut to_read, vec![database.options.clone()], clock).await;
    let replayed = match &opened {
        Ok(opened) => replay(&arguments, &opened.api, &settings.upstream).await,
        Err(_) => Ok((Tally::default(), Unused::default())),
    };
    if let Ok(OpenedApi { hosts, replica, .. }) = &opened {
        hosts.close().await;
        if let Some(replica) = replica {
            replica.close().await;
        }
    }
    database.close().await?;
    opened?;
    let (tally, unused) = replayed?;
    show(&tally.into_rows(), arguments.json)?;
    if arguments.json { Ok(()) } else { print(&unused.text()) }
}

/// The settings of a server that answers the calls here: it writes nothing and passes nothing on.
fn only_reading(settings: &Settings) -> Settings {
    let mut settings = Settings { read_only: true, upstream: config::Upstream::default(), ..settings.clone() };
    settings.access.allow.extend(Network::LOOPBACK);
    (settings.limits.calls_per_minute, settings.limits.calls_per_day) = (0, 0);
    settings
}

async fn replay(arguments: &Arguments, api: &Arc<Api>, settings: &config::Upstream) -> anyhow::Result<(Tally, Unused)> {
    // Patterns of calls that are compared while serving do not matter here.
    let settings = config::Upstream { compare: Vec::new(), ..settings.clone() };
    let upstream = Upstream::new(&settings, api.catalogue())?.context("upstream.url is not set")?;
    let (mut tally, mut unused, mut seen) = (Tally::default(), Unused::default(), HashSet::new());
    let mut made = 0;
    for line in lines(&arguments.file)? {
        if made >= arguments.limit {
            break;
        }
        let Some(call) = read(&line?, api, &mut unused) else { continue };
        if !seen.insert(call.text()) {
            unused.repeated += 1;
            continue;
        }
        made += 1;
        compare(arguments, &call, api, &upstream, &mut tally, &mut unused).await?;
    }
    Ok((tally, unused))
}

/// A call to make, without a credential.
struct Call {
    /// The name of the action in the catalogue.
    action: String,
    parameters: Parameters,
}

impl Call {
    fn text(&self) -> String {
        format!("{} {}", self.action, Value::Object(self.parameters.values.clone()))
    }
}

/// Returns the call of a record, if it can be made again.
fn read(line: &[u8], api: &Api, unused: &mut Unused) -> Option<Call> {
    let Ok(logged) = serde_json::from_slice::<LoggedCall>(line) else {
        unused.unreadable += 1;
        return None;
    };
    let Some(entry) = api.catalogue().find(&logged.action).filter(|entry| is_comparable(entry)) else {
        unused.not_reads += 1;
        return None;
    };
    // A request that was cut is a text.
    let Value::Object(mut values) = logged.request else {
        unused.unreadable += 1;
        return None;
    };
    for name in REPLACED {
        values.shift_remove(name);
    }
    if has_hidden(&values) {
        unused.secret += 1;
        return None;
    }
    let mut parameters = Parameters::default();
    parameters.values = values;
    Some(Call { action: entry.name.to_string(), parameters })
}

fn has_hidden(values: &Map<String, Value>) -> bool {
    values.iter().any(|(name, value)| name.contains(HIDDEN) || value.to_string().contains(HIDDEN))
}

async fn compare(
    arguments: &Arguments,
    call: &Call,
    api: &Arc<Api>,
    upstream: &Upstream,
    tally: &mut Tally,
    unused: &mut Unused,
) -> anyhow::Result<()> {
    let request = Value::Object(call.parameters.values.clone()).to_string();
    let mut parameters = call.parameters.clone();
    for (name, value) in
        [("identifier", &*arguments.identifier), ("secret", &arguments.secret), ("responsetype", "json")]
    {
        parameters.values.insert(name.to_owned(), value.into());
    }
    let style = ApiStyle::Classic { speaks_json: true };
    let passed =
        PassedCall { action: &call.action, parameters: &parameters, style, address: LOOPBACK, request_id: "replay" };
    let theirs = match upstream.ask(&passed).await {
        Ok(answer) if answer.status == FORBIDDEN => {
            bail!("the WHMCS rejects the call of {}: {}", call.action, String::from_utf8_lossy(&answer.body))
        }
        Ok(answer) => ComparedReply::read(answer.status, &answer.body),
        Err(error) => {
            unused.not_answered += 1;
            tracing::warn!(action = call.action, %error, "a call was not answered");
            return Ok(());
        }
    };
    let hidden = Hidden::new([&*arguments.secret]);
    let action = Some(call.action.clone());
    let api_request = ApiRequest { action, parameters, style, hidden, if_none_match: None, passed: None };
    let response = api.handle(api_request, origin()).await;
    if response.status == FORBIDDEN {
        bail!(
            "this server rejects the call of {}: {}",
            call.action,
            String::from_utf8_lossy(&response.reply.body.whole())
        );
    }
    let ours = ComparedReply::read(response.status, &response.reply.body.whole());
    tally.add(&Comparison {
        action: &call.action,
        differences: &differences(&call.action, &theirs, &ours, &upstream.ignored),
        request_id: "",
        request: &request,
        at: chrono::Utc::now().naive_utc(),
        with_values: arguments.values,
    });
    Ok(())
}

fn origin() -> Origin {
    Origin {
        address: LOOPBACK,
        method: "POST".to_owned(),
        path: "/includes/api.php".to_owned(),
        user_agent: None,
        request_id: "replay".to_owned(),
        traceparent: None,
    }
}

/// The lines of a file that are not empty.
fn lines(file: &Path) -> anyhow::Result<impl Iterator<Item = std::io::Result<Vec<u8>>>> {
    let input: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(file).with_context(|| format!("reading {}", file.display()))?),
    };
    let mut input = BufReader::new(input);
    let next = move || {
        let mut line = Vec::new();
        match input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => Some(Ok(line)),
            Err(error) => Some(Err(error)),
        }
    };
    let is_empty = |line: &std::io::Result<Vec<u8>>| line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty());
    Ok(std::iter::from_fn(next).filter(move |line| !is_empty(line)))
}

impl Unused {
    fn text(&self) -> String {
        let parts = [
            (self.repeated, "are repeated"),
            (self.not_reads, "are of actions that may change something, or that this server lacks"),
            (self.secret, "have values that the log hides"),
            (self.unreadable, "cannot be read, or were cut"),
            (self.not_answered, "got no answer from the WHMCS"),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!("Records that were not compared: {}.\n", parts.join(", "))
        }
    }
}
