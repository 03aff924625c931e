//! Custom actions as HTTP endpoints: what an endpoint is sent, and how its answer is read.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::parameters::{Argument, Parameters, Scalar};
use crate::config;
use crate::database::Access;
use crate::wire::COMMON;

/// The most requests to one endpoint at a time, so that one that hangs does not take the calls of all others.
const MAX_REQUESTS: usize = 32;
const MAX_MESSAGE_CHARACTERS: usize = 1000;

/// An endpoint of the operator that carries out an action.
#[derive(Debug)]
pub struct EndpointAction {
    pub access: Access,
    slots: Arc<Semaphore>,
}

/// The body of a request.
#[derive(Debug, Serialize)]
pub struct RequestBody<'a> {
    /// The id of the call. All requests for the same thing have the same, so that the endpoint recognizes repetitions.
    pub id: &'a str,
    pub action: &'a str,
    /// The caller's credential, or the user name of a member of staff.
    pub caller: &'a str,
    /// The key that the caller has chosen, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotencykey: Option<String>,
    pub params: Map<String, Json>,
}

/// What an endpoint has answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The fields of the reply, without `result`.
    Success(Map<String, Json>),
    /// Nothing was done, for this reason.
    Refusal(String),
    /// Something else.
    Unreadable,
}

impl EndpointAction {
    pub fn new(setting: &config::Action) -> EndpointAction {
        let access = if setting.only_reads() { Access::Read } else { Access::Write };
        EndpointAction { access, slots: Arc::new(Semaphore::new(MAX_REQUESTS)) }
    }

    /// Takes a slot for a request; `None` if too many are in progress.
    pub fn take_slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).try_acquire_owned().ok()
    }
}

/// Returns the parameters that an endpoint is sent: the declared ones in their types, or all as they were sent if none are declared,
/// except those that authenticate the caller or choose the format, which are not the endpoint's business.
pub fn params(parameters: &Parameters, arguments: &[(&str, Argument)], sent: &Map<String, Json>) -> Map<String, Json> {
    if parameters.is_empty() {
        let sent = sent.iter().filter(|(name, _)| !COMMON.contains(&name.as_str()));
        return sent.map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    arguments.iter().filter_map(|(name, argument)| Some(((*name).to_owned(), json(argument)?))).collect()
}

fn json(argument: &Argument) -> Option<Json> {
    let scalar = |scalar: &Scalar| match scalar {
        Scalar::Integer(number) => Json::from(*number),
        Scalar::Amount(amount) => amount.to_string().into(),
        Scalar::Text(text) => text.as_str().into(),
        Scalar::Date(date) => date.to_string().into(),
        Scalar::Time(time) => time.to_string().into(),
        Scalar::Boolean(flag) => (*flag).into(),
    };
    match argument {
        Argument::None => None,
        Argument::One(one) => Some(scalar(one)),
        Argument::Many(several) => Some(several.iter().map(scalar).collect()),
    }
}

impl Answer {
    /// Reads the body of a response with status 200. One that is not UTF-8 is unreadable: its replacement would be stored as the
    /// reply.
    pub fn read(body: &[u8]) -> Answer {
        let Ok(Json::Object(mut fields)) = serde_json::from_slice(body) else { return Answer::Unreadable };
        match fields.shift_remove("result").as_ref().and_then(Json::as_str) {
            Some("success") => Answer::Success(fields),
            Some("error") => match fields.get("message").and_then(Json::as_str).filter(|message| !message.is_empty()) {
                Some(message) => Answer::Refusal(message.chars().take(MAX_MESSAGE_CHARACTERS).collect()),
                None => Answer::Refusal("The endpoint of this action gave no reason".to_owned()),
            },
            _ => Answer::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_read() {
        let success = |fields: Json| Answer::Success(fields.as_object().unwrap().clone());
        let refusal = |message: &str| Answer::Refusal(message.to_owned());
        for (body, answer) in [
            (&br#"{"result":"success"}"#[..], success(json!({}))),
            (
                br#"{"b":1,"result":"success","a":[1.5],"message":"m"}"#,
                success(json!({"b": 1, "a": [1.5], "message": "m"})),
            ),
            (br#"{"result":"error","message":"Disk full","code":5}"#, refusal("Disk full")),
            (br#"{"result":"error"}"#, refusal("The endpoint of this action gave no reason")),
            (br#"{"result":"ok"}"#, Answer::Unreadable),
            (br#"["result","success"]"#, Answer::Unreadable),
            (b"{\"result\":\"success\",\"name\":\"M\xfcller\"}", Answer::Unreadable),
            (b"<html>", Answer::Unreadable),
            (b"", Answer::Unreadable),
        ] {
            assert_eq!(Answer::read(body), answer, "{}", String::from_utf8_lossy(body));
        }
    }
}
