//! Programs that ask for a token, over HTTP.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, Response, StatusCode};

use super::{AppState, Peer, web};
use crate::api::TokenAnswer;
use crate::error::Error;

/// Answers a program that asks for a token.
pub(super) async fn handle(state: &AppState, peer: Peer, request: Request) -> Response<Body> {
    if request.method() != Method::POST {
        let mut response = respond(TokenAnswer::failed(&Error::MethodNotAllowed("POST".to_owned())));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let address = state.origin(peer, &request).map_or(peer, |origin| origin.address);
    respond(match state.reader.token_form(&state.api, request).await {
        Ok(form) => state.api.give_token(form, address).await,
        Err(error) => TokenAnswer::failed(&error),
    })
}

fn respond(answer: TokenAnswer) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        web::respond(status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], answer.body);
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"whmcs-api\""));
    }
    if let Some(seconds) = answer.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
