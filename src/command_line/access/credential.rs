//! `whmcs-api credential`: manages API credentials.

use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{NaiveDateTime, Utc};
use clap::{Args, Subcommand};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::Connection;
use sqlx::mysql::MySqlConnection;

use crate::auth::administration::{self, Change, Created, CredentialCommand, CredentialRefusal, Rotation};
use crate::command_line::{print, table};
use crate::domain::entities::are_same;
use crate::domain::money::Money;
use crate::network::Network;
use crate::store::system::administration::{self as store, CredentialRow, Role};

/// User name of the owner of credentials that is created in a database without staff.
const STAFF: &str = "api";

#[derive(Subcommand)]
pub enum Command {
    /// Create a credential; its secret is shown only once
    Create {
        /// The user name of the member of staff who owns it; by default the only one there is
        #[arg(long, value_name = "USERNAME")]
        admin: Option<String>,
        #[command(flatten)]
        attributes: Attributes,
        #[command(flatten)]
        form: OutputArgs,
    },
    /// Change the given attributes, and no others
    Set {
        #[command(flatten)]
        which: CredentialArgs,
        #[command(flatten)]
        attributes: Attributes,
    },
    /// List the credentials
    List {
        /// Include deleted ones
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        form: OutputArgs,
    },
    /// Replace the secret of a credential; the new one is shown only once, and the old one is rejected from then on
    Rotate {
        #[command(flatten)]
        which: CredentialArgs,
        /// Accept the old secret for this long, too, such as 24h or 7d, so that clients can be changed one by one
        #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
        keep_old_for: Duration,
        #[command(flatten)]
        form: OutputArgs,
    },
    /// Reject a credential until it is enabled again
    Disable {
        #[command(flatten)]
        which: CredentialArgs,
    },
    Enable {
        #[command(flatten)]
        which: CredentialArgs,
    },
    /// Delete a credential; WHMCS shows it as deleted, too
    Delete {
        #[command(flatten)]
        which: CredentialArgs,
    },
}

#[derive(Args)]
pub struct CredentialArgs {
    /// The credential's identifier, or its id in the list
    #[arg(value_name = "CREDENTIAL")]
    name: String,
}

#[derive(Args)]
pub struct OutputArgs {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Attributes {
    /// A role, by name; can be repeated. Without a role, a credential may call nothing
    #[arg(long = "role", value_name = "NAME")]
    roles: Vec<String>,
    /// Remove all roles
    #[arg(long, conflicts_with = "roles")]
    no_role: bool,
    /// An address or network from which it may be used, such as 198.51.100.7 or 10.0.0.0/8; can be repeated
    #[arg(long = "allow", value_name = "NETWORK")]
    allow: Vec<Network>,
    /// Allow its use from any address again
    #[arg(long, conflicts_with = "allow")]
    allow_anywhere: bool,
    /// How long it may be used, such as 90d, or "never" for no end
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    expires_in: Option<Lifetime>,
    /// How many calls it may make in a minute, "none" for no limit, or "default" for limits.calls_per_minute in the settings
    #[arg(long, value_name = "CALLS", value_parser = limit)]
    per_minute: Option<Limit>,
    /// How many calls it may make in a day of UTC, "none" for no limit, or "default" for limits.calls_per_day in the settings
    #[arg(long, value_name = "CALLS", value_parser = limit)]
    per_day: Option<Limit>,
    /// Let agents write with it, through the Model Context Protocol (docs/agents.md); without this they only read
    #[arg(long)]
    agent_writes: bool,
    /// Let agents only read with it again
    #[arg(long, conflicts_with = "agent_writes")]
    agent_reads: bool,
    /// The most that one call of an agent may change in the books, in the default currency, or "none" for no limit
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    agent_limit: Option<AmountLimit>,
    /// The most that all calls of agents in a day may change in the books, or "none" for no limit
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    agent_daily: Option<AmountLimit>,
    /// What the credential is used for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

#[derive(Clone, Copy)]
enum Lifetime {
    For(Duration),
    Unlimited,
}

fn lifetime(text: &str) -> Result<Lifetime, humantime::DurationError> {
    if text == "never" { Ok(Lifetime::Unlimited) } else { humantime::parse_duration(text).map(Lifetime::For) }
}

/// A rate limit: 0 for none, `None` for that of the settings.
#[derive(Clone, Copy)]
struct Limit(Option<u32>);

fn limit(text: &str) -> Result<Limit, &'static str> {
    match text {
        "default" => Ok(Limit(None)),
        "none" => Ok(Limit(Some(0))),
        // The column's largest number.
        _ => match text.parse() {
            Ok(number @ 1..=0x7fff_ffff) => Ok(Limit(Some(number))),
            _ => Err("must be a number of calls from 1 to 2147483647, \"none\" or \"default\""),
        },
    }
}

/// A limit of money, `None` for none.
#[derive(Clone, Copy)]
struct AmountLimit(Option<Decimal>);

fn amount(text: &str) -> Result<AmountLimit, &'static str> {
    if text == "none" {
        return Ok(AmountLimit(None));
    }
    let amount = Money::parse(text).map(Money::decimal).filter(|amount| !amount.is_sign_negative());
    amount.map(|amount| AmountLimit(Some(amount))).ok_or("must be an amount such as 50 or 49.90, or \"none\"")
}

pub async fn run(command: Command, db: &mut MySqlConnection) -> anyhow::Result<()> {
    match command {
        Command::Create { admin, attributes, form } => create(db, admin, attributes, &form).await,
        Command::Set { which, attributes } => {
            let id = find(db, &which).await?.id;
            let change = attributes.change(db).await?;
            administer(db, CredentialCommand::Change { id, change }).await.map(drop)
        }
        Command::List { all, form } => list(db, all, &form).await,
        Command::Rotate { which, keep_old_for, form } => rotate(db, &which, keep_old_for, &form).await,
        Command::Disable { which } => {
            let id = find(db, &which).await?.id;
            administer(db, CredentialCommand::Disable { id, disables: true }).await.map(drop)
        }
        Command::Enable { which } => {
            let id = find(db, &which).await?.id;
            administer(db, CredentialCommand::Disable { id, disables: false }).await.map(drop)
        }
        Command::Delete { which } => {
            let id = find(db, &which).await?.id;
            administer(db, CredentialCommand::Delete { id }).await.map(drop)
        }
    }
}

async fn create(
    db: &mut MySqlConnection,
    admin: Option<String>,
    attributes: Attributes,
    form: &OutputArgs,
) -> anyhow::Result<()> {
    // Errors in the arguments must be reported before anything is created.
    let change = attributes.change(db).await?;
    let admin = owner(db, admin).await?;
    if let Some(created) = administer(db, CredentialCommand::Create { admin, change }).await? {
        show(&created, form)?;
        if attributes.roles.is_empty() {
            let id = created.id;
            eprintln!(
                "It has no role yet, so it may call nothing: give it one with `whmcs-api credential set {id} --role NAME`."
            );
        }
    }
    Ok(())
}

/// Does what was decided, in a transaction of its own.
async fn administer(db: &mut MySqlConnection, command: CredentialCommand) -> anyhow::Result<Option<Created>> {
    let mut transaction = db.begin().await?;
    match administration::administer_credential(&mut transaction, &command, now()).await? {
        Ok(created) => {
            transaction.commit().await?;
            Ok(created)
        }
        Err(CredentialRefusal::NotFound) => bail!("the credential was deleted meanwhile"),
        Err(CredentialRefusal::RoleNotFound) => bail!("a role was deleted meanwhile"),
        Err(CredentialRefusal::ChangedMeanwhile) => bail!("the credential was changed meanwhile"),
        Err(CredentialRefusal::StaffNotFound) => bail!("the member of staff was disabled meanwhile"),
    }
}

impl Attributes {
    /// What they change. The roles must exist.
    async fn change(&self, db: &mut MySqlConnection) -> anyhow::Result<Change> {
        let sets_roles = self.no_role || !self.roles.is_empty();
        let expires_at = match self.expires_in {
            Some(Lifetime::For(time)) => Some(Some(after(time)?)),
            Some(Lifetime::Unlimited) => Some(None),
            None => None,
        };
        Ok(Change {
            roles: if sets_roles { Some(role_ids(db, &self.roles).await?) } else { None },
            allowed: (self.allow_anywhere || !self.allow.is_empty()).then(|| self.allow.clone()),
            expires_at,
            per_minute: self.per_minute.map(|Limit(calls)| calls),
            per_day: self.per_day.map(|Limit(calls)| calls),
            agent_writes: (self.agent_writes || self.agent_reads).then_some(self.agent_writes),
            agent_limit: self.agent_limit.map(|AmountLimit(limit)| limit),
            agent_daily: self.agent_daily.map(|AmountLimit(limit)| limit),
            description: self.description.clone(),
            version: None,
        })
    }
}

async fn rotate(
    db: &mut MySqlConnection,
    which: &CredentialArgs,
    keep_old_for: Duration,
    form: &OutputArgs,
) -> anyhow::Result<()> {
    let credential = find(db, which).await?;
    let previous_until = if keep_old_for.is_zero() { None } else { Some(after(keep_old_for)?) };
    let rotation = Rotation { previous_until };
    if let Some(created) = administer(db, CredentialCommand::Rotate { id: credential.id, rotation }).await? {
        show(&created, form)?;
    }
    match previous_until {
        Some(_) => eprintln!("The old secret is accepted for another {}.", humantime::format_duration(keep_old_for)),
        None => eprintln!("The old secret is no longer accepted. --keep-old-for 24h would have kept it for a day."),
    }
    Ok(())
}

async fn list(db: &mut MySqlConnection, all: bool, form: &OutputArgs) -> anyhow::Result<()> {
    let roles = store::roles(db).await?;
    let credentials = store::credentials(db).await?;
    let listed: Vec<&CredentialRow> = credentials.iter().filter(|credential| all || !credential.is_deleted).collect();
    if form.json {
        let list: Vec<_> = listed.iter().map(|credential| to_json(credential, &roles)).collect();
        return print(&format!("{}\n", serde_json::to_string_pretty(&list)?));
    }
    let header =
        ["ID", "IDENTIFIER", "STATE", "ROLES", "STAFF", "FROM", "LIMITS", "AGENTS", "LAST USED (UTC)", "DESCRIPTION"];
    let rows = listed.iter().map(|credential| {
        let from = if credential.allowed_addresses.is_empty() { "anywhere" } else { &credential.allowed_addresses };
        [
            credential.id.to_string(),
            credential.identifier.clone(),
            credential.state(now()).to_owned(),
            credential.role_names(&roles).join(", "),
            credential.admin.clone(),
            from.to_owned(),
            credential.limits(),
            credential.agents(),
            credential.last_used().unwrap_or("never").to_owned(),
            credential.description.clone(),
        ]
    });
    print(&table(header, rows))
}

fn to_json(credential: &CredentialRow, roles: &[Role]) -> serde_json::Value {
    json!({
        "id": credential.id,
        "identifier": credential.identifier,
        "description": credential.description,
        "state": credential.state(now()),
        "roles": credential.role_names(roles),
        "staff": credential.admin,
        "allow": credential.allowed_addresses.split_whitespace().collect::<Vec<_>>(),
        // Null for the limit in the settings, 0 for none.
        "per_minute": credential.per_minute,
        "per_day": credential.per_day,
        "agent_writes": credential.agent_writes,
        // Amounts in the default currency, null for no limit.
        "agent_limit": credential.agent_limit.map(|limit| limit.to_string()),
        "agent_daily": credential.agent_daily.map(|limit| limit.to_string()),
        "expires_at": credential.expires_at.map(|end| end.to_string()),
        "old_secret_until": credential.previous_until.map(|end| end.to_string()),
        "last_used": credential.last_used(),
    })
}

async fn find(db: &mut MySqlConnection, which: &CredentialArgs) -> anyhow::Result<CredentialRow> {
    let credentials = store::credentials(db).await?.into_iter().filter(|credential| !credential.is_deleted);
    let mut credentials: Vec<CredentialRow> = credentials.collect();
    let position = |is_it: &dyn Fn(&CredentialRow) -> bool| credentials.iter().position(is_it);
    let found = position(&|credential| credential.identifier == which.name)
        .or_else(|| position(&|credential| credential.id.to_string() == which.name));
    match found {
        Some(position) => Ok(credentials.swap_remove(position)),
        None => bail!("there is no credential {}: `whmcs-api credential list` lists them", which.name),
    }
}

async fn role_ids(db: &mut MySqlConnection, names: &[String]) -> anyhow::Result<Vec<i64>> {
    let roles = store::roles(db).await?;
    let id = |name: &String| roles.iter().find(|role| role.name.eq_ignore_ascii_case(name)).map(|role| role.id);
    let ids = names.iter().map(|name| {
        let role_names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
        id(name).with_context(|| match role_names.as_slice() {
            [] => format!("there is no role {name}: create it with `whmcs-api role create {name}`"),
            role_names => format!("there is no role {name}; there are {}", role_names.join(", ")),
        })
    });
    ids.collect()
}

/// The named member of staff, or the only one; one is created if there is none.
async fn owner(db: &mut MySqlConnection, name: Option<String>) -> anyhow::Result<i64> {
    let staff = store::staff(db).await?;
    match (name, staff.as_slice()) {
        (Some(name), staff) => {
            let found = staff.iter().find(|(_, known)| are_same(known, &name));
            found.map(|(id, _)| *id).with_context(|| format!("no enabled member of staff has the user name {name}"))
        }
        (None, [(id, _)]) => Ok(*id),
        (None, []) => {
            eprintln!("There is no staff in this database: created `{STAFF}`, who cannot log in.");
            Ok(store::create_staff(db, STAFF, now()).await?)
        }
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|(_, name)| name.as_str()).collect();
            bail!("name its owner with --admin: {}", names.join(", "))
        }
    }
}

fn show(Created { id, identifier, secret }: &Created, form: &OutputArgs) -> anyhow::Result<()> {
    if form.json {
        return print(&format!("{}\n", json!({"id": id, "identifier": identifier, "secret": secret})));
    }
    print(&format!("identifier  {identifier}\nsecret      {secret}\n"))?;
    eprintln!("Only a hash of the secret is stored: it cannot be shown again.");
    Ok(())
}

fn now() -> NaiveDateTime {
    Utc::now().naive_utc()
}

fn after(time: Duration) -> anyhow::Result<NaiveDateTime> {
    let end = chrono::TimeDelta::from_std(time).ok().and_then(|time| now().checked_add_signed(time));
    let end = end.filter(|end| *end < chrono::NaiveDate::MAX.into() && chrono::Datelike::year(end) < 10_000);
    end.context("that is too long")
}
