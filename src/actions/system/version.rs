//! The version of WHMCS, which several replies contain.

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::MySqlConnection;

use crate::config::Compat;
use crate::error::Result;
use crate::store;

#[derive(Debug, JsonSchema, Serialize)]
pub struct Whmcs {
    /// For example `8.13.1`.
    version: String,
    /// For example `8.13.1-release.1`.
    canonicalversion: String,
}

impl Whmcs {
    /// Reads the database's version of WHMCS; if there is none, uses `compat.xml_version`.
    pub async fn read(db: &mut MySqlConnection, compat: &Compat) -> Result<Whmcs> {
        let stored = store::system::configuration::version(db).await?;
        let version = if stored.is_empty() { compat.xml_version.clone() } else { stored };
        Ok(match version.split_once('-') {
            Some((number, _)) => Whmcs { version: number.to_owned(), canonicalversion: version },
            None => Whmcs { canonicalversion: format!("{version}-release.1"), version },
        })
    }
}
