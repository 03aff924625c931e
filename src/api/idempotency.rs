//! Idempotency of writes: each write has a key, sent by the client or random.

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};
use serde_json::{Map, Value};

use crate::database::writer::RequestKey;
use crate::error::{Error, Result};
use crate::store::system::requests::CommittedRequest;
use crate::wire::{ApiStyle, CREDENTIALS, Encoded, Format, Parameters};

/// The parameter that contains the key; the header `Idempotency-Key` is converted to it.
pub const PARAMETER: &str = "idempotencykey";
const MAX_KEY_BYTES: usize = 255;

/// Whether the client sent a key.
pub fn is_given(parameters: &Parameters) -> bool {
    let key = parameters.values.get(PARAMETER);
    key.is_some_and(|key| !key.is_null() && key != "")
}

/// Returns the client's key, if it sent one.
pub fn key(parameters: &Parameters) -> Result<Option<String>> {
    let key = match parameters.values.get(PARAMETER) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(key)) if key.is_empty() => return Ok(None),
        Some(Value::String(key)) => key.clone(),
        Some(Value::Number(key)) => key.to_string(),
        Some(_) => return Err(Error::InvalidIdempotencyKey),
    };
    match key.len() <= MAX_KEY_BYTES && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(Some(key)),
        false => Err(Error::InvalidIdempotencyKey),
    }
}

/// A write's request row: key and fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotentRequest {
    pub key: RequestKey,
    /// A hash of the request's parameters together with the client's key. Without the key it cannot be computed, so
    /// whoever reads the row cannot use it to test guessed passwords.
    pub fingerprint: [u8; 32],
    /// Whether the client sent the key, so that another call may have the same.
    pub has_client_key: bool,
}

impl IdempotentRequest {
    /// Builds the request row of a call: with the client's key, scoped to the caller, or with a random one. The API
    /// style is part of the fingerprint, because the reply depends on it.
    pub fn from_parameters(
        caller: &str,
        action: &str,
        parameters: &Parameters,
        style: ApiStyle,
    ) -> Result<IdempotentRequest> {
        let Some(key) = key(parameters)? else { return IdempotentRequest::random() };
        // Without what identifies the caller and not the request: a secret may be rotated between two attempts.
        let compared: Map<String, Value> = parameters
            .values
            .iter()
            .filter(|(name, _)| !CREDENTIALS.contains(&name.as_str()) && *name != PARAMETER)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // Sorted by name, because a client may send them in another order.
        let mut compared: Vec<(String, Value)> = compared.into_iter().collect();
        compared.sort_by(|one, other| one.0.cmp(&other.0));
        let compared = serde_json::to_string(&compared).map_err(|error| Error::Internal(error.to_string().into()))?;
        let files =
            parameters.files.iter().flat_map(|file| [file.parameter.as_bytes(), file.name.as_bytes(), &file.content]);
        Ok(IdempotentRequest {
            key: RequestKey(digest([caller.as_bytes(), key.as_bytes()])),
            fingerprint: digest([&key, style.name(), action, &compared].map(str::as_bytes).into_iter().chain(files)),
            has_client_key: true,
        })
    }

    /// Returns the stored reply of an earlier call with the same key, if it was the same request.
    pub fn stored_reply(&self, committed: CommittedRequest) -> Result<Encoded> {
        if committed.fingerprint != self.fingerprint {
            return Err(Error::KeyReused);
        }
        let reply = committed.reply.ok_or(Error::InProgress)?;
        let format = Format::parse(&committed.format).unwrap_or(Format::Json);
        Ok(Encoded { format, body: reply.into(), log: "(replayed)".to_owned() })
    }

    /// Returns an id of the request. Another request with the same key has another one, and it does not reveal the key of the row.
    pub fn id(&self) -> [u8; 32] {
        digest([&self.key.0, &self.fingerprint].map(|part| &part[..]))
    }

    /// The request row of a call without a key of the client.
    pub fn random() -> Result<IdempotentRequest> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        Ok(IdempotentRequest { key: RequestKey(bytes), fingerprint: bytes, has_client_key: false })
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
