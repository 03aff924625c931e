//! Stored ways to pay. The number of a card is handed to a gateway, in memory, and a token is stored in its place; what is
//! secret of a bank account is stored sealed.

use super::Refusal;
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::domain::payments::PayMethodKind;
use crate::domain::payments::card::{CardMonth, CardNumber};
use crate::operations::{Context, OperationError, Result};
use crate::outbox::gateways::{AccountSecrets, Answer, CardSecrets, CardStorage, Question, Receipt};
use crate::store;
use crate::store::billing::pay_methods::{self, NewAccount, NewCard, PayMethodRow};
use crate::store::domains::registrar_params::Values;

/// A way to pay that is to be stored.
#[derive(Debug)]
pub enum PayMethodDetails {
    Card {
        gateway: String,
        number: CardNumber,
        expires: CardMonth,
        start: Option<CardMonth>,
        issue: String,
    },
    Account {
        /// The gateway that debits it, or empty.
        gateway: String,
        bank_name: String,
        account_type: String,
        code: String,
        account: String,
    },
}

/// Changes of a way to pay; `None` leaves a detail as it is.
#[derive(Debug, Default)]
pub struct PayMethodUpdate {
    pub has_card_number: bool,
    pub expires: Option<CardMonth>,
    pub start: Option<CardMonth>,
    pub issue: Option<String>,
    pub bank_name: Option<String>,
    pub account_type: Option<String>,
    pub code: Option<String>,
    pub account: Option<String>,
    /// Whether it becomes the client's default.
    pub is_default: bool,
}

/// What a gateway was asked for when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteStep {
    Create,
    Update,
    Delete,
}

/// Stores a way to pay, and returns its id. The first one of a client is the default.
pub async fn add_pay_method(
    context: Context<'_>,
    client: ClientId,
    description: &str,
    details: PayMethodDetails,
    is_default: bool,
) -> Result<i64, Refusal> {
    let client_details =
        store::billing::charges::client_params(context.db, client).await?.ok_or(Refusal::ClientNotFound)?;
    if context.keyring.is_empty() {
        return Err(Refusal::NoKeys.into());
    }
    let stored = match &details {
        PayMethodDetails::Card { gateway, number, expires, start, issue } => {
            let storage = CardStorage::Create { number, expires: *expires, start: *start, issue };
            let receipt = ask(&context, gateway, &client_details, storage, RemoteStep::Create)?;
            if receipt.token.is_empty() {
                let reason = "the gateway returned no token".to_owned();
                return Err(Refusal::RemoteFailed { step: RemoteStep::Create, reason }.into());
            }
            Some(receipt)
        }
        PayMethodDetails::Account { .. } => None,
    };
    store::clients::client::lock(context.db, client).await?.ok_or(Refusal::ClientNotFound)?;
    let (first, last) = pay_methods::places(context.db, client).await?;
    let place = if is_default { first - 1 } else { last + 1 };
    let (keyring, kind) = (context.keyring, kind(&details));
    let gateway = match &details {
        PayMethodDetails::Card { gateway, .. } | PayMethodDetails::Account { gateway, .. } => gateway,
    };
    let new = pay_methods::NewPayMethod { client, kind: kind.name(), description, gateway, place };

    let mut tx = context.write(Subject::Client(client)).await?;
    let id = pay_methods::add(&mut tx, &new).await?;
    match (&details, stored) {
        (PayMethodDetails::Card { number, expires, start, issue, .. }, Some(receipt)) => {
            let secrets = CardSecrets {
                token: receipt.token,
                start: start.map(CardMonth::digits).unwrap_or_default(),
                issue: issue.clone(),
            };
            let has_digits =
                receipt.last_four.len() == 4 && receipt.last_four.bytes().all(|byte| byte.is_ascii_digit());
            let card = NewCard {
                brand: number.brand(),
                last_four: if has_digits { &receipt.last_four } else { number.last_four() },
                expires: Some(expires.first_day()),
                sealed: &secrets.seal(keyring, id)?,
            };
            pay_methods::add_card(&mut tx, id, &card).await?;
        }
        (PayMethodDetails::Account { bank_name, account_type, code, account, .. }, _) => {
            let secrets = AccountSecrets { code: code.clone(), account: account.clone() };
            let account = NewAccount { bank_name, account_type, sealed: &secrets.seal(keyring, id)? };
            pay_methods::add_account(&mut tx, id, &account).await?;
        }
        (PayMethodDetails::Card { .. }, None) => {}
    }
    let line = format!("Pay Method Added - Pay Method ID: {id} - Type: {}", kind.name());
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    Ok(id)
}

fn kind(details: &PayMethodDetails) -> PayMethodKind {
    match details {
        PayMethodDetails::Card { .. } => PayMethodKind::RemoteCreditCard,
        PayMethodDetails::Account { .. } => PayMethodKind::BankAccount,
    }
}

/// Finds a way to pay of a client.
pub async fn find_pay_method(context: &mut Context<'_>, client: ClientId, id: i64) -> Result<PayMethodRow, Refusal> {
    let owner = pay_methods::client(context.db, id).await?.ok_or(Refusal::PayMethodNotFound)?;
    if owner != client {
        return Err(Refusal::PayMethodOfAnotherClient.into());
    }
    let methods = pay_methods::of_client(context.db, client).await?;
    Ok(methods.into_iter().find(|method| method.id == id).ok_or(Refusal::PayMethodNotFound)?)
}

/// Changes a way to pay; a card is changed at its gateway first.
pub async fn update_pay_method(
    mut context: Context<'_>,
    client: ClientId,
    id: i64,
    update: PayMethodUpdate,
) -> Result<(), Refusal> {
    let method = find_pay_method(&mut context, client, id).await?;
    let is_card = PayMethodKind::parse(&method.kind).is_some_and(PayMethodKind::is_card);
    let changes_card = update.expires.is_some() || update.start.is_some() || update.issue.is_some();
    let changes_account = update.bank_name.is_some()
        || update.account_type.is_some()
        || update.code.is_some()
        || update.account.is_some();
    let changes = if is_card { changes_card } else { changes_account };
    if is_card && update.has_card_number {
        return Err(Refusal::CardNumberOfGateway.into());
    }
    if !changes && !update.is_default {
        return Err(Refusal::NothingToUpdate.into());
    }
    let sealed = match (changes, is_card) {
        (false, _) => None,
        (true, true) => Some(update_at_gateway(&mut context, client, &method, &update).await?),
        (true, false) => {
            if context.keyring.is_empty() {
                return Err(Refusal::NoKeys.into());
            }
            let new = match (update.code.clone(), update.account.clone()) {
                (None, None) => None,
                (Some(code), Some(account)) => Some(AccountSecrets { code, account }),
                (code, account) => {
                    let old = AccountSecrets::open(context.keyring, id, &method.sealed);
                    let old = old.ok_or(Refusal::AccountNotReadable)?;
                    Some(AccountSecrets { code: code.unwrap_or(old.code), account: account.unwrap_or(old.account) })
                }
            };
            match new {
                Some(new) => Some(new.seal(context.keyring, id)?),
                None => None,
            }
        }
    };
    store::clients::client::lock(context.db, client).await?.ok_or(Refusal::ClientNotFound)?;
    pay_methods::lock(context.db, id).await?.ok_or(Refusal::PayMethodNotFound)?;
    let (first, _) = pay_methods::places(context.db, client).await?;
    let place = update.is_default.then_some(first - 1);

    let mut tx = context.write(Subject::Client(client)).await?;
    pay_methods::update(&mut tx, id, place).await?;
    match sealed {
        Some(sealed) if is_card => {
            pay_methods::update_card(&mut tx, id, update.expires.map(CardMonth::first_day), &sealed).await?;
        }
        sealed if changes_account && !is_card => {
            let (bank_name, account_type) = (update.bank_name.as_deref(), update.account_type.as_deref());
            pay_methods::update_account(&mut tx, id, bank_name, account_type, sealed.as_deref()).await?;
        }
        _ => {}
    }
    store::system::activity::log(&mut tx, Some(client), &format!("Pay Method Updated - Pay Method ID: {id}")).await?;
    Ok(())
}

/// Changes a card at its gateway, and returns its secrets sealed again.
async fn update_at_gateway(
    context: &mut Context<'_>,
    client: ClientId,
    method: &PayMethodRow,
    update: &PayMethodUpdate,
) -> Result<String, Refusal> {
    let client_details =
        store::billing::charges::client_params(context.db, client).await?.ok_or(Refusal::ClientNotFound)?;
    let old = CardSecrets::open(context.keyring, method.id, &method.sealed);
    let old = old.filter(|old| !old.token.is_empty()).ok_or(Refusal::GatewayCannotUpdate)?;
    let issue = update.issue.clone().unwrap_or_else(|| old.issue.clone());
    let storage =
        CardStorage::Update { token: &old.token, expires: update.expires, start: update.start, issue: &issue };
    let answer = ask(context, &method.gateway, &client_details, storage, RemoteStep::Update)?;
    let start = update.start.map_or(old.start, CardMonth::digits);
    // A gateway may give the changed card another token.
    let token = if answer.token.is_empty() { old.token } else { answer.token };
    Ok(CardSecrets { token, start, issue }.seal(context.keyring, method.id)?)
}

/// Deletes a way to pay, at its gateway first. If the gateway fails, that is ignored unless `needs_gateway`.
pub async fn delete_pay_method(
    mut context: Context<'_>,
    client: ClientId,
    id: i64,
    needs_gateway: bool,
) -> Result<(), Refusal> {
    let method = find_pay_method(&mut context, client, id).await?;
    let secrets = CardSecrets::open(context.keyring, id, &method.sealed).filter(|secrets| !secrets.token.is_empty());
    if let Some(secrets) = secrets.filter(|_| context.gateways.has(&method.gateway)) {
        let client_details =
            store::billing::charges::client_params(context.db, client).await?.ok_or(Refusal::ClientNotFound)?;
        let storage = CardStorage::Delete { token: &secrets.token };
        match ask(&context, &method.gateway, &client_details, storage, RemoteStep::Delete) {
            Err(OperationError::Refused(refusal)) if needs_gateway => return Err(refusal.into()),
            Err(OperationError::Fault(fault)) => return Err(fault.into()),
            Ok(_) | Err(_) => {}
        }
    } else if needs_gateway && PayMethodKind::parse(&method.kind).is_some_and(PayMethodKind::is_remote) {
        let reason = format!("the gateway {} is not set up, or the token cannot be read", method.gateway);
        return Err(Refusal::RemoteFailed { step: RemoteStep::Delete, reason }.into());
    }
    store::clients::client::lock(context.db, client).await?.ok_or(Refusal::ClientNotFound)?;
    pay_methods::lock(context.db, id).await?.ok_or(Refusal::PayMethodNotFound)?;

    let mut tx = context.write(Subject::Client(client)).await?;
    pay_methods::delete(&mut tx, id, client).await?;
    store::system::activity::log(&mut tx, Some(client), &format!("Pay Method Deleted - Pay Method ID: {id}")).await?;
    Ok(())
}

/// Asks a gateway to store, change or delete a card.
fn ask(
    context: &Context<'_>,
    gateway: &str,
    client: &Values,
    storage: CardStorage<'_>,
    step: RemoteStep,
) -> Result<Receipt, Refusal> {
    if !context.gateways.has(gateway) {
        return Err(unsupported(step).into());
    }
    match context.gateway_questions.ask(Question::about_card(gateway, client, storage))? {
        Answer::Done(receipt) | Answer::Pending(receipt) => Ok(receipt),
        Answer::NotSupported => Err(unsupported(step).into()),
        Answer::No(reason) | Answer::NotAsked(reason) | Answer::Unclear(reason) => {
            Err(Refusal::RemoteFailed { step, reason }.into())
        }
    }
}

fn unsupported(step: RemoteStep) -> Refusal {
    match step {
        RemoteStep::Create => Refusal::GatewayCannotStore,
        RemoteStep::Update => Refusal::GatewayCannotUpdate,
        RemoteStep::Delete => {
            Refusal::RemoteFailed { step, reason: "the gateway cannot delete what it has stored".to_owned() }
        }
    }
}
