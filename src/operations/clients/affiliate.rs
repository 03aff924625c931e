//! Clients who become affiliates.

use super::Refusal;
use crate::database::writer::Subject;
use crate::events::{About, Event};
use crate::operations::{Context, Result};
use crate::store;
use crate::store::clients::client::Client;
use crate::store::sales::affiliates;
use crate::store::webhooks::events::raise;

/// Makes a client whose row is locked an affiliate. One who is already stays as they are.
pub async fn activate_affiliate(context: Context<'_>, client: &Client) -> Result<(), Refusal> {
    if affiliates::of_client(context.db, client.id).await?.is_some() {
        return Ok(());
    }
    let bonus = context.settings.affiliates.bonus.0;

    let mut tx = context.write(Subject::Client(client.id)).await?;
    let id = affiliates::create(&mut tx, client.id, bonus).await?;
    let line = format!("Activated Affiliate Account - Affiliate ID: {id} - Client ID: {}", client.id);
    store::system::activity::log(&mut tx, Some(client.id), &line).await?;
    let event = Event::AffiliateActivation { affiliate: id, client: client.id };
    Ok(raise(&mut tx, About::Client(client.id), &event).await?)
}
