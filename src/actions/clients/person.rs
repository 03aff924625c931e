//! Parameters for the name and address of a client or contact.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::actions::Ignored;
use crate::database::TEXT_BYTES;
use crate::domain::clients::country::Country;
use crate::domain::clients::email::Email;
use crate::domain::clients::phone;
use crate::domain::clients::topic::Topic;
use crate::domain::entities::{are_same, decoded};
use crate::error::{Result, refuse};
use crate::param::{Clearable, Keyed, Param};
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
    pub companyname: Clearable<String>,
    pub email: Param<Email>,
    pub address1: Clearable<String>,
    pub address2: Clearable<String>,
    pub city: Clearable<String>,
    pub state: Clearable<String>,
    pub postcode: Clearable<String>,
    /// Two letters, as in ISO 3166-1.
    pub country: Param<Country>,
    pub phonenumber: Clearable<String>,
    pub tax_id: Clearable<String>,
}

impl Parameters {
    /// Decodes the parameters. Rejects a malformed e-mail address, an unknown country and, if `is_strict`, a malformed
    /// telephone number; but not one that is `stored` already, so that whatever was read can be written back.
    pub fn read(self, no_address: &'static str, stored: &Person, is_strict: bool) -> Result<Person> {
        let email = self.email.unless_stored(stored.email.as_deref().unwrap_or_default());
        let country = self.country.unless_stored(stored.country.as_deref().unwrap_or_default());
        Ok(Person {
            first_name: text(self.firstname, "firstname", NAME_BYTES)?,
            last_name: text(self.lastname, "lastname", NAME_BYTES)?,
            company: self.companyname.text("companyname", TEXT_BYTES)?,
            email: email.optional(no_address)?.map(|email| email.as_str().to_owned()),
            address1: self.address1.text("address1", TEXT_BYTES)?,
            address2: self.address2.text("address2", TEXT_BYTES)?,
            city: self.city.text("city", TEXT_BYTES)?,
            state: self.state.text("state", TEXT_BYTES)?,
            postcode: self.postcode.text("postcode", TEXT_BYTES)?,
            country: country.optional(NO_COUNTRY)?.map(|country| country.code.to_owned()),
            phone: phone_number(self.phonenumber, stored.phone.as_deref(), is_strict)?,
            tax_id: self.tax_id.text("tax_id", TAX_ID_BYTES)?,
        })
    }
}

/// Returns the text of a parameter, or `None` if it is absent.
fn text(parameter: Param<String>, name: &str, limit: usize) -> Result<Option<String>> {
    let text = parameter.text(name, limit)?;
    Ok((!text.is_empty()).then_some(text))
}

fn phone_number(parameter: Clearable<String>, stored: Option<&str>, is_strict: bool) -> Result<Option<String>> {
    let Some(sent) = parameter.text("phonenumber", TEXT_BYTES)? else { return Ok(None) };
    if stored.is_some_and(|stored| are_same(stored, &sent)) {
        return Ok(None);
    }
    let sent = decoded(&sent).into_owned();
    if is_strict && !sent.is_empty() && !phone::is_number(&sent) {
        return refuse(NO_PHONE_NUMBER);
    }
    Ok(Some(sent))
}

/// Decodes `email_preferences`, an array of flags by topic. Unknown topics are ignored.
pub fn preferences(parameter: Param<Keyed<bool>>) -> Result<Vec<(Topic, bool)>> {
    let sent = parameter.optional("email_preferences must be an array")?.map(|keyed| keyed.0).unwrap_or_default();
    Ok(sent.into_iter().filter_map(|(name, wanted)| Some((Topic::parse(&name)?, wanted))).collect())
}
