//! Accepting quotes: they become invoices.

use sqlx::MySqlConnection;

use super::recipient::{Sum, add_up, prospect};
use super::write::item;
use super::{Refusal, Result};
use crate::config::{AcceptQuoteTwice, Compat};
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::InvoiceId;
use crate::domain::invoice::{Line, Status};
use crate::events::{About, Event};
use crate::fault::Fault;
use crate::operations::billing::Numbers;
use crate::operations::clients::{CheckedClient, CustomFieldValues, NewClient, Owner};
use crate::operations::{Context, billing, clients};
use crate::outbox::mail::{self, quote_mail};
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::sales::quotes::{self, ItemRow, StoredQuote};
use crate::store::webhooks::events::raise;

/// Returns the invoice that a quote became already; `None` if it is to become one now. It is an error if that is not known:
/// WHMCS stores nowhere which invoice a quote became.
pub async fn earlier_invoice(
    db: &mut MySqlConnection,
    compat: &Compat,
    quote: &StoredQuote,
) -> Result<Option<InvoiceId>> {
    if compat.accept_quote_twice == AcceptQuoteTwice::NewInvoice || !quote.is_accepted {
        return Ok(None);
    }
    let invoice = quotes::invoice(db, quote.id).await?;
    Ok(Some(invoice.ok_or(Refusal::AcceptedElsewhere)?))
}

/// Accepts a quote that is locked, and returns the invoice that it becomes. Whoever it is for becomes a client first, owned
/// by a new user with this hash of a password.
pub async fn accept(context: Context<'_>, quote: &StoredQuote, password_hash: Option<String>) -> Result<InvoiceId> {
    let (recipient, new_client) = match quote.client {
        Some(client) => (clients::lock(context.db, client).await?, None),
        None => {
            let recipient = prospect(context.db, &quote.person, Some(quote.currency).filter(|id| *id > 0)).await?;
            (recipient, Some(check_new_client(context.db, quote).await?))
        }
    };
    let configuration = store::system::configuration::read(context.db).await?;
    let payment_method = billing::gateway_of_client(context.db, None, &recipient).await?;
    let lines = lines(&quotes::items(context.db, quote.id).await?)?;
    let amounts: Vec<_> = lines.iter().map(|line| (line.amount, line.taxed)).collect();
    let Sum { rates, totals } = add_up(context.db, context.compat, &configuration, &recipient, &amounts).await?;
    let date = context.now.date();
    let due_date = billing::days_after(date, configuration.days_to_pay)?;
    let draft = quote_mail(context.db, &context.settings.links, mail::QUOTE_ACCEPTED, quote, context.now).await?;

    let is_free = !totals.total.is_positive();
    let numbers = Numbers::of_new(context.db, context.settings, context.now, is_free).await?;

    let mut tx = context.write(Subject::Quote(quote.id)).await?;
    let client = match new_client {
        None => recipient.id,
        Some(new) => {
            let password_hash = password_hash.ok_or_else(|| Fault::internal("a new client has no password"))?;
            clients::write(&mut tx, new, Owner::New { password_hash }).await?.client
        }
    };
    if !quotes::set_accepted(&mut tx, quote.id, client).await? {
        return Err(Refusal::QuoteNotFound.into());
    }
    let notes = String::new();
    let status = Status::Unpaid;
    let new = NewInvoice {
        client,
        status,
        date,
        due_date,
        item_due_date: due_date,
        due_dates_of_lines: Vec::new(),
        payment_method,
        notes,
        rates,
        totals,
        lines,
    };
    let invoice = billing::write_invoice(&mut tx, &new, numbers).await?.id;
    quotes::add_invoice(&mut tx, quote.id, invoice).await?;
    let line = format!("Accepted Quote - Quote ID: {} - Invoice ID: {invoice}", quote.id);
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    raise(&mut tx, About::Quote(quote.id), &Event::AcceptQuote { quote: quote.id, invoice }).await?;
    if let Some(mut draft) = draft {
        draft.set_client(client);
        draft.set("invoice_id", invoice.to_string());
        draft.send(&mut tx).await?;
    }
    Ok(invoice)
}

/// Checks the client whom somebody becomes by accepting a quote.
async fn check_new_client(db: &mut MySqlConnection, quote: &StoredQuote) -> Result<CheckedClient> {
    if quote.person.email.as_deref().unwrap_or_default().is_empty() {
        return Err(Refusal::NoEmail.into());
    }
    let new = NewClient {
        person: quote.person.clone(),
        currency: Some(quote.currency).filter(|id| *id > 0),
        group: None,
        language: String::new(),
        address: String::new(),
        notes: String::new(),
        wants_marketing: None,
        custom_fields: CustomFieldValues::default(),
        checks_custom_fields: false,
        sends_welcome: false,
    };
    Ok(clients::check(db, new, true).await?)
}

fn lines(items: &[ItemRow]) -> Result<Vec<Line>> {
    let line = |stored| Ok(item(stored, None)?.line(TEXT_BYTES).ok_or(Refusal::AmountOutOfRange)?);
    items.iter().map(line).collect()
}
