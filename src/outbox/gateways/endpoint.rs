//! The protocol of gateways: what they are asked for, and how their answers are read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::config;
use crate::domain::money::Money;
use crate::endpoint::{CommandFailure, EndpointError, Endpoints};
use crate::fault::{Fault, Result};

/// Maximum size of an answer.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;
/// How long security codes are held in memory: longer than any call takes to send them.
const HELD_FOR: Duration = Duration::from_mins(5);
/// Maximum length of a reason that people read.
const MAX_REASON_CHARACTERS: usize = 500;
/// Maximum length of the gateway's id of a payment.
const MAX_TRANSACTION_BYTES: usize = 255;

/// The gateways in the settings.
pub struct Gateways {
    endpoints: Endpoints,
    settings: BTreeMap<String, config::Gateway>,
    /// Security codes of cards, which are needed once and must not be stored, by random numbers; and since when.
    held: Mutex<HashMap<u64, (Instant, String)>>,
}

/// What a gateway answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It has done what it was asked for.
    Done(Receipt),
    /// It has begun, and will tell what becomes of it.
    Pending(Receipt),
    /// It has done nothing, for this reason: the card was declined, for example.
    No(String),
    /// It has no such function.
    NotSupported,
    /// It was not reached, or has rejected this request, which says nothing of earlier ones.
    NotAsked(String),
    /// It gave no usable answer, and may have done it.
    Unclear(String),
}

/// What a gateway tells of what it has done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Receipt {
    /// The gateway's id of the payment, or empty.
    pub transaction: String,
    /// The part of the amount that it kept.
    pub fee: Money,
    /// The token of a card that it has stored, or empty.
    pub token: String,
    /// The last four digits, if it tells others than those that were sent.
    pub last_four: String,
}

/// The body of a request.
#[derive(Serialize)]
struct Request<'a> {
    id: &'a str,
    gateway: &'a str,
    function: &'a str,
    /// The number of the attempt, from 1.
    attempt: i64,
    params: &'a Map<String, Value>,
}

impl Gateways {
    pub fn new(settings: &BTreeMap<String, config::Gateway>) -> Result<Gateways> {
        let endpoints = settings.iter().map(|(name, gateway)| (name.clone(), gateway.endpoint())).collect();
        Ok(Gateways {
            endpoints: Endpoints::new(&endpoints, MAX_RESPONSE_BYTES)?,
            settings: settings.clone(),
            held: Mutex::default(),
        })
    }

    pub fn has(&self, name: &str) -> bool {
        self.endpoints.has(name)
    }

    /// Time limit for an answer.
    pub fn timeout(&self, name: &str) -> Duration {
        self.endpoints.timeout(name)
    }

    /// Whether a gateway recognizes repeated commands.
    pub fn is_idempotent(&self, name: &str) -> bool {
        self.settings.get(name).is_some_and(|gateway| gateway.idempotent)
    }

    /// Whether a message that a gateway sent by itself has its signature.
    pub fn has_signed(&self, name: &str, message: &crate::endpoint::SignedMessage<'_>) -> bool {
        self.endpoints.has_signed(name, message)
    }

    /// Keeps a security code in memory, and returns the number by which it can be taken once.
    pub fn hold(&self, code: String) -> Result<u64> {
        let number = getrandom::u64().map_err(Fault::internal)?.max(1);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of calls that were not committed stay until then.
        held.retain(|_, (since, _)| since.elapsed() < HELD_FOR);
        held.insert(number, (Instant::now(), code));
        Ok(number)
    }

    /// Takes a security code that was kept, if this server has kept it and nobody has taken it.
    pub fn take(&self, number: u64) -> Option<String> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&number).map(|(_, code)| code)
    }

    /// Asks a gateway, and returns its answer with the body of the response.
    pub async fn ask(
        &self,
        name: &str,
        id: &str,
        attempt: i64,
        function: &str,
        params: &Map<String, Value>,
    ) -> (Answer, String) {
        let request = Request { id, gateway: name, function, attempt, params };
        let body = match serde_json::to_string(&request) {
            Ok(body) => body,
            Err(error) => return (Answer::NotAsked(error.to_string()), String::new()),
        };
        match self.endpoints.post(name, id, body).await {
            Ok(text) => (read(name, &text), text),
            Err(error) => without_answer(name, error),
        }
    }
}

fn without_answer(name: &str, error: EndpointError) -> (Answer, String) {
    match error.of_command("gateway", name) {
        CommandFailure::Answer(body) => (read(name, &body), body),
        CommandFailure::NotSupported(body) => (Answer::NotSupported, body),
        CommandFailure::NotDone(reason, body) => (Answer::NotAsked(refusal(&body).unwrap_or(reason)), body),
        CommandFailure::Unclear(reason, body) => (Answer::Unclear(reason), body),
    }
}

/// Reads an answer. As for WHMCS's gateway modules, its `status` says what was done.
fn read(name: &str, text: &str) -> Answer {
    let unreadable =
        || Answer::Unclear(format!("The gateway {name} gave an unreadable answer: what it did is unknown"));
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return unreadable() };
    let value = |names: &[&str]| names.iter().find_map(|name| self::text(fields.get(*name)?)).unwrap_or_default();
    let receipt = Receipt {
        transaction: transaction_id(&value(&["transid"])),
        fee: Money::parse(&value(&["fee", "fees"])).filter(|fee| fee.is_positive()).unwrap_or(Money::ZERO),
        token: value(&["gatewayid", "token"]),
        last_four: value(&["cardlastfour"]),
    };
    match &*value(&["status"]).to_lowercase() {
        "success" => Answer::Done(receipt),
        "pending" => Answer::Pending(receipt),
        "" => refusal(text).map_or_else(unreadable, Answer::No),
        status => Answer::No(refusal(text).unwrap_or_else(|| shortened(status))),
    }
}

/// Returns the reason of an answer that says no, if it has one.
fn refusal(body: &str) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::from_str(body) else { return None };
    let reason = ["declinereason", "error", "message", "rawdata"].iter().find_map(|name| text(fields.get(*name)?));
    reason.map(|reason| shortened(&reason))
}

fn shortened(reason: &str) -> String {
    // Old tables have no characters of four bytes.
    reason.chars().filter(|c| c.len_utf8() < 4).take(MAX_REASON_CHARACTERS).collect()
}

/// A value as text, if it is one that is not empty.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The gateway's id of a payment as it is stored, which every column can: the same for what it answers and for what it tells
/// by itself.
pub fn transaction_id(text: &str) -> String {
    text.trim().chars().filter(|c| matches!(c, ' '..='~')).take(MAX_TRANSACTION_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(answer: Answer) -> String {
        match answer {
            Answer::Done(receipt) => format!("done {} {} {}", receipt.transaction, receipt.fee, receipt.token),
            Answer::Pending(receipt) => format!("pending {}", receipt.transaction),
            Answer::No(reason) => format!("no: {reason}"),
            Answer::Unclear(reason) => format!("unclear: {reason}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn answers_of_gateways_are_read() {
        let unreadable = "unclear: The gateway stripe gave an unreadable answer: what it did is unknown";
        for (text, understood) in [
            (r#"{"status":"success","transid":"ch_1","fee":"0.55"}"#, "done ch_1 0.55 "),
            (r#"{"status":"success","transid":4711,"fees":1}"#, "done 4711 1.00 "),
            (r#"{"status":"Success","gatewayid":"tok_1","fee":"-1"}"#, "done  0.00 tok_1"),
            (r#"{"status":"pending","transid":"ch_2"}"#, "pending ch_2"),
            (r#"{"status":"declined","declinereason":"Insufficient funds"}"#, "no: Insufficient funds"),
            (r#"{"status":"declined"}"#, "no: declined"),
            (r#"{"status":"error","rawdata":"No such card"}"#, "no: No such card"),
            (r#"{"status":"error","rawdata":{"code":1}}"#, "no: error"),
            (r#"{"error":"Bad key"}"#, "no: Bad key"),
            ("{}", unreadable),
            ("[]", unreadable),
            ("true", unreadable),
            ("<html>Oops</html>", unreadable),
            (r#"{"status":"succ"#, unreadable),
        ] {
            assert_eq!(shown(read("stripe", text)), understood, "{text}");
        }
    }

    #[test]
    fn only_some_statuses_say_that_nothing_was_done() {
        let status =
            |code, body: &str| without_answer("stripe", EndpointError::Status { code, body: body.to_owned() }).0;
        assert_eq!(status(501, "x"), Answer::NotSupported);
        assert_eq!(status(402, r#"{"declinereason":"Stolen"}"#), Answer::NotAsked("Stolen".to_owned()));
        assert!(matches!(status(201, r#"{"status":"success","transid":"ch_1"}"#), Answer::Done(_)));
        assert!(matches!(status(204, ""), Answer::Unclear(_)));
        assert_eq!(status(401, ""), Answer::NotAsked("The gateway stripe answered with HTTP status 401".to_owned()));
        for code in [100, 300, 302, 408, 500, 502, 599] {
            assert!(matches!(status(code, r#"{"status":"declined"}"#), Answer::Unclear(_)), "{code}");
        }
        assert!(matches!(without_answer("stripe", EndpointError::Interrupted).0, Answer::Unclear(_)));
        assert!(matches!(without_answer("stripe", EndpointError::NotReached).0, Answer::NotAsked(_)));
    }

    #[test]
    fn a_security_code_is_taken_once() {
        let gateways = Gateways::new(&BTreeMap::new()).unwrap();
        let number = gateways.hold("123".to_owned()).unwrap();
        assert_eq!(gateways.take(number + 1), None);
        assert_eq!((gateways.take(number).as_deref(), gateways.take(number)), (Some("123"), None));
    }
}
