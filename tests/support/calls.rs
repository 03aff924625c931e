//! The calls that each action's own test declares, for tests of the whole catalogue.

use axum::Router;
use serde_json::Value;
use whmcs_api::demo;

use super::post;
use crate::actions::CALLS;

/// Calls of an action, and of the actions that must come before. A call is written `AddCredit&clientid=1&amount=5`,
/// where `{orderid}` stands for the `orderid` of the latest reply that has one.
pub struct Calls {
    /// Calls in sequence on the demo data. They succeed, and their replies have the documented fields.
    pub demo: &'static [&'static str],
    /// Statements that, in addition to fixture.sql, make `writing` succeed.
    pub setup: &'static str,
    /// For an action that writes: calls that together execute all its statements.
    pub writing: &'static [&'static str],
    /// A call with every parameter of the action, whether or not it succeeds.
    pub every_parameter: &'static str,
}

impl Calls {
    pub const NONE: Calls = Calls { demo: &[], setup: "", writing: &[], every_parameter: "" };
}

/// Replaces placeholders in calls by values from earlier replies.
#[derive(Default)]
pub struct Replies(serde_json::Map<String, Value>);

impl Replies {
    pub fn fill_in(&self, call: &str) -> String {
        let Some((before, rest)) = call.split_once('{') else { return call.to_owned() };
        let (key, after) = rest.split_once('}').unwrap();
        // If earlier calls were rejected, as by a read-only server, there is no value.
        let value = self.0.get(key).map_or("1".to_owned(), |value| value.to_string().trim_matches('"').to_owned());
        format!("{before}{value}{}", self.fill_in(after))
    }

    pub fn keep(&mut self, reply: &Value) {
        self.0.extend(reply.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    }
}

/// Makes the calls of every action on the demo data, and returns each as it is declared, with its status and reply.
pub async fn documented_calls(router: &Router) -> Vec<(String, u16, Value)> {
    let (mut calls, mut replies) = (Vec::new(), Replies::default());
    for call in CALLS.iter().flat_map(|(_, calls)| calls.demo) {
        let credential = format!("identifier={}&secret={}", demo::IDENTIFIER, demo::SECRET);
        let (status, body) = post(router, &format!("{credential}&action={}", replies.fill_in(call))).await;
        let reply: Value = serde_json::from_str(&body).unwrap();
        replies.keep(&reply);
        calls.push(((*call).to_owned(), status, reply));
    }
    calls
}
