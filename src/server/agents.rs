//! Agents over HTTP: `/mcp`.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Response};

use super::{AppState, Peer, respond};
use crate::error::Error;
use crate::wire::{ApiStyle, Parameters};

/// Answers a request of an agent.
pub(super) async fn handle(state: &AppState, peer: Peer, request: Request) -> Response<Body> {
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    answer(state, peer, request).await.unwrap_or_else(|error| {
        respond(state.api.reject_unreadable(&error, &Parameters::default(), ApiStyle::Modern), None)
    })
}

async fn answer(state: &AppState, peer: IpAddr, request: Request) -> Result<Response<Body>, Error> {
    let origin = state.origin(peer, &request)?;
    let (connection, request, _memory) = state.reader.agent(&state.api, request, origin).await?;
    let mut response = match state.agents.answer(request, connection).await {
        Ok(response) => response,
        Err(error) => return Ok(respond(state.api.reject_agent(&error), None)),
    };
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
