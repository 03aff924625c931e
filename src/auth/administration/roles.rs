//! Roles: what credentials may call.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use super::{Result, holds};
use crate::auth::permission::{self, Permissions, Target, UPSTREAM_GROUP};
use crate::database::Access;
use crate::store::system::administration::{self, Role};

/// What an operator decides about a role.
#[derive(Debug, Clone)]
pub enum RoleCommand {
    /// The grants are patterns, see [`crate::auth::permission`].
    Create {
        name: String,
        description: String,
        grants: Vec<String>,
    },
    Grant {
        id: i64,
        grants: Vec<String>,
    },
    Revoke {
        id: i64,
        patterns: Vec<String>,
    },
    Delete {
        id: i64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleRefusal {
    NameTaken(String),
    NotFound,
    /// The permissions are not a JSON object.
    Malformed {
        role: String,
        reason: String,
    },
    /// The role does not have this permission, but those.
    NotGranted {
        role: String,
        pattern: String,
        granted: Vec<String>,
    },
    /// These credentials have the role.
    InUse {
        role: String,
        holders: Vec<String>,
    },
    /// Somebody has changed the role meanwhile.
    ChangedMeanwhile(String),
}

/// Does what an operator has decided. `now` is in UTC.
pub async fn perform(db: &mut MySqlConnection, command: &RoleCommand, now: NaiveDateTime) -> Result<(), RoleRefusal> {
    let id = match command {
        RoleCommand::Create { name, description, grants } => {
            if administration::roles(db).await?.iter().any(|role| role.name.eq_ignore_ascii_case(name)) {
                return Ok(Err(RoleRefusal::NameTaken(name.clone())));
            }
            let mut permissions = Permissions::default();
            permissions.grant_all(grants);
            return Ok(Ok(administration::create_role(db, name, description, &permissions.to_json(), now).await?));
        }
        RoleCommand::Delete { id } => return delete(db, *id).await,
        RoleCommand::Grant { id, .. } | RoleCommand::Revoke { id, .. } => *id,
    };
    let Some(role) = role(db, id).await? else { return Ok(Err(RoleRefusal::NotFound)) };
    let mut permissions = match permissions_of(&role) {
        Ok(permissions) => permissions,
        Err(refusal) => return Ok(Err(refusal)),
    };
    match command {
        RoleCommand::Grant { grants, .. } => permissions.grant_all(grants),
        RoleCommand::Revoke { patterns, .. } => {
            if let Some(unknown) = patterns.iter().find(|pattern| !permissions.revoke(pattern)) {
                let granted = permissions.granted().map(str::to_owned).collect();
                return Ok(Err(RoleRefusal::NotGranted { role: role.name, pattern: unknown.clone(), granted }));
            }
        }
        RoleCommand::Create { .. } | RoleCommand::Delete { .. } => {}
    }
    match administration::set_permissions(db, &role, &permissions.to_json(), now).await? {
        true => Ok(Ok(())),
        false => Ok(Err(RoleRefusal::ChangedMeanwhile(role.name))),
    }
}

async fn delete(db: &mut MySqlConnection, id: i64) -> Result<(), RoleRefusal> {
    let Some(role) = role(db, id).await? else { return Ok(Err(RoleRefusal::NotFound)) };
    let credentials = administration::credentials(db).await?.into_iter().filter(|credential| !credential.is_deleted);
    let holders: Vec<String> =
        credentials.filter(|credential| holds(credential, id)).map(|credential| credential.identifier).collect();
    if !holders.is_empty() {
        return Ok(Err(RoleRefusal::InUse { role: role.name, holders }));
    }
    Ok(Ok(administration::delete_role(db, id).await?))
}

/// Finds a role.
pub async fn role(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<Role>> {
    Ok(administration::roles(db).await?.into_iter().find(|role| role.id == id))
}

/// Reads what a role permits.
pub fn permissions_of(role: &Role) -> std::result::Result<Permissions, RoleRefusal> {
    Permissions::parse(&role.permissions)
        .map_err(|error| RoleRefusal::Malformed { role: role.name.clone(), reason: error.to_string() })
}

/// Whether a pattern fits any of these actions, or those that only the upstream has, so that a misspelled one is rejected.
pub fn is_grantable<'a>(pattern: &str, actions: impl Iterator<Item = Target<'a>>) -> bool {
    let of_upstream = Target { name: "", group: UPSTREAM_GROUP, access: Access::Write, is_custom: false };
    permission::is_known(pattern, actions.chain([of_upstream]))
}
