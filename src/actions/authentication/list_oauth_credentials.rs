//! `ListOAuthCredentials`.

use chrono::Timelike;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Direction;
use crate::domain::time::parse_date_time;
use crate::error::Result;
use crate::operations::authentication::{self, API_SCOPE, Grant};
use crate::param::Param;
use crate::store;
use crate::store::authentication::oauth::{CredentialRow, CredentialSort};
use crate::store::authentication::tokens::Granted;

/// Returns OAuth credentials, in the order of their ids unless `sortField` names another one. There are no pages.
///
/// Secrets are told to those to whom `access.secret_readers` tells any; the text is empty for others, and for a secret that a
/// WHMCS on the same database has made, or of a program (`client_credentials`), which is told once.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ListOAuthCredentials {
    /// `authorization_code`, `single_sign_on` or `client_credentials`.
    #[serde(rename = "grantType")]
    grant_type: Param<String>,
    /// `id`, `name`, `createdAt` or `updatedAt`; others are ignored.
    #[serde(rename = "sortField")]
    sort_field: Param<String>,
    /// `ASC`, which is the default, or `DESC`.
    #[serde(rename = "sortOrder")]
    sort_order: Param<Direction>,
    /// The largest number of credentials; by default, all.
    limit: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct ListOAuthCredentialsReply {
    clients: Vec<Credential>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    credential_id: i64,
    name: String,
    description: String,
    grant_types: String,
    /// Separated by spaces.
    scope: String,
    client_identifier: String,
    client_secret: String,
    /// Always null: no column has it.
    uuid: Option<String>,
    service_id: i64,
    logo_uri: String,
    redirect_uri: Vec<String>,
    rsa_key_pair_id: i64,
    /// As `18th November 2016 9:32:24am`.
    created_at: String,
    updated_at: String,
}

impl Action for ListOAuthCredentials {
    const NAME: &'static str = "ListOAuthCredentials";
    const ACCESS: Access = Access::Read;
    const TELLS_SECRETS: bool = true;
    const EXAMPLE: &'static str = "{}";
    type Reply = ListOAuthCredentialsReply;

    async fn run(self, call: Call<'_>) -> Result<ListOAuthCredentialsReply> {
        let sort = self.sort_field.lenient().map(|field| sort(&field)).unwrap_or_default();
        let direction = self.sort_order.lenient().unwrap_or(Direction::Ascending);
        let (grant, limit) = (self.grant_type.lenient(), self.limit.lenient().filter(|limit| *limit > 0));
        let rows = store::authentication::oauth::list(call.db, grant, sort, direction, limit).await?;
        let of_programs =
            rows.iter().filter(|row| row.grant_types == Grant::ClientCredentials.name()).map(|row| row.id);
        let of_programs: Vec<i64> = of_programs.collect();
        let granted = match of_programs.is_empty() {
            true => Vec::new(),
            false => store::authentication::tokens::granted(call.db, of_programs.into_iter()).await?,
        };
        let secret = |row: &CredentialRow| match call.tells_secrets {
            true => authentication::secret(call.keyring, row.id, &row.secret).unwrap_or_default(),
            false => String::new(),
        };
        let clients = rows.into_iter().map(|row| Credential {
            client_secret: secret(&row),
            scope: scopes(&row, &granted),
            credential_id: row.id,
            name: row.name,
            description: row.description,
            grant_types: row.grant_types,
            client_identifier: row.identifier,
            uuid: None,
            service_id: row.service,
            logo_uri: row.logo,
            redirect_uri: row.redirects.split([' ', ',']).filter(|uri| !uri.is_empty()).map(str::to_owned).collect(),
            rsa_key_pair_id: row.key_pair,
            created_at: written(&row.created),
            updated_at: written(&row.updated),
        });
        Ok(ListOAuthCredentialsReply { clients: clients.collect() })
    }
}

/// The scopes of a credential: those of its grant type, or the actions that a program may call.
fn scopes(row: &CredentialRow, granted: &[Granted]) -> String {
    let Some(granted) = granted.iter().find(|granted| granted.credential == row.id) else { return row.scopes.clone() };
    let scopes = granted.actions.split(' ').filter(|action| !action.is_empty());
    scopes.map(|action| format!("{API_SCOPE}{action}")).collect::<Vec<_>>().join(" ")
}

fn sort(field: &str) -> CredentialSort {
    match field.to_ascii_lowercase().replace('_', "").as_str() {
        "name" => CredentialSort::Name,
        "createdat" => CredentialSort::Created,
        "updatedat" => CredentialSort::Updated,
        _ => CredentialSort::Id,
    }
}

/// Formats a stored time as WHMCS does here; one that is none is empty.
fn written(stored: &str) -> String {
    let Some(time) = parse_date_time(stored) else { return String::new() };
    let day = time.format("%-d").to_string();
    let ordinal = match day.as_str() {
        "1" | "21" | "31" => "st",
        "2" | "22" => "nd",
        "3" | "23" => "rd",
        _ => "th",
    };
    let half = if time.hour() < 12 { "am" } else { "pm" };
    format!("{day}{ordinal} {}{half}", time.format("%B %Y %-I:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_documented() {
        for (stored, expected) in [
            ("2016-11-18 09:32:24", "18th November 2016 9:32:24am"),
            ("2026-03-01 00:00:05", "1st March 2026 12:00:05am"),
            ("2026-03-22 12:10:00", "22nd March 2026 12:10:00pm"),
            ("2026-03-13 23:59:59", "13th March 2026 11:59:59pm"),
            ("0000-00-00 00:00:00", ""),
            ("", ""),
        ] {
            assert_eq!(written(stored), expected, "{stored}");
        }
    }
}
