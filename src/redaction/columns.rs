//! Columns of the database with secrets.

use super::known_names::is_hidden;
use super::names::is_secret_setting;

/// Columns that may hold secrets, although their names do not say so: settings of modules, values of custom fields, mails, and
/// what was said to gateways and modules.
const SECRET_COLUMNS: [(&str, &[&str]); 12] = [
    ("tbladdonmodules", &["value"]),
    ("tblapilog", &["request", "request_headers", "response", "response_headers"]),
    ("tblclients", &["startdate"]),
    ("tblcustomfieldsvalues", &["value"]),
    ("tbldomainsadditionalfields", &["value"]),
    ("tblemails", &["message", "message_data"]),
    ("tblfraud", &["value"]),
    ("tblgatewaylog", &["data"]),
    ("tblmodulelog", &["request", "response", "arrdata"]),
    ("tblpaymentgateways", &["value"]),
    ("tblregistrars", &["value"]),
    ("tblsslorders", &["configdata"]),
];
/// Columns that hold no secret, although their names look so.
const HARMLESS_COLUMNS: [(&str, &[&str]); 2] =
    [("tbldomainpricing", &["eppcode"]), ("tblusers_clients", &["auth_user_id"])];

/// Whether a value of a table may be a secret: by the column, or in a table of settings by the setting.
pub fn is_secret_column(table: &str, column: &str, setting: Option<&str>) -> bool {
    let is_in = |list: &[(&str, &[&str])]| list.iter().any(|(known, its)| *known == table && its.contains(&column));
    if is_in(&HARMLESS_COLUMNS) {
        return false;
    }
    is_hidden(column) || is_in(&SECRET_COLUMNS) || (column == "value" && setting.is_some_and(is_secret_setting))
}
