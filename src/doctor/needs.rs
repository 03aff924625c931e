//! What the actions need of WHMCS's tables: which columns they read and write.
//!
//! `needs.json` is made by `make update`, and not by hand: every call of the tests is done again by a database user who
//! may do nothing, until the database has told, by what it denies, everything that the call needs. From then on, the
//! tests check that calls need no more than it says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// By action, or part of the server; then by table.
pub type Needs = BTreeMap<String, BTreeMap<String, Use>>;

/// Looks for the credential of a call.
pub const ADMISSION: &str = "admission";
/// Keeps records of calls.
pub const LOG: &str = "log";
/// Sends mails.
pub const MAIL: &str = "mail";
/// Asks modules, and writes down what they say.
pub const MODULES: &str = "module";
/// Tidies up at intervals.
pub const UPKEEP: &str = "upkeep";

/// Which columns of a table are read and written.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Use {
    /// Empty where rows are only counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select: Option<BTreeSet<String>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub insert: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub update: BTreeSet<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub delete: bool,
    /// Whether rows are locked to read them, which takes the right to change some column of theirs.
    #[serde(skip_serializing_if = "is_false")]
    pub lock: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What all of them need.
pub static NEEDS: LazyLock<Needs> = LazyLock::new(|| {
    // A test reads it, too: it cannot fail here.
    serde_json::from_str(include_str!("needs.json")).unwrap_or_default()
});

impl Use {
    /// Adds what another use needs of the same table.
    pub fn add(&mut self, other: &Use) {
        if let Some(columns) = &other.select {
            self.select.get_or_insert_default().extend(columns.iter().cloned());
        }
        self.insert.extend(other.insert.iter().cloned());
        self.update.extend(other.update.iter().cloned());
        self.delete |= other.delete;
        self.lock |= other.lock;
    }
}

/// What several need together, by table.
pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> BTreeMap<&'static str, Use> {
    let mut tables: BTreeMap<&str, Use> = BTreeMap::new();
    for (table, one) in names.into_iter().filter_map(|name| NEEDS.get(name)).flatten() {
        tables.entry(table).or_default().add(one);
    }
    tables
}
