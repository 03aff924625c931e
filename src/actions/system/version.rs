//! The version of WHMCS, as several replies have it.

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::MySqlConnection;

use crate::config::Compat;
use crate::error::Result;
use crate::store;

#[derive(Debug, JsonSchema, Serialize)]
pub struct Whmcs {
    /// `8.13.1`
    version: String,
    /// `8.13.1-release.1`
    canonicalversion: String,
}

impl Whmcs {
    /// Reads the version that the database is of, or where it does not say, takes `compat.xml_version`.
    pub async fn read(db: &mut MySqlConnection, compat: &Compat) -> Result<Whmcs> {
        let stored = store::system::configuration::version(db).await?;
        let version = if stored.is_empty() { compat.xml_version.clone() } else { stored };
        Ok(match version.split_once('-') {
            Some((number, _)) => Whmcs { version: number.to_owned(), canonicalversion: version },
            None => Whmcs { canonicalversion: format!("{version}-release.1"), version },
        })
    }
}
