//! The parameters that a module is sent, and the changes to the service after a command succeeded.

use indexmap::IndexMap;
use sqlx::mysql::MySqlRow;
use sqlx::{Column, MySqlConnection, Row};

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, OrderId, ServiceId};
use crate::domain::module::Command;

const FIND: &str = "SELECT CAST(h.id AS SIGNED) AS id, CAST(h.userid AS SIGNED) AS client, COALESCE(p.servertype, '') AS module, \
            h.domainstatus AS status, COALESCE(p.autosetup, '') AS auto_setup \
     FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid WHERE h.id = ?";
const OF_ORDER: &str = "SELECT CAST(h.id AS SIGNED) AS id, CAST(h.userid AS SIGNED) AS client, COALESCE(p.servertype, '') AS module, \
            h.domainstatus AS status, COALESCE(p.autosetup, '') AS auto_setup \
     FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid WHERE h.orderid = ? ORDER BY h.id";
const SERVICE_PARAMS: &str = "SELECT CAST(h.id AS CHAR) AS serviceid, CAST(h.id AS CHAR) AS accountid, CAST(h.userid AS CHAR) AS userid, \
            CAST(h.orderid AS CHAR) AS orderid, CAST(h.packageid AS CHAR) AS packageid, \
            CAST(h.packageid AS CHAR) AS pid, h.domain, h.username, h.password, h.domainstatus AS status, \
            CAST(h.qty AS CHAR) AS qty, h.billingcycle, CAST(h.amount AS CHAR) AS recurringamount, \
            COALESCE(CAST(h.nextduedate AS CHAR), '0000-00-00') AS nextduedate, h.suspendreason, h.dedicatedip, \
            h.assignedips, p.name AS productname, p.type AS producttype, p.servertype AS moduletype, \
            p.configoption1, p.configoption2, p.configoption3, p.configoption4, p.configoption5, p.configoption6, \
            p.configoption7, p.configoption8, p.configoption9, p.configoption10, p.configoption11, \
            p.configoption12, p.configoption13, p.configoption14, p.configoption15, p.configoption16, \
            p.configoption17, p.configoption18, p.configoption19, p.configoption20, p.configoption21, \
            p.configoption22, p.configoption23, p.configoption24, CAST(h.server AS CHAR) AS serverid, \
            COALESCE(s.name, '') AS servername, COALESCE(s.ipaddress, '') AS serverip, \
            COALESCE(s.hostname, '') AS serverhostname, COALESCE(s.username, '') AS serverusername, \
            COALESCE(s.password, '') AS serverpassword, COALESCE(s.accesshash, '') AS serveraccesshash, \
            COALESCE(s.secure, '') AS serversecure, COALESCE(CAST(s.port AS CHAR), '') AS serverport \
     FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid LEFT JOIN tblservers s ON s.id = h.server \
     WHERE h.id = ?";
const CLIENT_PARAMS: &str = "SELECT CAST(c.id AS CHAR) AS id, c.uuid, c.firstname, c.lastname, c.companyname, c.email, c.address1, \
            c.address2, c.city, c.state, c.postcode, c.country, c.phonenumber, c.tax_id, c.status, c.language, \
            COALESCE(m.code, '') AS currency_code \
     FROM tblhosting h JOIN tblclients c ON c.id = h.userid LEFT JOIN tblcurrencies m ON m.id = c.currency \
     WHERE h.id = ?";
const OPTION_PARAMS: &str = "SELECT SUBSTRING_INDEX(o.optionname, '|', 1), \
            CASE WHEN o.optiontype IN ('3', '4') THEN CAST(v.qty AS CHAR) ELSE SUBSTRING_INDEX(COALESCE(c.optionname, ''), '|', 1) END \
     FROM tblhostingconfigoptions v JOIN tblproductconfigoptions o ON o.id = v.configid \
     LEFT JOIN tblproductconfigoptionssub c ON c.id = v.optionid WHERE v.relid = ? ORDER BY o.`order`, o.id";
const FIELD_PARAMS: &str = "SELECT SUBSTRING_INDEX(f.fieldname, '|', 1), v.value, f.fieldtype <=> 'password' \
     FROM tblhosting h JOIN tblcustomfields f ON f.type = 'product' AND f.relid = h.packageid \
     JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = h.id WHERE h.id = ? ORDER BY f.sortorder, f.id";
const CHANGE: &str = "UPDATE tblhosting SET domainstatus = COALESCE(?, domainstatus), domain = COALESCE(?, domain), \
         username = COALESCE(?, username), password = COALESCE(?, password), dedicatedip = COALESCE(?, dedicatedip), \
         suspendreason = COALESCE(?, suspendreason), termination_date = COALESCE(?, termination_date), updated_at = ? \
     WHERE id = ?";
const ACTIVATE: &str = "UPDATE tblhosting SET domainstatus = 'Active', updated_at = ? WHERE id = ?";
const ACCEPT: &str = "UPDATE tblorders SET status = 'Active' WHERE id = ? AND status = 'Pending' AND NOT EXISTS \
         (SELECT 1 FROM tblhosting h WHERE h.orderid = tblorders.id AND h.domainstatus = 'Pending') AND NOT EXISTS \
         (SELECT 1 FROM tbldomains d JOIN mod_whmcs_api_outbox_entries e ON e.subject = 'domain' AND e.subject_id = d.id \
          WHERE d.orderid = tblorders.id AND d.status = 'Pending' AND e.kind = 'registrar' \
            AND e.state IN ('pending', 'running', 'failed', 'unknown'))";
const CLIENT: &str = "SELECT CAST(userid AS SIGNED) FROM tblhosting WHERE id = ?";
const MAIL_FIELDS: &str = "SELECT COALESCE(?, t.name) AS template, CAST(h.userid AS SIGNED) AS client, p.name AS product, h.domain, h.username, \
            h.password, h.dedicatedip AS dedicated_ip, COALESCE(s.name, '') AS server, \
            COALESCE(s.hostname, '') AS server_hostname, COALESCE(s.ipaddress, '') AS server_ip, \
            COALESCE(CAST(h.nextduedate AS CHAR), '0000-00-00') AS next_due \
     FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid LEFT JOIN tblemailtemplates t ON t.id = p.welcomeemail \
     LEFT JOIN tblservers s ON s.id = h.server WHERE h.id = ? AND (? OR t.id IS NOT NULL)";

/// A service to which a module command may apply.
#[derive(Debug, Clone)]
pub struct Service {
    pub id: ServiceId,
    pub client: ClientId,
    /// The module's name, or empty.
    pub module: String,
    pub status: String,
    /// When new services are created automatically: `order`, `payment`, `on`, or empty for never.
    pub auto_setup: String,
}

from_row!(Service { id, client, module, status, auto_setup });

pub async fn find(db: &mut MySqlConnection, id: ServiceId) -> sqlx::Result<Option<Service>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

/// Returns the services of an order.
pub async fn of_order(db: &mut MySqlConnection, order: OrderId) -> sqlx::Result<Vec<Service>> {
    sqlx::query_as(OF_ORDER).bind(order).fetch_all(db).await
}

/// Names and values, in the order of a statement's columns.
pub type Values = IndexMap<String, String>;

/// The parameters of a module command, with WHMCS's names.
#[derive(Debug, Clone)]
pub struct ModuleParams {
    pub service: Values,
    pub client: Values,
    pub config_options: Values,
    pub custom_fields: Values,
    /// The names of the custom fields of type password.
    pub password_fields: Vec<String>,
}

/// Reads the module parameters of a service, or `None` if the service does not exist.
pub async fn module_params(db: &mut MySqlConnection, id: ServiceId) -> sqlx::Result<Option<ModuleParams>> {
    let service = sqlx::query(SERVICE_PARAMS);
    let Some(service) = service.bind(id).fetch_optional(&mut *db).await? else { return Ok(None) };
    let client = sqlx::query(CLIENT_PARAMS);
    let client = client.bind(id).fetch_optional(&mut *db).await?;
    let fields: Vec<(String, String, bool)> = sqlx::query_as(FIELD_PARAMS).bind(id).fetch_all(&mut *db).await?;
    let password_fields = fields.iter().filter(|(_, _, is_password)| *is_password).map(|(name, ..)| name.clone());
    Ok(Some(ModuleParams {
        service: values(&service)?,
        client: client.map(|client| values(&client)).transpose()?.unwrap_or_default(),
        config_options: options(db, id).await?,
        password_fields: password_fields.collect(),
        custom_fields: fields.into_iter().map(|(name, value, _)| (name, value)).collect(),
    }))
}

fn values(row: &MySqlRow) -> sqlx::Result<Values> {
    let value = |column: &_| Ok((Column::name(column).to_owned(), row.try_get(Column::ordinal(column))?));
    row.columns().iter().map(value).collect()
}

async fn options(db: &mut MySqlConnection, id: ServiceId) -> sqlx::Result<Values> {
    let options: Vec<(String, String)> = sqlx::query_as(OPTION_PARAMS).bind(id).fetch_all(db).await?;
    Ok(options.into_iter().collect())
}

/// The fields of a service that a module has set; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct ModuleChanges {
    pub domain: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub dedicated_ip: Option<String>,
    pub suspend_reason: Option<String>,
}

/// Updates a service after a module command succeeded, with this new status if there is one.
pub async fn change(
    tx: &mut Writer<'_>,
    service: ServiceId,
    command: Command,
    status: Option<&str>,
    decided: &ModuleChanges,
) -> sqlx::Result<()> {
    let terminated = (command == Command::Terminate).then(|| tx.now.date());
    let change = sqlx::query(CHANGE)
        .bind(status.map(str::to_owned))
        .bind(&decided.domain)
        .bind(&decided.username)
        .bind(&decided.password)
        .bind(&decided.dedicated_ip)
        .bind(&decided.suspend_reason)
        .bind(terminated)
        .bind(tx.now.utc())
        .bind(service);
    tx.execute(change).await.map(|_| ())
}

/// Activates a service that has no module.
pub async fn activate(tx: &mut Writer<'_>, service: ServiceId) -> sqlx::Result<()> {
    let activate = sqlx::query(ACTIVATE).bind(tx.now.utc()).bind(service);
    tx.execute(activate).await.map(|_| ())
}

/// Accepts an order and activates its addons and domains, if all of its services are active, and all domains registered that
/// registrars were to register.
pub async fn accept_order(tx: &mut Writer<'_>, order: OrderId) -> sqlx::Result<bool> {
    let is_accepted = tx.change(sqlx::query(ACCEPT).bind(order)).await?;
    if is_accepted {
        crate::store::orders::order_acceptance::activate_rest(tx, order).await?;
    }
    Ok(is_accepted)
}

/// Returns the client that a service belongs to.
pub async fn client_of(db: &mut MySqlConnection, service: ServiceId) -> sqlx::Result<Option<ClientId>> {
    let client: Option<i64> = sqlx::query_scalar(CLIENT).bind(service).fetch_optional(db).await?;
    Ok(client.map(ClientId))
}

/// The merge fields of a product's welcome mail.
#[derive(Debug)]
pub struct ServiceMailFields {
    /// The template's name.
    pub template: String,
    pub client: ClientId,
    pub product: String,
    pub domain: String,
    pub username: String,
    pub password: String,
    pub dedicated_ip: String,
    pub server: String,
    pub server_hostname: String,
    pub server_ip: String,
    /// `YYYY-MM-DD`, or `0000-00-00` for none.
    pub next_due: String,
}

from_row!(ServiceMailFields {
    template,
    client,
    product,
    domain,
    username,
    password,
    dedicated_ip,
    server,
    server_hostname,
    server_ip,
    next_due,
});

/// Returns what a mail about a service shows, from this template, or else from the welcome mail of the product. `None` if there is
/// none.
pub async fn mail_fields(
    db: &mut MySqlConnection,
    service: ServiceId,
    template: Option<&str>,
) -> sqlx::Result<Option<ServiceMailFields>> {
    let query = sqlx::query_as(MAIL_FIELDS).bind(template.map(str::to_owned)).bind(service).bind(template.is_some());
    query.fetch_optional(db).await
}
