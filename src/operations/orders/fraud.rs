//! Asking the operator's endpoint what it thinks of an order.

use super::status::lock;
use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, OrderId};
use crate::events::{About, Event};
use crate::operations::Context;
use crate::outbox::fraud::{Question, Verdict};
use crate::store;
use crate::store::webhooks::events::raise;

/// What was found out about an order.
#[derive(Debug)]
pub struct FraudCheck {
    /// The name of the endpoint.
    pub module: String,
    pub is_fraud: bool,
    /// All that the endpoint told, as JSON.
    pub results: String,
}

/// Has an order checked, and stores the result with it. Its status stays as it is. `address` is used in place of the address
/// that the order came from.
pub async fn check_for_fraud(mut context: Context<'_>, id: OrderId, address: Option<String>) -> Result<FraudCheck> {
    let order = store::orders::order::for_fraud_check(context.db, id).await?.ok_or(Refusal::OrderNotFound)?;
    let module = context.fraud.active().ok_or(Refusal::NoFraudModule)?.to_owned();
    let client = store::billing::charges::client_params(context.db, ClientId(order.client)).await?.unwrap_or_default();
    let question = Question::about(&module, &order, &client, address.as_deref());
    let (is_fraud, results) = match context.fraud_questions.ask(question)? {
        Verdict::Given { is_fraud, results } => (is_fraud, results),
        Verdict::NoAnswer(reason) => return Err(Refusal::FraudCheckFailed { reason }.into()),
    };
    lock(&mut context, id).await?.ok_or(Refusal::OrderNotFound)?;
    let client = ClientId(order.client);

    let mut tx = context.write(Subject::Client(client)).await?;
    store::orders::order::set_fraud_check(&mut tx, id, &module, &results).await?;
    let result = if is_fraud { "Fail" } else { "Pass" };
    let line = format!("Fraud Check Run - Order ID: {id} - Module: {module} - Result: {result}");
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    let event = match is_fraud {
        true => Event::FraudCheckFailed { order: id },
        false => Event::FraudCheckPassed { order: id },
    };
    raise(&mut tx, About::Client(client), &event).await?;
    Ok(FraudCheck { module, is_fraud, results })
}
