//! `DomainTransfer`: commands to registrars are tested in registrar_commands.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainTransfer&domainid=30&eppcode=x"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &["DomainTransfer&domainid=943&eppcode=x"],
    every_parameter: "DomainTransfer&domainid=943&domain=moved.com&eppcode=x",
};
