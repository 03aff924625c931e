//! The one place through which each request passes: who it is of, what they may do, and whether they have sent it themselves.

use axum::body::Body;
use axum::http::header::{ALLOW, HeaderValue, USER_AGENT};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use tracing::{error, info};

use super::cookies::Cookie;
use super::forms::{Forms, TOKEN};
use super::layout::{self, Frame};
use super::routes::{self, Found, Handler};
use super::visit::{Answer, ConsoleError, Fields, Guest, Person, Visit};
use super::{Console, Received};
use crate::api::{ConsoleSession, FORM_USED};
use crate::auth::console::{Right, new_token, token_hash};
use crate::error::Error;
use crate::store::authentication::console::SentForm;

/// Sent by the script that loads parts of a page again.
const REFRESH: &str = "x-console-refresh";
const LOG_IN: &str = "/console/login";
const USER_AGENT_CHARS: usize = 200;

impl Console {
    pub(super) async fn pass(&self, received: Received) -> Response<Body> {
        let path = received.request.uri.path();
        match routes::find(&received.request.method, path) {
            Found::Route(route, parameters) => match route.handler {
                Handler::Everybody(handler) => self.pass_guest(received, parameters, handler).await,
                Handler::Staff(right, handler) => self.pass_staff(received, parameters, right, handler).await,
            },
            Found::OtherMethod => {
                let mut response = layout::plain(StatusCode::METHOD_NOT_ALLOWED, "This page has another method.\n");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
                response
            }
            Found::Nothing => layout::plain(StatusCode::NOT_FOUND, "The console has no such page.\n"),
        }
    }

    async fn pass_guest(
        &self,
        received: Received,
        parameters: Vec<String>,
        handler: for<'c> fn(&'c Console, Guest) -> routes::Answering<'c>,
    ) -> Response<Body> {
        let Received { request, body, address, is_secure } = received;
        let headers = &request.headers;
        let session = Cookie::Session.sent(headers, is_secure).to_owned();
        let sent = Cookie::Guest.sent(headers, is_secure);
        let (key, is_new) = match (sent.len() >= 40, new_token()) {
            (true, _) => (sent.to_owned(), false),
            (false, Ok(token)) => (token, true),
            (false, Err(error)) => return failed(&error.into(), &Frame::guest()),
        };
        let (forms, form) = (Forms::of(&key), Fields::parse(&body));
        if request.method == Method::POST {
            let token = form.raw(TOKEN);
            let has_made = forms.has_made(token) || (!session.is_empty() && Forms::of(&session).has_made(token));
            if !has_made || !is_from_here(headers) {
                return not_sent_from_here(&Frame::guest());
            }
        }
        let guest = Guest {
            parameters,
            query: query(&request),
            path: request.uri.path().to_owned(),
            form,
            address,
            user_agent: user_agent(headers),
            session,
            is_secure,
            forms,
        };
        match handler(self, guest).await {
            Ok(answer) if is_new => {
                layout::respond(answer.with_cookie(Cookie::Guest.set(&key, is_secure)), &Frame::guest())
            }
            Ok(answer) => layout::respond(answer, &Frame::guest()),
            Err(error) => failed(&error, &Frame::guest()),
        }
    }

    async fn pass_staff(
        &self,
        received: Received,
        parameters: Vec<String>,
        needed: Right,
        handler: for<'c> fn(&'c Console, Visit) -> routes::Answering<'c>,
    ) -> Response<Body> {
        let Received { request, body, address, is_secure } = received;
        let token = Cookie::Session.sent(&request.headers, is_secure).to_owned();
        let session = match self.session(&token).await {
            Ok(Some(session)) => session,
            Ok(None) if request.method == Method::POST => {
                let why =
                    "You are not logged in any more, and nothing was changed. Log in, and fill the form in again.";
                return failed(&ConsoleError::Refused(why.to_owned()), &Frame::guest());
            }
            Ok(None) => return layout::respond(to_log_in(&request, &token, is_secure), &Frame::guest()),
            Err(error) => return failed(&error.into(), &Frame::guest()),
        };
        let ConsoleSession { row, right } = session;
        // A page that loads itself again does not keep a session alive.
        if !request.headers.contains_key(REFRESH)
            && let Err(error) = self.api.touch_console_session(&row).await
        {
            return failed(&error.into(), &Frame::guest());
        }
        let person = Person { id: row.admin, user_name: row.user_name, right, session: row.id };
        let (zone, path) = (self.api.config().settings.time_zone, request.uri.path().to_owned());
        let query = query(&request);
        let frame = Frame::of(person.clone(), &path, Forms::of(&token), &query, zone);
        if right < needed {
            info!(user = person.user_name, path, "a page of the console was denied");
            return layout::respond(layout::denied(needed), &frame);
        }
        let form = Fields::parse(&body);
        let forms = Forms::of(&token);
        let is_sent = request.method == Method::POST;
        if is_sent && !(forms.has_made(form.raw(TOKEN)) && is_from_here(&request.headers)) {
            return not_sent_from_here(&frame);
        }
        let sent = is_sent.then(|| SentForm { token_hash: token_hash(form.raw(TOKEN)), session: person.session });
        let now = self.api.clock().now();
        let visit = Visit { person, path, parameters, query, form, sent, now, zone, address, forms };
        match handler(self, visit).await {
            Ok(answer) => layout::respond(answer, &frame),
            Err(ConsoleError::Failed(Error::RefusedAs { code: FORM_USED, .. })) => {
                layout::respond(layout::already_sent(), &frame)
            }
            Err(error) => failed(&error, &frame),
        }
    }

    async fn session(&self, token: &str) -> std::result::Result<Option<ConsoleSession>, Error> {
        if token.is_empty() { Ok(None) } else { self.api.console_session(token).await }
    }
}

/// The page that says why there is no other.
fn failed(error: &ConsoleError, frame: &Frame) -> Response<Body> {
    if let ConsoleError::Failed(error @ (Error::Database(_) | Error::Internal(_))) = error {
        error!(%error, "a page of the console failed");
    }
    layout::respond(layout::error(error), frame)
}

/// Whether a form was sent from a page of this server, as far as the browser tells.
fn is_from_here(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    matches!(site, None | Some("same-origin" | "none"))
}

fn not_sent_from_here(frame: &Frame) -> Response<Body> {
    let why = "This form was not made for you, or is too old. Nothing was changed. Load the page again, and send it once more.";
    layout::respond(layout::error(&ConsoleError::Refused(why.to_owned())).with_status(StatusCode::FORBIDDEN), frame)
}

/// Leads to the log-in, and back to the page afterwards.
fn to_log_in(request: &axum::http::request::Parts, token: &str, is_secure: bool) -> Answer {
    let wanted = request.uri.path_and_query().map_or("", |wanted| wanted.as_str());
    let query = serde_urlencoded::to_string([("to", wanted)]).unwrap_or_default();
    let answer = Answer::to(format!("{LOG_IN}?{query}"));
    if token.is_empty() { answer } else { answer.with_cookie(Cookie::Session.remove(is_secure)) }
}

fn query(request: &axum::http::request::Parts) -> Fields {
    Fields::parse(request.uri.query().unwrap_or_default().as_bytes())
}

fn user_agent(headers: &HeaderMap) -> String {
    let sent = headers.get(USER_AGENT).map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
    sent.unwrap_or_default().chars().take(USER_AGENT_CHARS).collect()
}
