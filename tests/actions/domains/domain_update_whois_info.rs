//! `DomainUpdateWhoisInfo`: what registrars are asked is tested in registrar_questions.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DomainUpdateWhoisInfo&domainid=25&xml=<contactdetails><Admin><City>Faro</City></Admin></contactdetails>"],
    setup: include_str!("../../support/fixtures/registered_domains.sql"),
    writing: &[
        "DomainUpdateWhoisInfo&domainid=941&xml=<contactdetails><Admin><City>Faro</City></Admin></contactdetails>",
    ],
    every_parameter: "DomainUpdateWhoisInfo&domainid=941&xml=<contactdetails><Admin><City>Faro</City></Admin></contactdetails>",
};
