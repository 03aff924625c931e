//! The fee for paying late.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Unpaid, after, lock_unpaid};
use crate::config::Automation;
use crate::domain::id::InvoiceId;
use crate::domain::invoice::{Line, LineKind};
use crate::domain::money::Money;
use crate::domain::order::domain_price::converted;
use crate::domain::time::local_date;
use crate::events::{self, Event};
use crate::operations::billing::{InvoiceUpdate, LineEdits, Refusal, write_update};
use crate::operations::{Context, Result};
use crate::store;
use crate::store::automation::notices::{self, About, Fate};
use crate::store::webhooks::events::raise;

/// The name under which it is recorded that an invoice got its fee.
const LATE_FEE: &str = "late_fee";

/// Adds the late fee to an invoice that is due for it. It is added once: a fee that staff remove does not come back. The fee is
/// not taxed, because it is for nothing that was sold. Returns whether it was added.
pub async fn add_late_fee(mut context: Context<'_>, id: InvoiceId, today: NaiveDate) -> Result<bool, Refusal> {
    let Some(Unpaid { invoice, row, due }) = lock_unpaid(&mut context, id).await? else { return Ok(false) };
    let settings = &context.settings.automation;
    let from = after(due, settings.late_fee_days);
    let is_time = (from..=after(from, settings.notice_catch_up_days)).contains(&today);
    if settings.late_fee_days == 0 || !is_time || row.has_no_late_fees || row.has_late_fee || row.moves_money {
        return Ok(false);
    }
    let amount = fee(invoice.state.due(), invoice.client.currency_rate, settings).ok_or(Refusal::AmountOutOfRange)?;
    if !amount.is_positive() {
        return Ok(false);
    }
    let date_format = store::system::configuration::date_format(context.db).await?;
    let description = format!("Late fee ({})", local_date(today, &date_format));
    let line = Line { kind: LineKind::LateFee, related: 0, description, amount, taxed: false };
    let lines = LineEdits { added: vec![line], ..LineEdits::default() };
    let client = invoice.client.id;

    let mut tx = write_update(context, &invoice, InvoiceUpdate { lines, ..InvoiceUpdate::default() }).await?;
    notices::add(&mut tx, About::Invoice(id.0), LATE_FEE, due, Fate::Sent).await?;
    let line = format!("Late Invoice Fee Added - Invoice ID: {id} - Amount: {amount}");
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    raise(&mut tx, events::About::Client(client), &Event::AddInvoiceLateFee { invoice: id }).await?;
    Ok(true)
}

/// Returns the fee for what is left to pay, in a currency with this exchange rate; `None` if it cannot be calculated.
fn fee(left: Money, rate: Decimal, settings: &Automation) -> Option<Money> {
    let percentage = settings.late_fee_percentage.0.decimal();
    let share = Money::rounded(left.decimal().checked_mul(percentage)? / Decimal::ONE_HUNDRED)?;
    let least = settings.late_fee.0;
    let least = if least.is_zero() { least } else { converted(least, Decimal::ONE, rate)? };
    Some(share.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Amount, Percentage};
    use crate::domain::tax::Rate;

    #[test]
    fn the_fee_is_a_share_of_what_is_left_but_not_less_than_the_least() {
        for (left, percentage, least, rate, expected) in [
            ("200.00", "10", "5.00", "1", Some("20.00")),
            ("10.01", "10", "0.00", "1", Some("1.00")),
            ("10.05", "10", "0.00", "1", Some("1.01")),
            ("10.00", "10", "5.00", "1", Some("5.00")),
            ("10.00", "0", "5.00", "1.1", Some("5.50")),
            ("10.00", "0", "0.00", "0", Some("0.00")),
            ("10.00", "0", "5.00", "0", None),
        ] {
            let settings = Automation {
                late_fee_percentage: Percentage(Rate::parse(percentage).unwrap()),
                late_fee: Amount(Money::parse(least).unwrap()),
                ..Automation::default()
            };
            let fee = fee(Money::parse(left).unwrap(), rate.parse().unwrap(), &settings);
            assert_eq!(fee, expected.map(|fee| Money::parse(fee).unwrap()), "{left} {percentage} {least} {rate}");
        }
    }
}
