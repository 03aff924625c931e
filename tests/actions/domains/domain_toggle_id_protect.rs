//! `DomainToggleIdProtect`: what registrars are asked is tested in registrar_questions.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainToggleIdProtect&domainid=18&idprotect=1"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &["DomainToggleIdProtect&domainid=941&idprotect=1"],
    every_parameter: "DomainToggleIdProtect&domainid=941&idprotect=1",
};
