//! Placing orders: what is read and inserted (`tblorders`).

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::domain_name::DomainName;
use crate::domain::id::{AffiliateId, ClientId, ContactId, InvoiceId, OrderId};
use crate::domain::money::Money;
use crate::domain::order::promotion::CatalogItem;

const ORDERING_CLIENT: &str = "SELECT c.status, CAST(c.groupid AS SIGNED) AS `group`, \
            COALESCE(g.discountpercent, 0.00) AS group_discount, \
            COALESCE(m.prefix, '') AS currency_prefix, COALESCE(m.suffix, '') AS currency_suffix, \
            CAST(COALESCE(m.format, 1) AS SIGNED) AS currency_format \
     FROM tblclients c LEFT JOIN tblclientgroups g ON g.id = c.groupid \
     LEFT JOIN tblcurrencies m ON m.id = c.currency WHERE c.id = ?";
const HISTORY: &str = "SELECT COALESCE(SUM(status = 'Active'), 0) > 0, \
            COALESCE(SUM(promocode IN (?, ?, ?) AND status NOT IN ('Cancelled', 'Fraud')), 0) > 0 \
     FROM tblorders WHERE userid = ?";
const OWNED: &str = "SELECT 1, CAST(packageid AS SIGNED), NULL FROM tblhosting WHERE userid = ? AND domainstatus = 'Active' \
     UNION SELECT 2, CAST(addonid AS SIGNED), NULL FROM tblhostingaddons WHERE userid = ? AND status = 'Active' \
     UNION SELECT 3, 0, domain FROM tbldomains WHERE userid = ? AND status = 'Active'";
const HAS_CONTACT: &str = "SELECT COUNT(*) > 0 FROM tblcontacts WHERE id = ? AND userid = ?";
const CLIENT_OF_AFFILIATE: &str = "SELECT CAST(clientid AS SIGNED) FROM tblaffiliates WHERE id = ?";
const CREATE: &str = "INSERT INTO tblorders (ordernum, userid, contactid, requestor_id, admin_requestor_id, date, nameservers, \
                            transfersecret, renewals, promocode, promotype, promovalue, orderdata, amount, \
                            paymentmethod, invoiceid, status, ipaddress, fraudmodule, fraudoutput, notes) \
     SELECT ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, 0, 'Pending', ?, '', '', '' \
     FROM (SELECT 1) AS one WHERE NOT EXISTS (SELECT 1 FROM tblorders WHERE ordernum = ?)";
const SET_INVOICE: &str = "UPDATE tblorders SET invoiceid = ? WHERE id = ?";

/// What placing an order needs to know of the client.
#[derive(Debug, Clone)]
pub struct OrderingClient {
    pub status: String,
    pub group: i64,
    /// In percent.
    pub group_discount: Decimal,
    /// The text before an amount; `currency_suffix` comes after it.
    pub currency_prefix: String,
    pub currency_suffix: String,
    pub currency_format: i64,
}

from_row!(OrderingClient { status, group, group_discount, currency_prefix, currency_suffix, currency_format });

pub async fn ordering_client(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<OrderingClient> {
    sqlx::query_as(ORDERING_CLIENT).bind(client).fetch_one(db).await
}

/// Returns whether the client has an active order, and whether they have ordered with this code before. Cancelled and
/// fraudulent orders do not count.
pub async fn history(db: &mut MySqlConnection, client: ClientId, code: &str) -> sqlx::Result<(bool, bool)> {
    sqlx::query_as(HISTORY).bind_forms(code).bind(client).fetch_one(db).await
}

/// Returns the active products, addons and domains of a client.
pub async fn owned(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Vec<CatalogItem>> {
    let query = sqlx::query_as(OWNED).bind(client).bind(client).bind(client);
    let rows: Vec<(i64, i64, Option<String>)> = query.fetch_all(db).await?;
    let item = |(kind, id, domain): (i64, i64, Option<String>)| match kind {
        1 => Some(CatalogItem::Product(id)),
        2 => Some(CatalogItem::Addon(id)),
        _ => DomainName::parse(&domain?).map(|name| CatalogItem::domain(name.extension())),
    };
    Ok(rows.into_iter().filter_map(item).collect())
}

pub async fn has_contact(db: &mut MySqlConnection, client: ClientId, contact: ContactId) -> sqlx::Result<bool> {
    sqlx::query_scalar(HAS_CONTACT).bind(contact).bind(client).fetch_one(db).await
}

pub async fn client_of_affiliate(db: &mut MySqlConnection, affiliate: AffiliateId) -> sqlx::Result<Option<ClientId>> {
    sqlx::query_scalar(CLIENT_OF_AFFILIATE).bind(affiliate).fetch_optional(db).await
}

/// An order to insert.
#[derive(Debug)]
pub struct NewOrder {
    pub client: ClientId,
    pub contact: Option<ContactId>,
    /// A comma-separated list.
    pub nameservers: String,
    /// The transfer codes by domain, serialized by PHP.
    pub transfer_secrets: String,
    /// A comma-separated list of `domain=years`.
    pub renewals: String,
    /// This and the next two are empty if there is no promotion.
    pub promotion_code: String,
    pub promotion_kind: String,
    pub promotion_value: String,
    pub amount: Money,
    pub payment_method: String,
    pub address: String,
}

/// Inserts an order with this number. Returns `None`, with nothing written, if another order has the number.
pub async fn create(tx: &mut Writer<'_>, new: &NewOrder, number: i64) -> sqlx::Result<Option<OrderId>> {
    let insert = sqlx::query(CREATE)
        .bind(number)
        .bind(new.client)
        .bind(new.contact.map_or(0, |contact| contact.0))
        .bind(tx.author.admin)
        .bind(tx.now.local())
        .bind(&new.nameservers)
        .bind(&new.transfer_secrets)
        .bind(&new.renewals)
        .bind(&new.promotion_code)
        .bind(&new.promotion_kind)
        .bind(&new.promotion_value)
        .bind(new.amount)
        .bind(&new.payment_method)
        .bind(&new.address)
        .bind(number);
    let done = tx.execute(insert).await?;
    Ok((done.rows_affected() == 1).then(|| OrderId(done.last_insert_id().cast_signed())))
}

pub async fn set_invoice(tx: &mut Writer<'_>, order: OrderId, invoice: InvoiceId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(SET_INVOICE).bind(invoice).bind(order)).await.map(|_| ())
}
