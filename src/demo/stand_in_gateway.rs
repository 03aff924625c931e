//! A stand-in payment gateway for the demo: it charges nobody, but remembers what it would have charged and refunded.
//!
//! Some numbers of cards cause faults on purpose, so that the errors of callers can be tested ([`Card`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::stand_in;
use crate::config::Gateway;
use crate::fault::Result;

/// Time after which every client has given up.
const TOO_LATE: Duration = Duration::from_mins(2);

/// What happens to a card, by its number, which the stand-in forgets: the token tells it afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Card {
    /// Any other number: it is charged.
    Good,
    /// `4000000000000002`: it is declined.
    Declined,
    /// `4000002500003155`: its owner has to confirm the payment, so that it is pending until a callback tells more.
    NeedsStep,
    /// `4000000000000341`: nothing is charged, and there is no answer.
    Timeout,
    /// `4000000000000069`: it is charged, and the answer comes too late.
    Late,
}

const CARDS: [(&str, &str, Card); 4] = [
    ("4000000000000002", "tok_declined_", Card::Declined),
    ("4000002500003155", "tok_step_", Card::NeedsStep),
    ("4000000000000341", "tok_timeout_", Card::Timeout),
    ("4000000000000069", "tok_late_", Card::Late),
];
/// A number that it does not store.
const NOT_STORED: &str = "4000000000000101";

/// What it has charged and refunded: its answers by the ids of commands.
#[derive(Debug, Default)]
struct Memory {
    answers: HashMap<String, Value>,
    count: u32,
}

/// Starts it, and returns its settings.
pub async fn start() -> Result<Gateway> {
    let memory = Arc::new(Mutex::new(Memory::default()));
    let endpoint = stand_in::start(move |request| {
        let memory = Arc::clone(&memory);
        async move { respond(&memory, &request).await }
    });
    let endpoint = endpoint.await?;
    Ok(Gateway {
        url: endpoint.url,
        secret: endpoint.secret,
        timeout_seconds: endpoint.timeout_seconds,
        idempotent: false,
    })
}

async fn respond(memory: &Mutex<Memory>, request: &Value) -> (StatusCode, String) {
    let card = card_of_token(request["params"]["gatewayid"].as_str().unwrap_or_default());
    let is_capture = request["function"] == "capture";
    let answer = {
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.answer(request, card)
    };
    if is_capture && matches!(card, Card::Timeout | Card::Late) {
        tokio::time::sleep(TOO_LATE).await;
    }
    match answer {
        Some(answer) => (StatusCode::OK, answer.to_string()),
        None => (StatusCode::NOT_IMPLEMENTED, String::new()),
    }
}

fn card_of_token(token: &str) -> Card {
    CARDS.iter().find(|(_, prefix, _)| token.starts_with(prefix)).map_or(Card::Good, |(.., card)| *card)
}

impl Memory {
    /// Carries a function out, and returns the answer; `None` for an unknown one.
    fn answer(&mut self, request: &Value, card: Card) -> Option<Value> {
        let params = &request["params"];
        let id = request["id"].as_str().unwrap_or_default().to_owned();
        self.count += 1;
        let count = self.count;
        let answer = match (request["function"].as_str()?, card) {
            ("storeremote", _) => return Some(store(params, count)),
            ("lookup", _) => {
                let command = params["commandid"].as_str().unwrap_or_default();
                let not_found = json!({"status": "error", "rawdata": "This command has never arrived"});
                return Some(self.answers.get(command).cloned().unwrap_or(not_found));
            }
            ("capture", Card::Timeout) => return Some(json!({})),
            ("capture", Card::Declined) => json!({"status": "declined", "declinereason": "Insufficient funds"}),
            ("capture", Card::NeedsStep) => json!({"status": "pending", "transid": format!("ch_demo_{count}")}),
            ("capture", Card::Good | Card::Late) => {
                json!({"status": "success", "transid": format!("ch_demo_{count}"), "fee": "0.30"})
            }
            ("refund", _) => json!({"status": "success", "transid": format!("re_demo_{count}")}),
            _ => return None,
        };
        self.answers.insert(id, answer.clone());
        Some(answer)
    }
}

/// Stores a card: its token tells what happens to it.
fn store(params: &Value, count: u32) -> Value {
    if params["action"] != "create" {
        return json!({"status": "success", "gatewayid": params["gatewayid"]});
    }
    let number = params["cardnum"].as_str().unwrap_or_default();
    if number == NOT_STORED {
        return json!({"status": "error", "rawdata": "The gateway does not store this card"});
    }
    let prefix = CARDS.iter().find(|(known, ..)| *known == number).map_or("tok_success_", |(_, prefix, _)| prefix);
    json!({"status": "success", "gatewayid": format!("{prefix}{count:04}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_do_what_their_numbers_say() {
        let mut memory = Memory::default();
        let mut ask = |id: &str, function: &str, params: Value| {
            let card = card_of_token(params["gatewayid"].as_str().unwrap_or_default());
            memory.answer(&json!({"id": id, "function": function, "params": params}), card).unwrap()
        };
        for (number, status) in
            [("4242424242424242", "success"), ("4000000000000002", "declined"), ("4000002500003155", "pending")]
        {
            let token = ask("q", "storeremote", json!({"action": "create", "cardnum": number}))["gatewayid"].clone();
            let id = format!("outbox-{number}");
            let answer = ask(&id, "capture", json!({"gatewayid": token}));
            assert_eq!(answer["status"], status, "{number}");
            assert_eq!(ask("q", "lookup", json!({"commandid": id})), answer, "{number}");
        }
        assert_eq!(ask("q", "lookup", json!({"commandid": "outbox-x"}))["status"], "error");
        assert_eq!(ask("q", "storeremote", json!({"action": "create", "cardnum": NOT_STORED}))["status"], "error");
        assert_eq!(ask("outbox-r", "refund", json!({"transid": "ch_demo_1"}))["status"], "success");
    }
}
