//! `UpdateClientAddon`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::services::{ADDON_INVALID, ADDON_NOT_FOUND};
use crate::actions::words::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{AddonId, ServiceAddonId};
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::service::Status;
use crate::domain::time::NO_DATE;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse, refuse_as};
use crate::operations::services::addon::{LockedAddon, update_addon};
use crate::param::schema;
use crate::param::{Clearable, Param};
use crate::store::services::addons::{AddonChanges, StoredAddon};

/// Changes the given fields of an addon of a service. No command is sent to a module.
///
/// The date of the next invoice changes with `nextduedate`. An addon that becomes `Terminated` or `Cancelled` without a
/// `terminationdate` has ended today.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateClientAddon {
    /// The id of the client's addon.
    id: Param<ServiceAddonId>,
    /// `Pending`, `Active`, `Suspended`, `Terminated`, `Cancelled`, `Fraud` or `Completed`.
    status: Param<Status>,
    /// The id of the predefined addon that it becomes.
    addonid: Param<AddonId>,
    /// A name of its own; sent empty, it has that of the predefined addon.
    name: Clearable<String>,
    setupfee: Param<Money>,
    recurring: Param<Money>,
    /// `Free Account`, `One Time`, `Monthly`, `Quarterly`, `Semi-Annually`, `Annually`, `Biennially` or `Triennially`.
    billingcycle: Param<Cycle>,
    /// `YYYY-MM-DD`; `0000-00-00` for none.
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    nextduedate: Clearable<NaiveDate>,
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    terminationdate: Clearable<NaiveDate>,
    /// Notes that only staff read.
    notes: Clearable<String>,
    /// Calculates the recurring amount from the price of the predefined addon in the client's currency; `recurring` is then
    /// ignored.
    autorecalc: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateClientAddonReply {
    /// The addon's id, as a string, as documented.
    id: String,
}

const NOTHING: &str = "Nothing to Update";

impl Action for UpdateClientAddon {
    const NAME: &'static str = "UpdateClientAddon";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["id"];
    const EXAMPLE: &'static str = r#"{"id": 1, "notes": "For a year only."}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(ADDON_NOT_FOUND), Exact(NOTHING)];
    type Reply = UpdateClientAddonReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateClientAddonReply> {
        let mut context = call.context();
        let id = self.id.clone().required(ADDON_NOT_FOUND)?;
        let addon = LockedAddon::lock(&mut context, id).await?;
        if self.is_empty() {
            return refuse(NOTHING);
        }
        let recalculates = self.autorecalc.is_set();
        update_addon(context, &addon, self.changes(addon.stored())?, recalculates).await?;
        Ok(UpdateClientAddonReply { id: id.to_string() })
    }
}

impl UpdateClientAddon {
    /// Whether nothing is to be changed: neither to another value nor to the one that is stored.
    fn is_empty(&self) -> bool {
        let is_sent = self.status.is_sent()
            || self.addonid.is_sent()
            || self.setupfee.is_sent()
            || self.recurring.is_sent()
            || self.billingcycle.is_sent()
            || self.autorecalc.is_set();
        let texts = [&self.name, &self.notes];
        let days = [&self.nextduedate, &self.terminationdate];
        !is_sent
            && texts.iter().all(|text| **text == Clearable::default())
            && days.iter().all(|day| !day.has_value() && !day.is_emptied())
    }

    fn changes(self, stored: &StoredAddon) -> Result<AddonChanges> {
        Ok(AddonChanges {
            status: match self.status.unless_stored(&stored.status) {
                Param::Malformed(text) => return refuse_as("invalid_status", format!("Invalid status {text}")),
                status => status.lenient(),
            },
            predefined: self.addonid.unless_stored(&stored.predefined.to_string()).optional(ADDON_INVALID)?,
            name: self.name.text("name", TEXT_BYTES)?,
            setup_fee: amount(self.setupfee)?,
            recurring: amount(self.recurring)?,
            cycle: self.billingcycle.unless_stored(&stored.cycle).optional("Invalid Billing Cycle")?,
            next_due: day(self.nextduedate)?,
            terminated: day(self.terminationdate)?,
            notes: self.notes.text("notes", TEXT_BYTES)?,
        })
    }
}

/// Returns a day as it is stored.
fn day(day: Clearable<NaiveDate>) -> Result<Option<String>> {
    if day.is_emptied() {
        return Ok(Some(NO_DATE.to_owned()));
    }
    Ok(day.optional(NOT_A_DATE)?.map(|day| day.to_string()))
}

fn amount(amount: Param<Money>) -> Result<Option<Money>> {
    match amount.optional(NOT_AN_AMOUNT)? {
        Some(amount) if amount < Money::ZERO => refuse(NOT_AN_AMOUNT),
        amount => Ok(amount),
    }
}
