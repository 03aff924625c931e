//! The custom fields (`tblcustomfields`) and selected configurable options (`tblhostingconfigoptions`) of listed
//! services.

use sqlx::MySqlConnection;

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::domain::id::ServiceId;
use crate::store::billing::gateways::DisplayNames;

/// The custom fields and options of several services, those of one service in their order.
#[derive(Debug, Default)]
pub struct ServiceDetails {
    pub fields: Vec<FieldValue>,
    pub options: Vec<ChosenOption>,
    /// The names of the gateways, which are read with the rest.
    pub gateways: DisplayNames,
}

/// The value of a custom field of a service; empty if none is stored.
#[derive(Debug)]
pub struct FieldValue {
    pub service: i64,
    pub field: i64,
    pub name: String,
    pub value: String,
    /// Whether it is a password.
    pub is_secret: bool,
}

/// A configurable option of a service, with the selected value.
#[derive(Debug)]
pub struct ChosenOption {
    pub service: i64,
    pub option: i64,
    pub name: String,
    pub kind: String,
    /// Empty if the value was deleted.
    pub choice: String,
    pub quantity: i64,
}

/// A row of the statement: a field, an option, or the display name of a gateway.
struct Row {
    part: String,
    service: i64,
    /// The position among the fields or options of the service; with equal ones, `id` and then `row` decide.
    position: i64,
    id: i64,
    row: i64,
    name: String,
    value: String,
    kind: String,
    quantity: i64,
    is_secret: bool,
}

from_row!(Row { part, service, position, id, row, name, value, kind, quantity, is_secret });

/// Reads the details of services. Tables of old installations may differ in collation, so the statement states one.
pub async fn read(db: &mut MySqlConnection, services: impl Iterator<Item = ServiceId>) -> sqlx::Result<ServiceDetails> {
    let services = id_list(services.map(|id| id.0));
    let mut rows: Vec<Row> = sqlx::query_as(
        "SELECT 'field' AS part, CAST(h.id AS SIGNED) AS service, CAST(f.sortorder AS SIGNED) AS position, \
                CAST(f.id AS SIGNED) AS id, 0 AS `row`, \
                CONVERT(f.fieldname USING utf8mb4) COLLATE utf8mb4_unicode_ci AS name, \
                CONVERT(COALESCE((SELECT v.value FROM tblcustomfieldsvalues v \
                                  WHERE v.relid = h.id AND v.fieldid = f.id ORDER BY v.id DESC LIMIT 1), '') \
                        USING utf8mb4) COLLATE utf8mb4_unicode_ci AS value, \
                '' AS kind, 0 AS quantity, f.fieldtype = 'password' AS is_secret \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted JOIN tblhosting h ON h.id = wanted.id \
         JOIN tblcustomfields f ON f.relid = h.packageid AND f.type = 'product' \
         UNION ALL \
         SELECT 'option', CAST(h.relid AS SIGNED), CAST(o.`order` AS SIGNED), CAST(o.id AS SIGNED), \
                CAST(h.id AS SIGNED), o.optionname, COALESCE(s.optionname, ''), o.optiontype, CAST(h.qty AS SIGNED), 0 \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblhostingconfigoptions h ON h.relid = wanted.id JOIN tblproductconfigoptions o ON o.id = h.configid \
         LEFT JOIN tblproductconfigoptionssub s ON s.id = h.optionid \
         UNION ALL \
         SELECT 'gateway', 0, 0, 0, 0, gateway, value, '', 0, 0 \
         FROM tblpaymentgateways WHERE setting = 'name' AND value <> ''",
    )
    .bind(&services)
    .bind(&services)
    .fetch_all(db)
    .await?;

    rows.sort_unstable_by_key(|row| (row.service, row.position, row.id, row.row));
    let (mut fields, mut options, mut gateways) = (Vec::new(), Vec::new(), Vec::new());
    for Row { part, service, id, name, value, kind, quantity, is_secret, .. } in rows {
        match part.as_str() {
            "field" => fields.push(FieldValue { service, field: id, name, value, is_secret }),
            "option" => options.push(ChosenOption { service, option: id, name, kind, choice: value, quantity }),
            _ => gateways.push((name, value)),
        }
    }
    Ok(ServiceDetails { fields, options, gateways: gateways.into_iter().collect() })
}
