//! `DomainUpdateLockingStatus`: what registrars are asked is tested in registrar_questions.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainUpdateLockingStatus&domainid=18&lockstatus=1"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &["DomainUpdateLockingStatus&domainid=941&lockstatus=1"],
    every_parameter: "DomainUpdateLockingStatus&domainid=941&lockstatus=1",
};
