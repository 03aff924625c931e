//! Adding a client and its owner.

use sqlx::MySqlConnection;

use super::{CustomFieldValues, Refusal, check_currency, check_group, normalized};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, UserId};
use crate::domain::time::Moment;
use crate::events::{About, Event};
use crate::fault::{self, Fault};
use crate::operations::{Context, Result};
use crate::outbox::mail::{self, MailDraft};
use crate::store;
use crate::store::clients::client::{Addressee, NewClient as Row};
use crate::store::clients::custom_fields::{Field, FieldKind};
use crate::store::clients::person::Person;
use crate::store::clients::users::NewUser;
use crate::store::webhooks::events::raise;

/// The fields of a client to add.
#[derive(Debug)]
pub struct NewClient {
    pub person: Person,
    /// The currency's id; `None` for the default currency.
    pub currency: Option<i64>,
    /// The client group's id; `None` or 0 for no group.
    pub group: Option<i64>,
    /// The language's full name in lower case, or empty for the operator's language.
    pub language: String,
    /// The network address that the client comes from, or empty.
    pub address: String,
    pub notes: String,
    /// Whether the client wants marketing mails; `None` if undecided.
    pub wants_marketing: Option<bool>,
    pub custom_fields: CustomFieldValues,
    /// Whether required custom fields must be filled.
    pub checks_custom_fields: bool,
    pub sends_welcome: bool,
}

/// A client to add that passed all checks which are possible before writing.
#[derive(Debug)]
pub struct CheckedClient {
    row: Row,
    fields: Vec<Field>,
    custom_fields: CustomFieldValues,
    sends_welcome: bool,
}

/// The owner of a new client.
#[derive(Debug)]
pub enum Owner {
    /// An existing user.
    Existing(UserId),
    /// A new user with the client's name and address, and the hash of a password.
    New { password_hash: String },
}

/// The result of adding a client.
#[derive(Debug)]
pub struct AddedClient {
    pub client: ClientId,
    pub owner: UserId,
}

/// Finds the user who shall own a new client. [`add`] rejects a user who was deleted since.
pub async fn find_owner(db: &mut MySqlConnection, user: UserId) -> Result<UserId, Refusal> {
    Ok(store::clients::users::find(db, user).await?.ok_or(Refusal::OwnerNotFound)?)
}

/// Checks a new client before expensive work, such as hashing the password of its new owner.
pub async fn check(db: &mut MySqlConnection, new: NewClient, has_new_owner: bool) -> Result<CheckedClient, Refusal> {
    let fields = store::clients::custom_fields::fields(db, FieldKind::Client, 0).await?;
    if new.checks_custom_fields {
        new.custom_fields.check_new(&fields)?;
    }
    check_email(db, new.person.email.as_deref().unwrap_or_default(), has_new_owner).await?;
    let row = Row {
        uuid: random_uuid()?,
        currency: currency(db, new.currency).await?,
        group: group(db, new.group).await?,
        language: new.language,
        address: new.address,
        notes: new.notes,
        wants_marketing: new.wants_marketing == Some(true),
        refuses_marketing: new.wants_marketing == Some(false),
        person: normalized(new.person),
    };
    Ok(CheckedClient { row, fields, custom_fields: new.custom_fields, sends_welcome: new.sends_welcome })
}

/// Adds a client and its owner, and sends the welcome mail.
pub async fn add(context: Context<'_>, new: CheckedClient, owner: Owner) -> Result<AddedClient, Refusal> {
    let draft = if new.sends_welcome { welcome(context.db, &new.row, context.now).await? } else { None };

    let mut tx = context.write(new.subject()).await?;
    let added = write_checked(&mut tx, new, owner).await?;
    if let Some(mut draft) = draft {
        draft.set_client(added.client);
        draft.send(&mut tx).await?;
    }
    Ok(added)
}

/// As [`add`], in the transaction of another operation and without the welcome mail.
pub async fn write(tx: &mut Writer<'_>, new: CheckedClient, owner: Owner) -> Result<AddedClient, Refusal> {
    tx.add_subject(new.subject()).await?;
    write_checked(tx, new, owner).await
}

impl CheckedClient {
    /// The e-mail address, which no other client may get meanwhile.
    fn subject(&self) -> Subject {
        Subject::address(self.row.person.email.as_deref().unwrap_or_default())
    }
}

async fn write_checked(tx: &mut Writer<'_>, new: CheckedClient, owner: Owner) -> Result<AddedClient, Refusal> {
    let CheckedClient { row, fields, custom_fields, .. } = new;
    let owner = match owner {
        // The user may have been deleted since the look-up.
        Owner::Existing(id) if !store::clients::users::touch(tx, id).await? => {
            return Err(Refusal::OwnerNotFound.into());
        }
        Owner::Existing(id) => id,
        Owner::New { password_hash } => add_user(tx, &row, &password_hash).await?,
    };
    let client = store::clients::client::create(tx, &row).await?.ok_or(Refusal::EmailNotAvailable)?;
    store::clients::users::make_owner(tx, owner, client).await?;
    custom_fields.write(tx, &fields, client.0).await?;
    let line = format!("Created Client - Client ID: {client} - Owner User ID: {owner}");
    store::system::activity::log(tx, Some(client), &line).await?;
    raise(tx, About::Client(client), &client_event(client, owner, &row.person)).await?;
    Ok(AddedClient { client, owner })
}

fn client_event(client: ClientId, user: UserId, person: &Person) -> Event<'_> {
    fn text(text: Option<&String>) -> &str {
        text.map_or("", String::as_str)
    }
    Event::ClientAdd {
        client,
        client_by_its_older_name: client,
        user,
        first_name: text(person.first_name.as_ref()),
        last_name: text(person.last_name.as_ref()),
        company: text(person.company.as_ref()),
        email: text(person.email.as_ref()),
        address1: text(person.address1.as_ref()),
        address2: text(person.address2.as_ref()),
        city: text(person.city.as_ref()),
        state: text(person.state.as_ref()),
        postcode: text(person.postcode.as_ref()),
        country: text(person.country.as_ref()),
        phone: text(person.phone.as_ref()),
    }
}

/// Rejects an e-mail address that is in use. A concurrent use is detected when writing.
async fn check_email(db: &mut MySqlConnection, email: &str, has_new_owner: bool) -> Result<(), Refusal> {
    if has_new_owner && store::clients::users::email_exists(db, email).await? {
        return Err(Refusal::UserExists.into());
    }
    if !email.is_empty() && store::clients::client::by_email(db, email).await?.is_some() {
        return Err(Refusal::EmailNotAvailable.into());
    }
    Ok(())
}

/// Returns the chosen currency, or else the default currency.
async fn currency(db: &mut MySqlConnection, chosen: Option<i64>) -> Result<i64, Refusal> {
    check_currency(db, chosen).await?;
    match chosen {
        Some(id) => Ok(id),
        None => Ok(store::clients::client::default_currency(db).await?.unwrap_or(1)),
    }
}

async fn group(db: &mut MySqlConnection, chosen: Option<i64>) -> Result<i64, Refusal> {
    check_group(db, chosen).await?;
    Ok(chosen.unwrap_or(0))
}

async fn welcome(db: &mut MySqlConnection, new: &Row, now: Moment) -> fault::Result<Option<MailDraft>> {
    let addressee = Addressee::new(new.person.clone(), &new.language);
    MailDraft::to_addressee(db, mail::CLIENT_SIGNUP, addressee, &new.language, now).await
}

async fn add_user(tx: &mut Writer<'_>, new: &Row, password_hash: &str) -> Result<UserId, Refusal> {
    let person = &new.person;
    let user_row = NewUser {
        first_name: person.first_name.as_deref().unwrap_or_default(),
        last_name: person.last_name.as_deref().unwrap_or_default(),
        email: person.email.as_deref().unwrap_or_default(),
        password_hash,
        language: &new.language,
        address: &new.address,
    };
    let user = store::clients::users::create(tx, &user_row).await?.ok_or(Refusal::UserExists)?;
    let NewUser { first_name, last_name, email, .. } = user_row;
    raise(tx, About::User(user), &Event::UserAdd { user, first_name, last_name, email }).await?;
    Ok(user)
}

/// Generates a random UUID (version 4).
fn random_uuid() -> fault::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Fault::internal(format!("no randomness: {error}")))?;
    let random = u128::from_be_bytes(bytes);
    let versioned = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{versioned:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Ok(format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)))
}
