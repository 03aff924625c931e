//! `whmcs-api doctor`: examines a database.

use std::fmt::Write;
use std::iter;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};

use super::database::CommandDatabase;
use super::{first_server, print};
use crate::actions::{ActionEntry, Catalogue};
use crate::auth::permission::Permissions;
use crate::config::Settings;
use crate::custom::SqlAction;
use crate::database::pool;
use crate::doctor::grants::{self, Grantee};
use crate::doctor::{self, Finding, Report};
use crate::store::system::administration;

#[derive(Args)]
pub struct Command {
    /// Examine only what this action needs
    #[arg(long = "action", value_name = "ACTION")]
    actions: Vec<String>,
    /// Examine only what the actions need that this role of the database permits
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// Examine only what a server with `read_only = true` needs
    #[arg(long)]
    read_only: bool,
    /// Print the report as JSON
    #[arg(long, conflicts_with = "grants")]
    json: bool,
    /// Print a script that grants a database user the needed rights, and no more
    #[arg(long)]
    grants: bool,
    /// The user name in the script
    #[arg(long, value_name = "NAME", default_value = "whmcs_api", requires = "grants")]
    user: String,
    /// The host from which that user connects, or % for any
    #[arg(long, value_name = "HOST", default_value = "localhost", requires = "grants")]
    host: String,
}

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let mut settings = settings.clone();
    settings.read_only |= command.read_only;
    let server = first_server(&settings).await?;
    if command.grants && command.roles.is_empty() {
        let entries = command.selected(&[], &settings)?;
        return print_grants(&command, &entries, server.as_ref(), &settings);
    }
    let Some(server) = server else {
        // The embedded database is examined, too, to show what the report looks like.
        let mut embedded = CommandDatabase::open(&settings).await?;
        let examined = examine(&command, &mut embedded.connection, true, &settings).await;
        return examined.and(embedded.close().await);
    };
    let mut connection = pool::connect(server.clone()).await.context("connecting to database.url")?;
    if command.grants {
        let entries = command.selected(&permissions(&mut connection, &command.roles).await?, &settings)?;
        return print_grants(&command, &entries, Some(&server), &settings);
    }
    let is_local = server.get_socket().is_some() || ["localhost", "127.0.0.1", "::1"].contains(&server.get_host());
    let examined = examine(&command, &mut connection, is_local, &settings).await;
    pool::close(connection).await;
    examined
}

async fn examine(
    command: &Command,
    connection: &mut MySqlConnection,
    is_local: bool,
    settings: &Settings,
) -> anyhow::Result<()> {
    let entries = command.selected(&permissions(connection, &command.roles).await?, settings)?;
    let report = doctor::examine(connection, &entries, settings, is_local).await?;
    match command.json {
        true => print(&format!("{}\n", serde_json::to_string_pretty(&report)?))?,
        false => print(&text(&report))?,
    }
    match report.problems.len() {
        0 => Ok(()),
        1 => bail!("1 problem found"),
        count => bail!("{count} problems found"),
    }
}

impl Command {
    /// The actions that are named, or permitted by one of these roles; all if neither is given.
    fn selected(&self, roles: &[Permissions], settings: &Settings) -> anyhow::Result<Vec<Arc<ActionEntry>>> {
        let catalogue = Catalogue::of(settings)?;
        let named =
            self.actions.iter().map(|name| catalogue.find(name).with_context(|| format!("unknown action {name}")));
        let named: Vec<&Arc<ActionEntry>> = named.collect::<anyhow::Result<_>>()?;
        let is_wanted = |entry: &&Arc<ActionEntry>| {
            let is_named = named.iter().any(|named| named.name == entry.name);
            let is_permitted = roles.iter().any(|role| role.permits(entry.target()));
            is_named || is_permitted || (self.actions.is_empty() && self.roles.is_empty())
        };
        let is_possible = |entry: &&Arc<ActionEntry>| doctor::is_allowed(entry, settings);
        Ok(catalogue.iter().filter(is_wanted).filter(is_possible).cloned().collect())
    }
}

async fn permissions(db: &mut MySqlConnection, names: &[String]) -> anyhow::Result<Vec<Permissions>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let roles = administration::roles(db).await.context("reading tblapi_roles")?;
    let find = |name: &String| {
        let role = roles.iter().find(|role| role.name == *name);
        let role = role.with_context(|| format!("there is no role {name}; `whmcs-api role list` lists them"))?;
        Ok(Permissions::parse(&role.permissions)?)
    };
    names.iter().map(find).collect()
}

fn print_grants(
    command: &Command,
    entries: &[Arc<ActionEntry>],
    server: Option<&MySqlConnectOptions>,
    settings: &Settings,
) -> anyhow::Result<()> {
    let database = server.and_then(MySqlConnectOptions::get_database).unwrap_or("whmcs");
    let grantee = Grantee { user: &command.user, host: &command.host, database };
    let script = grants::script(&grantee, &doctor::needed(entries, settings), settings.read_only);
    print(&format!(
        "-- What whmcs-api needs for {} actions, and no more. Run it as a user who may grant, after `whmcs-api migrate`,\n\
         -- when there is the user: CREATE USER … IDENTIFIED BY …;\n{}\n",
        entries.len(),
        script.join("\n")
    ))?;
    print_grants_of_statements(command, entries, database, settings)
}

/// Prints what the account needs that runs custom actions: one of its own, or that of the replica, or else that of the server.
fn print_grants_of_statements(
    command: &Command,
    entries: &[Arc<ActionEntry>],
    database: &str,
    settings: &Settings,
) -> anyhow::Result<()> {
    let statements = entries.iter().filter_map(|entry| entry.as_custom()?.as_sql());
    let replicas = settings.database.replica_url.servers().context("database.replica_url")?;
    let servers = settings.database.statement_servers(replicas, iter::empty()).context("database.actions_url")?;
    let other = servers.first();
    let user = other.map_or(command.user.as_str(), MySqlConnectOptions::get_username);
    let database = other.and_then(MySqlConnectOptions::get_database).unwrap_or(database);
    let grantee = Grantee { user, host: &command.host, database };
    let script = grants::for_statements(&grantee, statements.flat_map(SqlAction::tables));
    if script.is_empty() {
        return Ok(());
    }
    print(&format!(
        "-- What custom actions need. Beside other rights of the same account, they could read what those allow:\n\
         -- database.actions_url names an account that has no others.\n{}\n",
        script.join("\n")
    ))
}

fn text(report: &Report) -> String {
    let Report { server, database, account, whmcs, problems, warnings, actions } = report;
    let whmcs = whmcs.as_ref().map_or_else(String::new, |version| format!(", of WHMCS {version}"));
    let mut text = format!("{server}, database {database}{whmcs}, as {account}\n");
    for (title, findings) in [("Problems", problems), ("Warnings", warnings)] {
        if !findings.is_empty() {
            let _ = write!(text, "\n{title}:\n{}", findings.iter().map(line).collect::<String>());
        }
    }
    let working = actions.iter().filter(|action| action.works).count();
    let _ = writeln!(text, "\n{working} of {} actions would work.", actions.len());
    let later = actions.iter().filter(|action| action.works || action.works_after_migrate).count();
    if later > working {
        let _ = writeln!(text, "After `whmcs-api migrate`, {later} would.");
    }
    text
}

fn line(finding: &Finding) -> String {
    match finding.actions.as_slice() {
        [] => format!("  {}\n", finding.message),
        actions => format!("  {}: {} would not work\n", finding.message, actions.join(", ")),
    }
}
