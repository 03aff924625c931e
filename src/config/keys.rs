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

impl Settings {
    /// The file of keys if the embedded database is used and no other file is named: it is made at the first start.
    pub fn default_key_file(&self) -> Option<PathBuf> {
        let is_embedded = self.database.url.reveal().is_none();
        (is_embedded && self.keys.file.as_os_str().is_empty()).then(|| self.data_dir.join("keys"))
    }
}
