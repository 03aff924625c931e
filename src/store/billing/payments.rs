//! Payments and refunds (`tblaccounts`).

use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use sqlx::{MySqlConnection, QueryBuilder};

use super::gateways::PaymentGateway;
use crate::database::sql::{BindForms, push_is};
use crate::database::values::from_row;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;
use crate::events::{About, Event};
use crate::store::webhooks::events::raise;

/// A payment or refund.
#[derive(Debug)]
pub struct PaymentRow {
    pub id: i64,
    pub client: i64,
    /// 0 for the client's currency.
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
    /// The id of the payment that this one refunds, or 0.
    pub refund_of: i64,
}

from_row!(PaymentRow {
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

const UPDATE: &str = "UPDATE tblaccounts SET userid = COALESCE(?, userid), invoiceid = COALESCE(?, invoiceid), currency = COALESCE(?, currency), \
            gateway = COALESCE(?, gateway), date = COALESCE(?, date), description = COALESCE(?, description), \
            amountin = COALESCE(?, amountin), fees = COALESCE(?, fees), amountout = COALESCE(?, amountout), \
            rate = COALESCE(?, rate), transid = COALESCE(?, transid), refundid = COALESCE(?, refundid) WHERE id = ?";
const IS_BOOKED: &str =
    "SELECT EXISTS(SELECT 1 FROM tblaccounts WHERE transid = ? AND BINARY transid = BINARY ? AND gateway IN (?, ?))";
const RECORD: &str = "INSERT INTO tblaccounts (userid, currency, gateway, date, description, amountin, fees, amountout, rate, \
                              transid, invoiceid, refundid) \
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM (SELECT 1) AS one \
     WHERE ? OR NOT EXISTS (SELECT 1 FROM tblaccounts WHERE transid IN (?, ?, ?) \
                            AND BINARY transid IN (BINARY ?, BINARY ?, BINARY ?) \
                            AND (? OR gateway IN (?, ?, ?, ?, ?, ?)) AND (? OR invoiceid = ?))";

/// Filter for payments; all conditions must hold.
#[derive(Debug, Default)]
pub struct PaymentFilter {
    pub invoice: Option<i64>,
    pub client: Option<i64>,
    pub transaction: Option<String>,
}

/// Returns the payments that match the filter, ordered by id.
pub async fn list(db: &mut MySqlConnection, filter: &PaymentFilter) -> sqlx::Result<Vec<PaymentRow>> {
    let mut query = QueryBuilder::new(
        "SELECT CAST(id AS SIGNED) AS id, CAST(userid AS SIGNED) AS client, CAST(currency AS SIGNED) AS currency, \
                gateway, COALESCE(CAST(date AS CHAR), '0000-00-00 00:00:00') AS date, description, \
                amountin AS amount_in, fees, amountout AS amount_out, rate, transid AS `transaction`, \
                CAST(invoiceid AS SIGNED) AS invoice, CAST(refundid AS SIGNED) AS refund_of \
         FROM tblaccounts WHERE TRUE",
    );
    for (column, id) in [(" AND invoiceid = ", filter.invoice), (" AND userid = ", filter.client)] {
        if let Some(id) = id {
            query.push(column).push_bind(id);
        }
    }
    if let Some(transaction) = &filter.transaction {
        push_is(query.push(" AND "), "transid", transaction);
    }
    query.push(" ORDER BY tblaccounts.id");
    query.build_query_as().fetch_all(db).await
}

/// A payment or refund to insert.
#[derive(Debug)]
pub struct NewPayment<'p> {
    pub client: Option<ClientId>,
    pub invoice: Option<InvoiceId>,
    /// 0 for the client's currency.
    pub currency: i64,
    pub gateway: &'p PaymentGateway,
    pub date: NaiveDateTime,
    pub description: &'p str,
    pub amount_in: Money,
    pub fees: Money,
    pub amount_out: Money,
    /// The exchange rate to the default currency.
    pub rate: Decimal,
    /// The gateway's transaction id.
    pub transaction: &'p str,
    pub unique_among: TransactionIdScope,
    /// The id of the payment that this one refunds, or 0.
    pub refund_of: i64,
}

/// The payments among which a transaction id must be unique. Empty ids are never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionIdScope {
    NotUnique,
    /// Payments of the same invoice through the same gateway.
    Invoice,
    /// Payments through the same gateway.
    Gateway,
    /// All payments.
    All,
}

/// Whether a payment through a gateway with this transaction id is booked.
pub async fn is_booked(db: &mut MySqlConnection, gateway: &PaymentGateway, transaction: &str) -> sqlx::Result<bool> {
    let query =
        sqlx::query_scalar(IS_BOOKED).bind(transaction).bind(transaction).bind(&gateway.name).bind(&gateway.alias);
    query.fetch_one(db).await
}

/// Inserts a payment and returns its id. Returns `None`, with nothing written, if the transaction id is not unique.
pub async fn record(tx: &mut Writer<'_>, new: &NewPayment<'_>) -> sqlx::Result<Option<i64>> {
    let unique_among = if new.transaction.is_empty() { TransactionIdScope::NotUnique } else { new.unique_among };
    if matches!(unique_among, TransactionIdScope::Gateway | TransactionIdScope::All) {
        // A concurrent call with the same id, even for another client, waits until this one has ended.
        tx.add_subject(Subject::transaction(new.transaction)).await?;
    }
    // The database considers `Abc` and `abc ` equal; gateways do not.
    let insert = sqlx::query(RECORD)
        .bind(new.client.map_or(0, |client| client.0))
        .bind(new.currency)
        .bind(&new.gateway.name)
        .bind(new.date)
        .bind(new.description)
        .bind(new.amount_in)
        .bind(new.fees)
        .bind(new.amount_out)
        .bind(new.rate)
        .bind(new.transaction)
        .bind(new.invoice.map_or(0, |invoice| invoice.0))
        .bind(new.refund_of)
        .bind(unique_among == TransactionIdScope::NotUnique)
        .bind_forms(new.transaction)
        .bind_forms(new.transaction)
        .bind(unique_among == TransactionIdScope::All)
        .bind_forms(&*new.gateway.name)
        .bind_forms(&*new.gateway.alias)
        .bind(unique_among != TransactionIdScope::Invoice)
        .bind(new.invoice.map_or(0, |invoice| invoice.0));
    let inserted = tx.execute(insert).await?;
    if inserted.rows_affected() != 1 {
        return Ok(None);
    }
    let id = inserted.last_insert_id().cast_signed();
    raise(tx, About::client(new.client), &new.event(id)).await?;
    Ok(Some(id))
}

impl NewPayment<'_> {
    fn event(&self, id: i64) -> Event<'_> {
        Event::AddTransaction {
            id,
            client: self.client,
            currency: self.currency,
            gateway: &self.gateway.name,
            date: self.date.format("%Y-%m-%d %H:%M:%S").to_string(),
            description: self.description,
            amount_in: self.amount_in,
            fees: self.fees,
            amount_out: self.amount_out,
            rate: self.rate.to_string(),
            transaction: self.transaction,
            invoice: self.invoice,
            misspelled_invoice: self.invoice,
            refund: self.refund_of,
        }
    }
}

/// Changes of a recorded payment; `None` leaves a field as it is.
#[derive(Debug)]
pub struct ChangedPayment {
    pub client: Option<i64>,
    pub invoice: Option<i64>,
    pub currency: Option<i64>,
    pub gateway: Option<String>,
    pub date: Option<NaiveDateTime>,
    pub description: Option<String>,
    pub amount_in: Option<Money>,
    pub fees: Option<Money>,
    pub amount_out: Option<Money>,
    pub rate: Option<Decimal>,
    pub transaction: Option<String>,
    pub refund_of: Option<i64>,
}

pub async fn update(tx: &mut Writer<'_>, id: i64, changed: &ChangedPayment) -> sqlx::Result<()> {
    let update = sqlx::query(UPDATE)
        .bind(changed.client)
        .bind(changed.invoice)
        .bind(changed.currency)
        .bind(&changed.gateway)
        .bind(changed.date)
        .bind(&changed.description)
        .bind(changed.amount_in)
        .bind(changed.fees)
        .bind(changed.amount_out)
        .bind(changed.rate)
        .bind(&changed.transaction)
        .bind(changed.refund_of)
        .bind(id);
    tx.execute(update).await.map(|_| ())
}
