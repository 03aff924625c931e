//! `AddCredit`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::words::{NO_AMOUNT, NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::{AdminId, ClientId};
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse};
use crate::operations::clients;
use crate::param::schema;
use crate::param::{Param, Value};
use crate::store;
use crate::store::clients::client::Client;

/// Adds credit to a client's balance, or removes it.
///
/// A balance never falls below zero: WHMCS documents nothing for that case, so the refusal has the words of
/// ApplyCredit. An amount of zero counts as none.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddCredit {
    /// The client whose balance changes.
    clientid: Param<ClientId>,
    /// Why, for staff to read.
    description: Param<String>,
    /// How much, always positive.
    amount: Param<Money>,
    /// `YYYY-MM-DD`; by default, today.
    #[schemars(with = "schema::Date")]
    date: Param<NaiveDate>,
    /// The member of staff who answers for it; by default, the one to whom the credential belongs.
    adminid: Param<AdminId>,
    /// `add`, which is the default, or `remove`.
    #[serde(rename = "type")]
    direction: Param<Direction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Direction {
    Add,
    Remove,
}

impl Value for Direction {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "add" => Some(Direction::Add),
            "remove" => Some(Direction::Remove),
            _ => None,
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    /// The balance after the change, `123.45`.
    newbalance: Money,
}

const INVALID_TYPE: &str = "Type can only be add or remove";
const ADMIN_NOT_FOUND: &str = "Admin ID Not Found";

impl Action for AddCredit {
    const NAME: &'static str = "AddCredit";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["clientid", "amount"];
    const EXAMPLE: &'static str = r#"{"clientid": 1, "description": "For the outage in May", "amount": "10.00"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(INVALID_TYPE),
        Exact(CLIENT_NOT_FOUND),
        Exact(ADMIN_NOT_FOUND),
        Exact(NO_AMOUNT),
        Exact(NOT_AN_AMOUNT),
        Exact(NOT_A_DATE),
    ];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let direction = self.direction.optional(INVALID_TYPE)?.unwrap_or(Direction::Add);
        let client = locked_client(call.db, self.clientid).await?;
        let admin = match self.adminid.optional(ADMIN_NOT_FOUND)? {
            Some(admin) if !store::system::staff::is_active(call.db, admin).await? => {
                return refuse(ADMIN_NOT_FOUND);
            }
            Some(admin) => admin,
            // Who is not active has no credential to call with.
            None => call.author.admin,
        };
        let amount = positive(self.amount)?;
        let date = self.date.optional(NOT_A_DATE)?.unwrap_or(call.now.date());
        let description = self.description.text("description", TEXT_BYTES)?;

        let (change, done) = match direction {
            Direction::Add => (amount, "Added"),
            Direction::Remove => (-amount, "Removed"),
        };
        let balance = client.credit.checked_add(change).ok_or(Error::Refused(NOT_AN_AMOUNT))?;
        let mut books = call.write(Subject::Client(client.id)).await?;
        let change = store::billing::credit::Change {
            client: client.id,
            amount: change,
            date,
            description: &description,
            admin,
            related: 0,
        };
        if !store::billing::credit::change(&mut books, &change).await? {
            return refuse("Amount exceeds customer credit balance");
        }
        let line = format!("{done} Credit - Client ID: {} - Amount: {amount} - New Balance: {balance}", client.id);
        store::system::activity::log(&mut books, Some(client.id), &line).await?;
        Ok(Reply { newbalance: balance })
    }
}

/// The client whose books a call is about to change, or the documented error where there is none.
pub async fn locked_client(db: &mut MySqlConnection, client: Param<ClientId>) -> Result<Client> {
    Ok(clients::lock(db, client.required(CLIENT_NOT_FOUND)?).await?)
}

/// An amount that must be there and above zero, with AddCredit's documented errors.
pub fn positive(amount: Param<Money>) -> Result<Money> {
    let amount = amount.required_or(NO_AMOUNT, NOT_AN_AMOUNT)?;
    match amount {
        amount if amount.is_zero() => refuse(NO_AMOUNT),
        amount if amount.is_positive() => Ok(amount),
        _ => refuse(NOT_AN_AMOUNT),
    }
}
