//! Parameters for the name and address of a client or contact.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::actions::Ignored;
use crate::database::TEXT_BYTES;
use crate::domain::clients::country::Country;
use crate::domain::clients::email::Email;
use crate::domain::clients::phone;
use crate::domain::clients::topic::Topic;
use crate::error::{Result, refuse};
use crate::param::{Keyed, Param};
use crate::store::clients::person::Person;

pub const NO_COUNTRY: &str = "Valid country required";
pub const NO_PHONE_NUMBER: &str = "Invalid telephone phone number";

pub const NO_ADDRESS: &str = "clientip must be an IP address";
/// The documented error for a malformed address of an existing client or contact.
pub const NOT_AN_EMAIL: &str = "The email address entered is not valid";
pub const LANGUAGE_BYTES: usize = 255;
/// The length of the name columns of users.
const NAME_BYTES: usize = 255;
const TAX_ID_BYTES: usize = 128;

/// The parameters with card details.
pub const IGNORED_CARD: Ignored = Ignored {
    parameters: &["cardtype", "cardnum", "expdate", "startdate", "issuenumber", "cvv"],
    reason: "no card details are stored, and WHMCS has deprecated them",
};

/// The name, address and telephone number of a client or contact.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct Parameters {
    pub firstname: Param<String>,
    pub lastname: Param<String>,
    pub companyname: Param<String>,
    pub email: Param<Email>,
    pub address1: Param<String>,
    pub address2: Param<String>,
    pub city: Param<String>,
    pub state: Param<String>,
    pub postcode: Param<String>,
    /// Two letters, as in ISO 3166-1.
    pub country: Param<Country>,
    pub phonenumber: Param<String>,
    pub tax_id: Param<String>,
}

/// How a telephone number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneNumber {
    /// Formatted by [`phone::normalize`].
    WithCallingCode,
    /// Reduced to its digits.
    Digits,
}

impl Parameters {
    /// Decodes the parameters. Rejects a malformed e-mail address, an unknown country and, if `is_strict`, a malformed
    /// telephone number.
    pub fn read(self, no_address: &'static str, number: PhoneNumber, is_strict: bool) -> Result<Person> {
        Ok(Person {
            first_name: text(self.firstname, "firstname", NAME_BYTES)?,
            last_name: text(self.lastname, "lastname", NAME_BYTES)?,
            company: text(self.companyname, "companyname", TEXT_BYTES)?,
            email: self.email.optional(no_address)?.map(|email| email.as_str().to_owned()),
            address1: text(self.address1, "address1", TEXT_BYTES)?,
            address2: text(self.address2, "address2", TEXT_BYTES)?,
            city: text(self.city, "city", TEXT_BYTES)?,
            state: text(self.state, "state", TEXT_BYTES)?,
            postcode: text(self.postcode, "postcode", TEXT_BYTES)?,
            country: self.country.optional(NO_COUNTRY)?.map(|country| country.code.to_owned()),
            phone: phone_number(self.phonenumber, number, is_strict)?,
            tax_id: text(self.tax_id, "tax_id", TAX_ID_BYTES)?,
        })
    }
}

/// Returns the text of a parameter, or `None` if it is absent.
pub fn text(parameter: Param<String>, name: &str, limit: usize) -> Result<Option<String>> {
    let text = parameter.text(name, limit)?;
    Ok((!text.is_empty()).then_some(text))
}

fn phone_number(parameter: Param<String>, number: PhoneNumber, is_strict: bool) -> Result<Option<String>> {
    let Some(given) = text(parameter, "phonenumber", TEXT_BYTES)? else { return Ok(None) };
    if is_strict && !phone::is_number(&given) {
        return refuse(NO_PHONE_NUMBER);
    }
    let stored = match number {
        PhoneNumber::WithCallingCode => phone::normalize(&given),
        PhoneNumber::Digits => phone::digits(&given),
    };
    Ok((!stored.is_empty()).then_some(stored))
}

/// Decodes `email_preferences`, an array of flags by topic. Unknown topics are ignored.
pub fn preferences(parameter: Param<Keyed<bool>>) -> Result<Vec<(Topic, bool)>> {
    let sent = parameter.optional("email_preferences must be an array")?.map(|keyed| keyed.0).unwrap_or_default();
    Ok(sent.into_iter().filter_map(|(name, wanted)| Some((Topic::parse(&name)?, wanted))).collect())
}
