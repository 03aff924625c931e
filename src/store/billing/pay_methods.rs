//! Stored ways to pay: `tblpaymethods`, with a row of `tblcreditcards` or `tblbankaccts` each.
//!
//! What is sealed here is opened and sealed by operations.

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::ClientId;

/// A stored way to pay.
#[derive(Debug, Clone)]
pub struct PayMethodRow {
    pub id: i64,
    pub client: i64,
    /// The kind, such as `RemoteCreditCard`.
    pub kind: String,
    pub description: String,
    /// Empty for a local one.
    pub gateway: String,
    /// `Client` or `Contact`, with its id: whose address the payer has.
    pub contact_type: String,
    pub contact: i64,
    pub card_type: String,
    pub last_four: String,
    /// `YYYY-MM-DD`, or a day of zeros.
    pub expires: String,
    pub bank_name: String,
    pub account_type: String,
    /// Sealed; or what a WHMCS has encrypted, which cannot be read.
    pub sealed: String,
    /// UTC, `YYYY-MM-DD HH:MM:SS`.
    pub updated_at: String,
}

from_row!(PayMethodRow {
    id,
    client,
    kind,
    description,
    gateway,
    contact_type,
    contact,
    card_type,
    last_four,
    expires,
    bank_name,
    account_type,
    sealed,
    updated_at
});

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(p.id AS SIGNED) AS id, CAST(p.userid AS SIGNED) AS client, p.payment_type AS kind, p.description, \
                    p.gateway_name AS gateway, p.contact_type, CAST(p.contact_id AS SIGNED) AS contact, \
                    COALESCE(c.card_type, '') AS card_type, COALESCE(c.last_four, '') AS last_four, \
                    COALESCE(CAST(c.expiry_date AS CHAR), '0000-00-00') AS expires, \
                    COALESCE(b.bank_name, '') AS bank_name, COALESCE(b.acct_type, '') AS account_type, \
                    COALESCE(IF(LEFT(c.card_data, 7) = 'sealed:', CONVERT(c.card_data USING utf8mb4), NULL), \
                             IF(LEFT(b.bank_data, 7) = 'sealed:', CONVERT(b.bank_data USING utf8mb4), NULL), '') AS sealed, \
                    COALESCE(CAST(p.updated_at AS CHAR), '') AS updated_at \
             FROM tblpaymethods p \
             LEFT JOIN tblcreditcards c ON c.pay_method_id = p.id AND c.deleted_at IS NULL AND p.payment_type LIKE '%CreditCard' \
             LEFT JOIN tblbankaccts b ON b.pay_method_id = p.id AND b.deleted_at IS NULL AND p.payment_type LIKE '%BankAccount' \
             WHERE p.deleted_at IS NULL AND ",
            $rest
        )
    };
}

const OF_CLIENT: &str = select!("p.userid = ? ORDER BY p.order_preference, p.id");
const LOCK: &str = select!("p.id = ? FOR UPDATE");
const CLIENT: &str = "SELECT CAST(userid AS SIGNED) FROM tblpaymethods WHERE id = ? AND deleted_at IS NULL";
const PLACES: &str = "SELECT COALESCE(CAST(MIN(order_preference) AS SIGNED), 1), COALESCE(CAST(MAX(order_preference) AS SIGNED), 0) \
     FROM tblpaymethods WHERE userid = ? AND deleted_at IS NULL";
const ADD: &str = "INSERT INTO tblpaymethods (userid, description, contact_id, contact_type, payment_type, gateway_name, order_preference, \
                                 created_at, updated_at) VALUES (?, ?, ?, 'Client', ?, ?, ?, ?, ?)";
const ADD_CARD: &str = "INSERT INTO tblcreditcards (pay_method_id, card_type, last_four, expiry_date, card_data, created_at, updated_at) \
     VALUES (?, ?, ?, COALESCE(?, '0000-00-00 00:00:00'), ?, ?, ?)";
const ADD_ACCOUNT: &str = "INSERT INTO tblbankaccts (pay_method_id, bank_name, acct_type, bank_data, created_at, updated_at) \
     VALUES (?, ?, ?, ?, ?, ?)";
const SET_PAYMENT: &str = "UPDATE tblpaymethods SET payment_id = ? WHERE id = ?";
const UPDATE: &str =
    "UPDATE tblpaymethods SET order_preference = COALESCE(?, order_preference), updated_at = ? WHERE id = ?";
const UPDATE_CARD: &str = "UPDATE tblcreditcards SET expiry_date = COALESCE(?, expiry_date), card_data = ?, updated_at = ? \
     WHERE pay_method_id = ? AND deleted_at IS NULL";
const UPDATE_ACCOUNT: &str = "UPDATE tblbankaccts SET bank_name = COALESCE(?, bank_name), acct_type = COALESCE(?, acct_type), bank_data = COALESCE(?, bank_data), \
            updated_at = ? WHERE pay_method_id = ? AND deleted_at IS NULL";
const DELETE: &str = "UPDATE tblpaymethods SET deleted_at = ?, updated_at = ? WHERE id = ? AND deleted_at IS NULL";
const DELETE_CARD: &str =
    "UPDATE tblcreditcards SET card_data = '', deleted_at = ?, updated_at = ? WHERE pay_method_id = ?";
const DELETE_ACCOUNT: &str =
    "UPDATE tblbankaccts SET bank_data = '', deleted_at = ?, updated_at = ? WHERE pay_method_id = ?";
const FORGET: &str = "UPDATE tblinvoices SET paymethodid = NULL WHERE paymethodid = ? AND userid = ?";

/// Returns the ways in which a client pays, the default first.
pub async fn of_client(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Vec<PayMethodRow>> {
    sqlx::query_as(OF_CLIENT).bind(client).fetch_all(db).await
}

/// Reads a way to pay and locks its row. Its client must have been locked before.
pub async fn lock(db: &mut Lease, id: i64) -> sqlx::Result<Option<PayMethodRow>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db.locked()?).await
}

/// Returns the client of a way to pay, unless it was deleted.
pub async fn client(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<ClientId>> {
    let client: Option<i64> = sqlx::query_scalar(CLIENT).bind(id).fetch_optional(db).await?;
    Ok(client.map(ClientId))
}

/// Returns the lowest and the highest place of a client's ways to pay; 1 and 0 if there is none.
pub async fn places(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(PLACES).bind(client).fetch_one(db).await
}

/// A way to pay to insert.
#[derive(Debug)]
pub struct NewPayMethod<'p> {
    pub client: ClientId,
    pub kind: &'static str,
    pub description: &'p str,
    /// Empty for a local one.
    pub gateway: &'p str,
    /// The lowest is the default.
    pub place: i64,
}

/// Inserts a way to pay, and returns its id. Its card or account is inserted after it.
pub async fn add(tx: &mut Writer<'_>, new: &NewPayMethod<'_>) -> sqlx::Result<i64> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD)
        .bind(new.client)
        .bind(new.description)
        .bind(new.client)
        .bind(new.kind)
        .bind(new.gateway)
        .bind(new.place)
        .bind(utc)
        .bind(utc);
    tx.insert(insert).await
}

/// A card to insert, without its number.
#[derive(Debug)]
pub struct NewCard<'c> {
    pub brand: &'c str,
    pub last_four: &'c str,
    pub expires: Option<NaiveDate>,
    pub sealed: &'c str,
}

pub async fn add_card(tx: &mut Writer<'_>, pay_method: i64, card: &NewCard<'_>) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD_CARD)
        .bind(pay_method)
        .bind(card.brand)
        .bind(card.last_four)
        .bind(card.expires)
        .bind(card.sealed)
        .bind(utc)
        .bind(utc);
    let id = tx.insert(insert).await?;
    tx.execute(sqlx::query(SET_PAYMENT).bind(id).bind(pay_method)).await.map(|_| ())
}

/// A bank account to insert.
#[derive(Debug)]
pub struct NewAccount<'a> {
    pub bank_name: &'a str,
    pub account_type: &'a str,
    pub sealed: &'a str,
}

pub async fn add_account(tx: &mut Writer<'_>, pay_method: i64, account: &NewAccount<'_>) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD_ACCOUNT)
        .bind(pay_method)
        .bind(account.bank_name)
        .bind(account.account_type)
        .bind(account.sealed)
        .bind(utc)
        .bind(utc);
    let id = tx.insert(insert).await?;
    tx.execute(sqlx::query(SET_PAYMENT).bind(id).bind(pay_method)).await.map(|_| ())
}

/// Records that a way to pay has changed, and gives it another place if there is one.
pub async fn update(tx: &mut Writer<'_>, id: i64, place: Option<i64>) -> sqlx::Result<()> {
    tx.execute(sqlx::query(UPDATE).bind(place).bind(tx.now.utc()).bind(id)).await.map(|_| ())
}

pub async fn update_card(
    tx: &mut Writer<'_>,
    pay_method: i64,
    expires: Option<NaiveDate>,
    sealed: &str,
) -> sqlx::Result<()> {
    let update = sqlx::query(UPDATE_CARD).bind(expires).bind(sealed).bind(tx.now.utc()).bind(pay_method);
    tx.execute(update).await.map(|_| ())
}

/// Changes a bank account; `None` leaves a field as it is.
pub async fn update_account(
    tx: &mut Writer<'_>,
    pay_method: i64,
    bank_name: Option<&str>,
    account_type: Option<&str>,
    sealed: Option<&str>,
) -> sqlx::Result<()> {
    let update = sqlx::query(UPDATE_ACCOUNT).bind(bank_name).bind(account_type).bind(sealed);
    tx.execute(update.bind(tx.now.utc()).bind(pay_method)).await.map(|_| ())
}

/// Deletes a way to pay with all secrets. The row stays, without them.
pub async fn delete(tx: &mut Writer<'_>, id: i64, client: ClientId) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    tx.execute(sqlx::query(DELETE).bind(utc).bind(utc).bind(id)).await?;
    for statement in [DELETE_CARD, DELETE_ACCOUNT] {
        tx.execute(sqlx::query(statement).bind(utc).bind(utc).bind(id)).await?;
    }
    tx.execute(sqlx::query(FORGET).bind(id).bind(client)).await.map(|_| ())
}
