//! `whmcs-api console`: who may log in to the console, and who is logged in.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};

use super::database::CommandDatabase;
use super::{clock, print, table};
use crate::api::Api;
use crate::config::{DatabaseUrl, Settings};
use crate::console::PREFIX;
use crate::domain::Author;
use crate::domain::id::AdminId;
use crate::operations::authentication::console::{ConsoleRefusal, Invitee};
use crate::server::serving::OpenedApi;

/// Time limit for what is left to be finished.
const CLOSING: Duration = Duration::from_secs(5);

#[derive(Subcommand)]
pub enum Command {
    /// Print a link with which a member of staff sets up their second factor; it works once, for an hour
    Invite(Invitation),
    /// List the sessions: who is logged in, from where, until when
    Sessions,
    /// End a session, or all sessions of a member of staff
    Revoke {
        /// The id of a session, as `sessions` lists it
        #[arg(required_unless_present = "user")]
        session: Option<i64>,
        /// The user name of a member of staff
        #[arg(long, value_name = "USERNAME", conflicts_with = "session")]
        user: Option<String>,
    },
    /// Remove the second factor of a member of staff who has lost it, and end their sessions
    ResetSecondFactor {
        #[arg(value_name = "USERNAME")]
        user: String,
    },
}

#[derive(Args)]
pub struct Invitation {
    #[arg(value_name = "USERNAME")]
    user: String,
    /// Let the link set a new password, too. Beside a WHMCS, it is that of its admin area as well
    #[arg(long)]
    new_password: bool,
    /// The address by which staff reach this server, such as `https://billing.example.com`; by default that of the listener
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let database = CommandDatabase::open(settings).await?;
    let mut own = settings.clone();
    own.database.connections = 2;
    own.database.replica_url = DatabaseUrl::default();
    let clock = clock(&own, None)?;
    let opened = Box::pin(OpenedApi::open(&mut own, vec![database.options.clone()], clock)).await;
    let done = match opened {
        Ok(OpenedApi { api, .. }) => {
            let done = carry_out(command, settings, &api).await;
            api.shut_down(CLOSING).await;
            done
        }
        Err(error) => Err(error),
    };
    done.and(database.close().await)
}

async fn carry_out(command: Command, settings: &Settings, api: &Arc<Api>) -> anyhow::Result<()> {
    match command {
        Command::Invite(Invitation { user, new_password, url }) => {
            let invitee = Invitee::Staff { user_name: user, sets_password: new_password };
            let token = api.invite_to_console(invitee).await?.map_err(words)?;
            let base = url.unwrap_or_else(|| base(settings));
            print(&format!("{}\nThe link works once, for an hour.\n", link(&base, &token)))
        }
        Command::Sessions => sessions(api).await,
        Command::Revoke { session: Some(session), .. } => {
            let system = Author { admin: AdminId(0), name: "System".to_owned(), address: String::new() };
            api.end_console_session(system, session, None).await?.map_err(words)?;
            print("The session has ended.\n")
        }
        Command::Revoke { user: Some(user), .. } => {
            let ended = api.end_console_sessions_of(&user).await?.map_err(words)?;
            print(&format!("{ended} sessions have ended.\n"))
        }
        Command::Revoke { .. } => bail!("name a session or a member of staff"),
        Command::ResetSecondFactor { user } => {
            api.reset_second_factor(&user).await?.map_err(words)?;
            print("The second factor was removed: `whmcs-api console invite` makes a link to set up another.\n")
        }
    }
}

async fn sessions(api: &Arc<Api>) -> anyhow::Result<()> {
    let rows = api.console_sessions(None).await?.into_iter().map(|row| {
        let time = |time: chrono::NaiveDateTime| time.format("%Y-%m-%d %H:%M").to_string();
        let (seen_at, ends_at) = (time(row.seen_at), time(row.ends_at));
        // What browsers send must not move the cursor of a terminal.
        let user_agent: String = row.user_agent.chars().filter(|character| !character.is_control()).collect();
        [row.id.to_string(), row.user_name, row.address, seen_at, ends_at, user_agent]
    });
    print(&table(["ID", "USER", "FROM", "LAST USED (UTC)", "ENDS (UTC)", "BROWSER"], rows))
}

/// The address of the console's listener.
fn base(settings: &Settings) -> String {
    let own = settings.console.address().ok().flatten();
    format!("{}://{}", settings.scheme(), own.unwrap_or(settings.listen))
}

fn link(base: &str, token: &str) -> String {
    format!("{}{PREFIX}/welcome/{token}", base.trim_end_matches('/').trim_end_matches(PREFIX))
}

fn words(refusal: ConsoleRefusal) -> anyhow::Error {
    match refusal {
        ConsoleRefusal::StaffNotFound => anyhow!("no member of staff who is not disabled has this user name"),
        ConsoleRefusal::NoFactor => anyhow!("they have no second factor"),
        ConsoleRefusal::SessionNotFound => anyhow!("there is no such session: it has ended"),
        ConsoleRefusal::NameTaken => anyhow!("somebody can log in already"),
        ConsoleRefusal::LoginChanged | ConsoleRefusal::CodeUsed | ConsoleRefusal::InvitationNotValid => {
            anyhow!("it was changed meanwhile")
        }
    }
}

/// Prints a link that makes the first administrator, if this server has a console and nobody can log in to it yet.
pub async fn welcome(api: &Arc<Api>, url: Option<&str>) -> anyhow::Result<()> {
    let Some(url) = url else { return Ok(()) };
    if api.has_staff_login().await? {
        return Ok(());
    }
    let token = api.invite_to_console(Invitee::First).await?.map_err(words)?;
    print(&format!(
        "Nobody can log in to the console yet. This link makes the first administrator; it works once, for an hour:\n{}\n",
        link(url, &token)
    ))
}
