//! Idempotency of writes: each write has a key, sent by the client or random.

use std::fmt::Write;

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};
use serde_json::{Map, Value};

use crate::database::writer::RequestKey;
use crate::error::{Error, Result};
use crate::keyring::{Keyring, KeyringError};
use crate::redaction;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentRequest {
    pub key: RequestKey,
    /// A hash of the request's parameters with the operator's key, so that whoever reads the row cannot use it to test
    /// guessed passwords or card numbers. If there is no such key, it depends on no parameter whose name is that of a secret.
    pub fingerprint: [u8; 32],
    /// What the fingerprint may be if another server, or this one with other keys, has inserted the row.
    others: Vec<[u8; 32]>,
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
        keyring: &Keyring,
    ) -> Result<IdempotentRequest> {
        let Some(key) = key(parameters)? else { return IdempotentRequest::random() };
        // Without what identifies the caller and not the request: a secret may be rotated between two attempts. FOSSBilling's
        // callers send that in a header, so that a password in the parameters is part of the request.
        let is_credential = |name: &str| style != ApiStyle::FossBilling && CREDENTIALS.contains(&name);
        let compared: Map<String, Value> = parameters
            .values
            .iter()
            .filter(|(name, _)| !is_credential(name) && *name != PARAMETER)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // Sorted by name, because a client may send them in another order.
        let mut compared: Vec<(String, Value)> = compared.into_iter().collect();
        compared.sort_by(|one, other| one.0.cmp(&other.0));
        let [all, public] = [&compared, &without_secrets(&compared)]
            .map(|compared| serde_json::to_string(compared).map_err(|error| Error::Internal(error.to_string().into())));
        let (all, public) = (all?, public?);
        let files =
            parameters.files.iter().flat_map(|file| [file.parameter.as_bytes(), file.name.as_bytes(), &file.content]);
        let [all, public] = [&all, &public]
            .map(|compared| [&key, style.name(), action, compared].map(str::as_bytes).into_iter().chain(files.clone()));
        let mut fingerprints = keyring.hashes(&all);
        fingerprints.push(digest(public));
        // Servers of version 0.2 had no keys.
        fingerprints.push(digest(all));
        let fingerprint = fingerprints.remove(0);
        Ok(IdempotentRequest {
            key: RequestKey(digest([caller.as_bytes(), key.as_bytes()])),
            fingerprint,
            others: fingerprints,
            has_client_key: true,
        })
    }

    /// Returns the stored reply of an earlier call with the same key, if it was the same request.
    pub fn stored_reply(&self, committed: CommittedRequest, keyring: &Keyring) -> Result<Encoded> {
        let CommittedRequest { fingerprint, format, reply, sealed_reply } = committed;
        if !std::iter::once(&self.fingerprint).chain(&self.others).any(|one| *one == *fingerprint) {
            return Err(Error::KeyReused);
        }
        let body = match (reply, sealed_reply) {
            (Some(reply), _) => reply,
            (None, Some(sealed)) if sealed.is_empty() => return Err(Error::ReplyNotKept),
            (None, Some(sealed)) => keyring.open(&self.purpose(), &sealed).map_err(|error| unusable(&error))?,
            (None, None) => return Err(Error::InProgress),
        };
        let format = Format::parse(&format).unwrap_or(Format::Json);
        Ok(Encoded { format, body: body.into(), log: "(replayed)".to_owned() })
    }

    /// Seals the body of a reply that has secrets; empty if there are no keys.
    pub fn sealed(&self, body: &[u8], keyring: &Keyring) -> Result<String> {
        if keyring.is_empty() {
            return Ok(String::new());
        }
        keyring.seal(&self.purpose(), body).map_err(|error| unusable(&error))
    }

    /// What a sealed reply is for: this row.
    fn purpose(&self) -> String {
        self.key.0.iter().fold("reply ".to_owned(), |mut purpose, byte| {
            // Writing to a String cannot fail.
            let _ = write!(purpose, "{byte:02x}");
            purpose
        })
    }

    /// Returns an id of the request. Another request with the same key has another one, and it does not reveal the key of the row.
    pub fn id(&self) -> [u8; 32] {
        // The last one depends on no key of the operator, so that it stays when there is another one.
        let content = self.others.last().unwrap_or(&self.fingerprint);
        digest([&self.key.0, content].map(|part| &part[..]))
    }

    /// The request row of a call without a key of the client.
    pub fn random() -> Result<IdempotentRequest> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        Ok(IdempotentRequest { key: RequestKey(bytes), fingerprint: bytes, others: Vec::new(), has_client_key: false })
    }
}

fn unusable(error: &KeyringError) -> Error {
    Error::Internal(error.to_string().into())
}

/// Returns parameters without the values that are secrets by their names, or that may be.
fn without_secrets(parameters: &[(String, Value)]) -> Vec<(String, Value)> {
    parameters.iter().map(|(name, value)| (name.clone(), without_secret(name, value))).collect()
}

fn without_secret(name: &str, value: &Value) -> Value {
    match value {
        _ if redaction::is_hidden(name) => Value::Null,
        Value::Object(values) => {
            values.iter().map(|(name, value)| (name.clone(), without_secret(name, value))).collect()
        }
        Value::Array(values) => values.iter().map(|value| without_secret("", value)).collect(),
        value => value.clone(),
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
