//! What a client sent for one parameter: nothing, something malformed, or a value.
//!
//! Actions must check their parameters in the order of the documented errors, some of which need the database. So
//! decoding a request never fails: each parameter keeps what it was, and the action asks for it when its turn comes.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chrono::{NaiveDate, NaiveDateTime};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::id::{AdminId, ClientId, InvoiceId, ProductGroupId, ProductId, PromotionId};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::promotion::Discount;
use crate::domain::tax::Rate;
use crate::domain::time;
use crate::error::{Error, Result, refuse};

/// The longest text that a TEXT column holds, in bytes.
pub const TEXT_BYTES: usize = 65_535;

/// One parameter of a request. Empty text means that it was not given, as WHMCS's clients expect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Param<T> {
    #[default]
    Absent,
    /// What was sent is no `T`; the text as sent.
    Malformed(String),
    Given(T),
}

impl<T> Param<T> {
    /// The value if one was given; refuses what is malformed with this message.
    pub fn optional(self, malformed: impl Into<Cow<'static, str>>) -> Result<Option<T>> {
        match self {
            Param::Absent => Ok(None),
            Param::Malformed(_) => refuse(malformed),
            Param::Given(value) => Ok(Some(value)),
        }
    }

    /// The value; refuses what is absent or malformed with this message.
    pub fn required(self, missing: &'static str) -> Result<T> {
        self.optional(missing)?.ok_or(Error::Refused(missing.into()))
    }

    /// The value; refuses what is absent with one message and what is malformed with another.
    pub fn required_or(self, absent: &'static str, malformed: &'static str) -> Result<T> {
        self.optional(malformed)?.ok_or(Error::Refused(absent.into()))
    }

    /// The value if one was given; what is malformed counts as not given.
    pub fn lenient(self) -> Option<T> {
        match self {
            Param::Given(value) => Some(value),
            Param::Absent | Param::Malformed(_) => None,
        }
    }
}

impl Param<String> {
    /// The text, empty when none was given; refuses what is longer than its column.
    pub fn text(self, name: &str, limit: usize) -> Result<String> {
        let too_long = || format!("{name} is too long: at most {limit} bytes are allowed");
        let text = self.optional(too_long())?.unwrap_or_default();
        if text.len() > limit { refuse(too_long()) } else { Ok(text) }
    }
}

impl Param<bool> {
    /// Whether the flag is set; a flag that was not given is not.
    pub fn is_set(&self) -> bool {
        matches!(self, Param::Given(true))
    }
}

/// A value that can be read from a parameter's text.
pub trait Value: Sized {
    /// `text` is never empty. `None` means that it is malformed.
    fn parse(text: &str) -> Option<Self>;
}

macro_rules! values {
    ($($value:ty: $parse:expr;)+) => {$(
        impl Value for $value {
            fn parse(text: &str) -> Option<Self> {
                ($parse)(text)
            }
        }
    )+};
}

values! {
    AdminId: AdminId::parse;
    ClientId: ClientId::parse;
    InvoiceId: InvoiceId::parse;
    ProductGroupId: ProductGroupId::parse;
    ProductId: ProductId::parse;
    PromotionId: PromotionId::parse;
    Money: Money::parse;
    Rate: Rate::parse;
    Status: Status::parse;
    Discount: Discount::parse;
    NaiveDate: time::parse_date;
    NaiveDateTime: time::parse_date_time;
    String: |text: &str| Some(text.to_owned());
    u32: |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    // As PHP has it, all other text is true. The words for "no" are what clients in other languages send.
    bool: |text: &str| Some(!["0", "false", "off", "no"].contains(&text.to_ascii_lowercase().as_str()));
}

impl<'de, T: Value> Deserialize<'de> for Param<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParamVisitor(PhantomData))
    }
}

struct ParamVisitor<T>(PhantomData<T>);

impl<'de, T: Value> Visitor<'de> for ParamVisitor<T> {
    type Value = Param<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a parameter")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(match T::parse(text) {
            _ if text.is_empty() => Param::Absent,
            Some(value) => Param::Given(value),
            None => Param::Malformed(text.to_owned()),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Param::Malformed("a list".to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Param::Malformed("a list".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Value>(text: &str) -> Param<T> {
        Param::deserialize(serde_json::Value::from(text)).unwrap()
    }

    #[test]
    fn empty_is_absent_and_nonsense_is_kept() {
        assert_eq!(read::<ClientId>(""), Param::Absent);
        assert_eq!(read::<ClientId>("7"), Param::Given(ClientId(7)));
        assert_eq!(read::<ClientId>("seven"), Param::Malformed("seven".to_owned()));
        assert_eq!(read::<u32>("+7"), Param::Malformed("+7".to_owned()));
    }

    #[test]
    fn flags_are_read_as_clients_send_them() {
        for text in ["1", "true", "True", "on", "yes", "anything"] {
            assert!(read::<bool>(text).is_set(), "{text}");
        }
        for text in ["", "0", "false", "False", "off", "no"] {
            assert!(!read::<bool>(text).is_set(), "{text}");
        }
    }

    #[test]
    fn a_list_is_no_scalar() {
        let list = serde_json::json!(["1", "2"]);
        assert!(matches!(Param::<ClientId>::deserialize(list), Ok(Param::Malformed(_))));
    }
}
