//! Mails about quotes.

use sqlx::MySqlConnection;

use super::{MailDraft, html};
use crate::config::Links;
use crate::domain::currency::Currency;
use crate::domain::entities;
use crate::domain::id::CurrencyId;
use crate::domain::money::Money;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::store;
use crate::store::clients::client::Addressee;
use crate::store::sales::quotes::{self, ItemRow, StoredQuote};

/// Prepares a mail about a quote to whom it is for, with copies as for other mails to a client. Returns `None` if nobody
/// gets it, or the template does not exist or is disabled.
pub async fn quote_mail(
    db: &mut MySqlConnection,
    links: &Links,
    template: &str,
    quote: &StoredQuote,
    now: Moment,
) -> Result<Option<MailDraft>> {
    let draft = match quote.client {
        Some(client) => MailDraft::to_client(db, template, client, now).await?,
        None => {
            let addressee = Addressee::new(quote.person.clone(), "");
            MailDraft::to_addressee(db, template, addressee, "", now).await?
        }
    };
    let Some(mut draft) = draft else { return Ok(None) };
    let items = quotes::items(db, quote.id).await?;
    let currency = store::billing::currencies::for_prices(db, quote.client, Some(CurrencyId(quote.currency))).await?;
    let currency = currency.map_or_else(Currency::default, |currency| Currency {
        prefix: currency.prefix,
        suffix: currency.suffix,
        format: currency.format,
    });
    set_fields(&mut draft, links, quote, &items, &currency);
    Ok(Some(draft))
}

/// Sets the merge fields of a quote.
fn set_fields(draft: &mut MailDraft, links: &Links, quote: &StoredQuote, items: &[ItemRow], currency: &Currency) {
    let id = quote.id.to_string();
    let link = html::link(&links.quote(draft.text("whmcs_url"), quote.id.0));
    draft.set("quote_id", id.clone());
    draft.set("quote_number", id);
    draft.set("quote_subject", &quote.subject);
    draft.set_date("quote_date_created", &quote.created_on);
    draft.set_date("quote_valid_until", &quote.valid_until);
    draft.set("quote_subtotal", currency.format(quote.totals.subtotal));
    draft.set("quote_tax", currency.format(quote.totals.tax));
    draft.set("quote_tax2", currency.format(quote.totals.tax2));
    draft.set("quote_total", currency.format(quote.totals.total));
    draft.set("quote_proposal", &quote.proposal);
    draft.set("quote_notes", &quote.notes);
    draft.set_html("quote_link", link);
    draft.set_html("quote_html_contents", contents(quote, items, currency));
}

/// The items and totals as HTML.
fn contents(quote: &StoredQuote, items: &[ItemRow], currency: &Currency) -> String {
    let mut contents = String::new();
    let mut line = |text: String| html::push_escaped(&mut contents, &entities::decoded(&format!("{text}\n")));
    for item in items {
        let discount = if item.discount.is_zero() { String::new() } else { format!(" - {}%", item.discount) };
        let price = currency.format(item.unit_price);
        line(format!("{} x {}: {price}{discount}", item.quantity, item.description));
    }
    let totals = &quote.totals;
    line(format!("Sub Total: {}", currency.format(totals.subtotal)));
    for (name, amount) in [("Tax", totals.tax), ("Tax 2", totals.tax2)] {
        if amount != Money::ZERO {
            line(format!("{name}: {}", currency.format(amount)));
        }
    }
    line(format!("Total: {}", currency.format(totals.total)));
    contents
}
