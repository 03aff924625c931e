//! `GetUsers`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Direction;
use crate::error::Result;
use crate::param::Param;
use crate::store;

/// Returns a page of the list of users, in the order of their ids, with the clients for whom each may act.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetUsers {
    #[serde(flatten)]
    paging: Paging,
    /// `ASC`, which is the default, or `DESC`.
    sorting: Param<Direction>,
    /// Prefix of the e-mail address, or of the first, last or full name, in any case.
    search: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetUsersReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    users: Vec<User>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct User {
    id: i64,
    firstname: String,
    lastname: String,
    email: String,
    datecreated: String,
    /// Always empty: WHMCS's service for the validation of identities has ended.
    validationdata: &'static str,
    clients: Vec<Client>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Client {
    id: i64,
    #[serde(rename = "isOwner")]
    is_owner: bool,
}

impl Action for GetUsers {
    const NAME: &'static str = "GetUsers";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"search": "ana.ferreira@example.com"}"#;
    type Reply = GetUsersReply;

    async fn run(self, call: Call<'_>) -> Result<GetUsersReply> {
        let page = self.paging.page();
        let direction = self.sorting.lenient().unwrap_or(Direction::Ascending);
        let listed = store::clients::users::list(call.db, self.search.lenient().as_deref(), direction, page).await?;
        let ids = listed.rows.iter().map(|user| user.id);
        let mut clients: HashMap<i64, Vec<Client>> = HashMap::new();
        for row in store::clients::memberships::clients_of(call.db, ids).await? {
            clients.entry(row.user).or_default().push(Client { id: row.client, is_owner: row.is_owner });
        }
        let users = listed.rows.into_iter().map(|user| User {
            clients: clients.remove(&user.id).unwrap_or_default(),
            id: user.id,
            firstname: user.first_name,
            lastname: user.last_name,
            email: user.email,
            datecreated: user.created,
            validationdata: "",
        });
        let users: Vec<User> = users.collect();
        Ok(GetUsersReply { totalresults: listed.total, startnumber: page.start, numreturned: users.len(), users })
    }
}
