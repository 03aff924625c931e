//! What payment gateways tell by themselves, over HTTP.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Response, StatusCode};

use super::{AppState, Peer, web};
use crate::api::CallbackAnswer;

/// Reads a callback, and answers it once it is booked.
pub(super) async fn handle(state: &AppState, peer: Peer, request: Request, gateway: String) -> Response<Body> {
    if request.method() != Method::POST {
        let answer = CallbackAnswer::error(405, "Callbacks are sent with POST");
        let mut response = respond(answer);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let address = state.origin(peer, &request).map_or(peer, |origin| origin.address);
    respond(match state.reader.callback(&state.api, request, gateway).await {
        Ok(callback) => state.api.gateway_callback(callback, address).await,
        Err(error) => CallbackAnswer::error(error.http_status(), &error.message()),
    })
}

fn respond(answer: CallbackAnswer) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    web::respond(status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], answer.body)
}
