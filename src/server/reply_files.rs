//! Replies that are files: at `/v1`, whoever accepts nothing but the type of the file gets the file itself.

use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Bytes;
use serde::Deserialize;

use super::{ApiResponse, Request, Route, header};

/// The action whose reply is a file, and the type of the file.
const FILES: [(&str, &str); 1] = [("GetInvoicePdf", "application/pdf")];

/// A file in a reply.
pub struct ReplyFile {
    media_type: &'static str,
    name: String,
    bytes: Vec<u8>,
}

/// The reply in JSON.
#[derive(Deserialize)]
struct Reply {
    filename: String,
    data: String,
}

/// Returns the type of the file that the reply to a request is to be.
pub fn wanted(route: &Route, request: &Request) -> Option<&'static str> {
    let Route::Modern { action } = route else { return None };
    let (_, media_type) = FILES.iter().find(|(name, _)| name.eq_ignore_ascii_case(action))?;
    header(request, &ACCEPT).trim().eq_ignore_ascii_case(media_type).then_some(media_type)
}

impl ReplyFile {
    /// Reads the file in a reply; `None` if the reply is an error.
    pub fn read(media_type: &'static str, response: &ApiResponse) -> Option<ReplyFile> {
        if response.status != 200 || response.foreign.is_some() {
            return None;
        }
        let Reply { filename, data } = serde_json::from_slice(&response.reply.body.whole()).ok()?;
        Some(ReplyFile { media_type, name: filename, bytes: STANDARD.decode(data).ok()? })
    }

    /// Puts the file in place of the reply.
    pub fn replace(self, response: &mut Response<Body>) {
        let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", self.name));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.extend(disposition.ok().map(|value| (CONTENT_DISPOSITION, value)));
        headers.remove(CONTENT_LENGTH);
        *response.body_mut() = Body::from(Bytes::from(self.bytes));
    }
}
