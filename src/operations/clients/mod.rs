//! Clients, the users who own them, their contacts and notes, and the custom fields that the operator adds.
//!
//! What clients order, have or owe belongs to other areas, and changes here only when a client is closed or deleted.

mod activity;
mod add;
mod affiliate;
mod close;
mod commissions;
mod contacts;
mod custom_fields;
mod login;
mod notes;
mod update;

use sqlx::MySqlConnection;

use super::Result;
use crate::database::lease::Lease;
use crate::domain::clients::phone;
use crate::domain::id::ClientId;
use crate::store;
use crate::store::clients::client::{Client, LockedClient};
use crate::store::clients::person::Person;

pub use activity::refresh_status;
pub use add::{AddedClient, CheckedClient, NewClient, Owner, add, check, find_owner, write};
pub use affiliate::activate_affiliate;
pub use close::{close, delete};
pub use commissions::{Clearing, clear_commission};
pub use contacts::{
    LockedContact, NewContact, add_contact, delete_contact, lock_contact, lock_contact_to_update, update_contact,
};
pub use custom_fields::CustomFieldValues;
pub use login::record_login;
pub use notes::add_note;
pub use update::{ClientUpdate, update};

/// The reasons for which a change of a client, or of something that belongs to one, is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    ClientNotFound,
    ContactNotFound,
    /// The user who shall own the new client does not exist.
    OwnerNotFound,
    CurrencyNotFound,
    GroupNotFound,
    /// Another client has the new client's e-mail address.
    EmailNotAvailable,
    /// A user already has the e-mail address of the new owner.
    UserExists,
    /// Another client, or another contact of the same client, has the e-mail address.
    DuplicateEmail,
    /// A required custom field would be empty.
    CustomFieldRequired {
        name: String,
    },
    /// Neither the client nor a contact would get the client's mails about domains if the client does not.
    ClientMustReceiveDomainMails,
    /// Neither the client nor a contact would get the client's mails about domains if this contact does not.
    ContactMustReceiveDomainMails,
    /// A note has no text.
    EmptyNote,
    /// The client has several cards, and none was selected for deletion.
    SeveralCards,
    /// It is not known yet what becomes of a charge or a refund.
    UnsettledCharge,
    /// The user was deleted, or their password changed, while the old password was checked.
    CredentialsChanged,
}

impl super::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::ClientNotFound => "client_not_found",
            Refusal::ContactNotFound => "contact_not_found",
            Refusal::OwnerNotFound => "owner_not_found",
            Refusal::CurrencyNotFound => "currency_not_found",
            Refusal::GroupNotFound => "client_group_not_found",
            Refusal::EmailNotAvailable => "email_not_available",
            Refusal::UserExists => "user_exists",
            Refusal::DuplicateEmail => "duplicate_email",
            Refusal::CustomFieldRequired { .. } => "custom_field_required",
            Refusal::ClientMustReceiveDomainMails => "client_must_receive_domain_mails",
            Refusal::ContactMustReceiveDomainMails => "contact_must_receive_domain_mails",
            Refusal::EmptyNote => "empty_note",
            Refusal::UnsettledCharge => "unsettled_charge",
            Refusal::SeveralCards => "several_cards",
            Refusal::CredentialsChanged => "credentials_changed",
        }
    }
}

/// Locks a client with all that belongs to them until the transaction ends, and reads the client.
pub async fn lock(db: &mut Lease, client: ClientId) -> Result<Client, Refusal> {
    Ok(store::clients::client::lock(db, client).await?.ok_or(Refusal::ClientNotFound)?)
}

/// As [`lock`], with all fields that [`update()`] may change.
pub async fn lock_to_update(db: &mut Lease, client: ClientId) -> Result<LockedClient, Refusal> {
    Ok(store::clients::client::lock_details(db, client).await?.ok_or(Refusal::ClientNotFound)?)
}

/// Rejects a client who does not exist, and keeps one who does from being deleted before the transaction ends, which has
/// locked another subject.
pub async fn keep(db: &mut Lease, client: ClientId) -> Result<(), Refusal> {
    store::clients::client::lock_row(db, client).await?.ok_or(Refusal::ClientNotFound)?;
    Ok(())
}

/// Returns a person as it is stored: with the telephone number in its normal form.
fn normalized(person: Person) -> Person {
    Person { phone: person.phone.as_deref().map(phone::normalize), ..person }
}

/// Rejects a currency that does not exist.
async fn check_currency(db: &mut MySqlConnection, currency: Option<i64>) -> Result<(), Refusal> {
    match currency {
        Some(id) if store::clients::client::currency_rate(db, id).await?.is_none() => {
            Err(Refusal::CurrencyNotFound.into())
        }
        _ => Ok(()),
    }
}

/// Rejects a client group that does not exist; 0 stands for none.
async fn check_group(db: &mut MySqlConnection, group: Option<i64>) -> Result<(), Refusal> {
    match group {
        Some(id) if id != 0 && !store::clients::groups::exists(db, id).await? => Err(Refusal::GroupNotFound.into()),
        _ => Ok(()),
    }
}
