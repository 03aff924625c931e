//! Decisions about who may call, in the name of a member of staff.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use super::super::Api;
use super::operating::{Operation, Sender};
use crate::auth::administration::{
    self, Created, CredentialCommand, CredentialRefusal, RoleCommand, RoleRefusal, credential,
};
use crate::database::writer::Subject;
use crate::error::{Error, Result};
use crate::fault::Fault;
use crate::operations::{self, Context};
use crate::store::system::{activity, administration as store};

impl Api {
    /// Does what somebody has decided about a credential. Returns the secret if a new one was made.
    pub async fn administer_credential(
        &self,
        sender: impl Into<Sender>,
        command: CredentialCommand,
    ) -> Result<Result<Option<Created>, CredentialRefusal>> {
        self.operate(sender, &command).await
    }

    /// Does what somebody has decided about a role.
    pub async fn administer_role(
        &self,
        sender: impl Into<Sender>,
        command: RoleCommand,
    ) -> Result<Result<(), RoleRefusal>> {
        self.operate(sender, &command).await
    }
}

impl Operation for CredentialCommand {
    type Done = Option<Created>;
    type Refusal = CredentialRefusal;

    async fn run(&self, mut context: Context<'_>) -> operations::Result<Option<Created>, CredentialRefusal> {
        let now = context.now.utc();
        let db = context.db.lock(Subject::Staff).await?;
        let before = decided(db, self.id()).await?;
        let done = administration::administer_credential(db, self, now).await.map_err(fault)?;
        let created = done.map_err(operations::OperationError::Refused)?;
        let id = created.as_ref().map(|created| created.id).or(self.id()).unwrap_or_default();
        let after = decided(db, Some(id)).await?;
        let (line, differences) = match self {
            CredentialCommand::Create { .. } => ("Created API Credential", differences(&before, &after)),
            CredentialCommand::Change { .. } => ("Changed API Credential", differences(&before, &after)),
            CredentialCommand::Rotate { rotation, .. } => {
                let until = time(rotation.previous_until, "now");
                ("Rotated the Secret of API Credential", format!(" - Old Secret Accepted until {until}"))
            }
            CredentialCommand::Disable { disables: true, .. } => ("Disabled API Credential", String::new()),
            CredentialCommand::Disable { disables: false, .. } => ("Enabled API Credential", String::new()),
            CredentialCommand::Delete { .. } => ("Deleted API Credential", String::new()),
        };
        log(&mut context, &format!("{line}{differences} - Credential ID: {id}")).await?;
        Ok(created)
    }
}

/// What was decided about a credential, in words; empty if there is none.
type Decided = Vec<(&'static str, String)>;

async fn decided(db: &mut MySqlConnection, id: Option<i64>) -> std::result::Result<Decided, Fault> {
    let Some(id) = id else { return Ok(Vec::new()) };
    let Some(row) = credential(db, id).await? else { return Ok(Vec::new()) };
    let roles = row.role_names(&store::roles(db).await?).join(", ");
    let or = |text: &str, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text.to_owned() };
    Ok(vec![
        ("Staff", or(&row.admin, "none")),
        ("Roles", or(&roles, "none")),
        ("Addresses", or(&row.allowed_addresses, "any")),
        ("Expires", time(row.expires_at, "never")),
        ("Limits", row.limits()),
        ("Description", or(&row.description, "none")),
    ])
}

/// What differs, such as ` - Roles: Readers (before: none)`.
fn differences(before: &Decided, after: &Decided) -> String {
    let earlier = |name: &str| before.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    let told = after.iter().filter_map(|(name, value)| match earlier(name) {
        None => Some(format!(" - {name}: {value}")),
        Some(before) if before != value => Some(format!(" - {name}: {value} (before: {before})")),
        Some(_) => None,
    });
    told.collect()
}

fn time(time: Option<NaiveDateTime>, otherwise: &str) -> String {
    time.map_or_else(|| otherwise.to_owned(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
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
