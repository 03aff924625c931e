//! One parameter as a client sent it: absent, malformed, or a value.
//!
//! Actions must check their parameters in the order of the documented errors, some of which need the database. So
//! decoding a request never fails: each parameter keeps its state until the action reads it.
//!
//! What a value means to an action, and which values it accepts, is never decided here.

mod arrays;
mod clearable;
mod lists;
mod nested;
pub mod reading;
pub mod schema;
mod text;
mod values;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use crate::domain::entities::{are_same, forms};
use crate::error::{Error, Result, refuse, refuse_as};

pub use arrays::{Field, RowKey};
pub use clearable::Clearable;
pub use lists::{CommaSeparated, Keyed, List, separated_in_list, some_separated};
pub use nested::{Nested, NestedHtml};
pub use text::{Emails, Html, Password, stored};
pub use values::{ExchangeRate, Unrounded, UtcTime};

/// What [`Param::Malformed`] has in place of a list.
const A_LIST: &str = "a list";

/// One parameter of a request. An empty text counts as absent, as WHMCS's clients expect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Param<T> {
    #[default]
    Absent,
    /// The text that was sent, which is not a valid `T`.
    Malformed(String),
    Given(T),
}

impl<T: ParamValue> Param<T> {
    /// Whether a value was sent, be it valid or not. `0` is no value for an id.
    pub fn is_sent(&self) -> bool {
        match self {
            Param::Absent => false,
            Param::Malformed(text) => !T::means_none(text),
            Param::Given(_) => true,
        }
    }

    /// Returns the parameter, or one with another name if that was sent instead.
    #[must_use]
    pub fn or(self, other: Param<T>) -> Param<T> {
        if other.is_sent() && !self.is_sent() { other } else { self }
    }

    /// Returns the value if one was sent; rejects a malformed one with this message. `0` is no value for an id: replies
    /// say so for no row, and callers write back what they have read.
    pub fn optional(self, malformed: impl Into<Cow<'static, str>>) -> Result<Option<T>> {
        match self {
            Param::Absent => Ok(None),
            Param::Malformed(text) if T::means_none(&text) => Ok(None),
            Param::Malformed(_) => Err(match malformed.into() {
                Cow::Borrowed(message) => Error::Refused(message),
                Cow::Owned(message) => Error::RefusedAs { code: "malformed_parameter", message },
            }),
            Param::Given(value) => Ok(Some(value)),
        }
    }

    /// Returns the value; rejects an absent or malformed one with this message.
    pub fn required(self, missing: &'static str) -> Result<T> {
        self.optional(missing)?.ok_or(Error::Refused(missing))
    }

    /// Returns the value; rejects an absent one with the first message and a malformed one with the second.
    pub fn required_or(self, absent: &'static str, malformed: &'static str) -> Result<T> {
        if let Param::Absent = self { refuse(absent) } else { self.required(malformed) }
    }

    /// Converts the value.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Param<U> {
        match self {
            Param::Absent => Param::Absent,
            Param::Malformed(text) => Param::Malformed(text),
            Param::Given(value) => Param::Given(convert(value)),
        }
    }

    /// Returns the value if a valid one was sent; a malformed one counts as absent.
    pub fn lenient(self) -> Option<T> {
        match self {
            Param::Given(value) => Some(value),
            Param::Absent | Param::Malformed(_) => None,
        }
    }
}

impl<T: ParamValue + PartialEq> Param<T> {
    /// Returns the parameter, or an absent one if its value is the stored one, with or without HTML entities. So whatever
    /// was read can be written back, also what is rejected as a new value.
    #[must_use]
    pub fn unless_stored(self, stored: &str) -> Param<T> {
        let is_stored = match &self {
            Param::Absent => true,
            Param::Malformed(text) => are_same(text, stored),
            Param::Given(value) => forms(stored).iter().any(|stored| T::parse(stored).as_ref() == Some(value)),
        };
        if is_stored { Param::Absent } else { self }
    }
}

impl<T: From<i64> + Copy> Param<T> {
    /// The id to filter by, if one was sent. A malformed id matches no row (-1; 0 would match rows without a parent).
    pub fn filter(&self) -> Option<T> {
        match self {
            Param::Absent => None,
            Param::Malformed(_) => Some(T::from(-1)),
            Param::Given(id) => Some(*id),
        }
    }
}

impl<T: ParamValue> Param<Keyed<T>> {
    /// Whether a single value was sent, where an array is expected.
    pub fn is_single(&self) -> bool {
        matches!(self, Param::Malformed(text) if text != A_LIST)
    }

    /// Returns the parameter, or an absent one if the array has no values: empty ones count as absent, and so does an array
    /// of them.
    #[must_use]
    pub fn unless_empty(self) -> Param<Keyed<T>> {
        match self {
            Param::Given(Keyed(values)) if values.is_empty() => Param::Absent,
            sent => sent,
        }
    }
}

impl<T: fmt::Display> Param<T> {
    /// The value as sent, for replies that echo it.
    pub fn echo(&self) -> Option<String> {
        match self {
            Param::Absent => None,
            Param::Malformed(text) => Some(text.clone()),
            Param::Given(value) => Some(value.to_string()),
        }
    }
}

impl Param<String> {
    /// Returns the text, or an empty one if absent; rejects a list, and a text that is longer than its column.
    pub fn text(self, name: &str, limit: usize) -> Result<String> {
        let text = self.optional(format!("{name} must be a text"))?.unwrap_or_default();
        let too_long = || format!("{name} is too long: at most {limit} bytes are allowed");
        if text.len() > limit { refuse_as("too_long", too_long()) } else { Ok(text) }
    }
}

impl Param<bool> {
    /// Whether the flag was sent and is true.
    pub fn is_set(&self) -> bool {
        matches!(self, Param::Given(true))
    }
}

/// A value that can be parsed from a parameter's text.
pub trait ParamValue: Sized {
    /// Parses a text that is not empty. Returns `None` if it is malformed. Blanks around it are removed before it counts as
    /// such.
    fn parse(text: &str) -> Option<Self>;

    /// Parses a list; most parameters do not allow one.
    fn from_list(_list: Json) -> Option<Self> {
        None
    }

    /// Whether blanks around a value make it another one.
    const IS_EXACT: bool = false;

    /// Whether a text that is not valid stands for no value, as `0` does for an id.
    fn means_none(_text: &str) -> bool {
        false
    }
}

impl<'de, T: ParamValue> Deserialize<'de> for Param<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParamVisitor(PhantomData))
    }
}

struct ParamVisitor<T>(PhantomData<T>);

impl<'de, T: ParamValue> Visitor<'de> for ParamVisitor<T> {
    type Value = Param<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a parameter")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        let trimmed = || if T::IS_EXACT { None } else { T::parse(text.trim()) };
        Ok(match T::parse(text).or_else(trimmed) {
            _ if text.is_empty() => Param::Absent,
            Some(value) => Param::Given(value),
            None => Param::Malformed(text.to_owned()),
        })
    }

    /// Numbers and booleans in JSON are treated as the text that a form would send.
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        self.visit_str(if value { "1" } else { "0" })
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Param::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Json::deserialize(SeqAccessDeserializer::new(list)).map(Self::list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Json::deserialize(MapAccessDeserializer::new(map)).map(Self::list)
    }
}

impl<T: ParamValue> ParamVisitor<T> {
    fn list(list: Json) -> Param<T> {
        T::from_list(list).map_or_else(|| Param::Malformed(A_LIST.to_owned()), Param::Given)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD as BASE64;
    use serde_json::json;

    use super::*;
    use crate::domain::id::ClientId;
    use crate::domain::money::Money;

    fn read<T: ParamValue>(text: &str) -> Param<T> {
        Param::deserialize(serde_json::Value::from(text)).unwrap()
    }

    #[test]
    fn empty_is_absent_and_nonsense_is_kept() {
        assert_eq!(read::<ClientId>(""), Param::Absent);
        assert_eq!(read::<ClientId>("7"), Param::Given(ClientId(7)));
        assert_eq!(read::<ClientId>("seven"), Param::Malformed("seven".to_owned()));
        for (text, number) in [("7", 7), ("7.0", 7), (" 7 ", 7), ("+7", 7), ("7e1", 70), ("\u{a0}7", 7)] {
            assert_eq!(read::<u32>(text), Param::Given(number), "{text}");
            assert_eq!(read::<ClientId>(text), Param::Given(ClientId(number.into())), "{text}");
        }
        for text in ["-7", "7.5", "4294967296", "7 8", "x"] {
            assert_eq!(read::<u32>(text), Param::Malformed(text.to_owned()));
        }
    }

    #[test]
    fn a_malformed_id_matches_no_row_and_is_echoed() {
        for (text, filter, echo) in [("", None, None), ("7", Some(7), Some("7")), ("x", Some(-1), Some("x"))] {
            let param = read::<ClientId>(text);
            assert_eq!(param.filter(), filter.map(ClientId), "{text:?}");
            assert_eq!(param.echo().as_deref(), echo, "{text:?}");
        }
    }

    /// Whatever the operator's time zone is.
    #[test]
    fn times_on_the_clock_of_utc_are_converted_to_it() {
        for (text, time) in [
            ("2026-07-01T10:00:00Z", "2026-07-01 10:00:00"),
            ("2026-07-01T10:00:00+02:00", "2026-07-01 08:00:00"),
            ("2026-07-01 10:00:00", "2026-07-01 10:00:00"),
            ("2026-07-01", "2026-07-01 00:00:00"),
        ] {
            let Param::Given(UtcTime(read)) = read::<UtcTime>(text) else { panic!("{text}") };
            assert_eq!(read.to_string(), time, "{text}");
        }
    }

    #[test]
    fn flags_are_read_as_clients_send_them() {
        for text in ["1", "true", "True", "on", "yes", "anything", " 1 ", "1.0", "-1"] {
            assert!(read::<bool>(text).is_set(), "{text}");
        }
        for text in ["", "0", "false", "False", "off", "no", " ", " false ", "0.0", "00"] {
            assert!(!read::<bool>(text).is_set(), "{text}");
        }
    }

    #[test]
    fn json_values_are_read_as_form_values() {
        let client = |json: Json| Param::<ClientId>::deserialize(json).unwrap();
        assert_eq!(client(7.into()), Param::Given(ClientId(7)));
        assert_eq!(client(Json::Null), Param::Absent);
        assert_eq!(client(json!(["1", "2"])), Param::Malformed(A_LIST.to_owned()), "a list is no scalar");
        let amount = |json: Json| Param::<Money>::deserialize(json).unwrap().lenient().map(|amount| amount.to_string());
        assert_eq!(amount(json!(12)).as_deref(), Some("12.00"));
        assert_eq!(amount(json!("0.30000000000000004")).as_deref(), Some("0.30"));
        assert!(Param::<bool>::deserialize(json!(true)).unwrap().is_set());
        assert!(!Param::<bool>::deserialize(json!(false)).unwrap().is_set());
    }

    #[test]
    fn a_list_may_be_sent_in_several_ways() {
        let list = |json: Json| Param::<List<ClientId>>::deserialize(json).unwrap();
        let clients = |ids: &[i64]| Param::Given(List(ids.iter().copied().map(ClientId).collect()));
        assert_eq!(list(json!("1")), clients(&[1]));
        assert_eq!(list(json!("2, 1,0,")), clients(&[2, 1]));
        assert!(matches!(list(json!("1,x")), Param::Malformed(_)));
        assert_eq!(list(json!(["2", 1])), clients(&[2, 1]));
        assert_eq!(list(json!({"5": "2", "0": "1"})), clients(&[2, 1]));
        assert_eq!(list(json!([])), clients(&[]));
        assert_eq!(list(json!(["2", "", "0"])), clients(&[2]));
        assert_eq!(list(json!("")), Param::Absent);
        assert!(matches!(list(json!(["1", "x"])), Param::Malformed(_)));
        assert!(matches!(list(json!([["1"]])), Param::Malformed(_)));
    }

    #[test]
    fn an_array_without_values_counts_as_not_sent() {
        let amounts = |json: Json| Param::<Keyed<Money>>::deserialize(json).unwrap().unless_empty();
        for empty in [json!([]), json!({}), json!([""]), json!({"1": ""}), json!({"1": null}), json!(""), json!(null)] {
            assert_eq!(amounts(empty.clone()), Param::Absent, "{empty}");
        }
        let given = |values: &[(&str, &str)]| {
            let value = |&(key, amount): &(&str, &str)| (key.to_owned(), Money::parse(amount).unwrap());
            Param::Given(Keyed(values.iter().map(value).collect()))
        };
        assert_eq!(amounts(json!({"1": 14, "2": "28.50", "3": ""})), given(&[("1", "14"), ("2", "28.50")]));
        assert_eq!(amounts(json!([null, 14.5])), given(&[("1", "14.50")]));
        for (sent, is_single) in
            [(json!("14"), true), (json!(14), true), (json!({"1": "x"}), false), (json!([]), false)]
        {
            assert_eq!(amounts(sent.clone()).is_single(), is_single, "{sent}");
        }
    }

    #[test]
    fn the_keys_of_parallel_arrays_may_have_gaps() {
        let field = |json: Json| Param::<Field<ClientId>>::deserialize(json).unwrap();
        for (json, keys, filled) in [
            (json!("7"), vec![], vec![]),
            (json!(["7", "", "0", 8]), vec!["0", "1", "2", "3"], vec!["0", "3"]),
            (json!({"10": "7", "9": "8", "a": "x", "09": "9"}), vec!["9", "10", "09", "a"], vec!["9", "10", "09", "a"]),
        ] {
            let field = field(json);
            assert_eq!(field.keys().map(ToString::to_string).collect::<Vec<_>>(), keys);
            assert_eq!(field.filled_keys().map(ToString::to_string).collect::<Vec<_>>(), filled);
        }
        let at = |json: Json, key: &str| field(json).at(&RowKey::from(key.to_owned()));
        assert_eq!(at(json!("7"), "5"), Some(Param::Given(ClientId(7))));
        assert_eq!(at(json!(""), "5"), Some(Param::Absent));
        assert_eq!(at(json!(["7", "x"]), "1"), Some(Param::Malformed("x".to_owned())));
        assert_eq!(at(json!(["7", "x"]), "2"), None);
        assert_eq!(field(json!("x")), Param::Malformed("x".to_owned()));
    }

    #[test]
    fn nested_arrays_may_be_serialized_by_php() {
        let nested = |json: Json| Param::<Nested>::deserialize(json).unwrap().required("none").unwrap();
        let fields = json!({"101": "7"});
        assert_eq!(nested(BASE64.encode(r#"a:1:{i:101;s:1:"7";}"#).into()).array("customfields").unwrap(), fields);
        assert_eq!(nested(fields.clone()).array("customfields").unwrap(), fields);
        for (text, message) in [
            ("no base64!", "customfields: not base64"),
            (&BASE64.encode("i:1;"), "customfields: not an array"),
            (
                &BASE64.encode(r#"O:1:"a":0:{}"#),
                "customfields: not a serialized PHP array: only arrays, texts, numbers and booleans are allowed",
            ),
        ] {
            assert_eq!(nested(text.into()).array("customfields").unwrap_err().to_string(), message);
        }
    }
}

#[cfg(test)]
mod stored_texts {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::config::{Compat, Entities};
    use crate::domain::clients::email::Email;
    use crate::domain::time::Clock;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Sent {
        text: Param<String>,
        list: Param<List<String>>,
        keyed: Param<Keyed<String>>,
        many: Param<Field<String>>,
        one: Param<Field<String>>,
        email: Param<Email>,
        copies: Param<Emails>,
        nested: Param<Nested>,
        serialized: Param<Nested>,
        in_html: Param<NestedHtml>,
        html: Param<Html>,
        password: Param<Password>,
    }

    /// Runs this as if it were an action.
    async fn within<T>(entities: Entities, work: impl Future<Output = T>) -> T {
        let compat = Compat { entities, ..Compat::default() };
        let now = Clock::fixed_at("2026-11-20 12:30:00", chrono_tz::Tz::UTC).unwrap().now();
        reading::within(&compat, now, work).await
    }

    async fn sent(entities: Entities) -> String {
        // {"1": "<b>"}
        let base64 = "YToxOntpOjE7czozOiI8Yj4iO30=";
        let values = json!({
            "text": "<b>", "list": ["<b>"], "keyed": {"<k>": "<b>"}, "many": ["<b>"], "one": "<b>",
            "email": "o'neil@example.com", "copies": "a@example.com,o'neil@example.com",
            "nested": {"1": "<b>", "2": ["<b>", 1]}, "serialized": base64, "in_html": base64, "html": "<b>", "password": "<b>",
        });
        let sent = within(entities, async { Sent::deserialize(&values).unwrap() }).await;
        format!("{sent:?}")
    }

    /// Whichever form each of them has.
    #[tokio::test]
    async fn values_that_are_stored_already_count_as_absent() {
        let forms = [("o'neil@example.com", "o&#039;neil@example.com"), ("root&amp;x@localhost", "root&x@localhost")];
        for entities in [Entities::Plain, Entities::Encoded] {
            for (one, other) in forms.iter().flat_map(|&(one, other)| [(one, one), (one, other), (other, one)]) {
                let is_absent = within(entities, async {
                    let email: Param<Email> = Param::deserialize(json!(one)).unwrap();
                    let text: Param<String> = Param::deserialize(json!(one)).unwrap();
                    (email.unless_stored(other) == Param::Absent, text.unless_stored(other) == Param::Absent)
                });
                assert_eq!(is_absent.await, (true, true), "{one} {other} {entities:?}");
            }
        }
    }

    #[tokio::test]
    async fn texts_are_encoded_by_the_type_of_their_parameter() {
        let encoded = sent(Entities::Encoded).await;
        assert_eq!(encoded.matches("&lt;b&gt;").count(), 8, "{encoded}");
        assert_eq!(encoded.matches("<b>").count(), 3, "{encoded}");
        assert_eq!(encoded.matches("o&#039;neil@example.com").count(), 2, "{encoded}");
        for entities in [Entities::Plain, Entities::Auto] {
            let plain = sent(entities).await;
            assert!(!plain.contains('&'), "{plain}");
            assert_eq!((plain.matches("<b>").count(), plain.matches("o'neil@").count()), (11, 2), "{plain}");
        }
    }
}
