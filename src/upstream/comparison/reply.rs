//! A reply as a tree of values, whichever of the three formats it is written in.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value};

use crate::wire::Format;
use crate::wire::decode::names::Names;

/// Maximum number of elements of a reply in XML.
const MAX_NODES: u32 = 2_000_000;
/// How deep elements in XML are read.
const MAX_DEPTH: usize = 64;

/// A reply that is compared.
#[derive(Debug, Clone)]
pub struct ComparedReply {
    /// The HTTP status.
    pub status: u16,
    pub format: Format,
    /// `None` if it cannot be read.
    pub value: Option<Value>,
    /// What cannot be read.
    pub unread: Vec<u8>,
}

impl ComparedReply {
    /// Reads a reply in JSON, XML or name=value pairs. In the latter two all values are texts.
    pub fn read(status: u16, body: &[u8]) -> ComparedReply {
        let body = body.trim_ascii();
        let text = || str::from_utf8(body).ok();
        let (format, value) = match body.first() {
            Some(b'{' | b'[') => (Format::Json, serde_json::from_slice(body).ok()),
            Some(b'<') => (Format::Xml, text().and_then(read_xml)),
            _ => (Format::Nvp, text().and_then(read_pairs)),
        };
        let unread = if value.is_none() { body.to_vec() } else { Vec::new() };
        ComparedReply { status, format, value, unread }
    }
}

/// Reads XML without its attributes, one of which is the version of WHMCS. Each child is a list of the elements of its name,
/// because a list with one element looks like a single value.
fn read_xml(text: &str) -> Option<Value> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    let root = document.root_element();
    if !root.has_tag_name("whmcsapi") {
        return None;
    }
    let Value::Object(mut reply) = element(root, 0) else { return None };
    // All replies have these once.
    for name in ["result", "message"] {
        if let Some(Value::Array(texts)) = reply.get_mut(name)
            && let [text] = &mut texts[..]
        {
            let text = text.take();
            reply.insert(name.to_owned(), text);
        }
    }
    Some(Value::Object(reply))
}

fn element(node: Node<'_, '_>, depth: usize) -> Value {
    let mut children = node.children().filter(Node::is_element).peekable();
    if children.peek().is_none() || depth >= MAX_DEPTH {
        let texts = node.children().filter_map(|child| child.text());
        return texts.collect::<String>().into();
    }
    let mut members: Map<String, Value> = Map::new();
    for child in children {
        let list = members.entry(child.tag_name().name()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(element(child, depth + 1));
        }
    }
    Value::Object(members)
}

/// Reads name=value pairs, whose names are those of parameters: `credits[credit][0][id]`. Clients split them at each
/// semicolon, and whoever writes them does not always encode one in a value: what has no name belongs to the value before.
fn read_pairs(text: &str) -> Option<Value> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for piece in text.strip_suffix(';').unwrap_or(text).split(';') {
        if let Some((name, value)) = piece.split_once('=') {
            pairs.push((name.trim().to_owned(), value.to_owned()));
        } else {
            pairs.last_mut()?.1.extend([";", piece]);
        }
    }
    let mut names = Names::default();
    pairs.into_iter().try_for_each(|(name, value)| names.insert(name, value)).ok()?;
    let values = names.into_values();
    values.contains_key("result").then_some(Value::Object(values))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn replies_in_each_format_are_read() {
        for (body, value) in [
            (r#" {"result":"success","a":[1]}"#, Some(json!({"result": "success", "a": [1]}))),
            ("result=success;a=1=2;b=;\n", Some(json!({"result": "success", "a": "1=2", "b": ""}))),
            (
                "result=success;a[b][0][id]=1;a[b][0][n]=x;y; z;a[b][1][id]=2;c=;;d=%3B",
                Some(json!({
                    "result": "success",
                    "a": {"b": {"0": {"id": "1", "n": "x;y; z"}, "1": {"id": "2"}}},
                    "c": ";",
                    "d": "%3B",
                })),
            ),
            (
                "<?xml version=\"1.0\"?>\n<whmcsapi version=\"8\">\n<result>success</result>\n<as>\n<a>\n<id>1</id>\n</a>\n<a>\n<id>&amp;</id>\n</a>\n</as>\n<b></b></whmcsapi>",
                Some(json!({"result": "success", "as": [{"a": [{"id": ["1"]}, {"id": ["&"]}]}], "b": [""]})),
            ),
            ("<html><body>Down</body></html>", None),
            ("<broken", None),
            ("{broken", None),
            ("Down for maintenance", None),
            ("Down; result=success", None),
            ("", None),
        ] {
            assert_eq!(ComparedReply::read(200, body.as_bytes()).value, value, "{body}");
        }
    }

    #[test]
    fn entities_are_not_expanded_and_depth_is_bounded() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">]><whmcsapi><result>&a;</result></whmcsapi>";
        assert_eq!(ComparedReply::read(200, bomb.as_bytes()).value, None);
        let deep = format!("<whmcsapi>{}x{}</whmcsapi>", "<a>".repeat(500), "</a>".repeat(500));
        ComparedReply::read(200, deep.as_bytes());
    }
}
