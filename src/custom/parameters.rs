//! The parameters that a custom action declares: how they are read, and how they are described.

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::config::{self, ParameterKind};
use crate::domain::id::{self, ClientId};
use crate::domain::money::Money;
use crate::domain::number;
use crate::error::{Error, Result};
use crate::param::{Html, List, Param, ParamValue};
use crate::wire::COMMON;

/// The most values of one list, each of which a statement has a place for.
const MAX_LISTED: usize = 1000;
/// The id of no row: what is compared with it matches none.
const NO_ROW: i64 = -1;

/// The declared parameters, by name.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    declared: Vec<Parameter>,
    /// Whether the values are for SQL: texts are then as they are stored, and a malformed id that is optional matches no row.
    is_for_sql: bool,
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    kind: ParameterKind,
    pub is_required: bool,
    is_list: bool,
    /// The value that counts as sent if none is.
    default: Json,
    description: String,
}

/// A value of a call, or the values of a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    None,
    One(Scalar),
    Many(Vec<Scalar>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Integer(i64),
    Amount(Money),
    Text(String),
    Date(NaiveDate),
    Time(NaiveDateTime),
    Boolean(bool),
}

impl Parameters {
    /// Checks the declarations; the error says what is wrong with which.
    pub fn new(action: &config::Action) -> Result<Parameters, String> {
        let is_for_sql = !action.sql.is_empty();
        let declared = action.parameters.iter().map(|(name, setting)| Parameter::new(name, setting));
        let parameters = Parameters { declared: declared.collect::<Result<_, _>>()?, is_for_sql };
        for parameter in &parameters.declared {
            let is_valid = parameter.read(&parameter.default, is_for_sql).is_ok_and(|read| read != Argument::NO_ROW);
            if !parameter.default.is_null() && !is_valid {
                return Err(format!("parameters.{}.default: must be {}", parameter.name, parameter.expected()));
            }
        }
        Ok(parameters)
    }

    pub fn is_empty(&self) -> bool {
        self.declared.is_empty()
    }

    pub fn has(&self, name: &str) -> bool {
        self.declared.iter().any(|parameter| parameter.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.declared.iter().map(|parameter| parameter.name.as_str())
    }

    /// The names of those without which a call is rejected.
    pub fn required(&self) -> Vec<&str> {
        let required = self.declared.iter().filter(|parameter| parameter.is_required);
        required.map(|parameter| parameter.name.as_str()).collect()
    }

    /// Reads the values of a call in the order of the names.
    pub fn read(&self, sent: &Map<String, Json>) -> Result<Vec<(&str, Argument)>> {
        let read = |parameter: &'_ Parameter| {
            let value = sent.get(&parameter.name).filter(|value| !value.is_null() && *value != "");
            parameter.read(value.unwrap_or(&parameter.default), self.is_for_sql)
        };
        self.declared.iter().map(|parameter| Ok((parameter.name.as_str(), read(parameter)?))).collect()
    }

    /// The schema of each parameter, by name.
    pub fn schemas(&self) -> Map<String, Json> {
        self.declared.iter().map(|parameter| (parameter.name.clone(), parameter.schema())).collect()
    }

    /// Returns an example of the required parameters.
    pub fn example(&self) -> Json {
        let required = self.declared.iter().filter(|parameter| parameter.is_required);
        required.map(|parameter| (parameter.name.clone(), parameter.kind_example())).collect::<Map<_, _>>().into()
    }
}

impl Parameter {
    fn new(name: &str, setting: &config::ActionParameter) -> Result<Parameter, String> {
        if !config::is_name(name) {
            return Err(format!("parameters.{name}: a name has letters, digits and _"));
        }
        if COMMON.iter().any(|common| common.eq_ignore_ascii_case(name)) {
            return Err(format!("parameters.{name}: the name means something in every call"));
        }
        let default = match &setting.default {
            None => Json::Null,
            Some(toml::Value::String(text)) => text.as_str().into(),
            Some(toml::Value::Integer(number)) => (*number).into(),
            Some(toml::Value::Float(number)) => number.to_string().into(),
            Some(toml::Value::Boolean(flag)) => (*flag).into(),
            Some(_) => return Err(format!("parameters.{name}.default: must be a text, a number or a boolean")),
        };
        if setting.required && !default.is_null() {
            return Err(format!("parameters.{name}: has a default, so that it cannot be required"));
        }
        Ok(Parameter {
            name: name.to_owned(),
            kind: setting.kind,
            is_required: setting.required,
            is_list: setting.list,
            default,
            description: setting.description.clone(),
        })
    }

    fn read(&self, value: &Json, is_for_sql: bool) -> Result<Argument> {
        let read = match self.kind {
            ParameterKind::Id => self.read_as(value, |RowId(id)| Scalar::Integer(id)),
            ParameterKind::Integer => self.read_as(value, |Whole(number)| Scalar::Integer(number)),
            ParameterKind::Amount => self.read_as(value, Scalar::Amount),
            ParameterKind::Text if is_for_sql => self.read_as(value, Scalar::Text),
            ParameterKind::Text => self.read_as(value, |Html(text)| Scalar::Text(text)),
            ParameterKind::Date => self.read_as(value, Scalar::Date),
            ParameterKind::Time => self.read_as(value, Scalar::Time),
            ParameterKind::Boolean => self.read_as(value, Scalar::Boolean),
        };
        let malformed = || Error::RefusedAs {
            code: "malformed_parameter",
            message: format!("{} must be {}", self.name, self.expected()),
        };
        match read {
            Param::Given(Argument::Many(values)) if values.len() > MAX_LISTED => Err(Error::RefusedAs {
                code: "too_many_values",
                message: format!("{} may have {MAX_LISTED} values at most", self.name),
            }),
            Param::Given(Argument::Many(values)) if values.is_empty() => self.absent(),
            Param::Given(argument) => Ok(argument),
            Param::Absent => self.absent(),
            // As in the filters of other actions.
            Param::Malformed(_) if self.kind == ParameterKind::Id && is_for_sql && !self.is_required => {
                Ok(Argument::NO_ROW)
            }
            Param::Malformed(text) if self.kind == ParameterKind::Id && id::is_zero(&text) => self.absent(),
            Param::Malformed(_) => Err(malformed()),
        }
    }

    fn read_as<T: ParamValue>(&self, value: &Json, scalar: fn(T) -> Scalar) -> Param<Argument> {
        if self.is_list {
            let list = Param::<List<T>>::deserialize(value).unwrap_or(Param::Malformed(String::new()));
            return list.map(|List(values)| Argument::Many(values.into_iter().map(scalar).collect()));
        }
        let one = Param::<T>::deserialize(value).unwrap_or(Param::Malformed(String::new()));
        one.map(|value| Argument::One(scalar(value)))
    }

    fn absent(&self) -> Result<Argument> {
        match self.is_required {
            true => Err(Error::RefusedAs { code: "missing_parameter", message: format!("{} is required", self.name) }),
            false => Ok(Argument::None),
        }
    }

    /// What a value must be, for messages.
    fn expected(&self) -> String {
        let one = match self.kind {
            ParameterKind::Id => "an id, a whole number above 0",
            ParameterKind::Integer => "a whole number",
            ParameterKind::Amount => "an amount, such as 12.50",
            ParameterKind::Text => "a text",
            ParameterKind::Date => "a date, such as 2026-11-20",
            ParameterKind::Time => "a date and a time, such as 2026-11-20 12:30:00",
            ParameterKind::Boolean => "true or false",
        };
        if self.is_list { format!("{one}, or several with commas between") } else { one.to_owned() }
    }

    fn kind_example(&self) -> Json {
        match self.kind {
            ParameterKind::Id | ParameterKind::Integer => 1.into(),
            ParameterKind::Amount => "12.50".into(),
            ParameterKind::Text => "text".into(),
            ParameterKind::Date => "2026-11-20".into(),
            ParameterKind::Time => "2026-11-20 12:30:00".into(),
            ParameterKind::Boolean => true.into(),
        }
    }

    fn schema(&self) -> Json {
        let one = match self.kind {
            ParameterKind::Id => json!({"type": "integer", "minimum": 1}),
            ParameterKind::Integer => json!({"type": "integer"}),
            ParameterKind::Amount => {
                json!({"type": ["string", "number"], "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,2})?$"})
            }
            ParameterKind::Text => json!({"type": "string"}),
            ParameterKind::Date => json!({"type": "string", "format": "date"}),
            ParameterKind::Time => {
                json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?$"})
            }
            ParameterKind::Boolean => json!({"type": "boolean"}),
        };
        let mut schema = match self.is_list {
            true => {
                json!({"anyOf": [one, {"type": "string"}, {"type": "array", "items": one, "maxItems": MAX_LISTED}]})
            }
            false => one,
        };
        if !self.description.is_empty() {
            schema["description"] = self.description.as_str().into();
        }
        if !self.default.is_null() {
            schema["default"] = self.default.clone();
        }
        schema
    }
}

impl Argument {
    const NO_ROW: Argument = Argument::One(Scalar::Integer(NO_ROW));
}

/// The id of a row of any table.
struct RowId(i64);

impl ParamValue for RowId {
    fn parse(text: &str) -> Option<Self> {
        ClientId::parse(text).map(|id| RowId(id.0))
    }

    fn means_none(text: &str) -> bool {
        id::is_zero(text)
    }
}

/// A whole number, also as programs with floats write it: `5.0`.
struct Whole(i64);

impl ParamValue for Whole {
    fn parse(text: &str) -> Option<Self> {
        number::parse(text).filter(Decimal::is_integer)?.to_i64().map(Whole)
    }
}
