//! What the upstream answered, limited in size.

use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;

/// How much of a reply in XML is searched for its result, which is the second element.
const XML_BEGINNING: usize = 1024;
const FORBIDDEN: u16 = 403;

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub content_type: Option<HeaderValue>,
    pub content_encoding: Option<HeaderValue>,
    /// Seconds after which the caller may try again.
    pub retry_after: Option<u64>,
    pub body: Bytes,
    /// What the body has of WHMCS's envelope, if it is a JSON object.
    pub envelope: Option<Envelope>,
}

/// What WHMCS writes into every reply.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Envelope {
    pub result: Option<String>,
    pub message: Option<String>,
}

/// Why an answer could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the answer is too large")]
    TooLarge,
    #[error("the answer was broken off")]
    Failed(#[from] reqwest::Error),
}

impl Answer {
    /// Reads a response of at most `limit` bytes.
    pub async fn read_within(mut response: Response, limit: usize) -> Result<Answer, ReadError> {
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(ReadError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await? {
            body.extend_from_slice(&part);
            if body.len() > limit {
                return Err(ReadError::TooLarge);
            }
        }
        let header = |name: HeaderName| response.headers().get(name).cloned();
        let retry_after = header(RETRY_AFTER).and_then(|seconds| seconds.to_str().ok()?.trim().parse().ok());
        let (content_type, content_encoding) = (header(CONTENT_TYPE), header(CONTENT_ENCODING));
        let answer = Answer::new(response.status().as_u16(), body.into());
        Ok(Answer { content_type, content_encoding, retry_after, ..answer })
    }

    fn new(status: u16, body: Bytes) -> Answer {
        let envelope = Envelope::of(&body);
        Answer { status, content_type: None, content_encoding: None, retry_after: None, body, envelope }
    }

    /// Whether this is a reply of WHMCS, and not the error page of a server on the way. What comes with a status of success is
    /// one in any case, because actions of one's own may write anything.
    pub(super) fn is_of_whmcs(&self) -> bool {
        self.status < 400 || self.content_encoding.is_some() || self.has_form_of_whmcs()
    }

    /// Whether the body has the form of a reply of WHMCS.
    pub fn has_form_of_whmcs(&self) -> bool {
        let has_result = self.envelope.as_ref().is_some_and(|envelope| envelope.result.is_some());
        has_result || self.body.starts_with(b"result=") || self.has_in_xml(b"<whmcsapi")
    }

    /// Whether the reply is an error.
    pub fn is_error(&self) -> bool {
        let result = self.envelope.as_ref().and_then(|envelope| envelope.result.as_deref());
        self.status >= 400
            || result == Some("error")
            || self.body.starts_with(b"result=error")
            || self.has_in_xml(b"<result>error</result>")
    }

    /// Whether the WHMCS did not let the caller in, or did not permit the action.
    pub fn is_forbidden(&self) -> bool {
        self.status == FORBIDDEN
    }

    fn has_in_xml(&self, part: &[u8]) -> bool {
        let beginning = &self.body[..self.body.len().min(XML_BEGINNING)];
        beginning.trim_ascii_start().starts_with(b"<") && beginning.windows(part.len()).any(|window| window == part)
    }
}

impl Envelope {
    fn of(body: &[u8]) -> Option<Envelope> {
        if !body.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        // A message may be of any type in an action of one's own.
        serde_json::from_slice(body).ok().or_else(|| {
            let value: Value = serde_json::from_slice(body).ok()?;
            let text = |name: &str| value[name].as_str().map(str::to_owned);
            Some(Envelope { result: text("result"), message: text("message") })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_told_from_error_pages_and_errors_from_successes() {
        for (status, body, is_of_whmcs, is_error) in [
            (200, r#"{"result":"success"}"#, true, false),
            (200, r#"{"result":"error","message":"Client Not Found"}"#, true, true),
            (200, r#" {"message":{"deep":1},"result":"error"}"#, true, true),
            (403, r#"{"result":"error","message":"Authentication Failed"}"#, true, true),
            (200, "result=success;id=1", true, false),
            (403, "result=error;message=Invalid IP 203.0.113.9", true, true),
            (
                200,
                "<?xml version=\"1.0\"?>\n<whmcsapi>\n<action>x</action>\n<result>error</result></whmcsapi>",
                true,
                true,
            ),
            (500, "<?xml version=\"1.0\"?>\n<whmcsapi version=\"8\">\n<result>success</result></whmcsapi>", true, true),
            (200, "<html>Down for maintenance</html>", true, false),
            (200, "", true, false),
            (500, "", false, true),
            (502, "<html>Bad Gateway</html>", false, true),
            (403, "<html>Blocked</html>", false, true),
            (404, r#"{"error":"no such page"}"#, false, true),
            (500, "{broken", false, true),
        ] {
            let answer = Answer::new(status, Bytes::from_static(body.as_bytes()));
            assert_eq!((answer.is_of_whmcs(), answer.is_error()), (is_of_whmcs, is_error), "{status} {body}");
        }
    }
}
