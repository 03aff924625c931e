//! `WhmcsDetails`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::config::Compat;
use crate::error::Result;
use crate::store;

/// The version of WHMCS that the database is of, or where it does not say, `compat.xml_version`.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct WhmcsDetails {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    whmcs: Whmcs,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Whmcs {
    /// `8.13.1`
    version: String,
    /// `8.13.1-release.1`
    canonicalversion: String,
}

impl Action for WhmcsDetails {
    const NAME: &'static str = "WhmcsDetails";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        Ok(Reply { whmcs: whmcs(call.db, call.compat).await? })
    }
}

/// Which WHMCS this is, or stands for.
pub async fn whmcs(db: &mut MySqlConnection, compat: &Compat) -> Result<Whmcs> {
    let stored = store::system::configuration::version(db).await?;
    let version = if stored.is_empty() { compat.xml_version.clone() } else { stored };
    Ok(match version.split_once('-') {
        Some((number, _)) => Whmcs { version: number.to_owned(), canonicalversion: version },
        None => Whmcs { canonicalversion: format!("{version}-release.1"), version },
    })
}
