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
        Ok(Whmcs::new(&store::system::configuration::version(db).await?, compat))
    }

    /// Takes the stored version; if that is empty, `compat.xml_version`.
    pub fn new(stored: &str, compat: &Compat) -> Whmcs {
        let stored = stored.trim();
        let version = if stored.is_empty() { compat.xml_version.clone() } else { stored.to_owned() };
        match version.split_once('-') {
            Some((number, _)) => Whmcs { version: number.to_owned(), canonicalversion: version },
            None => Whmcs { canonicalversion: format!("{version}-release.1"), version },
        }
    }
}
