//! What is stored sealed with the operator's keys, wherever it is: to seal it anew, and to count which keys are needed.

use sqlx::MySqlConnection;

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
const FACTORS: &str = select!("mod_whmcs_api_console_factors", "id", "secret");
const REPLACE_CARD: &str = replace!("tblcreditcards", "card_data");
const REPLACE_ACCOUNT: &str = replace!("tblbankaccts", "bank_data");
const REPLACE_CREDENTIAL: &str = replace!("tbloauthserver_clients", "secret");
const REPLACE_FACTOR: &str = replace!("mod_whmcs_api_console_factors", "secret");
const COUNT_CARDS: &str = count!("tblcreditcards", "card_data");
const COUNT_ACCOUNTS: &str = count!("tblbankaccts", "bank_data");
const COUNT_CREDENTIALS: &str = count!("tbloauthserver_clients", "secret");
const COUNT_FACTORS: &str = count!("mod_whmcs_api_console_factors", "secret");
const COUNT_REPLIES: &str = count!("mod_whmcs_api_requests", "sealed_reply");

/// What is sealed for as long as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Card,
    Account,
    Credential,
    SecondFactor,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Card, Kind::Account, Kind::Credential, Kind::SecondFactor];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Card => "cards",
            Kind::Account => "bank accounts",
            Kind::Credential => "OAuth credentials",
            Kind::SecondFactor => "second factors",
        }
    }
}

/// A sealed text.
#[derive(Debug)]
pub struct SealedRow {
    pub id: i64,
    /// The row for which it is sealed: the pay method, or the credential itself.
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
    let statement = match kind {
        Kind::Card => CARDS,
        Kind::Account => ACCOUNTS,
        Kind::Credential => CREDENTIALS,
        Kind::SecondFactor => FACTORS,
    };
    sqlx::query_as(statement).bind(after).bind(key.to_owned()).fetch_all(db).await
}

/// Replaces a sealed text. Returns `false`, with nothing written, if it was changed meanwhile.
pub async fn replace(db: &mut MySqlConnection, kind: Kind, row: &SealedRow, sealed: &str) -> sqlx::Result<bool> {
    let statement = match kind {
        Kind::Card => REPLACE_CARD,
        Kind::Account => REPLACE_ACCOUNT,
        Kind::Credential => REPLACE_CREDENTIAL,
        Kind::SecondFactor => REPLACE_FACTOR,
    };
    let update = sqlx::query(statement).bind(sealed.to_owned()).bind(row.id).bind(row.sealed.clone());
    Ok(update.execute(db).await?.rows_affected() == 1)
}

/// Returns how many texts each key has sealed, by what they are and the id of the key. Replies are forgotten after two days.
pub async fn counts(db: &mut MySqlConnection) -> sqlx::Result<Vec<(&'static str, String, i64)>> {
    let mut counts = Vec::new();
    for (what, statement) in [
        (Kind::Card.name(), COUNT_CARDS),
        (Kind::Account.name(), COUNT_ACCOUNTS),
        (Kind::Credential.name(), COUNT_CREDENTIALS),
        (Kind::SecondFactor.name(), COUNT_FACTORS),
        ("replies", COUNT_REPLIES),
    ] {
        let rows: Vec<(String, i64)> = sqlx::query_as(statement).fetch_all(&mut *db).await?;
        counts.extend(rows.into_iter().map(|(key, count)| (what, key, count)));
    }
    Ok(counts)
}
