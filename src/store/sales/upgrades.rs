//! Changes of services to other products, cycles and choices of options (`tblupgrades`).
//!
//! The changes of one order are carried out together, by statements that read them where they are stored: a paid line of an
//! invoice knows only one of them.

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, OrderId, ServiceId};
use crate::domain::module::Command;
use crate::domain::money::Money;
use crate::store::services::module_calls::Payload;

/// The changes of the order to which the one with the bound id belongs, if they are still to be carried out.
macro_rules! pending {
    ($kind:literal) => {
        concat!(
            "JOIN tblupgrades u ON u.orderid = paid.orderid AND u.userid = paid.userid AND u.paid <> 'Y' \
                  AND u.status = 'Pending' AND u.type = '",
            $kind,
            "' "
        )
    };
}

/// The day on which a service that was not paid for regularly is due next, if the bound day is that of the change; NULL if it
/// still is not.
macro_rules! first_due {
    () => {
        "DATE_ADD(?, INTERVAL NULLIF(CASE u.new_cycle WHEN 'Monthly' THEN 1 WHEN 'Quarterly' THEN 3 \
         WHEN 'Semi-Annually' THEN 6 WHEN 'Annually' THEN 12 WHEN 'Biennially' THEN 24 WHEN 'Triennially' THEN 36 ELSE 0 END, 0) \
         MONTH)"
    };
}

const SERVICE: &str = "SELECT h.amount, h.domain, COALESCE(p.name, '') AS product_name, COALESCE(p.tax, 0) <> 0 AS is_taxed, \
            COALESCE(CAST(h.nextduedate AS CHAR), '0000-00-00') AS next_due \
     FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid WHERE h.id = ?";
const IS_IN_PROGRESS: &str = "SELECT EXISTS(SELECT 1 FROM tblupgrades u JOIN tblorders o ON o.id = u.orderid \
            JOIN tblinvoices i ON i.id = o.invoiceid \
            WHERE u.relid = ? AND u.type IN ('package', 'configoptions') AND u.paid <> 'Y' AND u.status = 'Pending' \
              AND i.status IN ('Draft', 'Unpaid', 'Payment Pending', 'Collections'))";
const ADD: &str = "INSERT INTO tblupgrades (userid, orderid, type, date, relid, originalvalue, newvalue, new_cycle, amount, \
                              credit_amount, days_remaining, total_days_in_cycle, new_recurring_amount, recurringchange, \
                              status, paid) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'Pending', 'N')";
const CHANGE_PRODUCT: &str = concat!(
    "UPDATE tblupgrades paid ",
    pending!("package"),
    "JOIN tblhosting h ON h.id = u.relid AND h.userid = u.userid \
     SET h.nextduedate = IF(u.total_days_in_cycle > 0, h.nextduedate, COALESCE(",
    first_due!(),
    ", h.nextduedate)), \
         h.nextinvoicedate = IF(u.total_days_in_cycle > 0, h.nextinvoicedate, \
                                COALESCE(",
    first_due!(),
    ", h.nextinvoicedate)), \
         h.packageid = CAST(SUBSTRING_INDEX(u.newvalue, ',', 1) AS UNSIGNED), h.billingcycle = u.new_cycle, \
         h.amount = u.new_recurring_amount, h.updated_at = ? \
     WHERE paid.id = ?"
);
const CHANGE_CHOICE: &str = concat!(
    "UPDATE tblupgrades paid ",
    pending!("configoptions"),
    "JOIN tblproductconfigoptions o ON o.id = CAST(SUBSTRING_INDEX(u.originalvalue, '=>', 1) AS UNSIGNED) \
     JOIN tblhostingconfigoptions v ON v.relid = u.relid AND v.configid = o.id \
     SET v.optionid = IF(o.optiontype IN ('3', '4'), v.optionid, CAST(u.newvalue AS UNSIGNED)), \
         v.qty = IF(o.optiontype IN ('3', '4'), CAST(u.newvalue AS SIGNED), v.qty) \
     WHERE paid.id = ?"
);
const ADD_CHOICE: &str = concat!(
    "INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) \
     SELECT u.relid, o.id, IF(o.optiontype IN ('3', '4'), \
                              COALESCE((SELECT MIN(s.id) FROM tblproductconfigoptionssub s WHERE s.configid = o.id), 0), \
                              CAST(u.newvalue AS UNSIGNED)), \
            IF(o.optiontype IN ('3', '4'), CAST(u.newvalue AS SIGNED), 1) \
     FROM tblupgrades paid ",
    pending!("configoptions"),
    "JOIN tblproductconfigoptions o ON o.id = CAST(SUBSTRING_INDEX(u.originalvalue, '=>', 1) AS UNSIGNED) \
     WHERE paid.id = ? AND NOT EXISTS \
           (SELECT 1 FROM tblhostingconfigoptions v WHERE v.relid = u.relid AND v.configid = o.id)"
);
const CHANGE_AMOUNT: &str = "UPDATE tblhosting h JOIN \
       (SELECT u.relid, u.userid, SUM(u.recurringchange) AS change_of_amount FROM tblupgrades paid \
        JOIN tblupgrades u ON u.orderid = paid.orderid AND u.userid = paid.userid AND u.paid <> 'Y' \
             AND u.status = 'Pending' AND u.type = 'configoptions' \
        WHERE paid.id = ? GROUP BY u.relid, u.userid) AS changed ON changed.relid = h.id AND changed.userid = h.userid \
     SET h.amount = GREATEST(h.amount + changed.change_of_amount, 0), h.updated_at = ?";
const COMMAND_MODULE: &str = "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, summary, payload, last_error, \
                                   due_at, request_key, created_at) \
     SELECT 'module', LEFT(p.servertype, 64), 'service', h.id, ?, ?, '', ?, ?, ? \
     FROM tblupgrades u JOIN tblhosting h ON h.id = u.relid AND h.userid = u.userid \
     JOIN tblproducts p ON p.id = h.packageid \
     WHERE u.id = ? AND u.paid <> 'Y' AND u.status = 'Pending' AND p.servertype <> '' \
       AND h.domainstatus IN ('Active', 'Suspended')";
const COMPLETE: &str = "UPDATE tblupgrades paid JOIN tblupgrades u ON u.orderid = paid.orderid AND u.userid = paid.userid \
     SET u.paid = 'Y', u.status = 'Completed' WHERE paid.id = ? AND u.paid <> 'Y' AND u.status = 'Pending'";

/// What an upgrade needs to know of a service, besides what is locked.
#[derive(Debug)]
pub struct UpgradedService {
    /// The recurring amount.
    pub amount: Money,
    pub domain: String,
    /// Empty if the product was deleted.
    pub product_name: String,
    /// Whether its product is taxed.
    pub is_taxed: bool,
    /// `0000-00-00` if there is no such day.
    pub next_due: String,
}

from_row!(UpgradedService { amount, domain, product_name, is_taxed, next_due });

pub async fn service(db: &mut MySqlConnection, id: ServiceId) -> sqlx::Result<UpgradedService> {
    sqlx::query_as(SERVICE).bind(id).fetch_one(db).await
}

/// Whether an upgrade of a service waits for the payment of its invoice.
pub async fn is_in_progress(db: &mut MySqlConnection, service: ServiceId) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_IN_PROGRESS).bind(service).fetch_one(db).await
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The product or its cycle.
    Product,
    /// The choice of a configurable option.
    Option,
}

impl Changed {
    fn name(self) -> &'static str {
        match self {
            Changed::Product => "package",
            Changed::Option => "configoptions",
        }
    }
}

/// A change to insert.
#[derive(Debug)]
pub struct NewUpgrade {
    pub client: ClientId,
    pub order: OrderId,
    pub changed: Changed,
    pub service: ServiceId,
    /// A product's id, or `option=>choice`, where a quantity takes the place of the choice of an option with a number.
    pub from: String,
    /// A product's id, a choice's id or a quantity.
    pub to: String,
    pub cycle: &'static str,
    pub amount: Money,
    pub credit: Money,
    pub days_left: i64,
    pub total_days: i64,
    pub recurring: Money,
    pub recurring_change: Money,
}

/// Inserts a change that is still to be carried out, and returns its id.
pub async fn add(tx: &mut Writer<'_>, new: &NewUpgrade) -> sqlx::Result<i64> {
    let insert = sqlx::query(ADD)
        .bind(new.client)
        .bind(new.order)
        .bind(new.changed.name())
        .bind(tx.now.date())
        .bind(new.service)
        .bind(&new.from)
        .bind(&new.to)
        .bind(new.cycle)
        .bind(new.amount)
        .bind(new.credit)
        .bind(new.days_left)
        .bind(new.total_days)
        .bind(new.recurring)
        .bind(new.recurring_change);
    tx.insert(insert).await
}

/// Carries out all changes of the order to which this one belongs, unless that was done before or the order was cancelled.
/// The module of an active service is commanded to change the package. Returns whether there was anything to do.
pub async fn carry_out(tx: &mut Writer<'_>, id: i64, request_id: String) -> sqlx::Result<bool> {
    const NO_REQUEST: [u8; 32] = [0; 32];
    let (today, utc) = (tx.now.date(), tx.now.utc());
    let payload = Payload::new(request_id, Command::ChangePackage, tx).to_json()?;
    tx.execute(sqlx::query(CHANGE_PRODUCT).bind(today).bind(today).bind(utc).bind(id)).await?;
    tx.execute(sqlx::query(CHANGE_CHOICE).bind(id)).await?;
    tx.execute(sqlx::query(ADD_CHOICE).bind(id)).await?;
    tx.execute(sqlx::query(CHANGE_AMOUNT).bind(id).bind(utc)).await?;
    let command = sqlx::query(COMMAND_MODULE).bind(Command::ChangePackage.title()).bind(payload);
    let command = command.bind(utc).bind(&NO_REQUEST[..]).bind(utc).bind(id);
    tx.execute(command).await?;
    Ok(tx.execute(sqlx::query(COMPLETE).bind(id)).await?.rows_affected() > 0)
}
