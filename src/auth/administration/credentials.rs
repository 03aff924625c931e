//! Credentials: making, changing, rotating, disabling and deleting them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use sqlx::MySqlConnection;

use super::Result;
use crate::auth::secret;
use crate::network::Network;
use crate::store::authentication::agents;
use crate::store::system::administration::{self, CredentialRow, Role, SecretHashes};

/// What an operator decides about a credential.
#[derive(Debug, Clone)]
pub enum CredentialCommand {
    /// Make one that belongs to this member of staff.
    Create {
        admin: i64,
        change: Change,
    },
    Change {
        id: i64,
        change: Change,
    },
    Rotate {
        id: i64,
        rotation: Rotation,
    },
    Disable {
        id: i64,
        disables: bool,
    },
    Delete {
        id: i64,
    },
}

impl CredentialCommand {
    /// The credential that there was before.
    pub fn id(&self) -> Option<i64> {
        match self {
            CredentialCommand::Create { .. } => None,
            CredentialCommand::Change { id, .. }
            | CredentialCommand::Rotate { id, .. }
            | CredentialCommand::Disable { id, .. }
            | CredentialCommand::Delete { id } => Some(*id),
        }
    }
}

/// What changes about a credential; `None` for what stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The ids of its roles.
    pub roles: Option<Vec<i64>>,
    /// From where it may be used. Empty for anywhere.
    pub allowed: Option<Vec<Network>>,
    /// Until when it may be used, in UTC; the inner `None` for no end.
    pub expires_at: Option<Option<NaiveDateTime>>,
    /// Rate limits: 0 for none, the inner `None` for that of the settings.
    pub per_minute: Option<Option<u32>>,
    pub per_day: Option<Option<u32>>,
    /// Whether agents may write with it.
    pub agent_writes: Option<bool>,
    /// What agents may change in the books; the inner `None` for no limit.
    pub agent_limit: Option<Option<Decimal>>,
    pub agent_daily: Option<Option<Decimal>>,
    pub description: Option<String>,
    /// What [`CredentialRow::version`] was when this was decided, if it is to be done to nothing newer.
    pub version: Option<String>,
}

/// Until when the old secret is accepted, in UTC.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    pub previous_until: Option<NaiveDateTime>,
}

/// A credential with its secret, which cannot be told again.
#[derive(Debug, Clone)]
pub struct Created {
    pub id: i64,
    pub identifier: String,
    pub secret: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialRefusal {
    /// There is none, or it was deleted.
    NotFound,
    /// There is no such role.
    RoleNotFound,
    /// There is no such member of staff, or they are disabled.
    StaffNotFound,
    /// Somebody has changed the credential meanwhile.
    ChangedMeanwhile,
}

/// Does what an operator has decided. Returns the secret if a new one was made. `now` is in UTC.
pub async fn perform(
    db: &mut MySqlConnection,
    command: &CredentialCommand,
    now: NaiveDateTime,
) -> Result<Option<Created>, CredentialRefusal> {
    let change = match command {
        CredentialCommand::Create { admin, change } => {
            if !administration::staff(db).await?.iter().any(|(id, _)| id == admin) {
                return Ok(Err(CredentialRefusal::StaffNotFound));
            }
            Some(change)
        }
        CredentialCommand::Change { change, .. } => Some(change),
        _ => None,
    };
    let found = match command.id() {
        Some(id) => match credential(db, id).await? {
            Some(found) => Some(found),
            None => return Ok(Err(CredentialRefusal::NotFound)),
        },
        None => None,
    };
    let decided_about = change.and_then(|change| change.version.as_deref());
    if found.as_ref().zip(decided_about).is_some_and(|(found, version)| found.version() != version) {
        return Ok(Err(CredentialRefusal::ChangedMeanwhile));
    }
    let wanted = change.and_then(|change| change.roles.as_deref()).unwrap_or_default();
    if !wanted.is_empty() {
        let roles = administration::roles(db).await?;
        if !wanted.iter().all(|id| roles.iter().any(|role| role.id == *id)) {
            return Ok(Err(CredentialRefusal::RoleNotFound));
        }
    }
    match (command, found) {
        (CredentialCommand::Create { admin, change }, _) => {
            let (identifier, secret) = (secret::random()?, secret::random()?);
            let id = administration::create_credential(db, &identifier, &hashes(&secret)?, *admin, now).await?;
            apply(db, id, change).await?;
            return Ok(Ok(Some(Created { id, identifier, secret })));
        }
        (CredentialCommand::Rotate { id, rotation }, Some(found)) => {
            let secret = secret::random()?;
            administration::rotate(db, *id, &hashes(&secret)?, rotation.previous_until, now).await?;
            return Ok(Ok(Some(Created { id: *id, identifier: found.identifier, secret })));
        }
        (CredentialCommand::Change { id, change }, _) => apply(db, *id, change).await?,
        (CredentialCommand::Disable { id, disables }, _) => administration::set_disabled(db, *id, *disables).await?,
        (CredentialCommand::Delete { id }, _) => administration::delete_credential(db, *id, now).await?,
        (CredentialCommand::Rotate { .. }, None) => {}
    }
    Ok(Ok(None))
}

async fn apply(db: &mut MySqlConnection, id: i64, change: &Change) -> sqlx::Result<()> {
    if let Some(roles) = &change.roles {
        administration::set_roles(db, id, roles).await?;
    }
    if let Some(allowed) = &change.allowed {
        let list: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        administration::set_allowed_addresses(db, id, &list.join(" ")).await?;
    }
    if let Some(end) = change.expires_at {
        administration::set_expiry(db, id, end).await?;
    }
    if let Some(per_minute) = change.per_minute {
        administration::set_limit_per_minute(db, id, per_minute).await?;
    }
    if let Some(per_day) = change.per_day {
        administration::set_limit_per_day(db, id, per_day).await?;
    }
    if let Some(may_write) = change.agent_writes {
        agents::set_may_write(db, id, may_write).await?;
    }
    if let Some(limit) = change.agent_limit {
        agents::set_call_limit(db, id, limit).await?;
    }
    if let Some(limit) = change.agent_daily {
        agents::set_day_limit(db, id, limit).await?;
    }
    if let Some(description) = &change.description {
        administration::set_description(db, id, description).await?;
    }
    Ok(())
}

fn hashes(text: &str) -> crate::error::Result<SecretHashes> {
    Ok(SecretHashes { secret: secret::hash(text)?, compat_secret: secret::hash(&secret::md5_hex(text))? })
}

/// Finds a credential that was not deleted.
pub async fn credential(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<CredentialRow>> {
    let credentials = administration::credentials(db).await?;
    Ok(credentials.into_iter().find(|credential| credential.id == id && !credential.is_deleted))
}

/// Whether a credential has a role.
pub fn holds(credential: &CredentialRow, role: i64) -> bool {
    credential.roles().any(|id| id == role)
}

impl CredentialRow {
    /// The ids of its roles.
    fn roles(&self) -> impl Iterator<Item = i64> {
        let ids = self.role_ids.split(|character: char| !character.is_ascii_digit());
        ids.filter_map(|id| id.parse().ok())
    }

    /// Identifies what was decided about it: it differs once any of that is changed.
    pub fn version(&self) -> String {
        let limits = (self.per_minute, self.per_day, self.agent_writes, self.agent_limit, self.agent_daily);
        let from = (&self.allowed_addresses, self.expires_at, self.is_disabled);
        let decided = format!("{:?}", (&self.admin, &self.role_ids, from, limits, &self.description));
        BASE64.encode(Sha256::digest(decided))
    }

    /// Whether it can be used at a time of UTC, in a word.
    pub fn state(&self, now: NaiveDateTime) -> &'static str {
        match self {
            _ if self.is_deleted => "deleted",
            _ if self.is_disabled => "disabled",
            _ if self.admin.is_empty() => "ownerless",
            _ if self.expires_at.is_some_and(|end| end <= now) => "expired",
            _ if self.previous_until.is_some_and(|end| end > now) => "rotating",
            _ => "active",
        }
    }

    /// Its own rate limits, in words.
    pub fn limits(&self) -> String {
        let limit = |limit: Option<u32>, window: &str| match limit {
            None => None,
            Some(0) => Some(format!("none/{window}")),
            Some(calls) => Some(format!("{calls}/{window}")),
        };
        let limits: Vec<String> =
            [limit(self.per_minute, "minute"), limit(self.per_day, "day")].into_iter().flatten().collect();
        if limits.is_empty() { "default".to_owned() } else { limits.join(" ") }
    }

    /// What agents may do with it, such as `write 50.00/call 200.00/day`.
    pub fn agents(&self) -> String {
        if !self.agent_writes {
            return "read".to_owned();
        }
        let limit = |limit: Option<Decimal>, window: &str| limit.map(|limit| format!(" {limit}/{window}"));
        let limits: String =
            [limit(self.agent_limit, "call"), limit(self.agent_daily, "day")].into_iter().flatten().collect();
        format!("write{limits}")
    }

    /// When it was last used, in UTC.
    pub fn last_used(&self) -> Option<&str> {
        (!self.last_access.starts_with("0000")).then_some(&self.last_access)
    }

    /// The names of its roles.
    pub fn role_names(&self, roles: &[Role]) -> Vec<String> {
        let name = |id: i64| roles.iter().find(|role| role.id == id).map(|role| role.name.clone());
        self.roles().map(|id| name(id).unwrap_or_else(|| format!("({id}, deleted)"))).collect()
    }
}
