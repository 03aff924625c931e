//! Where the operator's keys are.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Settings;

/// The operator's keys, which seal secrets in the database.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// The file with the keys. Empty for `keys` in the data directory if the embedded database is used, and otherwise for
    /// none.
    pub file: PathBuf,
}

/// How the passwords of services and servers are stored.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Crypto {
    pub mode: PasswordStorage,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordStorage {
    /// As WHMCS has them if the database is that of a WHMCS, else with the keys of this program.
    #[default]
    Auto,
    /// Sealed with the operator's keys, or as they are if there are none.
    Own,
    /// Encrypted by WHMCS: they can neither be read nor written here.
    Whmcs,
}

impl PasswordStorage {
    /// The storage in a database that is that of a WHMCS, or not.
    #[must_use]
    pub fn in_database(self, is_of_whmcs: bool) -> PasswordStorage {
        match self {
            PasswordStorage::Auto if is_of_whmcs => PasswordStorage::Whmcs,
            PasswordStorage::Auto => PasswordStorage::Own,
            chosen => chosen,
        }
    }
}

impl Settings {
    /// The file of keys if the embedded database is used and no other file is named: it is made at the first start.
    pub fn default_key_file(&self) -> Option<PathBuf> {
        let is_embedded = self.database.url.reveal().is_none();
        (is_embedded && self.keys.file.as_os_str().is_empty()).then(|| self.data_dir.join("keys"))
    }
}
