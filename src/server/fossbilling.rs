//! Calls of FOSSBilling's API, over HTTP.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, EXPIRES, SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use super::{AppState, Peer, header_of, reading, respond, web};
use crate::api::{ApiRequest, ApiResponse};
use crate::auth::sessions::{CallSession, SessionChange, csrf_token};
use crate::error::Result;
use crate::fossbilling::description;
use crate::fossbilling::wire::{CallPath, no_call};
use crate::fossbilling::{Credentials, CsrfTokens, FossBillingCall};
use crate::network;
use crate::redaction::Hidden;
use crate::wire::{ApiStyle, Parameters};

/// The cookie that names the session. That of FOSSBilling 0.8.5 is the one of every program in PHP, of which there may be others.
const SESSION_COOKIE: &str = "fossbilling_session";
/// The cookie with the token against forged requests, which scripts of pages read.
const CSRF_COOKIE: &str = "csrf_token";

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

/// Whether this is a request for the OpenAPI document.
pub(super) fn is_for_description(request: &Request) -> bool {
    request.uri().path().ends_with("/fossbilling/openapi.json")
}

/// Answers a request for the OpenAPI document, which there is only if the API is served.
pub(super) fn describe(request: &Request, is_served: bool) -> Response<Body> {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(description::document().to_string()));
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return web::not_allowed();
    }
    if !is_served {
        let text = [(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
        return web::respond(
            StatusCode::NOT_FOUND,
            text,
            "FOSSBilling's API is off: `fossbilling = true` turns it on\n",
        );
    }
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    web::respond(StatusCode::OK, headers, DOCUMENT.clone())
}

/// Answers a call; `rest` is what follows `/api/`.
pub(super) async fn handle(state: &AppState, peer: Peer, request: Request, rest: String) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::POST) {
        let html = [(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))];
        return web::respond(StatusCode::NOT_FOUND, html, "<!DOCTYPE html><title>404</title><h1>Page not found</h1>");
    }
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let (has_tls, is_proxy) =
        (state.api.config().settings.tls.is_enabled(), network::any_contains(&state.trusted_proxies, peer));
    let cookies = Cookies { are_secure: network::is_encrypted(has_tls, is_proxy, request.headers()) };
    let mut origin = match state.origin(peer, &request) {
        Ok(origin) => origin,
        Err(error) => return respond(ApiResponse::without_api(&error), None),
    };
    let answered = match read(state, request, &rest).await {
        Ok(api_request) => {
            origin.redact(&api_request.hidden);
            let request_id = HeaderValue::from_str(&origin.request_id).ok();
            let mut answer = state.api.handle(api_request, origin).await;
            let session = answer.session.take();
            let mut response = respond(answer, request_id);
            cookies.add(response.headers_mut(), session);
            response
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
    let (parameters, headers, token) = state.reader.fossbilling(&state.api, request).await?;
    let secrets = reading::secrets_in_headers(&headers);
    let hidden = Hidden::sent_in(&parameters.values, secrets.iter().map(String::as_str));
    let basic = reading::basic(header_of(&headers, &AUTHORIZATION));
    let call = FossBillingCall {
        role: path.role,
        credentials: Credentials::of(path.role, basic.as_deref()),
        session: CallSession::new(cookie(&headers, SESSION_COOKIE)),
        csrf: CsrfTokens { sent: token, cookie: cookie(&headers, CSRF_COOKIE) },
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

/// Writes the cookies of a session.
struct Cookies {
    /// Whether browsers may send them over encrypted connections alone.
    are_secure: bool,
}

impl Cookies {
    fn add(&self, headers: &mut HeaderMap, session: Option<SessionChange>) {
        let (session, token, age) = match session {
            None => return,
            Some(SessionChange::Begun(cookie)) => (cookie.clone(), csrf_token(&cookie), ""),
            Some(SessionChange::Ended) => (String::new(), String::new(), "; Max-Age=0"),
        };
        let secure = if self.are_secure { "; Secure" } else { "" };
        let attributes = format!("; Path=/; SameSite=Strict{secure}{age}");
        for cookie in
            [format!("{SESSION_COOKIE}={session}; HttpOnly{attributes}"), format!("{CSRF_COOKIE}={token}{attributes}")]
        {
            headers.extend(HeaderValue::from_str(&cookie).ok().map(|cookie| (SET_COOKIE, cookie)));
        }
    }
}

/// The value of a cookie that a request carries.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(cookie, value)| *cookie == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}
