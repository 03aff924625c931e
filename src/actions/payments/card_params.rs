//! Parameters of cards and bank accounts that several actions of this group have.

use crate::domain::payments::card::CardMonth;
use crate::error::{Result, refuse};
use crate::param::{Param, Password};

pub const EXPIRY_INVALID: &str = "Expiry Date is invalid";
pub const START_INVALID: &str = "Start Date is invalid";
pub const ISSUE_INVALID: &str = "Issue Number is invalid";
/// Maximum length of a text that is sealed, or stored as it is.
pub const TEXT_BYTES: usize = 255;

/// Returns a month that was sent as `MMYY` or in another usual form.
pub fn month(sent: Param<String>, invalid: &'static str) -> Result<Option<CardMonth>> {
    match sent.optional(invalid)? {
        None => Ok(None),
        Some(text) => match CardMonth::parse(&text) {
            Some(month) => Ok(Some(month)),
            None => refuse(invalid),
        },
    }
}

/// Returns an issue number: up to four digits.
pub fn issue_number(sent: Param<String>) -> Result<Option<String>> {
    let Some(text) = sent.optional(ISSUE_INVALID)?.map(|text| text.trim().to_owned()) else { return Ok(None) };
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(Some(text)) } else { refuse(ISSUE_INVALID) }
}

/// Returns a detail of a bank account, if one was sent.
pub fn account_detail(sent: Param<Password>, name: &str) -> Result<Option<String>> {
    let text = sent.text(name, TEXT_BYTES)?;
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}
