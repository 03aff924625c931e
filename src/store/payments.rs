//! `tblaccounts`: money in and out.

use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use super::values::from_row;
use super::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;

/// A payment as it is read.
#[derive(Debug)]
pub struct Payment {
    pub id: i64,
    pub client: i64,
    /// 0 where the client's currency is meant.
    pub currency: i64,
    pub gateway: String,
    /// `YYYY-MM-DD HH:MM:SS`.
    pub date: String,
    pub description: String,
    pub amount_in: Money,
    pub fees: Money,
    pub amount_out: Money,
    /// The exchange rate to the default currency, with five decimals.
    pub rate: Decimal,
    pub transaction: String,
    pub invoice: i64,
    /// The payment that this one pays back, or 0.
    pub refund_of: i64,
}

from_row!(Payment {
    id,
    client,
    currency,
    gateway,
    date,
    description,
    amount_in,
    fees,
    amount_out,
    rate,
    transaction,
    invoice,
    refund_of
});

pub async fn of_invoice(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<Vec<Payment>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, CAST(userid AS SIGNED) AS client, CAST(currency AS SIGNED) AS currency, \
                gateway, COALESCE(CAST(date AS CHAR), '0000-00-00 00:00:00') AS date, description, \
                amountin AS amount_in, fees, amountout AS amount_out, rate, transid AS `transaction`, \
                CAST(invoiceid AS SIGNED) AS invoice, CAST(refundid AS SIGNED) AS refund_of \
         FROM tblaccounts WHERE invoiceid = ? ORDER BY tblaccounts.id",
    )
    .bind(id)
    .fetch_all(db)
    .await
}

/// A payment of an invoice, about to be written.
#[derive(Debug)]
pub struct NewPayment<'p> {
    pub client: ClientId,
    pub invoice: InvoiceId,
    pub gateway: &'p str,
    pub date: NaiveDateTime,
    pub amount: Money,
    pub fees: Money,
    /// The exchange rate of the client's currency.
    pub rate: Decimal,
    /// The gateway's own name for the payment.
    pub transaction: &'p str,
}

pub async fn record(books: &mut Writer<'_>, new: &NewPayment<'_>) -> sqlx::Result<()> {
    let payment = sqlx::query(
        "INSERT INTO tblaccounts (userid, currency, gateway, date, description, amountin, fees, amountout, rate, \
                                  transid, invoiceid, refundid) \
         VALUES (?, 0, ?, ?, 'Invoice Payment', ?, ?, 0.00, ?, ?, ?, 0)",
    )
    .bind(new.client)
    .bind(new.gateway)
    .bind(new.date)
    .bind(new.amount)
    .bind(new.fees)
    .bind(new.rate)
    .bind(new.transaction)
    .bind(new.invoice);
    books.execute(payment).await?;
    Ok(())
}
