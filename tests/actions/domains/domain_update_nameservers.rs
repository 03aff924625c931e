//! `DomainUpdateNameservers`: what registrars are asked is tested in registrar_questions.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainUpdateNameservers&domainid=25&ns1=a.example&ns2=b.example"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &[
        "DomainUpdateNameservers&domainid=941&ns1=a.example&ns2=b.example&ns3=c.example&ns4=d.example&ns5=e.example",
    ],
    every_parameter: "DomainUpdateNameservers&domainid=941&domain=mine.com&ns1=a.example&ns2=b.example&ns3=c.example&ns4=d.example&ns5=e.example",
};
