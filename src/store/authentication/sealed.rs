//! What is stored sealed with the operator's keys, wherever it is: to seal it anew, and to count which keys are needed.

use sqlx::MySqlConnection;

use crate::database::errors::is_missing_table;
use crate::database::values::from_row;

/// The key that has sealed a text of this column.
macro_rules! key {
    ($column:literal) => {
        concat!("SUBSTRING_INDEX(SUBSTRING_INDEX(CONVERT(", $column, " USING utf8mb4), ':', 2), ':', -1)")
    };
}

/// Up to 500 sealed texts of a column that another key than this one has sealed, after this id.
macro_rules! select {
    ($table:literal, $row:literal, $column:literal) => {
        concat!(
            "SELECT CAST(id AS SIGNED) AS id, CAST(",
            $row,
            " AS SIGNED) AS owner, CONVERT(",
            $column,
            " USING utf8mb4) AS sealed \
             FROM ",
            $table,
            " WHERE id > ? AND LEFT(",
            $column,
            ", 7) = 'sealed:' AND ",
            key!($column),
            " <> ? ORDER BY id LIMIT 500"
        )
    };
}

/// Replaces a sealed text unless somebody has changed it meanwhile.
macro_rules! replace {
    ($table:literal, $column:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET ",
            $column,
            " = ? WHERE id = ? AND CAST(",
            $column,
            " AS BINARY) = CAST(? AS BINARY)"
        )
    };
}

macro_rules! count {
    ($table:literal, $column:literal) => {
        concat!(
            "SELECT ",
            key!($column),
            " AS `key`, CAST(COUNT(*) AS SIGNED) AS count \
             FROM ",
            $table,
            " WHERE LEFT(",
            $column,
            ", 7) = 'sealed:' GROUP BY 1 ORDER BY 1"
        )
    };
}

const CARDS: &str = select!("tblcreditcards", "pay_method_id", "card_data");
const ACCOUNTS: &str = select!("tblbankaccts", "pay_method_id", "bank_data");
const CREDENTIALS: &str = select!("tbloauthserver_clients", "id", "secret");
const SERVICES: &str = select!("tblhosting", "id", "password");
const SERVERS: &str = select!("tblservers", "id", "password");
const ACCESS_HASHES: &str = select!("tblservers", "id", "accesshash");
const WEBHOOKS: &str = select!("mod_whmcs_api_webhooks", "id", "secret");
const EARLIER_WEBHOOKS: &str = select!("mod_whmcs_api_webhooks", "id", "previous_secret");
const REGISTRARS: &str = select!("tblregistrars", "id", "value");
const FRAUD_CHECKS: &str = select!("tblfraud", "id", "value");
const FACTORS: &str = select!("mod_whmcs_api_console_factors", "id", "secret");
const REPLACE_CARD: &str = replace!("tblcreditcards", "card_data");
const REPLACE_ACCOUNT: &str = replace!("tblbankaccts", "bank_data");
const REPLACE_CREDENTIAL: &str = replace!("tbloauthserver_clients", "secret");
const REPLACE_SERVICE: &str = replace!("tblhosting", "password");
const REPLACE_SERVER: &str = replace!("tblservers", "password");
const REPLACE_ACCESS_HASH: &str = replace!("tblservers", "accesshash");
const REPLACE_WEBHOOK: &str = replace!("mod_whmcs_api_webhooks", "secret");
const REPLACE_EARLIER_WEBHOOK: &str = replace!("mod_whmcs_api_webhooks", "previous_secret");
const REPLACE_REGISTRAR: &str = replace!("tblregistrars", "value");
const REPLACE_FRAUD_CHECK: &str = replace!("tblfraud", "value");
const REPLACE_FACTOR: &str = replace!("mod_whmcs_api_console_factors", "secret");
const COUNT_CARDS: &str = count!("tblcreditcards", "card_data");
const COUNT_ACCOUNTS: &str = count!("tblbankaccts", "bank_data");
const COUNT_CREDENTIALS: &str = count!("tbloauthserver_clients", "secret");
const COUNT_SERVICES: &str = count!("tblhosting", "password");
const COUNT_SERVERS: &str = count!("tblservers", "password");
const COUNT_ACCESS_HASHES: &str = count!("tblservers", "accesshash");
const COUNT_WEBHOOKS: &str = count!("mod_whmcs_api_webhooks", "secret");
const COUNT_EARLIER_WEBHOOKS: &str = count!("mod_whmcs_api_webhooks", "previous_secret");
const COUNT_REGISTRARS: &str = count!("tblregistrars", "value");
const COUNT_FRAUD_CHECKS: &str = count!("tblfraud", "value");
const COUNT_FACTORS: &str = count!("mod_whmcs_api_console_factors", "secret");
const COUNT_REPLIES: &str = count!("mod_whmcs_api_requests", "sealed_reply");

/// What is sealed for as long as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Card,
    Account,
    Credential,
    SecondFactor,
    Service,
    Server,
    /// The key of a server's panel, which WHMCS calls so.
    AccessHash,
    Webhook,
    /// The secret of a webhook before it was replaced.
    EarlierWebhook,
    Registrar,
    FraudCheck,
}

impl Kind {
    pub const ALL: [Kind; 11] = [
        Kind::Card,
        Kind::Account,
        Kind::Credential,
        Kind::SecondFactor,
        Kind::Service,
        Kind::Server,
        Kind::AccessHash,
        Kind::Webhook,
        Kind::EarlierWebhook,
        Kind::Registrar,
        Kind::FraudCheck,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Card => "cards",
            Kind::Account => "bank accounts",
            Kind::Credential => "OAuth credentials",
            Kind::SecondFactor => "second factors",
            Kind::Service => "passwords of services",
            Kind::Server => "passwords of servers",
            Kind::AccessHash => "access hashes of servers",
            Kind::Webhook => "secrets of webhooks",
            Kind::EarlierWebhook => "earlier secrets of webhooks",
            Kind::Registrar => "settings of registrars",
            Kind::FraudCheck => "settings of fraud checks",
        }
    }

    /// The statements that find texts, replace one, and count them.
    fn statements(self) -> [&'static str; 3] {
        match self {
            Kind::Card => [CARDS, REPLACE_CARD, COUNT_CARDS],
            Kind::Account => [ACCOUNTS, REPLACE_ACCOUNT, COUNT_ACCOUNTS],
            Kind::Credential => [CREDENTIALS, REPLACE_CREDENTIAL, COUNT_CREDENTIALS],
            Kind::SecondFactor => [FACTORS, REPLACE_FACTOR, COUNT_FACTORS],
            Kind::Service => [SERVICES, REPLACE_SERVICE, COUNT_SERVICES],
            Kind::Server => [SERVERS, REPLACE_SERVER, COUNT_SERVERS],
            Kind::AccessHash => [ACCESS_HASHES, REPLACE_ACCESS_HASH, COUNT_ACCESS_HASHES],
            Kind::Webhook => [WEBHOOKS, REPLACE_WEBHOOK, COUNT_WEBHOOKS],
            Kind::EarlierWebhook => [EARLIER_WEBHOOKS, REPLACE_EARLIER_WEBHOOK, COUNT_EARLIER_WEBHOOKS],
            Kind::Registrar => [REGISTRARS, REPLACE_REGISTRAR, COUNT_REGISTRARS],
            Kind::FraudCheck => [FRAUD_CHECKS, REPLACE_FRAUD_CHECK, COUNT_FRAUD_CHECKS],
        }
    }
}

/// A sealed text.
#[derive(Debug)]
pub struct SealedRow {
    pub id: i64,
    /// The row for which it is sealed: the pay method, or the row itself.
    pub owner: i64,
    pub sealed: String,
}

from_row!(SealedRow { id, owner, sealed });

/// Returns some texts after this id that another key than this one has sealed; none are left if there are none.
pub async fn of_other_keys(
    db: &mut MySqlConnection,
    kind: Kind,
    after: i64,
    key: &str,
) -> sqlx::Result<Vec<SealedRow>> {
    let [find, ..] = kind.statements();
    if_table(sqlx::query_as(find).bind(after).bind(key.to_owned()).fetch_all(db).await)
}

/// Replaces a sealed text. Returns `false`, with nothing written, if it was changed meanwhile.
pub async fn replace(db: &mut MySqlConnection, kind: Kind, row: &SealedRow, sealed: &str) -> sqlx::Result<bool> {
    let [_, replace, _] = kind.statements();
    let update = sqlx::query(replace).bind(sealed.to_owned()).bind(row.id).bind(row.sealed.clone());
    Ok(update.execute(db).await?.rows_affected() == 1)
}

/// Returns how many texts each key has sealed, by what they are and the id of the key. Replies are forgotten after two days.
pub async fn counts(db: &mut MySqlConnection) -> sqlx::Result<Vec<(&'static str, String, i64)>> {
    let mut counts = Vec::new();
    let stored = Kind::ALL.map(|kind| (kind.name(), kind.statements()[2]));
    for (what, statement) in stored.into_iter().chain([("replies", COUNT_REPLIES)]) {
        let rows: Vec<(String, i64)> = if_table(sqlx::query_as(statement).fetch_all(&mut *db).await)?;
        counts.extend(rows.into_iter().map(|(key, count)| (what, key, count)));
    }
    Ok(counts)
}

/// Nothing is sealed in a table that a database does not have.
fn if_table<T>(found: sqlx::Result<Vec<T>>) -> sqlx::Result<Vec<T>> {
    found.or_else(|error| if is_missing_table(&error) { Ok(Vec::new()) } else { Err(error) })
}
