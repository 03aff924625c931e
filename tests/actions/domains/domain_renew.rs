//! `DomainRenew`: commands to registrars are tested in registrar_commands.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainRenew&domainid=18&regperiod=2"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &["DomainRenew&domainid=941&regperiod=2"],
    every_parameter: "DomainRenew&domainid=941&domain=mine.com&regperiod=2",
};
