//! Texts of parameters, and how they are stored.
//!
//! A WHMCS shows texts as they are stored, without encoding them. So beside a WHMCS they are stored with HTML entities, as
//! WHMCS stores them (`compat.entities`). This depends on the type of a parameter: [`String`], [`Email`] and the texts in
//! a [`Nested`](super::Nested) array are encoded as they are read. An entity that was sent is kept, because callers write
//! back what replies contain, which is text as it is stored. [`Html`], [`NestedHtml`](super::NestedHtml) and [`Password`]
//! are not encoded.

use serde_json::Value as Json;

use super::{CommaSeparated, Param, ParamValue, reading, separated_in_list, some_separated};
use crate::config::Entities;
use crate::domain::clients::email::Email;

/// HTML that a page shows as such, like the message of a mail; stored as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html(pub String);

/// A password, which no page shows; used as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password(pub String);

/// E-mail addresses in a text, separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emails(pub Vec<Email>);

/// Returns a text that was sent in a call as it is stored.
#[must_use]
pub fn stored(text: &str) -> String {
    reading::entities().stored(text).into_owned()
}

/// Returns an array with its texts as they are stored. Keys are names and ids, which are not stored.
pub(super) fn stored_array(mut array: Json) -> Json {
    store_texts(&mut array, reading::entities());
    array
}

fn store_texts(value: &mut Json, entities: Entities) {
    match value {
        Json::String(text) => *text = entities.stored(text).into_owned(),
        Json::Array(values) => values.iter_mut().for_each(|value| store_texts(value, entities)),
        Json::Object(values) => values.values_mut().for_each(|value| store_texts(value, entities)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

impl ParamValue for Email {
    fn parse(text: &str) -> Option<Self> {
        let email = Email::parse(text)?;
        Some(if reading::entities() == Entities::Encoded { email.encoded() } else { email })
    }
}

impl ParamValue for Emails {
    fn parse(text: &str) -> Option<Self> {
        let addresses = some_separated(text)?.into_iter();
        addresses.map(<Email as ParamValue>::parse).collect::<Option<_>>().map(Emails)
    }

    fn from_list(list: Json) -> Option<Self> {
        separated_in_list(list, Emails(Vec::new()))
    }
}

impl ParamValue for Html {
    fn parse(text: &str) -> Option<Self> {
        Some(Html(text.to_owned()))
    }
}

impl ParamValue for Password {
    fn parse(text: &str) -> Option<Self> {
        Some(Password(text.to_owned()))
    }
}

impl From<Param<CommaSeparated>> for Param<String> {
    fn from(list: Param<CommaSeparated>) -> Param<String> {
        list.map(|CommaSeparated(text)| text)
    }
}

impl From<Param<Html>> for Param<String> {
    fn from(html: Param<Html>) -> Param<String> {
        html.map(|Html(text)| text)
    }
}

impl From<Param<Password>> for Param<String> {
    fn from(password: Param<Password>) -> Param<String> {
        password.map(|Password(text)| text)
    }
}

impl Param<Html> {
    /// As the method of a text.
    pub fn text(self, name: &str, limit: usize) -> crate::error::Result<String> {
        Param::<String>::from(self).text(name, limit)
    }
}

impl Param<Password> {
    /// As the method of a text.
    pub fn text(self, name: &str, limit: usize) -> crate::error::Result<String> {
        Param::<String>::from(self).text(name, limit)
    }
}
