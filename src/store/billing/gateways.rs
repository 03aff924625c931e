//! Payment gateways (`tblpaymentgateways`): one row for each setting of each active gateway.

use std::collections::HashMap;

use sqlx::MySqlConnection;

use crate::domain::entities::{are_same, decoded};

const ACTIVE: &str = "SELECT gateway, MAX(CASE WHEN setting = 'name' AND value <> '' THEN value END) AS display_name, \
            MAX(CASE WHEN setting = 'instructions' THEN value END) AS instructions \
     FROM tblpaymentgateways GROUP BY gateway ORDER BY MIN(`order`), MIN(id)";

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

/// The gateway of a payment that came in, under the names that callers and other programs have for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentGateway {
    /// The name that is recorded.
    pub name: String,
    /// Another name under which payments through the gateway may have been recorded.
    pub alias: String,
}

impl PaymentGateway {
    /// A gateway of which only this name is known.
    pub fn named(name: String) -> PaymentGateway {
        PaymentGateway { alias: name.clone(), name }
    }
}

impl Gateways {
    /// Finds a gateway by its internal name.
    pub fn find(&self, name: &str) -> Option<&Gateway> {
        self.0.iter().find(|gateway| are_same(&gateway.name, name))
    }

    /// Returns the gateway of a payment: the active gateway with this internal or display name, in any case and with
    /// any blanks; else one with the name as it is, such as that of a gateway which is no longer active.
    pub fn of_payment(self, name: String) -> PaymentGateway {
        let wanted = normalized(&name);
        let has_name = |gateway: &&Gateway| normalized(&gateway.name) == wanted;
        let has_display_name = |gateway: &&Gateway| normalized(&gateway.display_name) == wanted;
        let found = self.find(&name);
        let found = found.or_else(|| self.0.iter().find(|gateway| are_same(&gateway.display_name, &name)));
        let found = found.or_else(|| self.0.iter().find(has_name)).or_else(|| self.0.iter().find(has_display_name));
        match found.cloned() {
            Some(gateway) => PaymentGateway { name: gateway.name, alias: gateway.display_name },
            None => PaymentGateway::named(name),
        }
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

/// A name in lower case, without HTML entities and with single blanks between its words.
fn normalized(name: &str) -> String {
    decoded(name).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
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
#[derive(Debug, Default)]
pub struct DisplayNames(HashMap<String, String>);

impl DisplayNames {
    /// The display name of a gateway; its internal name if the operator set none.
    pub fn get(&self, gateway: &str) -> String {
        self.0.get(gateway).map_or(gateway, String::as_str).to_owned()
    }
}

impl FromIterator<(String, String)> for DisplayNames {
    /// Collects the names by gateway.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(names: I) -> DisplayNames {
        DisplayNames(names.into_iter().collect())
    }
}

pub async fn display_names(db: &mut MySqlConnection) -> sqlx::Result<DisplayNames> {
    let statement = "SELECT gateway, value FROM tblpaymentgateways WHERE setting = 'name' AND value <> ''";
    let rows: Vec<(String, String)> = sqlx::query_as(statement).fetch_all(db).await?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_find_a_gateway_by_each_of_its_names() {
        let gateway = |name: &str, display_name: &str| Gateway {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            instructions: String::new(),
        };
        let gateways = Gateways(vec![
            gateway("paypalcheckout", "PayPal"),
            gateway("paypal", "PayPal Basic"),
            gateway("banktransfer", "Bank Transfer"),
            gateway("mailin", "Zahlung per Überweisung"),
            gateway("rnd", "R&amp;D"),
        ]);
        for (sent, name, alias) in [
            ("banktransfer", "banktransfer", "Bank Transfer"),
            ("BankTransfer", "banktransfer", "Bank Transfer"),
            ("Bank Transfer", "banktransfer", "Bank Transfer"),
            (" bank  TRANSFER ", "banktransfer", "Bank Transfer"),
            ("zahlung per überweisung", "mailin", "Zahlung per Überweisung"),
            ("paypal", "paypal", "PayPal Basic"),
            // An exact display name goes before an internal name in another case.
            ("PayPal", "paypalcheckout", "PayPal"),
            ("PAYPAL", "paypal", "PayPal Basic"),
            ("R&D", "rnd", "R&amp;D"),
            ("r&amp;d", "rnd", "R&amp;D"),
            ("Cash desk ", "Cash desk ", "Cash desk "),
        ] {
            let expected = PaymentGateway { name: name.to_owned(), alias: alias.to_owned() };
            assert_eq!(gateways.clone().of_payment(sent.to_owned()), expected, "{sent:?}");
        }
    }
}
