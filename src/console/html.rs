//! Parts of pages. Everything that is put into them is escaped.

use axum::http::StatusCode;
use chrono::{Datelike, NaiveDateTime};
use maud::{Markup, Render, html};

use super::forms::{Forms, TOKEN};
use super::visit::{Answer, SURE, Visit};
use crate::domain::time::parse_date_time;

/// How scripts read a moment.
const UTC: &str = "%Y-%m-%dT%H:%M:%SZ";
/// How browsers and scripts write one.
const FIELD_TIMES: [&str; 3] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%.3f"];

/// A form that changes something. `body` has its fields and its button.
pub fn form(visit: &Visit, action: &str, body: impl Render) -> Markup {
    html! { form method="post" action=(action) { (token(&visit.forms)) (body) } }
}

/// A form with nothing but a button.
pub fn button(visit: &Visit, action: &str, label: &str) -> Markup {
    html! {
        form class="inline" method="post" action=(action) {
            (token(&visit.forms))
            button { (label) }
        }
    }
}

/// A form with a button for what cannot be undone, and a box that must be ticked before.
pub fn final_button(visit: &Visit, action: &str, label: &str, consequence: &str) -> Markup {
    html! {
        form class="final" method="post" action=(action) {
            (token(&visit.forms))
            (sure(consequence))
            button { (label) }
        }
    }
}

/// The box that says that something is meant which cannot be undone, with what it leads to.
pub fn sure(consequence: &str) -> Markup {
    html! { label class="choice" { input type="checkbox" name=(SURE) value="yes" required; " " (consequence) } }
}

/// Such a box for a form that can also be sent without it.
pub fn sure_if_needed(consequence: &str) -> Markup {
    html! { label class="choice" { input type="checkbox" name=(SURE) value="yes"; " " (consequence) } }
}

/// The page of a form that was refused: why, and the form again.
pub fn again(title: &str, why: &str, form: impl Render) -> Answer {
    let body = html! {
        p class="problem" role="alert" { (why) }
        (form)
    };
    Answer::page(title, body).with_status(StatusCode::UNPROCESSABLE_ENTITY)
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

/// A moment of UTC, in the operator's time zone; scripts show it in that of the browser.
pub fn time(visit: &Visit, utc: NaiveDateTime) -> Markup {
    let local = visit.local(utc).format("%Y-%m-%d %H:%M:%S").to_string();
    html! { time datetime=(utc.format(UTC)) { (local) } }
}

/// A time that is stored in UTC, `YYYY-MM-DD HH:MM:SS`. Anything else is shown as it is.
pub fn utc_time(visit: &Visit, stored: &str) -> Markup {
    with_time(stored).map_or_else(|| html! { (stored) }, |utc| time(visit, utc))
}

/// A time that is stored in the operator's time zone, as WHMCS stores most. A time of midnight is that of a whole day.
pub fn local_time(visit: &Visit, stored: &str) -> Markup {
    match (stored.strip_suffix(" 00:00:00"), with_time(stored).and_then(|local| visit.utc(local))) {
        (Some(day), _) => html! { (day) },
        (None, Some(utc)) => time(visit, utc),
        (None, None) => html! { (stored) },
    }
}

fn with_time(stored: &str) -> Option<NaiveDateTime> {
    if stored.contains(' ') { parse_date_time(stored) } else { None }
}

/// A field for a moment of UTC, which is filled in in the operator's time zone; scripts have it in that of the browser.
pub fn time_field(visit: &Visit, name: &str, label: &str, utc: Option<NaiveDateTime>) -> Markup {
    let id = format!("field-{name}");
    let local = utc.map(|utc| visit.local(utc).format("%Y-%m-%dT%H:%M").to_string());
    html! {
        p class="field" {
            label for=(id) { (label) " (" span class="zone" { (visit.zone.name()) } ")" }
            input id=(id) name=(name) type="datetime-local" value=[local] autocomplete="off"
                data-utc=[utc.map(|utc| utc.format(UTC).to_string())];
        }
    }
}

/// Reads what such a field has sent: a time in the operator's time zone, or one of UTC that ends with `Z`.
pub fn field_time(visit: &Visit, text: &str) -> Option<NaiveDateTime> {
    let read = |text: &str| FIELD_TIMES.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let utc = match text.strip_suffix('Z') {
        Some(utc) => read(utc),
        None => read(text).and_then(|local| visit.utc(local)),
    };
    // What a database can hold.
    utc.filter(|utc| (1000..=9999).contains(&utc.year()))
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
