//! `DomainRegister`: commands to registrars are tested in registrar_commands.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainRegister&domainid=41"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &["DomainRegister&domainid=942&idnlanguage=ger"],
    every_parameter: "DomainRegister&domainid=942&domain=new.com&idnlanguage=ger",
};
