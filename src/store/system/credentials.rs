//! API credentials (`tbldeviceauth`, `mod_whmcs_api_credentials`), read with their roles (`tblapi_roles`) and the
//! member of staff they belong to.

use chrono::NaiveDateTime;
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, FromRow, MySqlConnection, Row, SqlSafeStr, SqlStr};

use crate::database::migrations::OwnTables;
use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::domain::id::AdminId;

/// A credential and one of its roles.
#[derive(Debug)]
pub struct Credential {
    pub id: i64,
    pub identifier: String,
    /// A password hash: of the secret or, if requested and stored, of the secret's MD5 sum.
    pub secret: String,
    /// The hash of the secret before the last rotation, while that is still accepted.
    pub previous_secret: Option<String>,
    pub admin: AdminId,
    pub admin_name: String,
    /// A JSON object keyed by the action's name in lower case; `None` if the credential has no role.
    pub permissions: Option<String>,
    /// Whether it is neither disabled nor expired.
    pub is_usable: bool,
    /// Networks separated by spaces; empty for no limit.
    pub allowed_addresses: String,
    /// Its own rate limits for a minute and for a day, separated by a space: 0 for none, empty for that of the settings.
    limits: String,
}

/// A credential and the setting `APIAllowedIPs`, if that was requested.
struct Found {
    credential: Credential,
    list: Option<String>,
}

from_row!(Credential {
    id,
    identifier,
    secret,
    previous_secret,
    admin,
    admin_name,
    permissions,
    is_usable,
    allowed_addresses,
    limits
});

impl<'r> FromRow<'r, MySqlRow> for Found {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Found> {
        let list = match row.try_get("list") {
            Err(sqlx::Error::ColumnNotFound(_)) => None,
            list => list?,
        };
        Ok(Found { credential: Credential::from_row(row)?, list })
    }
}

impl Credential {
    /// Returns its own rate limits for a minute and for a day: 0 for none, `None` for that of the settings.
    pub fn limits(&self) -> [Option<u32>; 2] {
        let mut limits = self.limits.split(' ').map(|limit| limit.parse().ok());
        [limits.next().flatten(), limits.next().flatten()]
    }
}

/// What a credential is looked up by; `S` is the type of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sought<S> {
    Identifier {
        identifier: S,
        /// Whether the sent secret looks like an MD5 sum.
        by_sum: bool,
    },
    /// The SHA-256 sum of a key that stands for the credential (`mod_whmcs_api_fossbilling_keys`).
    KeyHash([u8; 32]),
}

impl<'s> Sought<&'s str> {
    /// Finds no credential.
    pub const NONE: Sought<&'static str> = Sought::identifier("");

    pub const fn identifier(identifier: &'s str) -> Sought<&'s str> {
        Sought::Identifier { identifier, by_sum: false }
    }

    /// Whether a row is of the credential that is looked up.
    fn is(self, row: &Credential) -> bool {
        match self {
            Sought::Identifier { identifier, .. } => !identifier.is_empty() && row.identifier == identifier,
            Sought::KeyHash(_) => true,
        }
    }

    pub fn to_owned(self) -> Sought<String> {
        match self {
            Sought::Identifier { identifier, by_sum } => {
                Sought::Identifier { identifier: identifier.to_owned(), by_sum }
            }
            Sought::KeyHash(hash) => Sought::KeyHash(hash),
        }
    }
}

/// What to look up a credential by, and what to read of it.
#[derive(Debug, Clone, Copy)]
pub struct CredentialQuery<'s> {
    pub sought: Sought<&'s str>,
    pub now: NaiveDateTime,
    /// Whether to read the setting `APIAllowedIPs` too.
    pub with_list: bool,
}

pub struct CredentialMatch {
    /// One row for each role, one row if there is none, and no row if the credential does not exist.
    pub credential: Vec<Credential>,
    /// The setting `APIAllowedIPs`, if it was requested and exists.
    pub allowed_addresses: Option<String>,
}

/// The columns that are read of a credential and its owner; few, because their number determines how long the database
/// takes.
const COLUMNS: &str = "COALESCE(CAST(d.id AS SIGNED), 0) AS id, COALESCE(d.identifier, '') AS identifier, \
        COALESCE(CASE WHEN ? AND d.compat_secret <> '' THEN d.compat_secret ELSE d.secret END, '') AS secret, \
        COALESCE(CAST(a.id AS SIGNED), 0) AS admin, COALESCE(a.username, '') AS admin_name, r.permissions";
/// The columns of a credential in our own table.
const OWN_COLUMNS: &str = "CASE WHEN o.previous_until > ? THEN \
             CASE WHEN ? AND d.compat_secret <> '' THEN o.previous_compat_secret ELSE o.previous_secret END \
        END AS previous_secret, \
        COALESCE(o.disabled, 0) = 0 AND (o.expires_at IS NULL OR o.expires_at > ?) AS is_usable, \
        COALESCE(o.allowed_addresses, '') AS allowed_addresses";
const OWN: &str = "LEFT JOIN mod_whmcs_api_credentials o ON o.credential_id = d.id";
/// Replaces [`OWN_COLUMNS`] if that table does not exist.
const NO_OWN_COLUMNS: &str = "NULL AS previous_secret, 1 AS is_usable, '' AS allowed_addresses";
/// Both limits in one column.
const LIMITS_COLUMN: &str =
    "CONCAT(COALESCE(CAST(l.per_minute AS CHAR), ''), ' ', COALESCE(CAST(l.per_day AS CHAR), '')) AS limits";
const LIMITS: &str = "LEFT JOIN mod_whmcs_api_rate_limits l ON l.credential_id = d.id";
/// Replaces [`LIMITS_COLUMN`] if that table does not exist.
const NO_LIMITS_COLUMN: &str = "'' AS limits";
const CREDENTIAL: &str = "tbldeviceauth d JOIN tbladmins a ON a.id = d.user_id AND a.disabled = 0";
const KEY: &str = "mod_whmcs_api_fossbilling_keys k JOIN tbldeviceauth d ON d.id = k.credential_id \
                   JOIN tbladmins a ON a.id = d.user_id AND a.disabled = 0";
const IS_USABLE: &str = "d.is_admin = 1 AND (d.deleted_at IS NULL OR d.deleted_at < '1970-01-02')";
const ROLES: &str = "LEFT JOIN tblapi_roles r ON FIND_IN_SET(r.id, \
        REPLACE(REPLACE(REPLACE(REPLACE(d.role_ids, '[', ''), ']', ''), '\"', ''), ' ', ''))";

/// Looks up credentials with one statement. Every call begins with it, so no variant of it needs sorting
/// or a temporary table.
pub struct CredentialFinder {
    by_identifier: Statements,
    by_key: Statements,
    has_own_columns: bool,
}

struct Statements {
    alone: SqlStr,
    with_list: SqlStr,
}

impl CredentialFinder {
    /// Creates a finder for staff whose role has this permission; permission 0 is one that all have.
    pub fn new(owner_permission: i64, own_tables: OwnTables) -> CredentialFinder {
        let is_meant = match owner_permission {
            0 => IS_USABLE.to_owned(),
            permission => format!(
                "{IS_USABLE} AND EXISTS(SELECT 1 FROM tbladminperms p \
                                       WHERE p.roleid = a.roleid AND p.permid = {permission})"
            ),
        };
        let (own_columns, own) = if own_tables.credentials { (OWN_COLUMNS, OWN) } else { (NO_OWN_COLUMNS, "") };
        let (limits_column, limits) =
            if own_tables.rate_limits { (LIMITS_COLUMN, LIMITS) } else { (NO_LIMITS_COLUMN, "") };
        let columns = format!("{COLUMNS}, {own_columns}, {limits_column}");
        let statements = |credential: &str, name: &str| {
            let is_meant = format!("{name} = ? AND {is_meant}");
            let alone = format!("SELECT {columns} FROM {credential} {own} {limits} {ROLES} WHERE {is_meant}");
            let with_list = format!(
                "SELECT {columns}, c.value AS list FROM tblconfiguration c \
                 LEFT JOIN ({credential}) ON {is_meant} {own} {limits} {ROLES} WHERE c.setting = 'APIAllowedIPs'"
            );
            let [alone, with_list] = [alone, with_list].map(|statement| AssertSqlSafe(statement).into_sql_str());
            Statements { alone, with_list }
        };
        let (by_identifier, by_key) = (statements(CREDENTIAL, "d.identifier"), statements(KEY, "k.key_hash"));
        CredentialFinder { by_identifier, by_key, has_own_columns: own_tables.credentials }
    }

    /// Finds a credential. Deleted credentials and those of disabled staff are not found. If several have the
    /// identifier, the oldest is used.
    pub async fn find(&self, db: &mut MySqlConnection, query: &CredentialQuery<'_>) -> sqlx::Result<CredentialMatch> {
        let CredentialQuery { sought, now, with_list } = *query;
        let (Statements { alone, with_list: listing }, by_sum) = match sought {
            Sought::Identifier { by_sum, .. } => (&self.by_identifier, by_sum),
            Sought::KeyHash(_) => (&self.by_key, false),
        };
        let mut find = sqlx::query_as(if with_list { listing } else { alone }.clone()).bind(by_sum);
        if self.has_own_columns {
            find = find.bind(now).bind(by_sum).bind(now);
        }
        let find = match sought {
            Sought::Identifier { identifier, .. } => find.bind(identifier),
            Sought::KeyHash(hash) => find.bind(hash.to_vec()),
        };
        let mut found: Vec<Found> = find.fetch_all(db).await?;
        let allowed_addresses = found.first_mut().and_then(|found| found.list.take());
        let mut rows: Vec<Credential> = found.into_iter().map(|found| found.credential).collect();
        // The database may consider `Sync` and `sync ` equal.
        rows.retain(|row| row.id != 0 && sought.is(row));
        let oldest = rows.iter().map(|row| row.id).min();
        rows.retain(|row| Some(row.id) == oldest);
        Ok(CredentialMatch { credential: rows, allowed_addresses })
    }
}

/// Whether an identifier or user name is, in any spelling that a database or WHMCS may consider equal, that of a credential or
/// of a member of staff: also of one that is deleted or disabled.
pub async fn resembles_any(db: &mut MySqlConnection, name: &str) -> sqlx::Result<bool> {
    let trimmed = name.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    sqlx::query_scalar(
        "SELECT EXISTS(SELECT 1 FROM tbldeviceauth WHERE identifier IN (?, ?)) \
             OR EXISTS(SELECT 1 FROM tbladmins WHERE username IN (?, ?, ?))",
    )
    .bind(name)
    .bind(trimmed)
    .bind_forms(trimmed)
    .fetch_one(db)
    .await
}

/// Whether any usable credential exists.
pub async fn any_exist(db: &mut MySqlConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS(SELECT 1 FROM tbldeviceauth WHERE is_admin = 1 AND deleted_at IS NULL)")
        .fetch_one(db)
        .await
}

/// Stores the last use of credentials.
pub async fn record_uses(db: &mut MySqlConnection, uses: &[(i64, NaiveDateTime)]) -> sqlx::Result<()> {
    for (credential, time) in uses {
        // Another server may have stored a later use.
        sqlx::query("UPDATE tbldeviceauth SET last_access = ? WHERE id = ? AND last_access < ?")
            .bind(time)
            .bind(credential)
            .bind(time)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}
