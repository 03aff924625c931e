//! `DomainUpdateWhoisInfo`.

use std::collections::BTreeMap;

use roxmltree::{Document, Node, ParsingOptions};
use schemars::JsonSchema;
use serde::Deserialize;

use super::domain_param::{DomainIdParam, NothingReply, by_id};
use crate::actions::words::registration::DOMAIN_ID_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::domains::registration::save_contact_details;
use crate::param::{Html, Param};

/// Replaces contacts of a domain at its registrar. They are not stored here.
///
/// `xml` has an element for each contact in `<contactdetails>`, and in it one for each value, by the labels that
/// DomainGetWhoisInfo returns; underscores in labels become blanks again.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainUpdateWhoisInfo {
    #[serde(flatten)]
    domain: DomainIdParam,
    xml: Param<Html>,
}

/// Maximum number of elements, texts and comments.
const MAX_NODES: u32 = 2_000;
const NO_XML: &str = "XML Required";
const INVALID_XML: &str = "XML is not valid: expected <contactdetails> with an element for each contact";

type Contacts = BTreeMap<String, Vec<(String, String)>>;

impl Action for DomainUpdateWhoisInfo {
    const NAME: &'static str = "DomainUpdateWhoisInfo";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["domainid", "xml"];
    const EXAMPLE: &'static str = r#"{"domainid": 18, "xml": "<contactdetails><Registrant><First_Name>Jo</First_Name></Registrant></contactdetails>"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_ID_NOT_FOUND), Exact(NO_XML)];
    type Reply = NothingReply;

    async fn run(self, call: Call<'_>) -> Result<NothingReply> {
        let choice = self.domain.choice()?;
        let xml = self.xml.text("xml", TEXT_BYTES)?;
        if xml.trim().is_empty() {
            return refuse(NO_XML);
        }
        let Some(contacts) = contacts(&xml) else { return refuse(INVALID_XML) };
        save_contact_details(call.context(), &choice, &contacts).await.map_err(by_id)?;
        Ok(NothingReply {})
    }
}

/// Reads the contacts; `None` if there are none. Documents with entities of their own are rejected.
fn contacts(xml: &str) -> Option<Contacts> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(xml.trim(), options).ok()?;
    let root = document.root_element();
    let contact = |node: Node<'_, '_>| {
        let fields = node.children().filter(Node::is_element);
        let fields = fields.map(|field| (label(field), field.text().unwrap_or_default().trim().to_owned()));
        (label(node), fields.collect())
    };
    let contacts: Contacts = root.children().filter(Node::is_element).map(contact).collect();
    (root.has_tag_name("contactdetails") && !contacts.is_empty()).then_some(contacts)
}

fn label(node: Node<'_, '_>) -> String {
    node.tag_name().name().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_read_from_xml() {
        for (xml, read) in [
            (
                "<?xml version=\"1.0\"?><contactdetails><Registrant><First_Name>J\u{f6} &amp; Co</First_Name><City/></Registrant>\
                 <Admin> <Email> a@b.example </Email> </Admin></contactdetails>",
                "Admin: Email=a@b.example; Registrant: First Name=J\u{f6} & Co, City=",
            ),
            ("<contactdetails></contactdetails>", "none"),
            ("<contacts><Admin/></contacts>", "none"),
            ("<contactdetails><Admin>", "none"),
            (
                "<!DOCTYPE a [<!ENTITY b \"c\">]><contactdetails><Admin><City>&b;</City></Admin></contactdetails>",
                "none",
            ),
            ("text", "none"),
        ] {
            let described = |contacts: Contacts| {
                let fields = |fields: Vec<(String, String)>| {
                    fields.into_iter().map(|(label, value)| format!("{label}={value}")).collect::<Vec<_>>().join(", ")
                };
                let contacts = contacts.into_iter().map(|(name, values)| format!("{name}: {}", fields(values)));
                contacts.collect::<Vec<_>>().join("; ")
            };
            assert_eq!(contacts(xml).map_or("none".to_owned(), described), read, "{xml}");
        }
        let deep = format!("<contactdetails>{}</contactdetails>", "<a/>".repeat(3_000));
        assert_eq!(contacts(&deep), None);
    }
}
