//! `AddCredit`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amounts::positive;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::words::{NO_AMOUNT, NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{AdminId, ClientId};
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::billing::{self, BalanceChange, LockedBalance};
use crate::param::schema;
use crate::param::{Param, ParamValue, Unrounded};
use crate::store;

/// Adds credit to a client's balance, or removes it.
///
/// A balance never falls below zero. WHMCS documents no error for that case, so the error text is that of ApplyCredit.
/// An amount of zero counts as missing.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddCredit {
    /// The client whose balance changes.
    clientid: Param<ClientId>,
    /// The reason for the change, which staff see.
    description: Param<String>,
    /// The amount, always positive. It is never rounded: any form but `###` or `###.##` is rejected, as WHMCS documents.
    amount: Param<Unrounded<Money>>,
    /// `YYYY-MM-DD`; by default, today.
    #[schemars(with = "schema::Date")]
    date: Param<NaiveDate>,
    /// The member of staff who is recorded as responsible; by default, the owner of the credential.
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

impl ParamValue for Direction {
    const IS_EXACT: bool = true;

    fn parse(text: &str) -> Option<Self> {
        match text {
            "add" => Some(Direction::Add),
            "remove" => Some(Direction::Remove),
            _ => None,
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddCreditReply {
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
    type Reply = AddCreditReply;

    async fn run(self, call: Call<'_>) -> Result<AddCreditReply> {
        let direction = self.direction.optional(INVALID_TYPE)?.unwrap_or(Direction::Add);
        let balance = LockedBalance::lock(call.db, self.clientid.required(CLIENT_NOT_FOUND)?).await?;
        let admin = match self.adminid.optional(ADMIN_NOT_FOUND)? {
            Some(admin) if !store::system::staff::is_active(call.db, admin).await? => {
                return refuse(ADMIN_NOT_FOUND);
            }
            Some(admin) => admin,
            // The owner of a credential is always active, so this needs no check.
            None => call.author.admin,
        };
        let amount = positive(self.amount.map(|Unrounded(amount)| amount))?;
        let change = BalanceChange {
            amount: if direction == Direction::Remove { -amount } else { amount },
            date: self.date.optional(NOT_A_DATE)?.unwrap_or(call.now.date()),
            description: self.description.text("description", TEXT_BYTES)?,
            admin,
        };
        Ok(AddCreditReply { newbalance: billing::change_credit(call.context(), balance, change).await? })
    }
}
