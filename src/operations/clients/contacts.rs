//! Contacts of clients.

use super::{Refusal, normalized};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::clients::topic::Topic;
use crate::domain::id::{ClientId, ContactId};
use crate::events::{About, Event};
use crate::operations::{Context, Result};
use crate::store;
use crate::store::clients::person::Person;
use crate::store::webhooks::events::raise;

pub use crate::store::clients::contacts::NewContact;

/// A contact whose client is locked.
#[derive(Debug, Clone, Copy)]
pub struct LockedContact {
    pub id: ContactId,
    pub client: ClientId,
}

/// Adds a contact to a client that [`lock`](super::lock) has locked. No two contacts of a client share an e-mail
/// address.
pub async fn add_contact(context: Context<'_>, new: NewContact) -> Result<ContactId, Refusal> {
    let new = NewContact { person: normalized(new.person), ..new };
    let client = new.client;

    let mut tx = context.write(Subject::Client(client)).await?;
    let contact = store::clients::contacts::create(&mut tx, &new).await?.ok_or(Refusal::DuplicateEmail)?;
    store::system::activity::log(&mut tx, Some(client), &format!("Added Contact - Contact ID: {contact}")).await?;
    let Person { first_name, last_name, email, .. } = &new.person;
    let [first_name, last_name, email] = [first_name, last_name, email].map(|text| text.as_deref().unwrap_or_default());
    let event = Event::ContactAdd { client, contact, first_name, last_name, email };
    raise(&mut tx, About::Client(client), &event).await?;
    Ok(contact)
}

/// Changes a contact: the fields of `person` that are set, and the given mail preferences.
pub async fn update_contact(
    context: Context<'_>,
    contact: LockedContact,
    person: Person,
    preferences: &[(Topic, bool)],
) -> Result<(), Refusal> {
    let person = normalized(person);
    let LockedContact { id: contact, client } = contact;
    if preferences.contains(&(Topic::Domain, false))
        && !store::clients::client::preferences(context.db, client).await?.wants(Topic::Domain)
        && !store::clients::contacts::gets_domain_mails(context.db, client, contact.0).await?
    {
        return Err(Refusal::ContactMustReceiveDomainMails.into());
    }

    let mut tx = context.write(Subject::Client(client)).await?;
    if !store::clients::contacts::update(&mut tx, client, contact, &person, preferences).await? {
        return Err(Refusal::DuplicateEmail.into());
    }
    let line = format!("Modified Contact - Contact ID: {contact}");
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    raise(&mut tx, About::Client(client), &Event::ContactEdit { client, contact }).await?;
    Ok(())
}

/// Deletes a contact. If it was the billing contact, the client is billed from now on.
pub async fn delete_contact(context: Context<'_>, contact: LockedContact) -> Result<(), Refusal> {
    let LockedContact { id: contact, client } = contact;

    let mut tx = context.write(Subject::Client(client)).await?;
    store::clients::contacts::delete(&mut tx, client, contact).await?;
    let line = format!("Deleted Contact - Contact ID: {contact}");
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    raise(&mut tx, About::Client(client), &Event::ContactDelete { client, contact }).await?;
    Ok(())
}

/// Finds a contact, and locks its client.
pub async fn lock_contact(db: &mut Lease, id: ContactId) -> Result<LockedContact, Refusal> {
    let contact = lock_client_of(db, id).await?;
    // The contact may have been deleted while this call waited for the lock on the client.
    store::clients::contacts::client(db, id).await?.ok_or(Refusal::ContactNotFound)?;
    Ok(contact)
}

/// As [`lock_contact`]. Also returns the name and address of the contact.
pub async fn lock_contact_to_update(db: &mut Lease, id: ContactId) -> Result<(LockedContact, Person), Refusal> {
    let contact = lock_client_of(db, id).await?;
    let person = store::clients::contacts::person(db, id).await?.ok_or(Refusal::ContactNotFound)?;
    Ok((contact, person))
}

async fn lock_client_of(db: &mut Lease, id: ContactId) -> Result<LockedContact, Refusal> {
    let client = store::clients::contacts::client(db, id).await?.ok_or(Refusal::ContactNotFound)?;
    store::clients::client::lock(db, client).await?;
    Ok(LockedContact { id, client })
}
