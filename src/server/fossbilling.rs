//! Calls of FOSSBilling's API, over HTTP.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, EXPIRES, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use std::net::{IpAddr, Ipv4Addr};

use super::{AppState, Peer, header_of, reading, respond, web};
use crate::api::{ApiRequest, ApiResponse};
use crate::error::Result;
use crate::fossbilling::wire::{CallPath, no_call};
use crate::fossbilling::{Credentials, FossBillingCall};
use crate::redaction::Hidden;
use crate::wire::{ApiStyle, Parameters};

/// Returns what follows `/api/` in the path, or in `_url`, in which servers without rewriting get the path.
pub(super) fn call_of(request: &Request) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    let rewritten = query.split('&').find_map(|pair| pair.strip_prefix("_url="));
    if let Some(path) = rewritten {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("_url={path}")).unwrap_or_default();
        let path = pairs.into_iter().next().map(|(_, path)| path).unwrap_or_default();
        return path.strip_prefix("/api/").map(str::to_owned);
    }
    let (_, rest) = request.uri().path().split_once("/api/")?;
    Some(rest.to_owned())
}

/// Answers a call; `rest` is what follows `/api/`.
pub(super) async fn handle(state: &AppState, peer: Peer, request: Request, rest: String) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::POST) {
        let html = [(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))];
        return web::respond(StatusCode::NOT_FOUND, html, "<!DOCTYPE html><title>404</title><h1>Page not found</h1>");
    }
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let mut origin = match state.origin(peer, &request) {
        Ok(origin) => origin,
        Err(error) => return respond(ApiResponse::without_api(&error), None),
    };
    let answered = match read(state, request, &rest).await {
        Ok(api_request) => {
            origin.redact(&api_request.hidden);
            let request_id = HeaderValue::from_str(&origin.request_id).ok();
            respond(state.api.handle(api_request, origin).await, request_id)
        }
        Err(error) => {
            let answer = state.api.reject_unreadable(&error, &Parameters::default(), ApiStyle::FossBilling);
            respond(answer, HeaderValue::from_str(&origin.request_id).ok())
        }
    };
    with_headers(answered)
}

async fn read(state: &AppState, request: Request, rest: &str) -> Result<ApiRequest> {
    let path = CallPath::parse(rest).ok_or_else(|| no_call(rest))?;
    let (parameters, headers) = state.reader.fossbilling(&state.api, request).await?;
    let secrets = reading::secrets_in_headers(&headers);
    let hidden = Hidden::sent_in(&parameters.values, secrets.iter().map(String::as_str));
    let basic = reading::basic(header_of(&headers, &AUTHORIZATION));
    let call = FossBillingCall {
        role: path.role,
        credentials: Credentials::of(path.role, basic.as_deref()),
        method: state.api.fossbilling().find(&path),
    };
    let fossbilling = Some(Box::new(call));
    Ok(ApiRequest { fossbilling, ..ApiRequest::new(Some(path.name()), parameters, ApiStyle::FossBilling, hidden) })
}

/// The headers that FOSSBilling's clients get.
fn with_headers(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.remove(WWW_AUTHENTICATE);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("must-revalidate, no-cache, private"));
    headers.insert(EXPIRES, HeaderValue::from_static("Mon, 26 Jul 1997 05:00:00 GMT"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
