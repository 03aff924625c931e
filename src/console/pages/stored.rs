//! What pages show of stored things: JSON and other long texts, links to what they are about, and the fields of filters.

use maud::{Markup, html};
use serde_json::Value;

use crate::redaction::{Hidden, redacted};

/// Maximum length of a text that may have secrets, which is cut.
const MOST_BYTES: usize = 64 * 1024;

/// A long text in a region of its own that scrolls; JSON with line breaks.
pub fn text(label: &str, text: &str) -> Markup {
    let laid_out = serde_json::from_str::<Value>(text).ok().and_then(|value| serde_json::to_string_pretty(&value).ok());
    html! {
        div class="scroll" role="region" aria-label=(label) tabindex="0" {
            pre { @if text.is_empty() { "(empty)" } @else { (laid_out.as_deref().unwrap_or(text)) } }
        }
    }
}

/// JSON without what its names or its look say is secret.
pub fn without_secrets(json: &str) -> String {
    match serde_json::from_str::<Value>(json) {
        Ok(value) => redacted(&value, &Hidden::default(), MOST_BYTES),
        Err(_) => String::new(),
    }
}

/// A link to what something is about, such as `client` 7, if there is a page of it.
pub fn about(kind: &str, id: i64) -> Markup {
    let page = match kind {
        "client" => Some(format!("/console/books/clients/{id}")),
        "invoice" => Some(format!("/console/books/invoices/{id}")),
        "payment" => Some(format!("/console/books?q=payment+{id}")),
        _ => None,
    };
    html! {
        @match page {
            Some(page) => a href=(page) { (kind) " " (id) },
            None => @if !kind.is_empty() { (kind) " " (id) },
        }
    }
}

/// A field of a filter.
pub fn field(name: &str, label: &str, kind: &str, value: &str) -> Markup {
    let id = format!("field-{name}");
    html! {
        p class="field" {
            label for=(id) { (label) }
            input id=(id) name=(name) type=(kind) value=(value) autocomplete="off";
        }
    }
}

/// A choice of a filter or a form: values with their labels.
pub fn choice(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    let id = format!("field-{name}");
    html! {
        p class="field" {
            label for=(id) { (label) }
            select id=(id) name=(name) {
                @for (value, label) in options { option value=(value) selected[*value == chosen] { (label) } }
            }
        }
    }
}
