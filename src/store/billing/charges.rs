//! Commands to gateways that move money (`mod_whmcs_api_charges`), with their entries in the outbox, and the log of what
//! gateways answered (`tblgatewaylog`).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use crate::database::errors::is_duplicate;
use crate::database::lease::Lease;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;
use crate::domain::payments::Command;
use crate::fault::{self, Fault};
use crate::store::domains::registrar_params::{Values, values};

/// The kind of commands to gateways in the outbox.
pub const KIND: &str = "gateway";

/// Time in which the call that requested a command must start its first attempt, before the worker does.
const FIRST_ATTEMPT_WITHIN: TimeDelta = TimeDelta::minutes(1);

/// A command to a gateway, and what became of it.
#[derive(Debug, Clone)]
pub struct Charge {
    pub id: i64,
    /// `capture` or `refund`.
    pub kind: String,
    pub client: i64,
    /// 0 for a refund of a payment without an invoice.
    pub invoice: i64,
    /// The payment that is refunded, or 0.
    pub payment: i64,
    /// 0 for a refund.
    pub pay_method: i64,
    pub gateway: String,
    pub amount: Money,
    pub state: String,
    /// The gateway's id of what it did, or empty.
    pub transaction: String,
}

from_row!(Charge { id, kind, client, invoice, payment, pay_method, gateway, amount, state, transaction });

impl Charge {
    pub fn command(&self) -> Option<Command> {
        Command::parse(&self.kind)
    }

    /// Whether an attempt may have sent it, with its amount.
    pub fn may_have_arrived(&self) -> bool {
        matches!(&*self.state, "sent" | "unknown")
    }
}

macro_rules! select_payment {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(id AS SIGNED) AS id, CAST(userid AS SIGNED) AS client, CAST(invoiceid AS SIGNED) AS invoice, \
                    CAST(currency AS SIGNED) AS currency, gateway, transid AS `transaction`, amountin AS amount_in, \
                    amountout AS amount_out, rate, CAST(refundid AS SIGNED) AS refund_of FROM tblaccounts WHERE id = ?",
            $rest
        )
    };
}

const FIND: &str = "SELECT CAST(id AS SIGNED) AS id, kind, CAST(client_id AS SIGNED) AS client, CAST(invoice_id AS SIGNED) AS invoice, \
            CAST(payment_id AS SIGNED) AS payment, CAST(pay_method_id AS SIGNED) AS pay_method, gateway, amount, state, \
            transaction_id AS `transaction` \
     FROM mod_whmcs_api_charges WHERE id = ?";
const CLIENT_PARAMS: &str = "SELECT CAST(id AS CHAR) AS id, firstname, lastname, companyname, email, address1, address2, city, state, postcode, \
            country, phonenumber, tax_id FROM tblclients WHERE id = ?";
const TEXTS: &str = "SELECT COALESCE((SELECT y.code FROM tblclients c JOIN tblcurrencies y ON y.id = c.currency WHERE c.id = ?), '') AS currency, \
            COALESCE((SELECT value FROM tblconfiguration WHERE setting = 'CompanyName' LIMIT 1), '') AS company, \
            COALESCE((SELECT invoicenum FROM tblinvoices WHERE id = ?), '') AS invoice_number, \
            COALESCE((SELECT transid FROM tblaccounts WHERE id = ?), '') AS `transaction`";
const SUPERSEDE: &str = "UPDATE mod_whmcs_api_charges SET state = 'superseded', open_subject = NULL WHERE id = ?";
const PAYMENT: &str = select_payment!("");
const LOCK_PAYMENT: &str = select_payment!(" FOR UPDATE");
const ADD: &str = "INSERT INTO mod_whmcs_api_charges (kind, client_id, invoice_id, payment_id, pay_method_id, gateway, amount, open_subject, \
                                         created_at, updated_at) \
     SELECT ?, ?, ?, ?, ?, LEFT(?, 64), ?, ?, ?, ? FROM (SELECT 1) AS one \
     WHERE NOT EXISTS (SELECT 1 FROM mod_whmcs_api_charges WHERE open_subject = ?)";
const ENQUEUE: &str = "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, record_id, summary, payload, last_error, \
                                   due_at, request_key, created_at) \
     VALUES ('gateway', LEFT(?, 64), ?, ?, ?, LEFT(?, 255), ?, '', ?, ?, ?)";
const STAMP: &str = "UPDATE tblinvoices SET last_capture_attempt = ?, updated_at = ? WHERE id = ?";
const FIX_AMOUNT: &str = "UPDATE mod_whmcs_api_charges SET amount = ?, state = 'sent', open_subject = ?, updated_at = ? \
     WHERE id = ? AND (open_subject = ? OR state = 'failed')";
const END: &str = "UPDATE mod_whmcs_api_charges SET state = ?, transaction_id = IF(? = '', transaction_id, LEFT(?, 255)), \
            open_subject = IF(?, open_subject, NULL), updated_at = ? \
     WHERE id = ?";
const LOG: &str = "INSERT INTO tblgatewaylog (date, gateway, data, result) VALUES (?, ?, ?, ?)";
/// What a gateway tells by itself answers what an operator would have to find out.
const RESOLVE: &str = "UPDATE mod_whmcs_api_charges SET state = 'succeeded', transaction_id = LEFT(?, 255), open_subject = NULL, updated_at = ? \
     WHERE open_subject = ? AND gateway = ? AND state = 'unknown' AND amount = COALESCE(?, amount)";
const RESOLVE_ENTRY: &str = "UPDATE mod_whmcs_api_outbox_entries SET state = 'done', is_unanswered = 0, last_error = '', payload = '' \
     WHERE subject = 'invoice' AND subject_id = ? AND kind = 'gateway' AND target = ? AND state = 'unknown'";
const RENEW_FAILED_COMMAND: &str = "UPDATE mod_whmcs_api_outbox_entries SET payload = JSON_SET(payload, '$.id', ?) \
     WHERE kind = 'gateway' AND record_id = ? AND state = 'failed'";
/// Another payment of the invoice of which the gateway has not told yet what becomes of it.
const OTHER_PENDING: &str = "SELECT CAST(id AS SIGNED) FROM mod_whmcs_api_charges \
     WHERE invoice_id = ? AND kind = 'capture' AND gateway = ? AND state = 'pending' AND transaction_id NOT IN ('', ?) LIMIT 1";
const IS_DECLINED: &str = "SELECT COUNT(*) > 0 FROM mod_whmcs_api_charges \
     WHERE kind = 'notice' AND invoice_id = ? AND gateway = ? AND transaction_id = ? AND transaction_id <> ''";
const ADD_DECLINED: &str = "INSERT INTO mod_whmcs_api_charges (kind, client_id, invoice_id, gateway, state, transaction_id, created_at, updated_at) \
     VALUES ('notice', ?, ?, LEFT(?, 64), 'failed', LEFT(?, 255), ?, ?)";
const DELETE_DECLINED: &str =
    "DELETE FROM mod_whmcs_api_charges WHERE kind = 'notice' AND invoice_id = ? AND gateway = ? AND transaction_id = ?";
const END_PENDING: &str = "UPDATE mod_whmcs_api_charges SET state = ?, updated_at = ? \
     WHERE invoice_id = ? AND kind = 'capture' AND gateway = ? AND state = 'pending' AND transaction_id IN ('', ?)";
const UNSETTLED: &str = "SELECT CAST(id AS SIGNED) FROM mod_whmcs_api_charges \
     WHERE client_id = ? AND state IN ('open', 'sent', 'unknown', 'pending') LIMIT 1";
const OPEN: &str = "SELECT CAST(id AS SIGNED) FROM mod_whmcs_api_charges WHERE open_subject = ?";
const REFUNDED: &str = "SELECT COALESCE(SUM(amountout), 0.00) FROM tblaccounts WHERE refundid = ?";

/// The data of a command's entry in the outbox.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Payload {
    /// By which the gateway recognizes the command.
    pub id: String,
    /// Where a security code is held in memory that must not be stored, or 0.
    pub held: u64,
    /// The member of staff for whom the command runs.
    pub admin: i64,
    pub user: String,
    pub address: String,
}

/// A command to insert.
#[derive(Debug)]
pub struct NewCharge<'c> {
    /// By which the gateway recognizes the command. It must never come again.
    pub id: String,
    pub command: Command,
    pub client: ClientId,
    pub invoice: Option<InvoiceId>,
    pub payment: i64,
    pub pay_method: i64,
    pub gateway: &'c str,
    pub amount: Money,
    /// See [`Payload::held`].
    pub held: u64,
}

impl NewCharge<'_> {
    /// What the command is about; no two open ones are about the same.
    fn subject(&self) -> (&'static str, i64) {
        match self.command {
            Command::Capture => ("invoice", self.invoice.map_or(0, |invoice| invoice.0)),
            Command::Refund => ("payment", self.payment),
        }
    }
}

/// The name of what a command is about while it is open.
pub fn open_subject(charge: &Charge) -> String {
    match charge.command() {
        Some(Command::Refund) => format!("payment:{}", charge.payment),
        Some(Command::Capture) | None => format!("invoice:{}", charge.invoice),
    }
}

/// Whether a command about an invoice, or about a payment, is open or its outcome not known.
pub async fn is_open(db: &mut MySqlConnection, command: Command, id: i64) -> sqlx::Result<bool> {
    let subject = match command {
        Command::Capture => format!("invoice:{id}"),
        Command::Refund => format!("payment:{id}"),
    };
    let open: Option<i64> = sqlx::query_scalar(OPEN).bind(subject).fetch_optional(db).await?;
    Ok(open.is_some())
}

/// Returns what has been refunded of a payment.
pub async fn refunded(db: &mut MySqlConnection, payment: i64) -> sqlx::Result<Money> {
    sqlx::query_scalar(REFUNDED).bind(payment).fetch_one(db).await
}

/// Inserts a command, which the call attempts right after the commit. Returns `false`, with nothing written, if another
/// command about the same is open.
pub async fn add(tx: &mut Writer<'_>, new: &NewCharge<'_>) -> sqlx::Result<bool> {
    let (utc, local) = (tx.now.utc(), tx.now.local());
    let (subject, subject_id) = new.subject();
    let open_subject = format!("{subject}:{subject_id}");
    let insert = sqlx::query(ADD)
        .bind(new.command.function())
        .bind(new.client)
        .bind(new.invoice.map_or(0, |invoice| invoice.0))
        .bind(new.payment)
        .bind(new.pay_method)
        .bind(new.gateway)
        .bind(new.amount)
        .bind(&open_subject)
        .bind(utc)
        .bind(utc)
        .bind(&open_subject);
    let inserted = match tx.execute(insert).await {
        Err(error) if is_duplicate(&error) => return Ok(false),
        inserted => inserted?,
    };
    if inserted.rows_affected() != 1 {
        return Ok(false);
    }
    let payload = Payload {
        id: new.id.clone(),
        held: new.held,
        admin: tx.author.admin.0,
        user: tx.author.name.clone(),
        address: tx.author.address.clone(),
    };
    let payload = serde_json::to_string(&payload).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let key = tx.key.map_or([0; 32], |key| key.0);
    let entry = sqlx::query(ENQUEUE)
        .bind(new.gateway)
        .bind(subject)
        .bind(subject_id)
        .bind(inserted.last_insert_id().cast_signed())
        .bind(format!("{} {subject} {subject_id}", new.command.title()))
        .bind(payload)
        .bind(utc + FIRST_ATTEMPT_WITHIN)
        .bind(&key[..])
        .bind(utc);
    tx.execute(entry).await?;
    if new.command == Command::Capture {
        tx.execute(sqlx::query(STAMP).bind(local).bind(utc).bind(subject_id)).await?;
    }
    Ok(true)
}

/// Returns a command.
pub async fn find(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<Charge>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

/// Fixes the amount of a command before it is sent for the first time, or again after it has failed. Returns `false` if
/// another command about the same has been opened since.
pub async fn fix_amount(tx: &mut Writer<'_>, charge: &Charge, amount: Money) -> sqlx::Result<bool> {
    let subject = open_subject(charge);
    let update = sqlx::query(FIX_AMOUNT).bind(amount).bind(&subject).bind(tx.now.utc()).bind(charge.id).bind(&subject);
    match tx.change(update).await {
        Err(error) if is_duplicate(&error) => Ok(false),
        changed => changed,
    }
}

/// Records what became of a command. It stays open if its outcome is not known.
pub async fn end(tx: &mut Writer<'_>, id: i64, state: &str, transaction: &str) -> sqlx::Result<()> {
    let stays_open = matches!(state, "sent" | "unknown");
    let update = sqlx::query(END).bind(state).bind(transaction).bind(transaction).bind(stays_open);
    tx.execute(update.bind(tx.now.utc()).bind(id)).await.map(|_| ())
}

/// Closes a command that will not be sent, outside any transaction.
pub async fn supersede(db: &mut MySqlConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query(SUPERSEDE).bind(id).execute(db).await.map(|_| ())
}

/// Gives a command that has failed another id, before it is sent again.
pub async fn renew_failed_command(db: &mut MySqlConnection, id: i64, command: &str) -> sqlx::Result<()> {
    sqlx::query(RENEW_FAILED_COMMAND).bind(command).bind(id).execute(db).await.map(|_| ())
}

/// Whether another payment of an invoice than this one is pending at the gateway.
pub async fn is_other_pending(
    db: &mut MySqlConnection,
    invoice: InvoiceId,
    gateway: &str,
    transaction: &str,
) -> sqlx::Result<bool> {
    let other: Option<i64> =
        sqlx::query_scalar(OTHER_PENDING).bind(invoice).bind(gateway).bind(transaction).fetch_optional(db).await?;
    Ok(other.is_some())
}

/// Records what became of a payment that was pending at the gateway. Returns whether one was.
pub async fn end_pending(
    tx: &mut Writer<'_>,
    invoice: InvoiceId,
    gateway: &str,
    transaction: &str,
    state: &str,
) -> sqlx::Result<bool> {
    let update = sqlx::query(END_PENDING).bind(state).bind(tx.now.utc()).bind(invoice).bind(gateway);
    tx.change(update.bind(transaction)).await
}

/// Whether it is not known yet what becomes of a charge or a refund of a client.
pub async fn has_unsettled(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<bool> {
    let unsettled: Option<i64> = sqlx::query_scalar(UNSETTLED).bind(client).fetch_optional(db).await?;
    Ok(unsettled.is_some())
}

/// Whether a gateway has told that a payment was declined of which it had not answered yet.
pub async fn is_declined(
    db: &mut MySqlConnection,
    invoice: InvoiceId,
    gateway: &str,
    transaction: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_DECLINED).bind(invoice).bind(gateway).bind(transaction).fetch_one(db).await
}

/// Keeps, or forgets, that a gateway has told that a payment was declined which no charge is known to have made.
pub async fn keep_declined(
    tx: &mut Writer<'_>,
    (client, invoice): (ClientId, InvoiceId),
    gateway: &str,
    transaction: &str,
    is_declined: bool,
) -> sqlx::Result<()> {
    tx.execute(sqlx::query(DELETE_DECLINED).bind(invoice).bind(gateway).bind(transaction)).await?;
    if is_declined {
        let now = tx.now.utc();
        let add = sqlx::query(ADD_DECLINED).bind(client).bind(invoice).bind(gateway).bind(transaction);
        tx.execute(add.bind(now).bind(now)).await?;
    }
    Ok(())
}

/// Closes a charge of an invoice whose outcome was unknown: the gateway has told it by itself.
pub async fn resolve(
    tx: &mut Writer<'_>,
    invoice: InvoiceId,
    gateway: &str,
    transaction: &str,
    amount: Option<Money>,
) -> sqlx::Result<()> {
    let update = sqlx::query(RESOLVE).bind(transaction).bind(tx.now.utc()).bind(format!("invoice:{invoice}"));
    if tx.execute(update.bind(gateway).bind(amount)).await?.rows_affected() > 0 {
        tx.execute(sqlx::query(RESOLVE_ENTRY).bind(invoice).bind(gateway)).await?;
    }
    Ok(())
}

/// Logs what a gateway answered or told. It must be without secrets.
pub async fn log(tx: &mut Writer<'_>, gateway: &str, data: &str, result: &str) -> sqlx::Result<()> {
    tx.execute(sqlx::query(LOG).bind(tx.now.local()).bind(gateway).bind(data).bind(result)).await.map(|_| ())
}

/// What a gateway is told of a client, with the names of WHMCS's gateway modules.
pub async fn client_params(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Option<Values>> {
    sqlx::query(CLIENT_PARAMS).bind(client).fetch_optional(db).await?.map(|row| values(&row)).transpose()
}

/// What a gateway is told of the books: the code of the client's currency, the company's name, and the invoice's number.
#[derive(Debug, Default)]
pub struct ChargeTexts {
    pub currency: String,
    pub company: String,
    pub invoice_number: String,
    /// The gateway's id of the payment that is refunded.
    pub transaction: String,
}

from_row!(ChargeTexts { currency, company, invoice_number, transaction });

pub async fn texts(db: &mut MySqlConnection, charge: &Charge) -> sqlx::Result<ChargeTexts> {
    let query = sqlx::query_as(TEXTS);
    query.bind(charge.client).bind(charge.invoice).bind(charge.payment).fetch_one(db).await
}

/// A payment, locked with its client.
#[derive(Debug, Clone)]
pub struct LockedPayment {
    pub id: i64,
    /// 0 for none.
    pub client: i64,
    /// 0 for none.
    pub invoice: i64,
    /// 0 for the client's currency.
    pub currency: i64,
    pub gateway: String,
    pub transaction: String,
    pub amount_in: Money,
    pub amount_out: Money,
    pub rate: rust_decimal::Decimal,
    pub refund_of: i64,
}

from_row!(LockedPayment {
    id,
    client,
    invoice,
    currency,
    gateway,
    transaction,
    amount_in,
    amount_out,
    rate,
    refund_of
});

impl LockedPayment {
    /// Fails for another run of the transaction if the payment belongs to another invoice or client than when it was read
    /// without a lock.
    pub fn check_is_where(&self, read: &LockedPayment) -> fault::Result<()> {
        if (self.invoice, self.client) == (read.invoice, read.client) { Ok(()) } else { Err(Fault::Vanished) }
    }
}

/// Reads a payment.
pub async fn payment(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<LockedPayment>> {
    sqlx::query_as(PAYMENT).bind(id).fetch_optional(db).await
}

/// Reads a payment and locks its row. Its client must have been locked before.
pub async fn lock_payment(db: &mut Lease, id: i64) -> sqlx::Result<Option<LockedPayment>> {
    sqlx::query_as(LOCK_PAYMENT).bind(id).fetch_optional(db.locked()?).await
}
