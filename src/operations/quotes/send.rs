//! Sending quotes.

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::sales::quote::Stage;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::outbox::mail::{self, quote_mail};
use crate::store;
use crate::store::sales::quotes::{self, StoredQuote};
use crate::store::webhooks::events::raise;

/// Mails a quote that is locked to whom it is for. Its stage becomes Delivered, unless it is Accepted.
pub async fn send(context: Context<'_>, quote: &StoredQuote) -> Result<()> {
    if let Some(client) = quote.client {
        // The lock keeps the client from being deleted until the mail is written.
        store::clients::client::lock(context.db, client).await?;
    }
    let draft = quote_mail(context.db, &context.settings.links, mail::QUOTE_DELIVERY, quote, context.now)
        .await?
        .ok_or(Refusal::NoRecipient)?;
    let stage = match Stage::parse(&quote.stage) {
        Some(Stage::Accepted) => Stage::Accepted,
        _ => Stage::Delivered,
    };

    let mut tx = context.write(Subject::Quote(quote.id)).await?;
    if !quotes::set_sent(&mut tx, quote.id, stage).await? {
        return Err(Refusal::QuoteNotFound.into());
    }
    let line = format!("Sent Quote - Quote ID: {}", quote.id);
    store::system::activity::log(&mut tx, quote.client, &line).await?;
    if stage.name() != quote.stage {
        let event = Event::QuoteStatusChange { quote: quote.id, status: stage.name() };
        raise(&mut tx, About::Quote(quote.id), &event).await?;
    }
    draft.send(&mut tx).await?;
    Ok(())
}
