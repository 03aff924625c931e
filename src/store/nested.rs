//! Rows of another table in a column of a row, so that one statement reads both.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use sqlx::error::BoxDynError;
use sqlx::mysql::{MySql, MySqlTypeInfo, MySqlValueRef};
use sqlx::{Decode, Type};

use crate::domain::money::Money;

/// Rows of another table that belong to a row, in one column: a JSON array with an array for each, as the text of
/// `JSON_ARRAYAGG(JSON_ARRAY(…))`. They are in no order. `T` has the fields of the inner arrays in their order; decimal numbers
/// are texts there, and read by [`money_text`].
#[derive(Debug, Clone)]
pub struct Nested<T>(pub Vec<T>);

impl<T> Type<MySql> for Nested<T> {
    fn type_info() -> MySqlTypeInfo {
        <str as Type<MySql>>::type_info()
    }

    fn compatible(column: &MySqlTypeInfo) -> bool {
        <str as Type<MySql>>::compatible(column)
    }
}

impl<'r, T: DeserializeOwned> Decode<'r, MySql> for Nested<T> {
    fn decode(value: MySqlValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Nested(serde_json::from_str(<&str as Decode<MySql>>::decode(value)?)?))
    }
}

/// Reads an amount that was cast to text.
pub fn money_text<'d, D: Deserializer<'d>>(text: D) -> Result<Money, D::Error> {
    Money::try_from(&*Cow::<str>::deserialize(text)?).map_err(D::Error::custom)
}

/// Reads a condition that was cast to a number: servers differ in whether it is one.
pub fn flag<'d, D: Deserializer<'d>>(number: D) -> Result<bool, D::Error> {
    Ok(u8::deserialize(number)? != 0)
}
