//! `DomainRelease`: commands to registrars are tested in registrar_commands.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainRelease&domainid=33&newtag=TAG"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &["DomainRelease&domainid=941&newtag=TAG"],
    every_parameter: "DomainRelease&domainid=941&domain=mine.com&newtag=TAG",
};
