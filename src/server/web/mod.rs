//! Pages for browsers: an overview, and the documentation of the actions with a form to try them, which is also
//! available to programs as an OpenAPI document. All files are part of the program; this module knows nothing of calls,
//! credentials or the database.

use std::fmt::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::actions::Catalogue;
use crate::openapi;

/// A file for browsers and programs.
#[derive(Debug)]
pub struct File {
    path: &'static str,
    content_type: &'static str,
    /// `None` for the OpenAPI document, from which the documentation page is made as well.
    content: Option<&'static str>,
    etag: OnceLock<HeaderValue>,
}

/// The description of the actions of a server with its entity tag, which is made when it is first requested, and again when more
/// is known of custom actions.
#[derive(Default)]
pub struct Description(Mutex<Option<Made>>);

#[derive(Clone)]
struct Made {
    /// The number of custom actions whose replies were known.
    described: usize,
    text: Bytes,
    etag: HeaderValue,
}

impl Description {
    fn of(&self, catalogue: &Catalogue) -> (Bytes, HeaderValue) {
        let described = catalogue.custom().filter(|custom| custom.is_described()).count();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = match kept.take() {
            Some(made) if made.described == described => made,
            _ => {
                let document = openapi::document(catalogue).to_string();
                Made { described, etag: etag(&document), text: document.into() }
            }
        };
        let Made { text, etag, .. } = kept.insert(made).clone();
        (text, etag)
    }
}

static HOME: File = File::new("/", "text/html; charset=utf-8", Some(include_str!("index.html")));

/// The files other than the overview. Like the API they are served below any path prefix, so they refer to each other
/// by relative URLs.
static FILES: [File; 6] = [
    File::new("/docs", "text/html; charset=utf-8", Some(include_str!("docs.html"))),
    File::new("/docs/page.js", "text/javascript; charset=utf-8", Some(include_str!("page.js"))),
    File::new("/docs/fossbilling", "text/html; charset=utf-8", Some(include_str!("fossbilling.html"))),
    File::new("/docs/fossbilling.js", "text/javascript; charset=utf-8", Some(include_str!("fossbilling.js"))),
    File::new("/docs/page.css", "text/css; charset=utf-8", Some(include_str!("page.css"))),
    File::new("/openapi.json", "application/json", None),
];

/// The Content-Security-Policy: scripts and styles come from this server only, and connect to no other.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl File {
    const fn new(path: &'static str, content_type: &'static str, content: Option<&'static str>) -> File {
        File { path, content_type, content, etag: OnceLock::new() }
    }

    /// Returns the file at this path, with or without a trailing slash.
    pub fn at(path: &str) -> Option<&'static File> {
        if path == HOME.path {
            return Some(&HOME);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        FILES.iter().find(|file| path.ends_with(file.path))
    }

    /// Responds to GET and HEAD; for HEAD, the HTTP library omits the body.
    pub fn respond_to(&self, request: &Request, description: &Description, catalogue: &Catalogue) -> Response<Body> {
        let (content, etag) = match self.content {
            Some(text) => (Bytes::from_static(text.as_bytes()), self.etag.get_or_init(|| etag(text)).clone()),
            None => description.of(catalogue),
        };
        let (status, body) = match *request.method() {
            Method::GET | Method::HEAD if is_known(request, &etag) => (StatusCode::NOT_MODIFIED, Bytes::new()),
            Method::GET | Method::HEAD => (StatusCode::OK, content),
            _ => return not_allowed(),
        };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(self.content_type)),
            (ETAG, etag),
            // Browsers revalidate it each time, and get it again only after the program has changed.
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        ];
        respond(status, headers, body)
    }
}

fn etag(content: &str) -> HeaderValue {
    let mut etag = String::from("\"");
    for byte in &Sha256::digest(content)[..12] {
        let _ = write!(etag, "{byte:02x}");
    }
    HeaderValue::from_str(&(etag + "\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the client has the current version. Proxies that compress mark the tag as weak.
fn is_known(request: &Request, etag: &HeaderValue) -> bool {
    let lines = request.headers().get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The response to methods other than GET and HEAD.
pub fn not_allowed() -> Response<Body> {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (ALLOW, HeaderValue::from_static("GET, HEAD")),
    ];
    respond(StatusCode::METHOD_NOT_ALLOWED, headers, "Only GET and HEAD are allowed here\n")
}

/// Builds a response with headers that keep browsers from guessing its type, and caches from keeping it unless `headers` say
/// that they may.
pub fn respond<const N: usize>(
    status: StatusCode,
    headers: [(HeaderName, HeaderValue); N],
    body: impl Into<Body>,
) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
