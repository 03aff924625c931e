//! Asking the operator's endpoint what it thinks of an order.

use super::status::lock;
use super::{Refusal, Result};
use crate::config::CheckedOrders;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId, OrderId};
use crate::domain::invoice::Status as InvoiceStatus;
use crate::domain::money::Money;
use crate::domain::order::Status;
use crate::events::{About, Event};
use crate::operations::{Context, billing, modules};
use crate::outbox::fraud::{Question, Verdict};
use crate::store;
use crate::store::orders::order::FraudOrder;
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
    let module = modules::fraud_check(&mut context).await?.ok_or(Refusal::NoFraudModule)?;
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
    log(&mut tx, client, id, &module, is_fraud).await?;
    Ok(FraudCheck { module, is_fraud, results })
}

async fn log(tx: &mut Writer<'_>, client: ClientId, id: OrderId, module: &str, is_fraud: bool) -> sqlx::Result<()> {
    let result = if is_fraud { "Fail" } else { "Pass" };
    let line = format!("Fraud Check Run - Order ID: {id} - Module: {module} - Result: {result}");
    store::system::activity::log(tx, Some(client), &line).await?;
    let event = match is_fraud {
        true => Event::FraudCheckFailed { order: id },
        false => Event::FraudCheckPassed { order: id },
    };
    raise(tx, About::Client(client), &event).await
}

/// What was found out about an order that is to be placed.
#[derive(Debug)]
pub struct Judgment {
    module: String,
    verdict: Verdict,
}

impl Judgment {
    /// Has an order checked that is to be placed, if the settings ask for it.
    pub(super) async fn of_new(
        context: &mut Context<'_>,
        id: ClientId,
        amount: Money,
        payment_method: &str,
        address: &str,
    ) -> Result<Option<Judgment>> {
        let is_checked = match context.settings.orders.fraud_check {
            _ if context.settings.fraud.is_empty() => false,
            CheckedOrders::All => true,
            CheckedOrders::OfNewClients => !store::orders::new_orders::history(context.db, id, "").await?.0,
            CheckedOrders::None => false,
        };
        if !is_checked {
            return Ok(None);
        }
        let Some(module) = modules::fraud_check(context).await? else { return Ok(None) };
        let client = store::billing::charges::client_params(context.db, id).await?.unwrap_or_default();
        let order = FraudOrder {
            id: 0,
            number: 0,
            client: id.0,
            invoice: 0,
            amount,
            payment_method: payment_method.to_owned(),
            address: address.to_owned(),
        };
        let verdict = context.fraud_questions.ask(Question::about(&module, &order, &client, None))?;
        Ok(Some(Judgment { module, verdict }))
    }

    pub fn is_fraud(&self) -> bool {
        matches!(self.verdict, Verdict::Given { is_fraud: true, .. })
    }

    /// Stores what was found out with an order that has just been written. One that is fraud gets that status, with its items, and
    /// its invoice is cancelled.
    pub(super) async fn record(
        &self,
        tx: &mut Writer<'_>,
        client: ClientId,
        id: OrderId,
        invoice: Option<InvoiceId>,
    ) -> Result<()> {
        let Judgment { module, verdict } = self;
        let status = Status::Fraud;
        let results = match verdict {
            Verdict::Given { results, .. } => results,
            Verdict::NoAnswer(reason) => {
                let line = format!("Fraud Check Failed - Order ID: {id} - Reason: {reason}");
                return Ok(store::system::activity::log(tx, Some(client), &line).await?);
            }
        };
        store::orders::order::set_fraud_check(tx, id, module, results).await?;
        log(tx, client, id, module, self.is_fraud()).await?;
        if !self.is_fraud() {
            return Ok(());
        }
        store::orders::order::set_status(tx, id, status).await?;
        store::services::service::set_status_of_order(tx, id, status.name(), true).await?;
        store::services::addons::set_status_of_order(tx, id, status.name(), true).await?;
        store::services::domains::set_status_of_order(tx, id, status.name(), true).await?;
        if let Some(invoice) = invoice
            && store::billing::invoices::cancel_unpaid(tx, invoice, client).await?
        {
            billing::raise_status(tx, client, invoice, InvoiceStatus::Cancelled).await?;
        }
        let line = format!("Order Status Changed to {} - Order ID: {id}", status.name());
        store::system::activity::log(tx, Some(client), &line).await?;
        Ok(raise(tx, About::Client(client), &Event::FraudOrder { order: id }).await?)
    }
}
