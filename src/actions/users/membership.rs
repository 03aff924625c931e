//! The user and the client of actions about what a user may do for a client.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::id::{ClientId, UserId};
use crate::param::{CommaSeparated, Param};

#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct Membership {
    user_id: Param<UserId>,
    client_id: Param<ClientId>,
}

impl Membership {
    /// Returns the ids, of which a missing one is that of nobody: whether the user exists is said before whether a client was
    /// named.
    pub fn ids(&self) -> (UserId, ClientId) {
        (self.user_id.filter().unwrap_or(UserId(-1)), self.client_id.filter().unwrap_or(ClientId(-1)))
    }
}

/// Returns the names in a list of permissions.
pub fn names(permissions: Param<CommaSeparated>) -> Vec<String> {
    let CommaSeparated(names) = permissions.lenient().unwrap_or(CommaSeparated(String::new()));
    names.split(',').map(str::to_owned).collect()
}
