//! `DomainGetNameservers`: what registrars are asked is tested in registrar_questions.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainGetNameservers&domainid=18"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &[],
    every_parameter: "DomainGetNameservers&domainid=18",
};
