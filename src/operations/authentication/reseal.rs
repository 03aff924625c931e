//! Sealing everything anew that is stored sealed, with the key that seals now, so that older keys can be removed.

use sqlx::MySqlConnection;

use super::{console, oauth};
use crate::domain::id::{AdminId, OAuthCredentialId};
use crate::fault::{Fault, Result};
use crate::keyring::{Keyring, KeyringError, OF_MODULES, OF_SERVICES};
use crate::outbox::gateways;
use crate::store::authentication::sealed::{self, Kind, SealedRow};
use crate::store::webhooks::endpoints::EndpointRow;

/// What became of texts that another key had sealed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Resealed {
    pub sealed: u64,
    /// No key of the file opens them, or they were sealed for another row.
    pub unreadable: u64,
    /// Somebody has changed them meanwhile.
    pub changed: u64,
}

/// Seals everything of a kind anew that another key has sealed, row by row. It can be interrupted and run again at any moment.
/// `progress` is told what was done so far.
pub async fn reseal(
    db: &mut MySqlConnection,
    keyring: &Keyring,
    kind: Kind,
    mut progress: impl FnMut(&Resealed),
) -> Result<Resealed> {
    let first = keyring.ids().next().unwrap_or_default().to_owned();
    let (mut resealed, mut after) = (Resealed::default(), 0);
    loop {
        let rows = sealed::of_other_keys(db, kind, after, &first).await?;
        let Some(last) = rows.last() else { return Ok(resealed) };
        after = last.id;
        for row in &rows {
            let Ok(text) = open(keyring, kind, row) else {
                resealed.unreadable += 1;
                continue;
            };
            let anew = keyring.seal(&purpose(kind, row), &text).map_err(Fault::internal)?;
            match sealed::replace(db, kind, row, &anew).await? {
                true => resealed.sealed += 1,
                false => resealed.changed += 1,
            }
        }
        progress(&resealed);
    }
}

fn open(keyring: &Keyring, kind: Kind, row: &SealedRow) -> Result<Vec<u8>, KeyringError> {
    match kind {
        Kind::Service | Kind::Server | Kind::AccessHash => keyring.open_password(&row.sealed),
        _ => keyring.open(&purpose(kind, row), &row.sealed),
    }
}

fn purpose(kind: Kind, row: &SealedRow) -> String {
    match kind {
        Kind::Card | Kind::Account => gateways::purpose(row.owner),
        Kind::Credential => oauth::purpose(OAuthCredentialId(row.owner)),
        Kind::SecondFactor => console::purpose(AdminId(row.owner)),
        Kind::Service | Kind::Server | Kind::AccessHash => OF_SERVICES.to_owned(),
        Kind::Webhook | Kind::EarlierWebhook => EndpointRow::purpose(row.owner),
        Kind::Registrar | Kind::FraudCheck => OF_MODULES.to_owned(),
    }
}
