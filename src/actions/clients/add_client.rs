//! `AddClient`.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::person::{self, NO_COUNTRY, PhoneNumber};
use crate::actions::custom_fields::Sent;
use crate::actions::{Access, Action};
use crate::auth::password;
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::UserId;
use crate::domain::time::Moment;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::mail::{self, Letter};
use crate::param::{Nested, Param};
use crate::store;
use crate::store::clients::client::{Addressee, NewClient};
use crate::store::clients::custom_fields::Kind;
use crate::store::clients::users::NewUser;

/// Adds a client, with a user who owns it.
///
/// The user is new, with the client's name and address and the password, unless `owner_user_id` names one. The password
/// is kept as an Argon2id hash, of the user only. No two users share an e-mail address, and no two clients; a client
/// whose owner is somebody else may still not have that of another client. A country that does not exist is refused
/// even with `skipvalidation`, which only excuses what is missing; then, of a telephone number, the digits are kept.
/// The answer to a security question is not stored: WHMCS encrypts it with a key of its own. Card details are ignored,
/// as everywhere.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddClient {
    /// The user who shall own the client; by default, a new one.
    owner_user_id: Param<UserId>,
    #[serde(flatten)]
    person: person::Parameters,
    /// The new user's password.
    password2: Param<String>,
    /// By default, the default currency.
    currency: Param<u32>,
    /// By default 0, for none.
    groupid: Param<u32>,
    /// Values by the ids of their fields: an array, or base64 of a serialized one.
    customfields: Param<Nested>,
    /// The full name, in lower case: `english`. By default, the operator's.
    language: Param<String>,
    /// Where the client comes from.
    clientip: Param<IpAddr>,
    /// For staff only.
    notes: Param<String>,
    /// Whether they want marketing mails; by default, nothing was said of it, and none are sent.
    marketingoptin: Param<bool>,
    /// Does not send the welcome mail.
    noemail: Param<bool>,
    /// Does not insist on what is missing, but for `email` and `password2` of a new user.
    skipvalidation: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    clientid: i64,
    owner_id: i64,
}

const CURRENCY_NOT_FOUND: &str = "Currency ID Not Found";
const GROUP_NOT_FOUND: &str = "Client Group ID Not Found";
pub const LANGUAGE_BYTES: usize = 255;
pub const NO_ADDRESS: &str = "clientip must be an IP address";
const NOT_AN_OWNER: &str = "Invalid Owner User ID";
const NO_EMAIL: &str = "You did not enter your email address";
const NOT_AN_EMAIL: &str = "The email address you entered was not valid";
const NO_PASSWORD: &str = "The Password field is required.";
const TAKEN_BY_CLIENT: &str = "The email address entered is not available for use.";
const TAKEN_BY_USER: &str = "A user already exists with that email address";

impl Action for AddClient {
    const NAME: &'static str = "AddClient";
    const ACCESS: Access = Access::Write;
    const HASHES: bool = true;
    const REQUIRED: &[&str] =
        &["firstname", "lastname", "email", "address1", "city", "state", "postcode", "country", "phonenumber"];
    type Reply = Reply;

    async fn run(mut self, call: Call<'_>) -> Result<Reply> {
        let owner = owner(call.db, std::mem::take(&mut self.owner_user_id)).await?;
        self.check_required(owner.is_some())?;
        let is_strict = !self.skipvalidation.is_set();
        let person = self.person.read(NOT_AN_EMAIL, PhoneNumber::WithCallingCode, is_strict)?;
        let fields = store::clients::custom_fields::fields(call.db, Kind::Client, 0).await?;
        let sent = Sent::read(self.customfields)?;
        if let Some(field) = sent.missing(&fields).filter(|_| is_strict) {
            return refuse_as(
                "custom_field_required",
                format!("You did not provide required custom field value for {}", field.name),
            );
        }
        let email = person.email.clone().unwrap_or_default();
        check_available(call.db, &email, owner.is_some()).await?;
        let new = NewClient {
            uuid: random_uuid()?,
            currency: currency(call.db, self.currency).await?,
            group: known_group(call.db, self.groupid).await?.unwrap_or(0),
            language: self.language.text("language", LANGUAGE_BYTES)?,
            address: self.clientip.optional(NO_ADDRESS)?.map(|address| address.to_string()).unwrap_or_default(),
            notes: self.notes.text("notes", TEXT_BYTES)?,
            wants_marketing: self.marketingoptin.is_set(),
            refuses_marketing: self.marketingoptin == Param::Given(false),
            person,
        };
        let letter = match self.noemail.is_set() {
            true => None,
            false => welcome(call.db, &new, call.now).await?,
        };
        let password_hash = match owner {
            Some(_) => String::new(),
            None => {
                let password = Param::Given(self.password2.required(NO_PASSWORD)?);
                password::hash(call.turn()?, password.text("password2", TEXT_BYTES)?).await?
            }
        };

        let mut books = call.write(Subject::address(&email)).await?;
        let owner = match owner {
            Some(id) => {
                // They may have been deleted since they were looked for.
                if !store::clients::users::touch(&mut books, id).await? {
                    return refuse(NOT_AN_OWNER);
                }
                id
            }
            None => add_user(&mut books, &new, &password_hash).await?,
        };
        let client = store::clients::client::create(&mut books, &new).await?;
        let client = client.ok_or(Error::Refused(TAKEN_BY_CLIENT))?;
        store::clients::users::own(&mut books, owner, client).await?;
        sent.write(&mut books, &fields, client.0).await?;
        let line = format!("Created Client - Client ID: {client} - Owner User ID: {owner}");
        store::system::activity::log(&mut books, Some(client), &line).await?;
        if let Some(mut letter) = letter {
            letter.belongs_to(client);
            letter.send(&mut books).await?;
        }
        Ok(Reply { clientid: client.0, owner_id: owner.0 })
    }
}

impl AddClient {
    /// Insists on what must be there, in the documented order.
    fn check_required(&self, has_owner: bool) -> Result<()> {
        let person = &self.person;
        let is_strict = !self.skipvalidation.is_set();
        let insist = |is_missing: bool, told: &'static str| if is_strict && is_missing { refuse(told) } else { Ok(()) };
        insist(person.firstname == Param::Absent, "You did not enter your first name")?;
        insist(person.lastname == Param::Absent, "You did not enter your last name")?;
        match person.email {
            Param::Absent if is_strict || !has_owner => return refuse(NO_EMAIL),
            Param::Malformed(_) => return refuse(NOT_AN_EMAIL),
            _ => {}
        }
        // Two spaces, as documented.
        insist(person.address1 == Param::Absent, "You did not enter your  address line 1")?;
        insist(person.city == Param::Absent, "You did not enter your city")?;
        insist(person.state == Param::Absent, "You did not enter your state")?;
        insist(person.postcode == Param::Absent, "You did not enter your postcode")?;
        if let Param::Malformed(_) = person.country {
            return refuse(NO_COUNTRY);
        }
        insist(person.country == Param::Absent, NO_COUNTRY)?;
        insist(person.phonenumber == Param::Absent, "You did not enter your phone number")
    }
}

/// The user who is to own the client, if one was named.
async fn owner(db: &mut MySqlConnection, user: Param<UserId>) -> Result<Option<UserId>> {
    let Some(user) = user.optional(NOT_AN_OWNER)? else { return Ok(None) };
    match store::clients::users::lock(db, user).await? {
        Some(user) => Ok(Some(user)),
        None => refuse(NOT_AN_OWNER),
    }
}

/// Spares the work for an address that is taken. Whether it still is free is found out when writing.
async fn check_available(db: &mut MySqlConnection, email: &str, has_owner: bool) -> Result<()> {
    if !has_owner && store::clients::users::is_taken(db, email).await? {
        return refuse(TAKEN_BY_USER);
    }
    if !email.is_empty() && store::clients::client::by_email(db, email).await?.is_some() {
        return refuse(TAKEN_BY_CLIENT);
    }
    Ok(())
}

/// The currency that was asked for, or else the default one.
async fn currency(db: &mut MySqlConnection, asked: Param<u32>) -> Result<i64> {
    match known_currency(db, asked).await? {
        Some(id) => Ok(id),
        None => Ok(store::clients::client::default_currency(db).await?.unwrap_or(1)),
    }
}

/// The currency that was asked for; none where that is 0.
pub async fn known_currency(db: &mut MySqlConnection, asked: Param<u32>) -> Result<Option<i64>> {
    let Some(id) = asked.optional(CURRENCY_NOT_FOUND)?.filter(|&id| id != 0).map(i64::from) else { return Ok(None) };
    match store::clients::client::currency_rate(db, id).await? {
        Some(_) => Ok(Some(id)),
        None => refuse(CURRENCY_NOT_FOUND),
    }
}

/// The group that was asked for, where 0 stands for none.
pub async fn known_group(db: &mut MySqlConnection, asked: Param<u32>) -> Result<Option<i64>> {
    let Some(id) = asked.optional(GROUP_NOT_FOUND)?.map(i64::from) else { return Ok(None) };
    if id != 0 && !store::clients::groups::exists(db, id).await? {
        return refuse(GROUP_NOT_FOUND);
    }
    Ok(Some(id))
}

async fn welcome(db: &mut MySqlConnection, new: &NewClient, now: Moment) -> Result<Option<Letter>> {
    let person = new.person.clone();
    let addressee = Addressee {
        first_name: person.first_name.unwrap_or_default(),
        last_name: person.last_name.unwrap_or_default(),
        company: person.company.unwrap_or_default(),
        email: person.email.unwrap_or_default(),
        address1: person.address1.unwrap_or_default(),
        address2: person.address2.unwrap_or_default(),
        city: person.city.unwrap_or_default(),
        state: person.state.unwrap_or_default(),
        postcode: person.postcode.unwrap_or_default(),
        country: person.country.unwrap_or_default(),
        phone: person.phone.unwrap_or_default(),
        language: new.language.clone(),
    };
    Ok(Letter::to_addressee(db, mail::CLIENT_SIGNUP, addressee, &new.language, now).await?)
}

async fn add_user(books: &mut Writer<'_>, new: &NewClient, password_hash: &str) -> Result<UserId> {
    let person = &new.person;
    let user = NewUser {
        first_name: person.first_name.as_deref().unwrap_or_default(),
        last_name: person.last_name.as_deref().unwrap_or_default(),
        email: person.email.as_deref().unwrap_or_default(),
        password_hash,
        language: &new.language,
        address: &new.address,
    };
    store::clients::users::create(books, &user).await?.ok_or(Error::Refused(TAKEN_BY_USER))
}

/// A random UUID (version 4).
fn random_uuid() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
    let random = u128::from_be_bytes(bytes);
    let versioned = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{versioned:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Ok(format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)))
}
