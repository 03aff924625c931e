//! The database connection of commands.

use anyhow::{Context, bail};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};

use super::{DATABASE, first_server, start_embedded};
use crate::config::Settings;
use crate::database::embedded::Embedded;
use crate::database::migrations;
use crate::database::pool;

/// The database connection of a command: to the configured database, or to the embedded one, which is started if no
/// server runs it.
pub struct CommandDatabase {
    pub connection: MySqlConnection,
    /// For further connections.
    pub options: MySqlConnectOptions,
    embedded: Option<Embedded>,
}

impl CommandDatabase {
    pub async fn open(settings: &Settings) -> anyhow::Result<CommandDatabase> {
        if let Some(server) = first_server(settings).await? {
            let mut connection = pool::connect(server.clone()).await.context("connecting to database.url")?;
            migrations::require(&mut connection).await?;
            return Ok(CommandDatabase { connection, options: server, embedded: None });
        }
        let directory = settings.data_dir.join("database");
        if let Some(options) = Embedded::running(&directory)? {
            let options = options.database(DATABASE);
            let connection = pool::connect(options.clone()).await;
            let connection = connection.context("connecting to the embedded database of the server that is running")?;
            return Ok(CommandDatabase { connection, options, embedded: None });
        }
        let (embedded, options) = start_embedded(&directory, false).await?;
        let connection = pool::connect(options.clone()).await?;
        Ok(CommandDatabase { connection, options, embedded: Some(embedded) })
    }

    /// Opens a database as it is, for commands that only read: it may be of an older version, or only have WHMCS's tables.
    /// An embedded database is neither created nor changed.
    pub async fn open_unchanged(settings: &Settings) -> anyhow::Result<CommandDatabase> {
        let directory = settings.data_dir.join("database");
        let (options, embedded) = match (first_server(settings).await?, Embedded::running(&directory)?) {
            (Some(server), _) => (server, None),
            (None, Some(running)) => (running.database(DATABASE), None),
            (None, None) => {
                if !directory.join("mysql").exists() {
                    bail!(
                        "there is no embedded database in {}: name its data directory with --data-dir, or another \
                         database with --database-url",
                        directory.display()
                    );
                }
                let embedded = Embedded::start(&directory).await?;
                (embedded.options().database(DATABASE), Some(embedded))
            }
        };
        let mut connection = pool::connect(options.clone()).await.context("connecting to the database")?;
        migrations::refuse_unfinished_restore(&mut connection).await?;
        Ok(CommandDatabase { connection, options, embedded })
    }

    pub async fn close(self) -> anyhow::Result<()> {
        pool::close(self.connection).await;
        match self.embedded {
            Some(embedded) => embedded.stop().await,
            None => Ok(()),
        }
    }
}
