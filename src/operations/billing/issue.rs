//! Issuing an invoice: the taxes that it bears, when it is due, and writing it.

use chrono::{Datelike, Days, NaiveDate};
use sqlx::MySqlConnection;

use crate::config::Compat;
use crate::database::writer::Writer;
use crate::domain::id::InvoiceId;
use crate::domain::tax::{Rate, Rates, Rules};
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::clients::client::Client;
use crate::store::system::configuration::Configuration;

/// How the operator has taxes worked out.
pub fn tax_rules(configuration: &Configuration, compat: &Compat) -> Rules {
    Rules { prices: configuration.prices, is_compound: compat.tax_compound, is_per_line: compat.tax_per_line }
}

/// The rates of the operator's rules for a client.
pub async fn tax_rates(
    db: &mut MySqlConnection,
    client: &Client,
    configuration: &Configuration,
) -> sqlx::Result<Rates> {
    match configuration.tax_enabled && !client.tax_exempt {
        true => store::billing::taxes::rates(db, &client.country, &client.state).await,
        false => Ok(Rates { first: Rate::ZERO, second: Rate::ZERO }),
    }
}

/// So many days after a date. `None` beyond the year 9999, with which the calendar of the database ends.
pub fn days_after(date: NaiveDate, days: u64) -> Option<NaiveDate> {
    date.checked_add_days(Days::new(days)).filter(|date| date.year() <= 9999)
}

/// Writes an invoice and the line about it in the activity log.
pub async fn issue(books: &mut Writer<'_>, new: &NewInvoice) -> sqlx::Result<InvoiceId> {
    let invoice = store::billing::invoices::create(books, new).await?;
    let line = format!("Created Invoice - Invoice ID: {invoice} - Total: {}", new.totals.total);
    store::system::activity::log(books, Some(new.client), &line).await?;
    Ok(invoice)
}
