//! `DomainRequestEPP`: what registrars are asked is tested in registrar_questions.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainRequestEPP&domainid=18"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &["DomainRequestEPP&domainid=941"],
    every_parameter: "DomainRequestEPP&domainid=941",
};
