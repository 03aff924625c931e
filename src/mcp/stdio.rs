//! Agents over standard input and output.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rmcp::ServiceExt;

use super::{Agents, Connection, Handler};
use crate::api::Api;
use crate::error::{Error, Result};
use crate::observability::api_log::Origin;

/// Answers the agent that has started this program until it closes standard input. It is an error if its credential is not
/// let in.
pub async fn serve(api: Arc<Api>, identifier: String, secret: String) -> Result<()> {
    let connection = Connection {
        secrets: vec![secret.clone()],
        login: Some((identifier, secret)),
        token: None,
        origin: Origin {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            method: "STDIO".to_owned(),
            path: "/mcp".to_owned(),
            user_agent: None,
            request_id: format!("{:016x}", getrandom::u64().map_err(|error| failed(&error))?),
            traceparent: None,
        },
        admitted: None,
    };
    connection.admit(&api, "initialize").await.map_err(|error| failed(&error.message()))?;
    let handler = Handler { agents: Arc::new(Agents::new(api)), own: Some(Arc::new(connection)) };
    let serving = handler.serve(rmcp::transport::stdio()).await.map_err(|error| failed(&error))?;
    serving.waiting().await.map_err(|error| failed(&error))?;
    Ok(())
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::Internal(format!("serving an agent: {error}").into())
}
