//! `whmcs-api mcp`: serves an agent over standard input and output.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::database::CommandDatabase;
use crate::config::Settings;
use crate::domain::time::Clock;
use crate::mcp;
use crate::server::serving::OpenedApi;

/// Time limit for what is done after the agent has left.
const CLOSING: Duration = Duration::from_secs(10);

#[derive(Args)]
pub struct Arguments {
    /// The identifier of the agent's credential
    #[arg(long, value_name = "IDENTIFIER", env = "WHMCS_AGENT_IDENTIFIER")]
    identifier: String,
    /// The secret of the agent's credential. Other users of this machine see it in the list of processes, unless it is in the
    /// environment
    #[arg(long, value_name = "SECRET", env = "WHMCS_AGENT_SECRET", hide_env_values = true)]
    secret: String,
}

pub async fn run(arguments: Arguments, settings: &Settings) -> anyhow::Result<()> {
    let mut settings = settings.clone();
    settings.database.connections = settings.database.connections.min(4);
    let database = CommandDatabase::open(&settings).await?;
    let clock = Clock::System(settings.time_zone);
    let opened = Box::pin(OpenedApi::open(&mut settings, vec![database.options.clone()], clock)).await;
    let served = match &opened {
        Ok(opened) => Some(serve(opened, arguments).await),
        Err(_) => None,
    };
    let _ = timeout(CLOSING, database.close()).await;
    opened?;
    served.context("no agent was served")?
}

async fn serve(opened: &OpenedApi, arguments: Arguments) -> anyhow::Result<()> {
    let stopping = CancellationToken::new();
    // Modules and registrars get their commands, and mails are sent, also if no server runs.
    let outbox = tokio::spawn({
        let (api, stopping) = (Arc::clone(&opened.api), stopping.clone());
        async move { api.run_outbox(stopping).await }
    });
    let served = mcp::serve_stdio(Arc::clone(&opened.api), arguments.identifier, arguments.secret).await;
    stopping.cancel();
    let _ = timeout(CLOSING, outbox).await;
    opened.api.shut_down(CLOSING).await;
    Ok(served?)
}
