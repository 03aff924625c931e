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
use crate::error::Error;
use crate::network::Network;
use crate::observability::api_log::Origin;
use crate::redaction::Hidden;
use crate::server::serving::OpenedApi;
use crate::upstream::comparison::{ComparedReply, Comparison, NOT_SHOWN, Tally, differences, shown_request};
use crate::upstream::{PassedCall, Upstream, is_comparable};
use crate::wire::{ApiStyle, Parameters};

const LOOPBACK: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const FORBIDDEN: u16 = 403;
const STYLE: ApiStyle = ApiStyle::Classic { speaks_json: true };
/// What stands in a log in place of a secret.
const HIDDEN: &str = "***";
/// Longer lines are no records of the log.
const MAX_LINE_BYTES: u64 = 1 << 20;
/// The statuses with which this server says that it could not run a call.
const NOT_ANSWERED: [u16; 4] = [429, 500, 503, 504];

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
    not_answered_here: usize,
    not_comparable: usize,
}

/// What was found.
#[derive(Default)]
struct Replayed {
    tally: Tally,
    unused: Unused,
    /// The rejection that ended it.
    rejection: Option<String>,
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
        Err(_) => Ok(Replayed::default()),
    };
    if let Ok(OpenedApi { hosts, replica, .. }) = &opened {
        hosts.close().await;
        if let Some(replica) = replica {
            replica.close().await;
        }
    }
    database.close().await?;
    opened?;
    let Replayed { tally, unused, rejection } = replayed?;
    show(&tally.into_rows(), arguments.json)?;
    if !arguments.json {
        print(&unused.text())?;
    }
    rejection.map_or(Ok(()), |rejection| bail!(rejection))
}

/// The settings of a server that answers the calls here: it writes nothing and passes nothing on.
fn only_reading(settings: &Settings) -> Settings {
    let mut settings = Settings { read_only: true, upstream: config::Upstream::default(), ..settings.clone() };
    settings.access.allow.extend(Network::LOOPBACK);
    (settings.limits.calls_per_minute, settings.limits.calls_per_day) = (0, 0);
    settings
}

/// Makes the calls. The first rejection ends it, before the WHMCS takes it for an attack.
async fn replay(arguments: &Arguments, api: &Arc<Api>, settings: &config::Upstream) -> anyhow::Result<Replayed> {
    // Patterns of calls that are compared while serving do not matter here.
    let settings = config::Upstream { compare: Vec::new(), ..settings.clone() };
    let upstream = Upstream::new(&settings, api.catalogue())?.context("upstream.url is not set")?;
    let replay = Replay { arguments, api, upstream: &upstream, hidden: Hidden::new([&*arguments.secret]) };
    let (mut replayed, mut seen) = (Replayed::default(), HashSet::new());
    let mut made = 0;
    for line in lines(&arguments.file)? {
        if made >= arguments.limit || replayed.rejection.is_some() {
            break;
        }
        let Some(call) = read(&line?, api, &mut replayed.unused) else { continue };
        if !seen.insert(call.text()) {
            replayed.unused.repeated += 1;
            continue;
        }
        made += 1;
        replay.compare(&call, &mut replayed).await;
    }
    Ok(replayed)
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
    // Who calls, and in which format, is replaced.
    values.retain(|name, _| !NOT_SHOWN.contains(&name.as_str()));
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

/// What all calls have in common.
struct Replay<'r> {
    arguments: &'r Arguments,
    api: &'r Arc<Api>,
    upstream: &'r Upstream,
    hidden: Hidden,
}

impl Replay<'_> {
    /// Makes a call on both, and counts how the replies differ.
    async fn compare(&self, call: &Call, replayed: &mut Replayed) {
        let Some(theirs) = self.ask_upstream(call, replayed).await else { return };
        let Some(ours) = self.ask_here(call, replayed).await else { return };
        let Some(found) = differences(&call.action, &theirs, &ours, &self.upstream.ignored) else {
            replayed.unused.not_comparable += 1;
            return;
        };
        replayed.tally.add(&Comparison {
            action: &call.action,
            differences: &found,
            request_id: "",
            request: &shown_request(&call.parameters.values, &self.hidden),
            hidden: &self.hidden,
            at: chrono::Utc::now().naive_utc(),
            with_values: self.arguments.values,
        });
    }

    async fn ask_upstream(&self, call: &Call, replayed: &mut Replayed) -> Option<ComparedReply> {
        let (action, parameters) = (&*call.action, &self.with_credential(call));
        // The calls are this machine's own.
        let passed = PassedCall { action, parameters, style: STYLE, address: None, request_id: "replay" };
        match self.upstream.ask(&passed).await {
            Ok(answer) if answer.status == FORBIDDEN => {
                let reply = String::from_utf8_lossy(&answer.body);
                replayed.rejection = Some(format!("the WHMCS rejects the call of {action}: {reply}"));
                None
            }
            Ok(answer) => Some(ComparedReply::read(answer.status, &answer.body)),
            Err(Error::Upstream(error)) if error.is_forbidden() => {
                replayed.rejection = Some(format!("a server before the WHMCS rejects the call of {action}"));
                None
            }
            Err(error) => {
                replayed.unused.not_answered += 1;
                tracing::warn!(action, %error, "a call was not answered");
                None
            }
        }
    }

    async fn ask_here(&self, call: &Call, replayed: &mut Replayed) -> Option<ComparedReply> {
        let (action, hidden) = (Some(call.action.clone()), self.hidden.clone());
        let parameters = self.with_credential(call);
        let request = ApiRequest::new(action, parameters, STYLE, hidden);
        let response = self.api.handle(request, origin()).await;
        let reply = response.reply.body.whole();
        match response.status {
            FORBIDDEN => {
                let reply = String::from_utf8_lossy(&reply);
                replayed.rejection = Some(format!("this server rejects the call of {}: {reply}", call.action));
                None
            }
            status if NOT_ANSWERED.contains(&status) => {
                replayed.unused.not_answered_here += 1;
                tracing::warn!(action = call.action, status, "this server did not answer a call");
                None
            }
            status => Some(ComparedReply::read(status, &reply)),
        }
    }

    fn with_credential(&self, call: &Call) -> Parameters {
        let mut parameters = call.parameters.clone();
        let Arguments { identifier, secret, .. } = self.arguments;
        for (name, value) in [("identifier", &**identifier), ("secret", secret), ("responsetype", "json")] {
            parameters.values.insert(name.to_owned(), value.into());
        }
        parameters
    }
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
            (self.not_answered_here, "got no answer here"),
            (self.not_comparable, "got two answers that cannot be read"),
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
