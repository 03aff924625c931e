//! Payment gateways (`tblpaymentgateways`): one row for each setting of each active gateway.

use std::collections::HashMap;

use sqlx::MySqlConnection;

statements! {
    ACTIVE = "SELECT gateway, MAX(CASE WHEN setting = 'name' AND value <> '' THEN value END) AS display_name, \
                MAX(CASE WHEN setting = 'instructions' THEN value END) AS instructions \
         FROM tblpaymentgateways GROUP BY gateway ORDER BY MIN(`order`), MIN(id)";
}

/// The active gateways, in the operator's order.
#[derive(Debug, Clone)]
pub struct Gateways(Vec<Gateway>);

#[derive(Debug, Clone)]
pub struct Gateway {
    /// The gateway's internal name, such as `banktransfer`.
    pub name: String,
    /// The name that clients see: the setting `name`, or the internal name if that is not set.
    pub display_name: String,
    /// Payment instructions for clients, such as an account number; may be empty.
    pub instructions: String,
}

impl Gateways {
    pub fn find(&self, name: &str) -> Option<&Gateway> {
        self.0.iter().find(|gateway| gateway.name == name)
    }

    /// The default gateway.
    pub fn first(&self) -> Option<&Gateway> {
        self.0.first()
    }

    /// The names of all, in the operator's order.
    pub fn into_names(self) -> Vec<String> {
        self.0.into_iter().map(|gateway| gateway.name).collect()
    }
}

impl IntoIterator for Gateways {
    type Item = Gateway;
    type IntoIter = std::vec::IntoIter<Gateway>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

pub async fn active(db: &mut MySqlConnection) -> sqlx::Result<Gateways> {
    let rows: Vec<(String, Option<String>, Option<String>)> = sqlx::query_as(ACTIVE).fetch_all(db).await?;
    let gateway = |(name, display_name, instructions): (String, Option<_>, Option<_>)| Gateway {
        display_name: display_name.unwrap_or_else(|| name.clone()),
        name,
        instructions: instructions.unwrap_or_default(),
    };
    Ok(Gateways(rows.into_iter().map(gateway).collect()))
}

/// The names under which the operator shows the gateways to clients.
#[derive(Debug)]
pub struct DisplayNames(HashMap<String, String>);

impl DisplayNames {
    /// The display name of a gateway; its internal name if the operator set none.
    pub fn get(&self, gateway: &str) -> String {
        self.0.get(gateway).map_or(gateway, String::as_str).to_owned()
    }
}

pub async fn display_names(db: &mut MySqlConnection) -> sqlx::Result<DisplayNames> {
    let statement = "SELECT gateway, value FROM tblpaymentgateways WHERE setting = 'name' AND value <> ''";
    let rows: Vec<(String, String)> = sqlx::query_as(statement).fetch_all(db).await?;
    Ok(DisplayNames(rows.into_iter().collect()))
}
