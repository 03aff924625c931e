//! Merge fields of mails about invoices, services, domains, tickets and affiliates.
//!
//! The columns of most of these statements have the names of WHMCS's merge fields, and all of them are read as text.

use sqlx::mysql::MySqlRow;
use sqlx::{Column, MySqlConnection, Row};

use crate::database::values::from_row;
use crate::domain::currency::Currency;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;

const INVOICE: &str = "SELECT i.invoicenum AS number, COALESCE(CAST(i.date AS CHAR), '0000-00-00') AS date, \
            COALESCE(CAST(i.duedate AS CHAR), '0000-00-00') AS due_date, i.subtotal, i.tax, i.tax2, i.credit, i.total, \
            COALESCE((SELECT SUM(amountin - amountout) FROM tblaccounts WHERE invoiceid = i.id), 0.00) AS paid, \
            i.status, i.paymentmethod AS gateway, \
            (SELECT MAX(value) FROM tblpaymentgateways WHERE setting = 'name' \
               AND gateway = CONVERT(i.paymentmethod USING utf8mb4) COLLATE utf8mb4_unicode_ci) AS gateway_name, \
            u.prefix, u.suffix, CAST(u.format AS SIGNED) AS format \
     FROM tblinvoices i LEFT JOIN tblclients c ON c.id = i.userid LEFT JOIN tblcurrencies u ON u.id = c.currency \
     WHERE i.id = ?";
const PAYER: &str = "SELECT (SELECT MAX(value) FROM tblpaymentgateways WHERE setting = 'name' AND gateway = ?) AS gateway_name, \
            u.prefix, u.suffix, CAST(u.format AS SIGNED) AS format \
     FROM tblclients c LEFT JOIN tblcurrencies u ON u.id = c.currency WHERE c.id = ?";
const SERVICE: &str = "SELECT CAST(h.userid AS CHAR) AS client, u.prefix, u.suffix, CAST(u.format AS CHAR) AS format, \
            CAST(h.orderid AS CHAR) AS service_order_id, CAST(h.id AS CHAR) AS service_id, \
            CAST(h.regdate AS CHAR) AS service_reg_date, p.name AS service_product_name, \
            p.description AS service_product_description, h.domain AS service_domain, \
            s.name AS service_server_name, s.hostname AS service_server_hostname, s.ipaddress AS service_server_ip, \
            h.dedicatedip AS service_dedicated_ip, h.assignedips AS service_assigned_ips, \
            COALESCE(NULLIF(h.ns1, ''), s.nameserver1) AS service_ns1, \
            COALESCE(NULLIF(h.ns2, ''), s.nameserver2) AS service_ns2, \
            h.paymentmethod AS service_payment_method, \
            CAST(h.firstpaymentamount AS CHAR) AS service_first_payment_amount, \
            CAST(h.amount AS CHAR) AS service_recurring_amount, h.billingcycle AS service_billing_cycle, \
            COALESCE(CAST(h.nextduedate AS CHAR), '0000-00-00') AS service_next_due_date, \
            h.domainstatus AS service_status, h.username AS service_username, h.password AS service_password, \
            h.suspendreason AS service_suspension_reason \
     FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid LEFT JOIN tblservers s ON s.id = h.server \
     LEFT JOIN tblclients c ON c.id = h.userid LEFT JOIN tblcurrencies u ON u.id = c.currency WHERE h.id = ?";
const DOMAIN: &str = "SELECT CAST(d.userid AS CHAR) AS client, u.prefix, u.suffix, CAST(u.format AS CHAR) AS format, \
            CAST(d.orderid AS CHAR) AS domain_order_id, CAST(d.id AS CHAR) AS domain_id, \
            COALESCE(CAST(d.registrationdate AS CHAR), '0000-00-00') AS domain_reg_date, d.status AS domain_status, \
            d.domain AS domain_name, SUBSTRING_INDEX(d.domain, '.', 1) AS domain_sld, \
            SUBSTRING(d.domain, CHAR_LENGTH(SUBSTRING_INDEX(d.domain, '.', 1)) + 2) AS domain_tld, \
            CAST(d.firstpaymentamount AS CHAR) AS domain_first_payment_amount, \
            CAST(d.recurringamount AS CHAR) AS domain_recurring_amount, d.registrar AS domain_registrar, \
            CAST(d.registrationperiod AS CHAR) AS domain_reg_period, \
            COALESCE(CAST(d.expirydate AS CHAR), '0000-00-00') AS domain_expiry_date, \
            COALESCE(CAST(d.nextduedate AS CHAR), '0000-00-00') AS domain_next_due_date, \
            CAST(d.dnsmanagement AS CHAR) AS domain_dns_management, \
            CAST(d.emailforwarding AS CHAR) AS domain_email_forwarding, \
            CAST(d.idprotection AS CHAR) AS domain_id_protection, CAST(d.donotrenew AS CHAR) AS domain_do_not_renew \
     FROM tbldomains d LEFT JOIN tblclients c ON c.id = d.userid LEFT JOIN tblcurrencies u ON u.id = c.currency \
     WHERE d.id = ?";
const TICKET: &str = "SELECT CAST(t.userid AS CHAR) AS client, t.tid AS ticket_id, d.name AS ticket_department, \
            COALESCE(CAST(t.date AS CHAR), '0000-00-00 00:00:00') AS ticket_date_opened, t.title AS ticket_subject, \
            t.message AS ticket_message, t.status AS ticket_status, t.urgency AS ticket_priority, t.c AS ticket_code, \
            t.name AS guest_name, t.email AS guest_email, d.email AS department_email \
     FROM tbltickets t LEFT JOIN tblticketdepartments d ON d.id = t.did WHERE t.id = ?";
const AFFILIATE: &str = "SELECT CAST(a.clientid AS CHAR) AS client, u.prefix, u.suffix, CAST(u.format AS CHAR) AS format, \
            CAST(a.id AS CHAR) AS affiliate_id, CAST(a.visitors AS CHAR) AS affiliate_total_visits, \
            CAST(a.balance AS CHAR) AS affiliate_balance, CAST(a.withdrawn AS CHAR) AS affiliate_withdrawn \
     FROM tblaffiliates a LEFT JOIN tblclients c ON c.id = a.clientid LEFT JOIN tblcurrencies u ON u.id = c.currency \
     WHERE a.id = ?";

/// An invoice without its lines, with the client's currency.
#[derive(Debug)]
pub struct InvoiceFields {
    pub number: String,
    pub date: String,
    pub due_date: String,
    pub subtotal: Money,
    pub tax: Money,
    pub tax2: Money,
    pub credit: Money,
    pub total: Money,
    pub paid: Money,
    pub status: String,
    pub gateway: String,
    pub gateway_name: Option<String>,
    prefix: Option<String>,
    suffix: Option<String>,
    format: Option<i64>,
}

from_row!(InvoiceFields {
    number,
    date,
    due_date,
    subtotal,
    tax,
    tax2,
    credit,
    total,
    paid,
    status,
    gateway,
    gateway_name,
    prefix,
    suffix,
    format
});

impl InvoiceFields {
    pub fn currency(&self) -> Currency {
        currency(self.prefix.as_deref(), self.suffix.as_deref(), self.format)
    }
}

fn currency(prefix: Option<&str>, suffix: Option<&str>, format: Option<i64>) -> Currency {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Currency { prefix: text(prefix), suffix: text(suffix), format: format.unwrap_or_default() }
}

pub async fn invoice(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<Option<InvoiceFields>> {
    sqlx::query_as(INVOICE).bind(id).fetch_optional(db).await
}

/// A client's currency and the display name of a gateway.
#[derive(Debug, Default)]
pub struct Payer {
    pub gateway_name: Option<String>,
    prefix: Option<String>,
    suffix: Option<String>,
    format: Option<i64>,
}

from_row!(Payer { gateway_name, prefix, suffix, format });

impl Payer {
    pub fn currency(&self) -> Currency {
        currency(self.prefix.as_deref(), self.suffix.as_deref(), self.format)
    }
}

pub async fn payer(db: &mut MySqlConnection, client: ClientId, gateway: &str) -> sqlx::Result<Payer> {
    let payer = sqlx::query_as(PAYER).bind(gateway.to_owned()).bind(client).fetch_optional(db).await?;
    Ok(payer.unwrap_or_default())
}

/// The merge fields of what a mail is about, other than an invoice.
#[derive(Debug)]
pub struct RelatedFields {
    /// 0 if it belongs to no client.
    pub client: i64,
    pub fields: Vec<(String, String)>,
}

pub async fn service(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<RelatedFields>> {
    related(db, SERVICE, id).await
}

pub async fn domain(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<RelatedFields>> {
    related(db, DOMAIN, id).await
}

pub async fn ticket(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<RelatedFields>> {
    related(db, TICKET, id).await
}

pub async fn affiliate(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<RelatedFields>> {
    related(db, AFFILIATE, id).await
}

async fn related(db: &mut MySqlConnection, statement: &'static str, id: i64) -> sqlx::Result<Option<RelatedFields>> {
    sqlx::query(statement).bind(id).fetch_optional(db).await?.as_ref().map(read).transpose()
}

const AMOUNTS: [&str; 3] = ["_amount", "_balance", "_withdrawn"];

/// Reads a row; columns that are named like amounts are formatted in the client's currency.
fn read(row: &MySqlRow) -> sqlx::Result<RelatedFields> {
    let mut texts = Vec::new();
    for column in row.columns() {
        let text: Option<String> = row.try_get(column.ordinal())?;
        texts.push((column.name(), text.unwrap_or_default()));
    }
    let text = |name: &str| texts.iter().find(|(column, _)| *column == name).map(|(_, text)| text.as_str());
    let number = |name: &str| text(name).and_then(|number| number.parse().ok());
    let currency = currency(text("prefix"), text("suffix"), number("format"));
    let client = number("client").unwrap_or_default();
    let is_amount = |name: &str| AMOUNTS.iter().any(|end| name.ends_with(end));
    let field = |(name, text): &(&str, String)| match (is_amount(name), Money::parse(text)) {
        (true, Some(amount)) => ((*name).to_owned(), currency.format(amount)),
        _ => ((*name).to_owned(), text.clone()),
    };
    let fields = texts.iter().filter(|(name, _)| name.contains('_')).map(field).collect();
    Ok(RelatedFields { client, fields })
}
