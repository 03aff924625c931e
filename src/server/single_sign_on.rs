//! Browsers that bring a token for single sign-on.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, Method, Response, StatusCode};

use super::{AppState, Peer, web};
use crate::api::SignIn;
use crate::wire::Parameters;

const DENIED: &str = "This link is not valid, or it has been used. Go back to where it was, and follow it again.\n";
const FAILED: &str = "You could not be logged in just now. Go back, and follow the link again.\n";

/// Redeems the token, and sends the browser to the operator's portal. No page has the token or the statement as its referrer.
pub(super) async fn handle(state: &AppState, peer: Peer, request: Request) -> Response<Body> {
    if request.method() != Method::GET {
        // HEAD, with which links are looked at, would use a token up.
        let mut response = respond(StatusCode::METHOD_NOT_ALLOWED, "Only GET is allowed here\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return response;
    }
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let address = state.origin(peer, &request).map_or(peer, |origin| origin.address);
    let query = request.uri().query().unwrap_or_default().to_owned();
    drop(request);
    let query = Parameters::decode(&query, "", b"").await.unwrap_or_default();
    let token = query.text("access_token").unwrap_or_default().to_owned();
    match state.api.sign_in(token, address).await {
        SignIn::Portal(link) => match HeaderValue::from_str(&link) {
            Ok(link) => {
                let mut response = respond(StatusCode::FOUND, "");
                response.headers_mut().insert(LOCATION, link);
                response
            }
            Err(_) => respond(StatusCode::INTERNAL_SERVER_ERROR, FAILED),
        },
        SignIn::Denied => respond(StatusCode::FORBIDDEN, DENIED),
        SignIn::Failed(_) => respond(StatusCode::SERVICE_UNAVAILABLE, FAILED),
    }
}

fn respond(status: StatusCode, text: &'static str) -> Response<Body> {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    web::respond(status, headers, text)
}
