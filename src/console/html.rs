//! Parts of pages. Everything that is put into them is escaped.

use chrono::NaiveDateTime;
use maud::{Markup, Render, html};

use super::forms::{Forms, TOKEN};
use super::visit::Visit;

/// A form that changes something. `body` has its fields and its button.
pub fn form(visit: &Visit, action: &str, body: impl Render) -> Markup {
    html! { form method="post" action=(action) { (token(&visit.forms)) (body) } }
}

/// A form with nothing but a button. `confirm` is a question that scripts ask before it is sent; empty for none.
pub fn button(visit: &Visit, action: &str, label: &str, confirm: &str) -> Markup {
    let confirm = (!confirm.is_empty()).then_some(confirm);
    html! {
        form class="inline" method="post" action=(action) data-confirm=[confirm] {
            (token(&visit.forms))
            button { (label) }
        }
    }
}

/// The field with the token of a form. Without randomness there is none, and the form is refused.
pub(super) fn token(forms: &Forms) -> Markup {
    html! { input type="hidden" name=(TOKEN) value=(forms.token().unwrap_or_default()); }
}

/// A field with a label and an explanation, which may be empty.
pub struct Field<'f> {
    pub name: &'f str,
    pub label: &'f str,
    pub value: &'f str,
    pub hint: &'f str,
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let id = format!("field-{}", self.name);
        let hint_id = format!("{id}-hint");
        let described = (!self.hint.is_empty()).then_some(&hint_id);
        html! {
            p class="field" {
                label for=(id) { (self.label) }
                input id=(id) name=(self.name) value=(self.value) aria-describedby=[described] autocomplete="off";
                @if !self.hint.is_empty() { small id=(hint_id) { (self.hint) } }
            }
        }
    }
}

/// A moment of UTC, in the operator's time zone.
pub fn time(visit: &Visit, utc: NaiveDateTime) -> Markup {
    let local = visit.local(utc).format("%Y-%m-%d %H:%M:%S").to_string();
    html! { time datetime=(utc.format("%Y-%m-%dT%H:%M:%SZ")) { (local) } }
}

/// A table in a region of its own, which scrolls on narrow screens. `rows` has the rows of the body.
pub fn table(caption: &str, columns: &[&str], rows: impl Render) -> Markup {
    html! {
        div class="scroll" role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// How a thing is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Good,
    Warning,
    Bad,
    Neutral,
}

/// A word that says how a thing is doing. The color repeats what the word says.
pub fn badge(mood: Mood, word: &str) -> Markup {
    let class = match mood {
        Mood::Good => "badge good",
        Mood::Warning => "badge warning",
        Mood::Bad => "badge bad",
        Mood::Neutral => "badge",
    };
    html! { span class=(class) { (word) } }
}

/// A name and what belongs to it, in a list of such pairs.
pub fn pairs(pairs: &[(&str, Markup)]) -> Markup {
    html! { dl { @for (name, value) in pairs { div { dt { (name) } dd { (value) } } } } }
}
