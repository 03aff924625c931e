//! `whmcs-api role`: manages roles.

use anyhow::{Context, bail};
use chrono::Utc;
use clap::Subcommand;
use sqlx::mysql::MySqlConnection;

use crate::actions::Catalogue;
use crate::auth::administration::{RoleCommand, RoleRefusal, administer_role, is_grantable, permissions_of};
use crate::command_line::{print, table};
use crate::config::Settings;
use crate::store::system::administration::{self, Role};

/// Description of the permissions that can be granted.
const PATTERNS: &str = "the name of an action (AddCredit), a group (billing/*), the reading actions of a \
                        group (billing/read-only), all reading actions (read-only), or all actions (*); an action of the \
                        settings is granted by its name only";

#[derive(Subcommand)]
pub enum Command {
    /// List the roles with their permissions
    List,
    /// Create a role
    #[command(after_help = after_help())]
    Create {
        name: String,
        /// A permission; can be repeated
        #[arg(long = "grant", value_name = "PATTERN")]
        grants: Vec<String>,
        /// An action that only the WHMCS behind this server has (`upstream.url`); can be repeated
        #[arg(long = "upstream", value_name = "ACTION", value_parser = upstream_action)]
        upstream: Vec<String>,
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
    },
    /// Grant permissions to a role
    #[command(after_help = after_help())]
    Grant {
        name: String,
        #[arg(value_name = "PATTERN", required_unless_present = "upstream")]
        patterns: Vec<String>,
        /// An action that only the WHMCS behind this server has (`upstream.url`); can be repeated
        #[arg(long = "upstream", value_name = "ACTION", value_parser = upstream_action)]
        upstream: Vec<String>,
    },
    /// Revoke permissions of a role
    Revoke {
        name: String,
        #[arg(value_name = "PATTERN", required = true)]
        patterns: Vec<String>,
    },
    /// Delete a role that no credential has
    Delete { name: String },
}

fn after_help() -> String {
    format!("A PATTERN is {PATTERNS}. `whmcs-api actions` lists the actions with their groups.")
}

/// Checks patterns that are to be granted.
fn check(patterns: &[String], settings: &Settings) -> anyhow::Result<()> {
    let catalogue = Catalogue::of(settings)?;
    let targets = || catalogue.iter().map(|entry| entry.target());
    match patterns.iter().find(|pattern| !is_grantable(pattern, targets())) {
        Some(pattern) => bail!(
            "{pattern}: no action matches it; it must be {PATTERNS}. For an action that only WHMCS has, there is --upstream"
        ),
        None => Ok(()),
    }
}

/// The name of an action that this server may lack. It cannot be checked, because WHMCS does not list its actions.
fn upstream_action(text: &str) -> Result<String, String> {
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        true => Ok(text.to_lowercase()),
        false => Err("it must be the name of an action, such as MyAction".to_owned()),
    }
}

pub async fn run(command: Command, settings: &Settings, db: &mut MySqlConnection) -> anyhow::Result<()> {
    let command = match command {
        Command::List => return list(db).await,
        Command::Create { name, grants, upstream, description } => {
            check(&grants, settings)?;
            RoleCommand::Create { name, description, grants: [grants, upstream].concat() }
        }
        Command::Grant { name, patterns, upstream } => {
            check(&patterns, settings)?;
            RoleCommand::Grant { id: find(db, &name).await?.id, grants: [patterns, upstream].concat() }
        }
        Command::Revoke { name, patterns } => RoleCommand::Revoke { id: find(db, &name).await?.id, patterns },
        Command::Delete { name } => RoleCommand::Delete { id: find(db, &name).await?.id },
    };
    match administer_role(db, &command, Utc::now().naive_utc()).await? {
        Ok(()) => Ok(()),
        Err(refusal) => bail!("{}", words(&refusal)),
    }
}

fn words(refusal: &RoleRefusal) -> String {
    match refusal {
        RoleRefusal::NameTaken(role) => format!("role {role} already exists"),
        RoleRefusal::NotFound => "the role was deleted meanwhile".to_owned(),
        RoleRefusal::Malformed { role, reason } => {
            format!("the permissions of {role} are not a JSON object: {reason}")
        }
        RoleRefusal::NotGranted { role, pattern, granted } => {
            format!("{pattern} was not granted to {role}; it has {}", granted.join(", "))
        }
        RoleRefusal::InUse { role, holders } => {
            format!("role {role} is used by credential {}: change that first", holders.join(", "))
        }
        RoleRefusal::ChangedMeanwhile(role) => format!("role {role} was changed meanwhile: check it and try again"),
    }
}

async fn list(db: &mut MySqlConnection) -> anyhow::Result<()> {
    let roles = administration::roles(db).await?;
    let rows = roles.iter().map(|role| {
        let granted = permissions_of(role).map_or_else(
            |refusal| format!("({})", words(&refusal)),
            |permissions| {
                let granted: Vec<&str> = permissions.granted().collect();
                granted.join(", ")
            },
        );
        [role.id.to_string(), role.name.clone(), granted, role.description.clone()]
    });
    print(&table(["ID", "NAME", "PERMITS", "DESCRIPTION"], rows))
}

async fn find(db: &mut MySqlConnection, name: &str) -> anyhow::Result<Role> {
    let roles = administration::roles(db).await?;
    let found = roles.into_iter().find(|role| role.name.eq_ignore_ascii_case(name));
    found.with_context(|| format!("there is no role {name}: `whmcs-api role list` lists them"))
}
