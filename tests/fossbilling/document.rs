//! The document about FOSSBilling's API, whose table is derived from the catalogue.

use std::fmt::Write;

use crate::support::derived;
use whmcs_api::actions::Access;
use whmcs_api::fossbilling::catalogue::{METHODS, REFERENCE};

const FILE: &str = "docs/fossbilling.md";
const MARK: &str = "<!-- The rest is derived from the catalogue: `make update` renews it. -->\n";

#[test]
fn the_document_lists_every_method() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let (written, _) = text.split_once(MARK).expect("the mark before the table");
    let (mut table, mut served) = (String::new(), 0);
    for reference in REFERENCE.iter() {
        let method = METHODS.iter().find(|method| method.name == reference.path);
        served += usize::from(method.is_some());
        let here = match (method, reference.refused) {
            (Some(method), _) if method.access == Access::Read => "reads".to_owned(),
            (Some(_), _) => "writes".to_owned(),
            (None, Some(number)) => format!("error {number}"),
            (None, None) => "error 740: not yet".to_owned(),
        };
        let permission = method.and_then(|method| method.permission).unwrap_or_default();
        let _ = writeln!(table, "| {} | {here} | {permission} |", reference.path);
    }
    let all = REFERENCE.len();
    let head = format!("\n{served} of {all} methods are served.\n\n| method | here | permission |\n|---|---|---|\n");
    derived::check(FILE, &format!("{written}{MARK}{head}{table}"));
}
