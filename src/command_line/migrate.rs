//! `whmcs-api migrate`: creates missing tables.

use anyhow::bail;
use clap::Args;

use super::{DATABASE, first_server, print};
use crate::config::Settings;
use crate::database::embedded::Embedded;
use crate::database::migrations::{self, Plan};
use crate::database::pool;

#[derive(Args)]
pub struct Command {
    /// Print the SQL statements instead of running them
    #[arg(long)]
    print_sql: bool,
}

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let Some(server) = first_server(settings).await? else {
        if command.print_sql {
            bail!("--print-sql needs a database of your own: set database.url");
        }
        let embedded = Embedded::start(&settings.data_dir.join("database")).await?;
        pool::create_database(embedded.options(), DATABASE, false).await?;
        let done = migrations::run(embedded.options().database(DATABASE)).await;
        embedded.stop().await?;
        return print_done(&done?);
    };
    if command.print_sql {
        let mut connection = pool::connect(server).await?;
        let plan = Plan::read(&mut connection).await?;
        pool::close(connection).await;
        return print(&plan.sql());
    }
    print_done(&migrations::run(server).await?)
}

fn print_done(done: &[String]) -> anyhow::Result<()> {
    let message = match done {
        [] => "The database is up to date.\n".to_owned(),
        done => format!("Done: {}. Tables that existed were left as they are.\n", done.join(", ")),
    };
    print(&message)
}
