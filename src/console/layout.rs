//! What surrounds a page: the head, the navigation, who is logged in, and the headers of the response.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use chrono_tz::Tz;
use maud::{DOCTYPE, Markup, html};

use super::forms::{Forms, TOKEN};
use super::routes::NAVIGATION;
use super::visit::{Answer, ConsoleError, Content, Fields, Person};
use crate::auth::console::Right;
use crate::database::errors::is_missing_table;
use crate::error::Error;

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Scripts, styles and pictures come from this server only, and nothing of a page is a script or a style.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The files that anybody may request.
const ASSETS: [(&str, &str, &str); 2] = [
    ("/console/console.css", "text/css; charset=utf-8", include_str!("assets/console.css")),
    ("/console/console.js", "text/javascript; charset=utf-8", include_str!("assets/console.js")),
];

/// What surrounds the page of a person, or of somebody who is not logged in.
pub(super) struct Frame {
    person: Option<Person>,
    path: String,
    forms: Option<Forms>,
    notice: Option<String>,
    zone: Tz,
}

impl Frame {
    pub fn guest() -> Frame {
        Frame { person: None, path: String::new(), forms: None, notice: None, zone: Tz::UTC }
    }

    pub fn of(person: Person, path: &str, forms: Forms, query: &Fields, zone: Tz) -> Frame {
        let (notice, code) = (query.raw("notice"), query.raw("code"));
        // Only this server can have written what is shown as its own words.
        let is_ours = !notice.is_empty() && forms.code("notice", notice) == code;
        let notice = is_ours.then(|| notice.to_owned());
        Frame { person: Some(person), path: path.to_owned(), forms: Some(forms), notice, zone }
    }
}

/// Returns a file, such as the style sheet.
pub(super) fn asset(method: &Method, path: &str) -> Option<Response<Body>> {
    let (_, content_type, text) = ASSETS.iter().find(|(known, ..)| *known == path)?;
    let is_read = [Method::GET, Method::HEAD].contains(method);
    Some(match is_read {
        true => with_headers(StatusCode::OK, content_type, Body::from(*text)),
        false => plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET is allowed here.\n"),
    })
}

/// A text that is not a page.
pub(super) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    with_headers(status, TEXT, Body::from(text))
}

/// Writes an answer into its frame.
pub(super) fn respond(answer: Answer, frame: &Frame) -> Response<Body> {
    let Answer { status, content, cookies, notice } = answer;
    let mut response = match content {
        Content::Page { title, body } => {
            with_headers(status, HTML, Body::from(page(&title, &body, frame).into_string()))
        }
        Content::Redirect(path) => redirect(status, &path, notice, frame),
        Content::Raw(response) => with_default_headers(response),
    };
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}

fn redirect(status: StatusCode, path: &str, notice: Option<String>, frame: &Frame) -> Response<Body> {
    let mut response = with_headers(status, TEXT, Body::empty());
    let path = match (notice, &frame.forms) {
        (Some(notice), Some(forms)) => {
            let code = forms.code("notice", &notice);
            let query = serde_urlencoded::to_string([("notice", &notice), ("code", &code)]).unwrap_or_default();
            let separator = if path.contains('?') { '&' } else { '?' };
            format!("{path}{separator}{query}")
        }
        _ => path.to_owned(),
    };
    if let Ok(location) = HeaderValue::from_str(&path) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn with_headers(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    with_default_headers(response)
}

/// Adds the headers that each response has. A response may have others of these names, such as a page in a frame.
fn with_default_headers(mut response: Response<Body>) -> Response<Body> {
    let headers: [(HeaderName, &str); 5] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in headers {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn page(title: &str, body: &Markup, frame: &Frame) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – whmcs-api console" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/console/console.css";
                script src="/console/console.js" defer {}
            }
            body class=[frame.person.is_none().then_some("guest")] {
                a class="skip" href="#main" { "Skip to the content" }
                @if let Some(person) = &frame.person { (header(person, frame)) }
                main id="main" tabindex="-1" {
                    @if let Some(notice) = &frame.notice { p class="notice" role="status" { (notice) } }
                    h1 { (title) }
                    (body)
                }
                footer {
                    p { "whmcs-api " (env!("CARGO_PKG_VERSION")) @if frame.person.is_some() { " · times are in " span id="zone" { (frame.zone.name()) } } }
                }
            }
        }
    }
}

fn header(person: &Person, frame: &Frame) -> Markup {
    // A page below one of the navigation belongs to that.
    let belongs = |path: &str| frame.path == path || (path != NAVIGATION[0].0 && is_below(&frame.path, path));
    html! {
        header class="bar" {
            p class="brand" { a href=(NAVIGATION[0].0) { "whmcs-api" } }
            nav aria-label="Pages" {
                ul {
                    @for (path, title) in NAVIGATION {
                        li { a href=(path) aria-current=[belongs(path).then_some("page")] { (title) } }
                    }
                }
            }
            div class="who" {
                span { strong { (person.user_name) } " may " (person.right.name()) }
                form method="post" action="/console/logout" {
                    (hidden_token(frame))
                    button class="quiet" { "Log out" }
                }
            }
        }
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn hidden_token(frame: &Frame) -> Markup {
    let token = frame.forms.as_ref().and_then(|forms| forms.token().ok()).unwrap_or_default();
    html! { input type="hidden" name=(TOKEN) value=(token); }
}

/// The page for who lacks a right.
pub(super) fn denied(needed: Right) -> Answer {
    let body = html! {
        p { "This needs the right to " strong { (needed.name()) } ", which your role does not have." }
        p { a href="/console" { "To the overview" } }
    };
    Answer::page("Not allowed", body).with_status(StatusCode::FORBIDDEN)
}

/// The page for a form that was sent twice.
pub(super) fn already_sent() -> Answer {
    let body = html! {
        p { "This form was carried out before, and nothing was changed now. Look at what became of it before you send another one." }
        p { a href="/console" { "To the overview" } }
    };
    Answer::page("Already sent", body).with_status(StatusCode::CONFLICT)
}

/// The page that says why there is no other.
pub(super) fn error(error: &ConsoleError) -> Answer {
    let (title, status, text) = match error {
        ConsoleError::NotFound => ("Not found", StatusCode::NOT_FOUND, "There is nothing here.".to_owned()),
        ConsoleError::Refused(why) => ("Not done", StatusCode::UNPROCESSABLE_ENTITY, why.clone()),
        ConsoleError::Failed(Error::Database(error)) if is_missing_table(error) => {
            let why = "The database lacks tables of the console. Whoever runs the server makes them: whmcs-api migrate";
            ("Not done", StatusCode::SERVICE_UNAVAILABLE, why.to_owned())
        }
        ConsoleError::Failed(error) => {
            let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            ("Not done", status, error.message())
        }
    };
    let body = html! {
        p class="problem" role="alert" { (text) }
        p { a href="/console" { "To the overview" } }
    };
    Answer::page(title, body).with_status(status)
}
