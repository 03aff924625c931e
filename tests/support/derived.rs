//! Files that are derived from the source. Tests report stale ones; with UPDATE set, as by `make update`, they write
//! them instead.

use std::fs;
use std::path::Path;

/// Whether derived files are written rather than checked.
pub fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// Compares a derived file with its expected content, or writes it.
#[track_caller]
pub fn check(file: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if is_updating() {
        fs::write(&path, content).unwrap();
    }
    let is_fresh = fs::read_to_string(&path).is_ok_and(|found| found == content);
    assert!(is_fresh, "{file} is stale: `make update` renews it");
}
