//! `whmcs-api webhook`: the endpoints that are told of events.

use std::time::Duration;

use anyhow::bail;
use clap::{Args, Subcommand};

use super::database::CommandDatabase;
use super::{clock, print, table};
use crate::api::{WebhookCommand, WebhookDone};
use crate::config::{DatabaseUrl, Settings};
use crate::database::page::Page;
use crate::operations::Refusal as _;
use crate::operations::webhooks::{Refusal, Replay};
use crate::server::serving::OpenedApi;
use crate::store::webhooks::deliveries;
use crate::store::webhooks::endpoints::{self, EndpointRow};

/// Time limit for what is left to be finished.
const CLOSING: Duration = Duration::from_secs(5);

#[derive(Subcommand)]
pub enum Command {
    /// Add an endpoint, and print its secret, which is not shown again
    Create(NewArguments),
    /// List the endpoints
    List,
    /// Replace the secret of an endpoint, and print the new one; both sign for a while
    Rotate {
        id: i64,
        /// For how many hours the previous secret signs as well
        #[arg(long, default_value_t = 24)]
        hours: u32,
    },
    /// Send nothing to an endpoint until it is enabled; its events are kept for 30 days
    Disable { id: i64 },
    /// Send events to a disabled endpoint again, with those that waited; `replay` sends later ones that it has missed
    Enable { id: i64 },
    /// Delete an endpoint and its deliveries
    Delete { id: i64 },
    /// Send the event WebhookTest to an endpoint; the running server delivers it
    Test { id: i64 },
    /// List the deliveries to an endpoint of the last 30 days, the latest first
    Deliveries {
        id: i64,
        /// Only those in this state: pending, running, done, failed or superseded
        #[arg(long)]
        state: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Send events again: those that were given up or withdrawn, or those after a number
    Replay {
        id: i64,
        /// Send the events with a `sequence` above this number
        #[arg(long, value_name = "SEQUENCE")]
        after: Option<i64>,
    },
}

#[derive(Args)]
pub struct NewArguments {
    /// Where requests are sent, such as `https://hooks.example.com/whmcs`
    #[arg(value_name = "URL", required_unless_present = "pull")]
    url: Option<String>,
    /// The name of an event, or its beginning with an asterisk, such as 'Invoice*'; may be repeated
    #[arg(long = "event", value_name = "EVENT", required = true)]
    events: Vec<String>,
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,
    /// Add a reader of `GET /v1/events` instead, which is sent nothing
    #[arg(long, conflicts_with = "url")]
    pull: bool,
}

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let mut database = CommandDatabase::open(settings).await?;
    let done = match command {
        Command::List => list(&mut database).await,
        Command::Deliveries { id, state, limit } => list_deliveries(&mut database, id, state.as_deref(), limit).await,
        command => manage(command, settings, &database).await,
    };
    done.and(database.close().await)
}

async fn list(database: &mut CommandDatabase) -> anyhow::Result<()> {
    let all = endpoints::all(&mut database.connection).await?;
    if all.is_empty() {
        return print("There are no endpoints.\n");
    }
    let rows = all.into_iter().map(|row| {
        let state = state(&row);
        let url = if row.is_push() { row.url } else { "(pull)".to_owned() };
        [row.id.to_string(), url, row.events, state, row.description]
    });
    print(&table(["ID", "URL", "EVENTS", "STATE", "DESCRIPTION"], rows))
}

fn state(row: &EndpointRow) -> String {
    match (row.is_enabled, row.failing_since) {
        (false, _) => format!("disabled after event {}: {}", row.disabled_after, row.reason),
        (true, Some(since)) => format!("failing since {} UTC", since.format("%Y-%m-%d %H:%M")),
        (true, None) => "enabled".to_owned(),
    }
}

async fn list_deliveries(
    database: &mut CommandDatabase,
    id: i64,
    state: Option<&str>,
    limit: u32,
) -> anyhow::Result<()> {
    let page = Page { start: 0, length: limit };
    let listed = deliveries::list(&mut database.connection, id, state, page).await?;
    let rows = listed
        .rows
        .into_iter()
        .map(|row| [row.id.to_string(), row.summary, row.state, row.attempts.to_string(), row.due_at, row.last_error]);
    print(&table(["ID", "EVENT", "STATE", "ATTEMPTS", "TIME (UTC)", "ERROR"], rows))
}

async fn manage(command: Command, settings: &Settings, database: &CommandDatabase) -> anyhow::Result<()> {
    let command = match command {
        Command::Create(NewArguments { url, events, description, pull }) => WebhookCommand::Create {
            kind: if pull { "pull" } else { "push" },
            url: url.unwrap_or_default(),
            events: events.join(" "),
            description,
        },
        Command::Rotate { id, hours } => WebhookCommand::Rotate { id, hours },
        Command::Disable { id } => WebhookCommand::Enable { id, enables: false },
        Command::Enable { id } => WebhookCommand::Enable { id, enables: true },
        Command::Delete { id } => WebhookCommand::Delete { id },
        Command::Test { id } => WebhookCommand::Test { id },
        Command::Replay { id, after } => {
            WebhookCommand::Replay { id, which: after.map_or(Replay::NotDelivered, Replay::After) }
        }
        Command::List | Command::Deliveries { .. } => return Ok(()),
    };
    let mut settings = settings.clone();
    settings.database.connections = 2;
    settings.database.replica_url = DatabaseUrl::default();
    let clock = clock(&settings, None)?;
    let OpenedApi { api, .. } = Box::pin(OpenedApi::open(&mut settings, vec![database.options.clone()], clock)).await?;
    let managed = api.manage_webhooks(command).await;
    api.shut_down(CLOSING).await;
    match managed? {
        Ok(WebhookDone::Created { id, secret }) if secret.is_empty() => print(&format!("Webhook ID: {id}\n")),
        Ok(WebhookDone::Created { id, secret }) => {
            print(&format!("Webhook ID: {id}\nSecret: {secret}\nThe secret is not shown again.\n"))
        }
        Ok(WebhookDone::Rotated { secret }) => print(&format!("Secret: {secret}\nThe secret is not shown again.\n")),
        Ok(WebhookDone::Replayed { events }) => print(&format!("{events} events are sent again.\n")),
        Ok(WebhookDone::Done) => print("Done.\n"),
        Err(refusal) => bail!("{}", words(&refusal)),
    }
}

fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotFound => "there is no endpoint with this ID".to_owned(),
        Refusal::InvalidUrl => "the URL must begin with https:// and have no login".to_owned(),
        Refusal::UrlNotAllowed(reason) => format!("nothing is sent to this URL: {reason}"),
        Refusal::NoEvents => "name at least one event".to_owned(),
        Refusal::UnknownEvent(name) => format!("there is no event {name}: docs/webhooks.md lists them"),
        Refusal::NotForReaders => "a reader (pull) is sent nothing".to_owned(),
        Refusal::Disabled => "the endpoint is disabled".to_owned(),
        Refusal::NoKeys => "there is no key file (keys.file), with which the secret would be sealed".to_owned(),
        Refusal::UnknownKind => refusal.code().to_owned(),
    }
}
