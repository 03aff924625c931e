//! What makes a write happen once: a key for each call, which is its client's or else random.

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};
use serde_json::{Map, Value};

use crate::database::writer::RequestKey;
use crate::error::{Error, Result};
use crate::wire::{Manner, Parameters};

/// The parameter; the header `Idempotency-Key` is put in its place.
pub const PARAMETER: &str = "idempotencykey";
const MOST_BYTES: usize = 255;
/// What says who calls or how, and not what is asked for. A secret may be rotated between two attempts.
const NOT_COMPARED: [&str; 6] = ["identifier", "secret", "username", "password", "accesskey", PARAMETER];

/// The row that a writing call's transaction begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    pub key: RequestKey,
    /// Differs from that of every other request. It cannot be computed without the client's key, so that nobody who reads
    /// it can guess the passwords that were asked for.
    pub fingerprint: [u8; 32],
    /// Whether the client chose the key, and another call may come with it.
    pub is_shared: bool,
}

impl Request {
    /// Of a call by `caller`: with the key that was sent, which is the caller's own, or with a random one. What is asked in
    /// another manner would be answered in another, and so is another request.
    pub fn of(caller: &str, action: &str, parameters: &Parameters, manner: Manner) -> Result<Request> {
        let key = match parameters.values.get(PARAMETER) {
            None | Some(Value::Null) => return Request::random(),
            Some(Value::String(key)) if key.is_empty() => return Request::random(),
            Some(Value::String(key)) => key.clone(),
            Some(Value::Number(key)) => key.to_string(),
            Some(_) => return Err(Error::UnfitKey),
        };
        if key.len() > MOST_BYTES || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::UnfitKey);
        }
        let asked: Map<String, Value> = parameters
            .values
            .iter()
            .filter(|(name, _)| !NOT_COMPARED.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // In the order of their names: a client may send them in another order.
        let mut asked: Vec<(String, Value)> = asked.into_iter().collect();
        asked.sort_by(|one, other| one.0.cmp(&other.0));
        let asked = serde_json::to_string(&asked).map_err(|error| Error::Internal(error.to_string().into()))?;
        let files =
            parameters.files.iter().flat_map(|file| [file.parameter.as_bytes(), file.name.as_bytes(), &file.content]);
        Ok(Request {
            key: RequestKey(digest([caller.as_bytes(), key.as_bytes()])),
            fingerprint: digest([&key, manner.name(), action, &asked].map(str::as_bytes).into_iter().chain(files)),
            is_shared: true,
        })
    }

    fn random() -> Result<Request> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        Ok(Request { key: RequestKey(bytes), fingerprint: bytes, is_shared: false })
    }
}

fn digest<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> [u8; 32] {
    let mut digest = Blake2b::<U32>::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}
