//! `whmcs-api fossbilling`: manages the keys and the sessions of FOSSBilling's API.

use anyhow::{Context, bail};
use chrono::Utc;
use clap::Subcommand;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::mysql::MySqlConnection;

use super::{print, table};
use crate::auth::secret;
use crate::domain::id::ClientId;
use crate::store;
use crate::store::fossbilling::{keys, sessions};
use crate::store::system::administration;

#[derive(Subcommand)]
pub enum Command {
    /// Manage keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Manage the sessions of clients who have logged in
    #[command(subcommand)]
    Session(SessionCommand),
}

#[derive(Subcommand)]
pub enum SessionCommand {
    /// List the sessions
    List {
        /// Only those of this client
        #[arg(long, value_name = "ID")]
        client: Option<i64>,
    },
    /// End all sessions of a client
    End {
        /// The client's id
        #[arg(long, value_name = "ID")]
        client: i64,
    },
}

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Create a key; it is shown only once
    Create {
        /// The API credential whose roles, addresses and limits the key of an administrator has, by its identifier
        #[arg(long, value_name = "IDENTIFIER", required_unless_present = "client")]
        credential: Option<String>,
        /// The client whose key it is, by its id
        #[arg(long, value_name = "ID", conflicts_with = "credential")]
        client: Option<i64>,
        /// Print JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// List the keys
    List,
    /// Reject a key from now on
    Revoke {
        /// The key's id in the list
        id: i64,
    },
}

pub async fn run(command: Command, db: &mut MySqlConnection) -> anyhow::Result<()> {
    match command {
        Command::Key(KeyCommand::Create { credential, client, json }) => create(db, credential, client, json).await,
        Command::Key(KeyCommand::List) => list(db).await,
        Command::Key(KeyCommand::Revoke { id }) => match keys::revoke(db, id).await? {
            true => Ok(()),
            false => bail!("there is no key {id}: `whmcs-api fossbilling key list` lists them"),
        },
        Command::Session(SessionCommand::List { client }) => list_sessions(db, client).await,
        Command::Session(SessionCommand::End { client }) => {
            print(&format!("sessions ended: {}\n", sessions::end_of_client(db, client).await?))
        }
    }
}

async fn list_sessions(db: &mut MySqlConnection, client: Option<i64>) -> anyhow::Result<()> {
    let listed = sessions::list(db, client).await?;
    let rows = listed.iter().map(|session| {
        let (begun, used) = (session.created_at.to_string(), session.used_at.to_string());
        [session.id.to_string(), session.client.to_string(), session.address.clone(), begun, used]
    });
    print(&table(["ID", "CLIENT", "ADDRESS", "BEGUN (UTC)", "LAST USED (UTC)"], rows))
}

async fn create(
    db: &mut MySqlConnection,
    credential: Option<String>,
    client: Option<i64>,
    is_json: bool,
) -> anyhow::Result<()> {
    let credential = match credential {
        Some(identifier) => {
            let credentials = administration::credentials(db).await?;
            let found = credentials.iter().find(|found| found.identifier == identifier && !found.is_deleted);
            found
                .with_context(|| {
                    format!("there is no credential {identifier}: `whmcs-api credential list` lists them")
                })?
                .id
        }
        None => 0,
    };
    let client = ClientId(client.unwrap_or(0));
    if credential == 0 && !store::clients::client::exists(db, client).await? {
        bail!("there is no client {client}");
    }
    let key = secret::random()?;
    let id = keys::create(db, Sha256::digest(&key).into(), credential, client, Utc::now().naive_utc()).await?;
    let user = if credential == 0 { "client" } else { "admin" };
    if is_json {
        return print(&format!("{}\n", json!({"id": id, "user": user, "key": key})));
    }
    print(&format!("user  {user}\nkey   {key}\n"))?;
    eprintln!("Only a hash of the key is stored: it cannot be shown again.");
    Ok(())
}

async fn list(db: &mut MySqlConnection) -> anyhow::Result<()> {
    let listed = keys::list(db).await?;
    let rows = listed.iter().map(|key| {
        let whose = if key.client == 0 { key.identifier.clone() } else { format!("client {}", key.client) };
        let user = if key.client == 0 { "admin" } else { "client" };
        [key.id.to_string(), user.to_owned(), whose, key.created_at.to_string()]
    });
    print(&table(["ID", "USER", "WHOSE", "CREATED (UTC)"], rows))
}
