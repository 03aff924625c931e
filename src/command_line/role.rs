//! `whmcs-api role`: manages roles.

use anyhow::{Context, bail};
use chrono::Utc;
use clap::Subcommand;
use sqlx::mysql::MySqlConnection;

use super::{print, table};
use crate::actions::{Access, Catalogue};
use crate::auth::permission::{self, Permissions, Target, UPSTREAM_GROUP};
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
    let of_upstream = Target { name: "", group: UPSTREAM_GROUP, access: Access::Write, is_custom: false };
    let targets = || catalogue.iter().map(|entry| entry.target()).chain([of_upstream]);
    match patterns.iter().find(|pattern| !permission::is_known(pattern, targets())) {
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
    let now = Utc::now().naive_utc();
    match command {
        Command::List => list(db).await,
        Command::Create { name, grants, upstream, description } => {
            check(&grants, settings)?;
            if find(db, &name).await.is_ok() {
                bail!("role {name} already exists");
            }
            let mut permissions = Permissions::default();
            permissions.grant_all(&grants);
            permissions.grant_all(&upstream);
            Ok(administration::create_role(db, &name, &description, &permissions.to_json(), now).await?)
        }
        Command::Grant { name, patterns, upstream } => {
            check(&patterns, settings)?;
            let role = find(db, &name).await?;
            let mut permissions = read(&role)?;
            permissions.grant_all(&patterns);
            permissions.grant_all(&upstream);
            write(db, &role, &permissions).await
        }
        Command::Revoke { name, patterns } => {
            let role = find(db, &name).await?;
            let mut permissions = read(&role)?;
            for pattern in &patterns {
                if !permissions.revoke(pattern) {
                    let granted: Vec<&str> = permissions.granted().collect();
                    bail!("{pattern} was not granted to {}; it has {}", role.name, granted.join(", "));
                }
            }
            write(db, &role, &permissions).await
        }
        Command::Delete { name } => {
            let role = find(db, &name).await?;
            let users: Vec<String> = holders(db, role.id).await?;
            if !users.is_empty() {
                bail!("role {} is used by credential {}: change that first", role.name, users.join(", "));
            }
            Ok(administration::delete_role(db, role.id).await?)
        }
    }
}

async fn list(db: &mut MySqlConnection) -> anyhow::Result<()> {
    let roles = administration::roles(db).await?;
    let rows = roles.iter().map(|role| {
        let granted = read(role).map_or_else(
            |error| format!("({error})"),
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

fn read(role: &Role) -> anyhow::Result<Permissions> {
    Permissions::parse(&role.permissions)
        .with_context(|| format!("the permissions of {} are not a JSON object", role.name))
}

async fn write(db: &mut MySqlConnection, role: &Role, permissions: &Permissions) -> anyhow::Result<()> {
    let now = Utc::now().naive_utc();
    if !administration::set_permissions(db, role, &permissions.to_json(), now).await? {
        bail!("role {} was changed meanwhile: check it and try again", role.name);
    }
    Ok(())
}

/// The credentials that have this role.
async fn holders(db: &mut MySqlConnection, role: i64) -> anyhow::Result<Vec<String>> {
    let credentials = administration::credentials(db).await?.into_iter().filter(|credential| !credential.is_deleted);
    let has_it = |ids: &str| ids.split(|c: char| !c.is_ascii_digit()).any(|id| id == role.to_string());
    let holders = credentials.filter(|credential| has_it(&credential.role_ids)).map(|credential| credential.identifier);
    Ok(holders.collect())
}
