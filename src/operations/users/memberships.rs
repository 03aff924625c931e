//! What users may do for clients.

use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::config::UserPermissionsForm;
use crate::database::writer::Subject;
use crate::domain::clients::permission::UserPermissions;
use crate::domain::id::{ClientId, UserId};
use crate::fault;
use crate::operations::Context;
use crate::store;
use crate::store::clients::memberships::{self, Membership, PermissionsForm};

/// Returns the permissions of a user for a client.
pub async fn permissions(db: &mut MySqlConnection, user: UserId, client: ClientId) -> Result<UserPermissions, Refusal> {
    let membership = find(db, user, client).await?;
    if membership.is_member() { Ok(membership.permissions()) } else { Err(Refusal::NotAMember.into()) }
}

/// Replaces the permissions of a user for a client whom they do not own.
pub async fn set_permissions(
    context: Context<'_>,
    user: UserId,
    client: ClientId,
    permissions: &UserPermissions,
) -> Result<(), Refusal> {
    let membership = find(context.db.lock(Subject::Client(client)).await?, user, client).await?;
    if membership.is_owner() {
        return Err(Refusal::OwnerHasAll.into());
    }
    if permissions.is_empty() {
        return Err(Refusal::NoPermissions.into());
    }
    if !membership.is_member() {
        return Err(Refusal::NotAMember.into());
    }
    let stored = form(context.db, context.compat.user_permissions).await?.write(permissions);

    let mut tx = context.write(Subject::Client(client)).await?;
    if !memberships::set_permissions(&mut tx, user, client, &stored).await? {
        return Err(Refusal::NotAMember.into());
    }
    let line = format!("Modified User Permissions - User ID: {user}");
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    Ok(())
}

/// Ends that a user may act for a client. Both stay.
pub async fn remove_from_client(context: Context<'_>, user: UserId, client: ClientId) -> Result<(), Refusal> {
    let membership = find(context.db.lock(Subject::Client(client)).await?, user, client).await?;
    if !membership.is_member() {
        return Err(Refusal::NotAMember.into());
    }
    if membership.is_owner() {
        return Err(Refusal::OwnerNotRemovable.into());
    }

    let mut tx = context.write(Subject::Client(client)).await?;
    if !memberships::delete(&mut tx, user, client).await? {
        return Err(Refusal::NotAMember.into());
    }
    let line = format!("Removed User From Client - User ID: {user}");
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    Ok(())
}

async fn find(db: &mut MySqlConnection, user: UserId, client: ClientId) -> Result<Membership, Refusal> {
    let membership = memberships::find(db, user, client).await?;
    match () {
        () if !membership.user_exists => Err(Refusal::UserNotFound.into()),
        () if !membership.client_exists => Err(Refusal::ClientNotFound.into()),
        () => Ok(membership),
    }
}

/// The form in which permissions are stored.
pub(super) async fn form(db: &mut MySqlConnection, setting: UserPermissionsForm) -> fault::Result<PermissionsForm> {
    Ok(match setting {
        UserPermissionsForm::Auto => memberships::latest_form(db).await?.unwrap_or(PermissionsForm::List),
        UserPermissionsForm::List => PermissionsForm::List,
        UserPermissionsForm::Json => PermissionsForm::Json,
        UserPermissionsForm::Flags => PermissionsForm::Flags,
    })
}
