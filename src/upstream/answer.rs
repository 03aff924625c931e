//! What the upstream answered, limited in size.

use std::sync::Arc;

use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::Response;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of a reply in XML is searched for its result, which is the second element.
const XML_BEGINNING: usize = 1024;
/// Memory for larger replies than `SMALL_BYTES`.
const MEMORY_KILOBYTES: u32 = 64 * 1024;
/// As many of these as calls are passed at a time take little memory.
const SMALL_BYTES: usize = 64 * 1024;
const FORBIDDEN: u16 = 403;
/// How WHMCS's message begins that an address is not on its list; the address follows.
const INVALID_ADDRESS: &str = "Invalid IP";

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

/// What WHMCS writes into every reply: those of the two that are texts, because an action of one's own may write anything.
#[derive(Debug, Clone, Default)]
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

/// The memory of replies that are above `SMALL_BYTES`, in kilobytes: enough for one of the largest.
pub(super) fn memory_kilobytes(limit: usize) -> u32 {
    MEMORY_KILOBYTES.max(kilobytes(limit))
}

fn kilobytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

/// The bytes of a reply, with their share of the memory for large ones until the last of them has been sent.
struct Held {
    bytes: Vec<u8>,
    _memory: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Answer {
    /// Reads a response of at most `limit` bytes. A large one waits for its share of the memory before it is read: for what it
    /// says that it has, or else for the limit, so that no two wait for each other.
    pub async fn read_within(
        mut response: Response,
        limit: usize,
        memory: Option<&Arc<Semaphore>>,
    ) -> Result<Answer, ReadError> {
        let declared = response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if declared.is_some_and(|length| length > limit) {
            return Err(ReadError::TooLarge);
        }
        let (mut body, mut permit) = (Vec::new(), None);
        while let Some(part) = response.chunk().await? {
            let length = body.len() + part.len();
            if length > limit {
                return Err(ReadError::TooLarge);
            }
            if let Some(memory) = memory.filter(|_| length > SMALL_BYTES && permit.is_none()) {
                let kilobytes = kilobytes(declared.unwrap_or(limit));
                permit = Arc::clone(memory).acquire_many_owned(kilobytes).await.ok();
            }
            body.extend_from_slice(&part);
        }
        let body = match permit {
            Some(mut permit) => {
                // A reply that did not say how large it is has less than the limit.
                let unused = permit.num_permits().saturating_sub(body.len().div_ceil(1024));
                drop(permit.split(unused));
                body.shrink_to_fit();
                Bytes::from_owner(Held { bytes: body, _memory: permit })
            }
            None => body.into(),
        };
        let header = |name: HeaderName| response.headers().get(name).cloned();
        let retry_after = header(RETRY_AFTER).and_then(|seconds| seconds.to_str().ok()?.trim().parse().ok());
        let (content_type, content_encoding) = (header(CONTENT_TYPE), header(CONTENT_ENCODING));
        let answer = Answer::new(response.status().as_u16(), body);
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

    /// Whether the WHMCS does not let this server's address in, whoever calls.
    pub fn rejects_address(&self) -> bool {
        let message = self.envelope.as_ref().and_then(|envelope| envelope.message.as_deref());
        let in_json = message.is_some_and(|message| message.starts_with(INVALID_ADDRESS));
        let in_pairs = self.body.starts_with(format!("result=error;message={INVALID_ADDRESS}").as_bytes());
        self.is_forbidden()
            && (in_json || in_pairs || self.has_in_xml(format!("<message>{INVALID_ADDRESS}").as_bytes()))
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

/// The two values as they are written. Of a large reply nothing else is kept.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawEnvelope<'r> {
    #[serde(borrow)]
    result: Option<&'r RawValue>,
    #[serde(borrow)]
    message: Option<&'r RawValue>,
}

impl Envelope {
    fn of(body: &[u8]) -> Option<Envelope> {
        if !body.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        let raw: RawEnvelope<'_> = serde_json::from_slice(body).ok()?;
        let text = |value: Option<&RawValue>| serde_json::from_str(value?.get()).ok();
        Some(Envelope { result: text(raw.result), message: text(raw.message) })
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

    #[test]
    fn a_rejected_address_is_told_from_a_rejected_caller() {
        for (status, body, is_address) in [
            (403, r#"{"result":"error","message":"Invalid IP 203.0.113.9"}"#, true),
            (403, "result=error;message=Invalid IP 203.0.113.9", true),
            (403, "<?xml version=\"1.0\"?>\n<whmcsapi>\n<message>Invalid IP 203.0.113.9</message></whmcsapi>", true),
            (403, r#"{"result":"error","message":"Authentication Failed"}"#, false),
            (403, r#"{"result":"error","message":"No such action: Invalid IP"}"#, false),
            (403, "<html>Invalid IP</html>", false),
            (200, r#"{"result":"error","message":"Invalid IP"}"#, false),
        ] {
            let answer = Answer::new(status, Bytes::from_static(body.as_bytes()));
            assert_eq!(answer.rejects_address(), is_address, "{status} {body}");
        }
    }

    #[test]
    fn the_envelope_is_read_whatever_else_is_in_a_reply() {
        for (body, expected) in [
            (r#" {"a":[{"result":"no"}],"message":"\u0041","result":"error"}"#, Some([Some("error"), Some("A")])),
            (r#"{"result":1,"message":{"deep":["x"]}}"#, Some([None, None])),
            (r#"{"result":null}"#, Some([None, None])),
            ("{}", Some([None, None])),
            ("[]", None),
            ("{broken", None),
            (r#"{"result":"success"} x"#, None),
        ] {
            let envelope = Envelope::of(body.as_bytes()).map(|envelope| [envelope.result, envelope.message]);
            let expected = expected.map(|texts| texts.map(|text| text.map(str::to_owned)));
            assert_eq!(envelope, expected, "{body}");
        }
    }

    fn response(bytes: usize) -> Response {
        hyper::Response::new(vec![b'x'; bytes]).into()
    }

    #[tokio::test]
    async fn a_large_answer_holds_its_memory_until_its_bytes_are_sent() {
        let memory = Arc::new(Semaphore::new(100));
        let read = async |bytes| Answer::read_within(response(bytes), 100 * 1024, Some(&memory)).await;
        let small = read(SMALL_BYTES).await.unwrap();
        assert_eq!((small.body.len(), memory.available_permits()), (SMALL_BYTES, 100));
        let large = read(SMALL_BYTES + 1).await.unwrap();
        let body = large.body.slice(1..);
        assert_eq!((body.len(), memory.available_permits()), (SMALL_BYTES, 35));
        drop(large);
        assert_eq!(memory.available_permits(), 35, "some of its bytes are still needed");
        let mut waiting = std::pin::pin!(read(SMALL_BYTES + 1));
        assert!(futures_now(waiting.as_mut()).is_none(), "another one waits");
        drop(body);
        assert_eq!(waiting.await.unwrap().body.len(), SMALL_BYTES + 1);
        assert_eq!(memory.available_permits(), 100);
        let too_large = read(100 * 1024 + 1).await;
        assert!(matches!(too_large, Err(ReadError::TooLarge)) && memory.available_permits() == 100);
        assert_eq!((memory_kilobytes(1000), memory_kilobytes(256 << 20)), (MEMORY_KILOBYTES, 256 << 10));
    }

    /// Returns the result of a future that needs not wait.
    fn futures_now<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        }
    }
}
