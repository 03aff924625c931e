//! The module `profile`: clients about themselves.

use super::client::{self, CustomFields};
use crate::call::Call;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::Reply;
use crate::store::clients::client::ClientChanges;
use crate::store::fossbilling::clients;

/// `client/profile/get`
pub async fn get(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let id = client::caller(&call)?;
    let row = clients::find(call.db, id).await?.ok_or_else(client::not_found)?;
    let fields = CustomFields::read(call.db, std::iter::once(row.id)).await?;
    Ok(client::own(&row, &fields))
}

/// `client/profile/update`
pub async fn update(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let id = client::caller(&call)?;
    client::update(call, sent, id, ClientChanges::default()).await
}
