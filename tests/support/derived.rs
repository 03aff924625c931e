//! Files that are derived from the source. Tests say which of them are stale, and with UPDATE set, as `make update` sets
//! it, they write them anew.

use std::fs;
use std::path::Path;

/// Whether derived files are written, and not only checked.
pub fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// Compares a derived file with what it must be, or writes it.
#[track_caller]
pub fn check(file: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if is_updating() {
        fs::write(&path, content).unwrap();
    }
    let is_fresh = fs::read_to_string(&path).is_ok_and(|found| found == content);
    assert!(is_fresh, "{file} is stale: `make update` renews it");
}
