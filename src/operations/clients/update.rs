//! Changing a client.

use sqlx::MySqlConnection;

use super::{CustomFieldValues, Refusal, check_currency, check_group, normalized};
use crate::database::writer::Subject;
use crate::domain::clients::preferences::Preferences;
use crate::domain::clients::topic::Topic;
use crate::events::{About, Event};
use crate::operations::{Context, Result};
use crate::store;
use crate::store::clients::client::{ClientChanges, LockedClient};
use crate::store::clients::custom_fields::FieldKind;
use crate::store::webhooks::events::raise;

/// The changes of a client.
#[derive(Debug)]
pub struct ClientUpdate {
    /// The fields to set; `preferences` is computed from the flags below.
    pub changes: ClientChanges,
    /// The mails that the client wants, by topic; other topics stay unchanged.
    pub preferences: Vec<(Topic, bool)>,
    pub custom_fields: CustomFieldValues,
    /// Whether required custom fields must stay filled.
    pub checks_custom_fields: bool,
    /// The e-mail address that the client's owner gets, with which the owner logs in. Stored also if the client has it
    /// already.
    pub owner_email: Option<String>,
    /// Whether the card that is stored with the client is deleted.
    pub forgets_card: bool,
}

/// Changes the given fields of a client that [`lock_to_update`](super::lock_to_update) has locked.
pub async fn update(context: Context<'_>, locked: &LockedClient, update: ClientUpdate) -> Result<(), Refusal> {
    let client = locked.client.id;
    let ClientUpdate { mut changes, preferences, custom_fields, checks_custom_fields, owner_email, forgets_card } =
        update;
    changes.person = normalized(changes.person);
    changes.preferences = changed_preferences(context.db, locked, &preferences).await?;
    let fields = match custom_fields.0.is_empty() {
        true => Vec::new(),
        false => store::clients::custom_fields::fields(context.db, FieldKind::Client, 0).await?,
    };
    if checks_custom_fields {
        custom_fields.check_update(&fields)?;
    }
    check_currency(context.db, changes.currency).await?;
    check_group(context.db, changes.group).await?;
    if forgets_card && store::billing::cards::count(&mut *context.db, client).await? > 1 {
        return Err(Refusal::SeveralCards.into());
    }
    let owner = match owner_email {
        Some(email) => {
            let owner = store::clients::users::lock_owner(context.db, client).await?;
            Some((owner.ok_or(Refusal::OwnerNotFound)?, email))
        }
        None => None,
    };

    let mut tx = context.write(Subject::Client(client)).await?;
    if let Some(email) = changes.person.email.as_ref().or(owner.as_ref().map(|(_, email)| email)) {
        tx.add_subject(Subject::address(email)).await?;
    }
    if !store::clients::client::update(&mut tx, client, &changes).await? {
        return Err(Refusal::DuplicateEmail.into());
    }
    if let Some((owner, email)) = &owner
        && !store::clients::users::set_email(&mut tx, *owner, email).await?
    {
        return Err(Refusal::DuplicateEmail.into());
    }
    custom_fields.write(&mut tx, &fields, client.0).await?;
    if forgets_card {
        store::billing::cards::forget(&mut tx, client).await?;
    }
    store::system::activity::log(&mut tx, Some(client), &format!("Modified Client - Client ID: {client}")).await?;
    raise(&mut tx, About::Client(client), &Event::ClientEdit { client }).await?;
    Ok(())
}

/// Returns the client's preferences after the change, if any changes. The client or a contact must get the mails about
/// domains.
async fn changed_preferences(
    db: &mut MySqlConnection,
    locked: &LockedClient,
    changed: &[(Topic, bool)],
) -> Result<Option<Preferences>, Refusal> {
    if changed.is_empty() {
        return Ok(None);
    }
    if changed.contains(&(Topic::Domain, false))
        && !store::clients::contacts::gets_domain_mails(db, locked.client.id, 0).await?
    {
        return Err(Refusal::ClientMustReceiveDomainMails.into());
    }
    Ok(Some(changed.iter().fold(locked.preferences, |all, &(topic, wanted)| all.with(topic, wanted))))
}
