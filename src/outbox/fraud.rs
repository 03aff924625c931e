//! Fraud checks: an HTTP endpoint of the operator that is asked what it thinks of an order.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::gateways::client_details;
use super::questions;
use crate::config;
use crate::domain::entities::decoded;
use crate::endpoint::{EndpointError, Endpoints};
use crate::fault::Result;
use crate::store::domains::registrar_params::Values;
use crate::store::orders::order::FraudOrder;

/// Maximum size of an answer.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// The endpoints in the settings, of which one is asked.
pub struct FraudChecks {
    endpoints: Endpoints,
}

/// What an endpoint thinks of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is fraud, or not; with all that the endpoint told, as JSON.
    Given { is_fraud: bool, results: String },
    /// There is no usable answer, for this reason.
    NoAnswer(String),
}

/// The body of a request.
#[derive(Serialize)]
struct Request<'a> {
    id: &'a str,
    module: &'a str,
    function: &'static str,
    params: &'a Map<String, Value>,
}

impl FraudChecks {
    pub fn new(settings: &BTreeMap<String, config::Endpoint>) -> Result<FraudChecks> {
        Ok(FraudChecks { endpoints: Endpoints::new(settings, MAX_RESPONSE_BYTES)? })
    }
}

/// A question what an endpoint thinks of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub module: String,
    pub params: Map<String, Value>,
}

impl Question {
    /// Asks about an order of a client, who is described by `client`.
    pub fn about(module: &str, order: &FraudOrder, client: &Values, address: Option<&str>) -> Question {
        let text = |text: &str| Value::from(decoded(text).into_owned());
        let params = [
            ("orderid", order.id.into()),
            ("ordernum", order.number.into()),
            ("userid", order.client.into()),
            ("invoiceid", order.invoice.into()),
            ("amount", order.amount.to_string().into()),
            ("paymentmethod", text(&order.payment_method)),
            ("ipaddress", text(address.unwrap_or(&order.address))),
            ("clientdetails", Value::Object(client_details(client))),
        ];
        let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Question { module: module.to_owned(), params }
    }
}

/// The questions of one call.
pub type Questions = questions::Questions<Question>;

impl questions::Question for Question {
    type Answer = Verdict;
    type Answerers = FraudChecks;

    async fn ask_as(&self, id: &str, checks: &FraudChecks) -> Verdict {
        let request = Request { id, module: &self.module, function: "check", params: &self.params };
        let body = match serde_json::to_string(&request) {
            Ok(body) => body,
            Err(error) => return Verdict::NoAnswer(error.to_string()),
        };
        match checks.endpoints.post(&self.module, id, body).await {
            Ok(text) => read(&self.module, &text),
            Err(error) => Verdict::NoAnswer(without_answer(&self.module, &error)),
        }
    }

    fn describe(&self) -> String {
        let order = self.params.get("orderid").map(Value::to_string).unwrap_or_default();
        format!("{} check of order {order}", self.module)
    }

    fn may_have_changed(&self, _answer: Option<&Verdict>) -> bool {
        false
    }
}

/// Reads an answer: `fraud` says whether it is, and everything is a result for people to read.
fn read(module: &str, text: &str) -> Verdict {
    let told: Option<Map<String, Value>> = serde_json::from_str(text).ok();
    let is_fraud = told.as_ref().and_then(|told| match told.get("fraud")? {
        Value::Bool(is_fraud) => Some(*is_fraud),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => Some(!matches!(&*text.to_lowercase(), "" | "0" | "false" | "no")),
        _ => None,
    });
    match (told, is_fraud) {
        (Some(told), Some(is_fraud)) => Verdict::Given { is_fraud, results: Value::Object(told).to_string() },
        _ => Verdict::NoAnswer(format!("The fraud check {module} gave an answer that cannot be read")),
    }
}

fn without_answer(module: &str, error: &EndpointError) -> String {
    match error {
        EndpointError::NotConfigured => format!("No fraud check {module} is set up in this server's settings"),
        EndpointError::NotReached => format!("The fraud check {module} could not be reached"),
        EndpointError::TimedOut(limit) => {
            format!("The fraud check {module} did not answer within {} s", limit.as_secs())
        }
        EndpointError::Interrupted => format!("The fraud check {module} ended the connection without an answer"),
        EndpointError::Status { code, .. } => format!("The fraud check {module} answered with HTTP status {code}"),
        EndpointError::TooLong(_) => format!("The fraud check {module} gave an answer that is too long"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read() {
        for (text, is_fraud) in [
            (r#"{"fraud":true,"title":"High risk"}"#, Some(true)),
            (r#"{"fraud":false}"#, Some(false)),
            (r#"{"fraud":1}"#, Some(true)),
            (r#"{"fraud":"0"}"#, Some(false)),
            (r#"{"fraud":null}"#, None),
            ("{}", None),
            ("[]", None),
            ("<html>", None),
        ] {
            let read = match read("maxmind", text) {
                Verdict::Given { is_fraud, results } => {
                    assert_eq!(results, text);
                    Some(is_fraud)
                }
                Verdict::NoAnswer(_) => None,
            };
            assert_eq!(read, is_fraud, "{text}");
        }
    }
}
