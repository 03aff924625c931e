//! Deleting quotes.

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::operations::Context;
use crate::store;
use crate::store::sales::quotes::{self, StoredQuote};

/// Deletes a quote that is locked, with its items. The invoice that it became stays.
pub async fn delete(context: Context<'_>, quote: &StoredQuote) -> Result<()> {
    let mut tx = context.write(Subject::Quote(quote.id)).await?;
    if !quotes::delete(&mut tx, quote.id).await? {
        return Err(Refusal::QuoteNotFound.into());
    }
    let line = format!("Deleted Quote - Quote ID: {}", quote.id);
    store::system::activity::log(&mut tx, quote.client, &line).await?;
    Ok(())
}
