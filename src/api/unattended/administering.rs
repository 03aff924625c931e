//! Decisions about who may call, in the name of a member of staff.

use super::super::Api;
use super::operating::Operation;
use crate::auth::administration::{self, Created, CredentialCommand, CredentialRefusal, RoleCommand, RoleRefusal};
use crate::database::writer::Subject;
use crate::domain::Author;
use crate::error::{Error, Result};
use crate::fault::Fault;
use crate::operations::{self, Context};
use crate::store::system::activity;

impl Api {
    /// Does what somebody has decided about a credential. Returns the secret if a new one was made.
    pub async fn administer_credential(
        &self,
        author: Author,
        command: CredentialCommand,
    ) -> Result<Result<Option<Created>, CredentialRefusal>> {
        self.operate(author, &command).await
    }

    /// Does what somebody has decided about a role.
    pub async fn administer_role(&self, author: Author, command: RoleCommand) -> Result<Result<(), RoleRefusal>> {
        self.operate(author, &command).await
    }
}

impl Operation for CredentialCommand {
    type Done = Option<Created>;
    type Refusal = CredentialRefusal;

    async fn run(&self, mut context: Context<'_>) -> operations::Result<Option<Created>, CredentialRefusal> {
        let now = context.now.utc();
        let db = context.db.lock(Subject::Staff).await?;
        let done = administration::administer_credential(db, self, now).await.map_err(fault)?;
        let created = done.map_err(operations::OperationError::Refused)?;
        let id = created.as_ref().map(|created| created.id);
        let line = match self {
            CredentialCommand::Create { .. } => "Created API Credential",
            CredentialCommand::Change { .. } => "Changed API Credential",
            CredentialCommand::Rotate { .. } => "Rotated the Secret of API Credential",
            CredentialCommand::Disable { disables: true, .. } => "Disabled API Credential",
            CredentialCommand::Disable { disables: false, .. } => "Enabled API Credential",
            CredentialCommand::Delete { .. } => "Deleted API Credential",
        };
        let id = id.or(self.id()).unwrap_or_default();
        log(&mut context, &format!("{line} - Credential ID: {id}")).await?;
        Ok(created)
    }
}

impl Operation for RoleCommand {
    type Done = ();
    type Refusal = RoleRefusal;

    async fn run(&self, mut context: Context<'_>) -> operations::Result<(), RoleRefusal> {
        let now = context.now.utc();
        let db = context.db.lock(Subject::Staff).await?;
        let done = administration::administer_role(db, self, now).await.map_err(fault)?;
        done.map_err(operations::OperationError::Refused)?;
        let line = match self {
            RoleCommand::Create { name, .. } => format!("Created API Role {name}"),
            RoleCommand::Grant { id, grants } => format!("Granted {} - API Role ID: {id}", grants.join(", ")),
            RoleCommand::Revoke { id, patterns } => format!("Revoked {} - API Role ID: {id}", patterns.join(", ")),
            RoleCommand::Delete { id } => format!("Deleted API Role - API Role ID: {id}"),
        };
        log(&mut context, &line).await?;
        Ok(())
    }
}

async fn log(context: &mut Context<'_>, line: &str) -> std::result::Result<(), Fault> {
    let mut tx = context.reborrow().write(Subject::Staff).await?;
    Ok(activity::log(&mut tx, None, line).await?)
}

/// An error below a decision, which is no refusal.
fn fault(error: Error) -> Fault {
    match error {
        Error::Database(error) => Fault::Database(error),
        Error::Busy => Fault::Busy,
        other => Fault::internal(other),
    }
}
