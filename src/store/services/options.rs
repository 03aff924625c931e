//! The custom field values (`tblcustomfieldsvalues`) and selected configurable options (`tblhostingconfigoptions`) of
//! services.

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{OrderId, ProductId, ServiceId};

const CHOICES: &str = "SELECT CAST(o.id AS SIGNED) AS `option`, o.optiontype AS kind, \
            CAST(o.qtyminimum AS SIGNED) AS minimum, CAST(o.qtymaximum AS SIGNED) AS maximum, \
            CAST(s.id AS SIGNED) AS choice \
     FROM tblproductconfiglinks l JOIN tblproductconfigoptions o ON o.gid = l.gid \
     JOIN tblproductconfigoptionssub s ON s.configid = o.id \
     WHERE l.pid = ? ORDER BY o.`order`, o.id, s.sortorder, s.id";
const SELECTED: &str = "SELECT CAST(configid AS SIGNED) AS `option`, CAST(optionid AS SIGNED) AS choice, \
            CAST(qty AS SIGNED) AS quantity \
     FROM tblhostingconfigoptions WHERE relid = ? ORDER BY id";
const CHANGE_SELECTION: &str =
    "UPDATE tblhostingconfigoptions SET optionid = ?, qty = ? WHERE relid = ? AND configid = ?";
const ADD_SELECTION: &str = "INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) \
     SELECT ?, ?, ?, ? FROM (SELECT 1) AS one \
     WHERE NOT EXISTS (SELECT 1 FROM tblhostingconfigoptions WHERE relid = ? AND configid = ?)";
const DELETE_SELECTIONS_OF_ORDER: &str =
    "DELETE o FROM tblhostingconfigoptions o JOIN tblhosting h ON h.id = o.relid WHERE h.orderid = ?";
const DELETE_FIELDS_OF_SERVICES: &str = "DELETE v FROM tblcustomfieldsvalues v \
     JOIN tblcustomfields f ON f.id = v.fieldid JOIN tblhosting h ON h.id = v.relid \
     WHERE h.orderid = ? AND f.type = 'product'";
const DELETE_FIELDS_OF_ADDONS: &str = "DELETE v FROM tblcustomfieldsvalues v \
     JOIN tblcustomfields f ON f.id = v.fieldid JOIN tblhostingaddons a ON a.id = v.relid \
     WHERE a.orderid = ? AND f.type = 'addon'";
const DELETE_FIELDS_OF_THEIR_ADDONS: &str = "DELETE v FROM tblcustomfieldsvalues v \
     JOIN tblcustomfields f ON f.id = v.fieldid JOIN tblhostingaddons a ON a.id = v.relid \
     JOIN tblhosting h ON h.id = a.hostingid WHERE h.orderid = ? AND f.type = 'addon'";

/// Kinds of configurable options that are stored with a number; the others are 1 for a drop-down and 2 for radio
/// buttons.
pub const YES_OR_NO: &str = "3";
pub const QUANTITY: &str = "4";

/// A value of a configurable option; hidden ones included.
#[derive(Debug)]
pub struct Choice {
    pub option: i64,
    pub kind: String,
    pub minimum: i64,
    /// 0 if there is no limit.
    pub maximum: i64,
    pub choice: i64,
}

from_row!(Choice { option, kind, minimum, maximum, choice });

impl Choice {
    /// Returns how many times the price is charged for this stored number, which has no meaning for values that are
    /// selected once.
    pub fn counted(&self, quantity: i64) -> i64 {
        if matches!(self.kind.as_str(), YES_OR_NO | QUANTITY) { quantity } else { 1 }
    }
}

/// Returns the option values that services of a product may have.
pub async fn choices(db: &mut MySqlConnection, product: ProductId) -> sqlx::Result<Vec<Choice>> {
    sqlx::query_as(CHOICES).bind(product).fetch_all(db).await
}

/// A selected value of an option, with its quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    pub option: i64,
    pub choice: i64,
    pub quantity: i64,
}

from_row!(Selection { option, choice, quantity });

/// Returns the selected options of a service, which must be locked.
pub async fn selected(db: &mut MySqlConnection, service: ServiceId) -> sqlx::Result<Vec<Selection>> {
    sqlx::query_as(SELECTED).bind(service).fetch_all(db).await
}

/// Sets the selected value of an option of a service, which must be locked.
pub async fn select(tx: &mut Writer<'_>, service: ServiceId, selection: Selection) -> sqlx::Result<()> {
    let Selection { option, choice, quantity } = selection;
    let change = sqlx::query(CHANGE_SELECTION).bind(choice).bind(quantity).bind(service).bind(option);
    tx.execute(change).await?;
    let add = sqlx::query(ADD_SELECTION);
    let add = add.bind(service).bind(option).bind(choice).bind(quantity).bind(service).bind(option);
    tx.execute(add).await.map(|_| ())
}

/// Deletes the selected options of an order's services and addons, and of all addons of the services. They must still
/// exist.
pub async fn delete_of_order(tx: &mut Writer<'_>, order: OrderId) -> sqlx::Result<()> {
    for statement in
        [DELETE_SELECTIONS_OF_ORDER, DELETE_FIELDS_OF_SERVICES, DELETE_FIELDS_OF_ADDONS, DELETE_FIELDS_OF_THEIR_ADDONS]
    {
        tx.execute(sqlx::query(statement).bind(order)).await?;
    }
    Ok(())
}
