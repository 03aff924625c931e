//! Parameters as they were sent: as PHP reads them, numbers may be texts, and texts numbers.

use serde_json::{Map, Value};

use super::words::{Failure, said};
use crate::database::page::{Listed, Page};
use crate::domain::money::Money;
use crate::param::{self, ParamValue};
use crate::wire::Parameters;

const PER_PAGE: i64 = 100;
const MAX_PER_PAGE: i64 = 500;

/// The parameters of a call, or the fields of an object in them.
#[derive(Debug, Clone)]
pub struct Sent<'p> {
    values: &'p Map<String, Value>,
}

impl<'p> Sent<'p> {
    pub fn of(parameters: &'p Parameters) -> Sent<'p> {
        Sent { values: &parameters.values }
    }

    /// The fields of an object.
    pub fn within(values: &'p Map<String, Value>) -> Sent<'p> {
        Sent { values }
    }

    /// Rejects the call with the text of the first required parameter that is missing or empty.
    pub fn require(&self, required: &[(&str, &str)]) -> Result<(), Failure> {
        let missing = required.iter().find(|(name, _)| is_empty(self.values.get(*name)));
        missing.map_or(Ok(()), |(_, text)| Err(said((*text).to_owned())))
    }

    pub fn has(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether a list or an object has anything in it.
    pub fn has_entries(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| (value.is_array() || value.is_object()) && !is_empty(Some(value)))
    }

    /// A text as it is stored; `None` if there is none. Beside a WHMCS, texts are stored with HTML entities.
    pub fn text(&self, name: &str) -> Option<String> {
        self.raw(name).map(|text| param::stored(&text))
    }

    /// A text as it was sent, of what no page shows: a password, or a word with a meaning.
    pub fn raw(&self, name: &str) -> Option<String> {
        match self.values.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(true) => Some("1".to_owned()),
            Value::Bool(false) => Some(String::new()),
            _ => None,
        }
    }

    /// A text without blanks around it, as it is stored; `None` if it is empty.
    pub fn filled(&self, name: &str) -> Option<String> {
        self.filled_raw(name).map(|text| param::stored(&text))
    }

    /// A text without blanks around it, as it was sent; `None` if it is empty.
    pub fn filled_raw(&self, name: &str) -> Option<String> {
        let text = self.raw(name)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// An id: the number at the beginning of the text, and 0 without one.
    pub fn id(&self, name: &str) -> i64 {
        integer(self.filled_raw(name).as_deref().unwrap_or_default()).unwrap_or(0)
    }

    /// An id to filter by; `None` if none was sent.
    pub fn id_filter(&self, name: &str) -> Option<i64> {
        self.filled_raw(name).map(|text| integer(&text).unwrap_or(0))
    }

    /// The ids of a list; `None` if there is none.
    pub fn ids(&self, name: &str) -> Option<Vec<i64>> {
        let number = |value: &Value| match value {
            Value::String(text) => integer(text.trim()),
            value => value.as_i64(),
        };
        match self.values.get(name)? {
            Value::Array(list) => Some(list.iter().filter_map(number).collect()),
            Value::Object(map) => Some(map.values().filter_map(number).collect()),
            _ => None,
        }
    }

    /// A flag, in the words of PHP; `None` if there is none or it is another text.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.raw(name)?.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "on" | "yes" => Some(true),
            "0" | "false" | "off" | "no" | "" => Some(false),
            _ => None,
        }
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.flag(name) == Some(true)
    }

    /// An amount, rounded as those of WHMCS's API are; `None` if none was sent.
    pub fn amount(&self, name: &str, text: &'static str) -> Result<Option<Money>, Failure> {
        match self.filled(name) {
            None => Ok(None),
            Some(amount) => <Money as ParamValue>::parse(&amount).map(Some).ok_or_else(|| said(text)),
        }
    }

    /// The date at the beginning of a text, `YYYY-MM-DD`, `YYYY/MM/DD` or `YYYYMMDD`; `None` if there is none. Rejects other
    /// forms, with which a list would not be filtered.
    pub fn date(&self, name: &str) -> Result<Option<chrono::NaiveDate>, Failure> {
        let Some(text) = self.filled_raw(name) else { return Ok(None) };
        let written = match text.as_bytes() {
            digits if digits.len() == 8 && digits.iter().all(u8::is_ascii_digit) => {
                format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])
            }
            _ => text.get(..10).unwrap_or(&text).replace('/', "-"),
        };
        let date = crate::domain::time::parse_date(&written);
        date.map(Some).ok_or_else(|| said(format!("Invalid date format for {name}: {text}")))
    }

    /// The objects of a list, with their keys: those of a map, or numbers.
    pub fn entries(&self, name: &str) -> Vec<(String, Sent<'p>)> {
        match self.values.get(name) {
            Some(Value::Object(map)) => {
                map.iter().filter_map(|(key, value)| Some((key.clone(), Sent { values: value.as_object()? }))).collect()
            }
            Some(Value::Array(list)) => (0..)
                .zip(list)
                .filter_map(|(at, value): (usize, _)| Some((at.to_string(), Sent { values: value.as_object()? })))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// An object in the parameters.
    pub fn object(&self, name: &str) -> Option<Sent<'p>> {
        Some(Sent { values: self.values.get(name)?.as_object()? })
    }

    /// The page of a list.
    pub fn page(&self) -> Result<PageNumber, Failure> {
        let number =
            |name: &str, default| self.filled(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(default);
        let (page, per_page) = (number("page", 1), number("per_page", PER_PAGE));
        match (page, per_page) {
            (..1, _) => Err(said("Page number (page) must be a positive integer.")),
            (_, ..1) => Err(said("The number of items per page (per_page) must be a positive integer.")),
            (_, per_page) if per_page > MAX_PER_PAGE => {
                Err(said("The number of items per page (per_page) is too large. Please specify a smaller number."))
            }
            (page, per_page) => Ok(PageNumber { page, per_page }),
        }
    }
}

/// A page of a list as it was asked for.
#[derive(Debug, Clone, Copy)]
pub struct PageNumber {
    page: i64,
    per_page: i64,
}

impl PageNumber {
    pub fn page(self) -> Page {
        let start = (self.page - 1).saturating_mul(self.per_page);
        Page {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            length: u32::try_from(self.per_page).unwrap_or_default(),
        }
    }

    /// Returns the rows of the page with what is said of the list.
    pub fn list<T>(self, listed: Listed<T>, item: impl FnMut(T) -> Value) -> Value {
        let list: Vec<Value> = listed.rows.into_iter().map(item).collect();
        self.of_total(listed.total, &list)
    }

    /// Returns the page of a list that is read as a whole.
    pub fn cut(self, all: Vec<Value>) -> Value {
        let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let Page { start, length } = self.page();
        let list: Vec<Value> = all.into_iter().skip(start as usize).take(length as usize).collect();
        self.of_total(total, &list)
    }

    pub fn of_total(self, total: i64, list: &[Value]) -> Value {
        let pages = (total + self.per_page - 1) / self.per_page;
        serde_json::json!({"pages": pages, "page": self.page, "per_page": self.per_page, "total": total, "list": list})
    }
}

/// Whether a required parameter counts as missing.
fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Bool(true) | Value::Number(_)) => false,
    }
}

/// The number at the beginning of a text, as PHP casts it.
pub fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let number: i64 = digits.get(..end)?.parse().ok()?;
    Some(if digits.len() < text.len() { -number } else { number })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else { panic!("{value} is no object") };
        map
    }

    #[test]
    fn values_are_read_as_php_does() {
        let values =
            map(json!({"a": "12abc", "b": 7, "c": " 5 ", "d": "x", "e": "-3", "yes": "On", "no": false, "odd": "2"}));
        let sent = Sent { values: &values };
        let ids: Vec<i64> = ["a", "b", "c", "d", "e", "f"].map(|name| sent.id(name)).to_vec();
        assert_eq!(ids, [12, 7, 5, 0, -3, 0]);
        let dates = [("2026-11-30 10:00:00", true), ("2026/11/30", true), ("20261130", true), ("yesterday", false)];
        for (text, is_date) in dates {
            let values = map(json!({"x": text}));
            let date = Sent { values: &values }.date("x").map(|date| date.unwrap().to_string());
            let said = date.unwrap_or_else(|failure| failure.to_string());
            assert_eq!(said == "2026-11-30", is_date, "{text}: {said}");
        }
        let flags = ["yes", "no", "odd", "none"].map(|name| sent.flag(name));
        assert_eq!(flags, [Some(true), Some(false), None, None]);
        for (value, is_missing) in [
            (json!(null), true),
            (json!(" "), true),
            (json!([]), true),
            (json!(false), true),
            (json!(0), false),
            (json!("0"), false),
        ] {
            let values = map(json!({"x": value}));
            assert_eq!(Sent { values: &values }.require(&[("x", "missing")]).is_err(), is_missing, "{values:?}");
        }
    }

    #[test]
    fn pages_are_checked() {
        let total = |sent: Value| {
            let values = map(sent);
            let page = Sent { values: &values }.page();
            page.map_or_else(|failure| failure.to_string(), |page| page.of_total(11, &[]).to_string())
        };
        for (sent, said) in [
            (json!({}), r#"{"pages":1,"page":1,"per_page":100,"total":11,"list":[]}"#),
            (json!({"page": "2", "per_page": 5}), r#"{"pages":3,"page":2,"per_page":5,"total":11,"list":[]}"#),
            (json!({"page": "x", "per_page": "y"}), r#"{"pages":1,"page":1,"per_page":100,"total":11,"list":[]}"#),
            (json!({"page": 0}), "Page number (page) must be a positive integer."),
            (json!({"per_page": -1}), "The number of items per page (per_page) must be a positive integer."),
            (
                json!({"per_page": 501}),
                "The number of items per page (per_page) is too large. Please specify a smaller number.",
            ),
        ] {
            assert_eq!(total(sent), said);
        }
    }
}
