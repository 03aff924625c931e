//! Demo data that a person would believe, and the credential to look at it with.

use std::net::SocketAddr;

use sqlx::Connection;
use sqlx::mysql::MySqlConnectOptions;

use crate::store::pool;

/// The published credential, for which `demo.sql` holds the hash.
pub const IDENTIFIER: &str = "DemoIdentifier000000000000000001";
pub const SECRET: &str = "DemoSecret0000000000000000000001";

/// The modules of its products, for which a stand-in says yes.
pub const MODULES: [&str; 2] = ["cpanel", "proxmox"];

/// Fills a database in which there are no clients yet.
pub async fn fill(options: MySqlConnectOptions) -> sqlx::Result<()> {
    let mut connection = pool::connect(options).await?;
    let is_filled: bool =
        sqlx::query_scalar("SELECT EXISTS(SELECT 1 FROM tblclients)").fetch_one(&mut connection).await?;
    if !is_filled {
        let mut transaction = connection.begin().await?;
        sqlx::raw_sql(include_str!("demo.sql")).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    pool::close(connection).await;
    Ok(())
}

/// What a newcomer sees: where the server is, and a line to paste.
pub fn welcome(address: SocketAddr, docs: bool) -> String {
    let browser = if docs { format!("Or in a browser: http://{address}/docs\n\n") } else { String::new() };
    format!(
        "
whmcs-api demo is answering at http://{address}/includes/api.php

  identifier  {IDENTIFIER}
  secret      {SECRET}

Try it, in another terminal:

  curl -s http://{address}/includes/api.php \\
    -d identifier={IDENTIFIER} -d secret={SECRET} \\
    -d action=GetCredits -d clientid=1 -d responsetype=json

{browser}Services are created by a stand-in, which says yes to everything and provisions nothing.
Ctrl-C stops it. The data starts afresh at each run, unless --keep is given.

"
    )
}
