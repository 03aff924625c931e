//! Texts of parameters, and how they are stored.
//!
//! A WHMCS shows texts as they are stored, without encoding them. So beside a WHMCS they are stored with HTML entities, as
//! WHMCS stores them (`compat.entities`). This depends on the type of a parameter: [`String`], [`Email`] and the texts in
//! a [`Nested`](super::Nested) array are encoded as they are decoded, so that what is stored and what is compared with it
//! have the same form. [`Html`], [`NestedHtml`](super::NestedHtml) and [`Password`] are not encoded.

use std::cell::Cell;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::{Param, ParamValue};
use crate::config::Entities;
use crate::domain::clients::email::Email;
use crate::domain::entities;

/// HTML that a page shows as such, like the message of a mail; stored as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html(pub String);

/// A password, which no page shows; used as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password(pub String);

/// E-mail addresses in a text, separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emails(pub Vec<Email>);

thread_local! {
    /// Whether texts are encoded while parameters are decoded, which happens without a pause on one thread.
    static IS_ENCODING: Cell<bool> = const { Cell::new(false) };
}

/// Decodes the parameters of an action.
pub fn decode<A: DeserializeOwned>(values: &Map<String, Json>, entities: Entities) -> serde_json::Result<A> {
    let _reset = Reset(IS_ENCODING.replace(entities == Entities::Encoded));
    A::deserialize(values)
}

/// Restores the previous mode when dropped, also in a panic.
struct Reset(bool);

impl Drop for Reset {
    fn drop(&mut self) {
        IS_ENCODING.set(self.0);
    }
}

/// Returns a text as it is stored.
pub(super) fn stored(text: &str) -> String {
    if IS_ENCODING.get() { entities::encoded(text) } else { text.to_owned() }
}

/// Returns an array with its texts as they are stored. Keys are names and ids, which are not stored.
pub(super) fn stored_array(mut array: Json) -> Json {
    if IS_ENCODING.get() {
        encode_texts(&mut array);
    }
    array
}

fn encode_texts(value: &mut Json) {
    match value {
        Json::String(text) => *text = entities::encoded(text),
        Json::Array(values) => values.iter_mut().for_each(encode_texts),
        Json::Object(values) => values.values_mut().for_each(encode_texts),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

impl ParamValue for Email {
    fn parse(text: &str) -> Option<Self> {
        let email = Email::parse(text)?;
        Some(if IS_ENCODING.get() { email.encoded() } else { email })
    }
}

impl ParamValue for Emails {
    fn parse(text: &str) -> Option<Self> {
        text.split(',').map(<Email as ParamValue>::parse).collect::<Option<_>>().map(Emails)
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
