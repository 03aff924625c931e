//! The module `profile`: clients about themselves.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client;
use super::session;
use crate::auth::secret;
use crate::call::Call;
use crate::database::writer::Subject;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::Reply;
use crate::store::clients::client::ClientChanges;
use crate::store::fossbilling::{clients, keys, sessions};

/// `client/profile/get`
pub async fn get(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let id = client::caller(&call)?;
    let row = clients::find(call.db, id).await?.ok_or_else(client::not_found)?;
    Ok(client::own(&row))
}

/// `client/profile/update`
pub async fn update(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let id = client::caller(&call)?;
    client::update(call, sent, id, ClientChanges::default()).await
}

/// `client/profile/api_key_get`: only hashes of keys are stored, so none can be told.
pub async fn api_key_get(_call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    Ok(Value::Null)
}

/// `client/profile/api_key_reset`: the new key, which replaces all others of the client.
pub async fn api_key_reset(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?;
    let key = secret::random()?;
    let mut tx = call.write(Subject::Client(client)).await?;
    keys::replace_of_client(&mut tx, client, Sha256::digest(&key).into()).await?;
    Ok(key.into())
}

/// `client/profile/logout`
pub async fn logout(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?;
    if let Some(session) = session::found(&call) {
        session::of(&call)?.end();
        let mut tx = call.write(Subject::Client(client)).await?;
        sessions::end(&mut tx, session.id).await?;
    }
    Ok(Value::Bool(true))
}
