//! The database connection of commands.

use anyhow::Context;
use sqlx::mysql::MySqlConnection;

use super::{DATABASE, first_server, start_embedded};
use crate::config::Settings;
use crate::database::embedded::Embedded;
use crate::database::migrations;
use crate::database::pool;

/// The database connection of a command: to the configured database, or to the embedded one, which is started if no
/// server runs it.
pub struct CommandDatabase {
    pub connection: MySqlConnection,
    embedded: Option<Embedded>,
}

impl CommandDatabase {
    pub async fn open(settings: &Settings) -> anyhow::Result<CommandDatabase> {
        if let Some(server) = first_server(settings).await? {
            let mut connection = pool::connect(server).await.context("connecting to database.url")?;
            migrations::require(&mut connection).await?;
            return Ok(CommandDatabase { connection, embedded: None });
        }
        let directory = settings.data_dir.join("database");
        if let Some(options) = Embedded::running(&directory)? {
            let connection = pool::connect(options.database(DATABASE)).await;
            let connection = connection.context("connecting to the embedded database of the server that is running")?;
            return Ok(CommandDatabase { connection, embedded: None });
        }
        let (embedded, options) = start_embedded(&directory, false).await?;
        Ok(CommandDatabase { connection: pool::connect(options).await?, embedded: Some(embedded) })
    }

    pub async fn close(self) -> anyhow::Result<()> {
        pool::close(self.connection).await;
        match self.embedded {
            Some(embedded) => embedded.stop().await,
            None => Ok(()),
        }
    }
}
