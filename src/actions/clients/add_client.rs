//! `AddClient`.

use std::mem;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::person::{self, LANGUAGE_BYTES, NO_ADDRESS, NO_COUNTRY};
use crate::actions::clients::person::NO_PHONE_NUMBER;
use crate::actions::custom_fields;
use crate::actions::words::clients::{
    CURRENCY_NOT_FOUND, EMAIL_NOT_AVAILABLE, GROUP_NOT_FOUND, OWNER_NOT_FOUND, USER_EXISTS,
};
use crate::actions::{Access, Action, Ignored, Touches};
use crate::auth::password;
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{ClientGroupId, CurrencyId, UserId};
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Result, refuse};
use crate::operations::clients::{self, NewClient, Owner};
use crate::param::{Nested, Param, Password};
use crate::store::clients::person::Person;

/// Adds a client, and a user who owns it.
///
/// The owner is a new user with the client's name, address and password, unless `owner_user_id` names an existing one.
/// The password is stored as an Argon2id hash, for the user only. No two users share an e-mail address, nor do two
/// clients, also when the client's owner is an existing user with another address. A country that does not exist is
/// rejected even with `skipvalidation`, which only allows required parameters to be missing and reduces a malformed
/// telephone number to its digits.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddClient {
    /// The user who owns the client; by default, a new one.
    owner_user_id: Param<UserId>,
    #[serde(flatten)]
    person: person::Parameters,
    /// The new user's password.
    password2: Param<Password>,
    /// The currency's id; by default, the default currency.
    currency: Param<CurrencyId>,
    /// The client group's id; by default, none.
    groupid: Param<ClientGroupId>,
    /// Values by the ids of their custom fields: an array, or base64 of a serialized array.
    customfields: Param<Nested>,
    /// The language's full name in lower case, such as `english`; by default, the operator's language.
    language: Param<String>,
    /// The network address that the client comes from.
    clientip: Param<IpAddr>,
    /// Notes that only staff read.
    notes: Param<String>,
    /// Whether the client wants marketing mails; by default, undecided, and none are sent.
    marketingoptin: Param<bool>,
    /// Does not send the welcome mail.
    noemail: Param<bool>,
    /// Allows required parameters to be missing, except `email` and `password2` of a new user.
    skipvalidation: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddClientReply {
    clientid: i64,
    owner_id: i64,
}

const NO_EMAIL: &str = "You did not enter your email address";
const NOT_AN_EMAIL: &str = "The email address you entered was not valid";
const NO_PASSWORD: &str = "The Password field is required.";
const NO_FIRST_NAME: &str = "You did not enter your first name";
const NO_LAST_NAME: &str = "You did not enter your last name";
const NO_ADDRESS_LINE: &str = "You did not enter your  address line 1";
const NO_CITY: &str = "You did not enter your city";
const NO_STATE: &str = "You did not enter your state";
const NO_POSTCODE: &str = "You did not enter your postcode";
const NO_PHONE: &str = "You did not enter your phone number";

impl Action for AddClient {
    const NAME: &'static str = "AddClient";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const HASHES_PASSWORDS: bool = true;
    const REQUIRED: &[&str] =
        &["firstname", "lastname", "email", "address1", "city", "state", "postcode", "country", "phonenumber"];
    const EXAMPLE: &'static str = r#"{"firstname": "Rita", "lastname": "Sousa", "email": "rita.sousa@example.com", "address1": "Rua das Flores 12", "city": "Porto", "state": "Porto", "postcode": "4050-262", "country": "PT", "phonenumber": "+351.912000000", "password2": "ARatherLongPassword"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(OWNER_NOT_FOUND),
        Exact(NO_FIRST_NAME),
        Exact(NO_LAST_NAME),
        Exact(NO_EMAIL),
        Exact(NOT_AN_EMAIL),
        Exact(NO_ADDRESS_LINE),
        Exact(NO_CITY),
        Exact(NO_STATE),
        Exact(NO_POSTCODE),
        Exact(NO_COUNTRY),
        Exact(NO_PHONE),
        Exact(NO_PHONE_NUMBER),
        Prefix { text: "You did not provide required custom field value for", code: "custom_field_required" },
        Exact(EMAIL_NOT_AVAILABLE),
        Exact(USER_EXISTS),
    ];
    const IGNORED: &'static [Ignored] = &[
        Ignored {
            parameters: &["securityqid", "securityqans"],
            reason: "no security question is stored: WHMCS encrypts answers with a key of its own, so none that is stored here fits",
        },
        person::IGNORED_CARD,
    ];
    type Reply = AddClientReply;

    async fn run(mut self, call: Call<'_>) -> Result<AddClientReply> {
        let owner = match mem::take(&mut self.owner_user_id).optional(OWNER_NOT_FOUND)? {
            Some(user) => Some(clients::find_owner(call.db, user).await?),
            None => None,
        };
        self.check_required(owner.is_some())?;
        let password = mem::take(&mut self.password2);
        let checked = clients::check(call.db, self.client()?, owner.is_none()).await?;
        let owner = match owner {
            Some(user) => Owner::Existing(user),
            None => {
                let password = Param::Given(password.required(NO_PASSWORD)?).text("password2", TEXT_BYTES)?;
                Owner::New {
                    password_hash: password::hash(call.hashing_permit()?, call.settings.crypto.mode, password).await?,
                }
            }
        };
        let added = clients::add(call.context(), checked, owner).await?;
        Ok(AddClientReply { clientid: added.client.0, owner_id: added.owner.0 })
    }
}

impl AddClient {
    fn client(self) -> Result<NewClient> {
        let is_strict = !self.skipvalidation.is_set();
        Ok(NewClient {
            person: self.person.read(NOT_AN_EMAIL, &Person::default(), is_strict)?,
            custom_fields: custom_fields::read(self.customfields)?,
            checks_custom_fields: is_strict,
            currency: self.currency.optional(CURRENCY_NOT_FOUND)?.map(|id| id.0),
            group: self.groupid.optional(GROUP_NOT_FOUND)?.map(|id| id.0),
            language: self.language.text("language", LANGUAGE_BYTES)?,
            address: self.clientip.optional(NO_ADDRESS)?.map(|address| address.to_string()).unwrap_or_default(),
            notes: self.notes.text("notes", TEXT_BYTES)?,
            wants_marketing: self.marketingoptin.lenient(),
            sends_welcome: !self.noemail.is_set(),
        })
    }

    /// Rejects the call if a required parameter is missing, in the documented order.
    fn check_required(&self, has_owner: bool) -> Result<()> {
        let person = &self.person;
        let is_strict = !self.skipvalidation.is_set();
        let check =
            |is_missing: bool, error: &'static str| if is_strict && is_missing { refuse(error) } else { Ok(()) };
        check(person.firstname == Param::Absent, NO_FIRST_NAME)?;
        check(person.lastname == Param::Absent, NO_LAST_NAME)?;
        match person.email {
            Param::Absent if is_strict || !has_owner => return refuse(NO_EMAIL),
            Param::Malformed(_) => return refuse(NOT_AN_EMAIL),
            _ => {}
        }
        // Two spaces, as documented.
        check(!person.address1.has_value(), NO_ADDRESS_LINE)?;
        check(!person.city.has_value(), NO_CITY)?;
        check(!person.state.has_value(), NO_STATE)?;
        check(!person.postcode.has_value(), NO_POSTCODE)?;
        if let Param::Malformed(_) = person.country {
            return refuse(NO_COUNTRY);
        }
        check(person.country == Param::Absent, NO_COUNTRY)?;
        check(!person.phonenumber.has_value(), NO_PHONE)
    }
}
