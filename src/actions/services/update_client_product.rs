//! `UpdateClientProduct`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::option_values::option_values;
use crate::actions::custom_fields;
use crate::actions::words::catalog::PROMOTION_NOT_FOUND;
use crate::actions::words::services::{PRODUCT_NOT_FOUND, SERVER_NOT_FOUND, SERVICE_NOT_FOUND};
use crate::actions::words::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{ProductId, PromotionId, ServerId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::service::Status;
use crate::domain::time::NO_DATE;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse, refuse_as};
use crate::operations::services::update::{LockedService, ServiceUpdate, update};
use crate::param::schema;
use crate::param::{Clearable, List, Nested, Param, ParamValue, Password};
use crate::store::services::service::{ServiceChanges, StoredService};

/// Changes the given fields of a service. No command is sent to its module.
///
/// The date of the next invoice changes with `nextduedate`. Custom fields and configurable options of other products
/// are ignored; an unknown choice of an option is rejected. A field that is sent empty stays as it is: `unset` and, in
/// JSON, `null` empty it. A service that becomes Cancelled or Fraud is added to the stock again; one that stops being so,
/// or changes to another product, is taken from the stock, and is rejected if the stock does not suffice.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateClientProduct {
    serviceid: Param<ServiceId>,
    /// The id of the service's new product.
    pid: Param<ProductId>,
    /// The server's id; 0 for none.
    serverid: Clearable<ServerId>,
    /// `YYYY-MM-DD`, as are the other dates; `0000-00-00` for none.
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    regdate: Clearable<NaiveDate>,
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    nextduedate: Clearable<NaiveDate>,
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    terminationdate: Clearable<NaiveDate>,
    domain: Clearable<String>,
    firstpaymentamount: Param<Money>,
    /// The new recurring amount.
    recurringamount: Param<Money>,
    /// The name of an active gateway.
    paymentmethod: Param<String>,
    /// `Free Account`, `One Time`, `Monthly`, `Quarterly`, `Semi-Annually`, `Annually`, `Biennially` or `Triennially`.
    billingcycle: Param<Cycle>,
    subscriptionid: Clearable<String>,
    /// `Pending`, `Active`, `Suspended`, `Terminated`, `Cancelled`, `Fraud` or `Completed`.
    status: Param<Status>,
    /// Notes that only staff read.
    notes: Clearable<String>,
    serviceusername: Clearable<String>,
    /// The password, stored as sent.
    servicepassword: Param<Password>,
    /// `on` or `off`.
    overideautosuspend: Param<bool>,
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    overidesuspenduntil: Clearable<NaiveDate>,
    ns1: Clearable<String>,
    ns2: Clearable<String>,
    dedicatedip: Clearable<String>,
    assignedips: Clearable<String>,
    /// In megabytes, as are the next three parameters.
    diskusage: Param<u32>,
    disklimit: Param<u32>,
    bwusage: Param<u32>,
    bwlimit: Param<u32>,
    suspendreason: Clearable<String>,
    /// The id of a promotion; 0 for none.
    promoid: Clearable<PromotionId>,
    /// The names of the fields to empty, even if a value is sent for them: any of `domain`, `serviceusername`,
    /// `servicepassword`, `subscriptionid`, `ns1`, `ns2`, `dedicatedip`, `assignedips`, `notes` and `suspendreason`.
    unset: Param<List<String>>,
    /// Recalculates the recurring amount as AddOrder does, from the prices of the product and its options in the
    /// client's currency and from a recurring promotion; `recurringamount` is then ignored.
    autorecalc: Param<bool>,
    /// Values by the ids of their custom fields.
    customfields: Param<Nested>,
    /// By the ids of options: a choice's id, or an array of `optionid` and `qty`. For quantities and yes-or-no options,
    /// a number alone suffices.
    configoptions: Param<Nested>,
}

impl ParamValue for Cycle {
    fn parse(text: &str) -> Option<Self> {
        Cycle::parse(text)
    }
}

impl ParamValue for Status {
    fn parse(text: &str) -> Option<Self> {
        Status::parse(text)
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateClientProductReply {
    /// The service's id, as a string, as documented.
    serviceid: String,
}

impl Action for UpdateClientProduct {
    const NAME: &'static str = "UpdateClientProduct";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["serviceid"];
    const EXAMPLE: &'static str = r#"{"serviceid": 1, "notes": "Moved to another server."}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(SERVICE_NOT_FOUND)];
    type Reply = UpdateClientProductReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateClientProductReply> {
        let mut context = call.context();
        let id = self.serviceid.clone().required(SERVICE_NOT_FOUND)?;
        let service = LockedService::lock(&mut context, id).await?;
        update(context, &service, self.read(service.stored())?).await?;
        Ok(UpdateClientProductReply { serviceid: id.to_string() })
    }
}

impl UpdateClientProduct {
    fn read(mut self, stored: &StoredService) -> Result<ServiceUpdate> {
        Ok(ServiceUpdate {
            recalculates: self.autorecalc.is_set(),
            custom_fields: custom_fields::read(std::mem::take(&mut self.customfields))?,
            options: option_values(std::mem::take(&mut self.configoptions))?,
            changes: self.changes(stored)?,
        })
    }

    fn changes(self, stored: &StoredService) -> Result<ServiceChanges> {
        let unset = self.unset()?;
        let text = |name: &str, value: Clearable<String>| match unset.iter().any(|unset| unset == name) {
            true => Ok(Some(String::new())),
            false => value.only_by_null().text(name, TEXT_BYTES),
        };
        let server = self.serverid.unless_stored(&stored.server.to_string());
        let promotion = self.promoid.unless_stored(&stored.promotion.to_string());
        Ok(ServiceChanges {
            product: self.pid.unless_stored(&stored.product.to_string()).optional(PRODUCT_NOT_FOUND)?,
            server: server.value(ServerId(0), SERVER_NOT_FOUND)?.map(|id| id.0),
            registered: day(self.regdate)?,
            next_due: day(self.nextduedate)?,
            terminated: day(self.terminationdate)?,
            domain: text("domain", self.domain)?,
            first_payment: amount(self.firstpaymentamount)?,
            recurring: amount(self.recurringamount)?,
            payment_method: self
                .paymentmethod
                .unless_stored(&stored.payment_method)
                .optional("paymentmethod must be a text")?,
            cycle: self.billingcycle.unless_stored(&stored.cycle).optional("Invalid Billing Cycle")?,
            subscription: text("subscriptionid", self.subscriptionid)?,
            status: match self.status.unless_stored(&stored.status) {
                Param::Malformed(text) => return refuse_as("invalid_status", format!("Invalid status {text}")),
                status => status.lenient(),
            },
            notes: text("notes", self.notes)?,
            username: text("serviceusername", self.serviceusername)?,
            password: text("servicepassword", Clearable::Sent(self.servicepassword.into()))?,
            is_never_suspended: self.overideautosuspend.lenient(),
            not_suspended_until: day(self.overidesuspenduntil)?,
            nameserver1: text("ns1", self.ns1)?,
            nameserver2: text("ns2", self.ns2)?,
            dedicated_address: text("dedicatedip", self.dedicatedip)?,
            assigned_addresses: text("assignedips", self.assignedips)?,
            disk_usage: megabytes("diskusage", self.diskusage)?,
            disk_limit: megabytes("disklimit", self.disklimit)?,
            bandwidth_usage: megabytes("bwusage", self.bwusage)?,
            bandwidth_limit: megabytes("bwlimit", self.bwlimit)?,
            suspension_reason: text("suspendreason", self.suspendreason)?,
            promotion: promotion.value(PromotionId(0), PROMOTION_NOT_FOUND)?.map(|id| id.0),
        })
    }

    fn unset(&self) -> Result<Vec<String>> {
        const NAMES: [&str; 10] = [
            "domain",
            "serviceusername",
            "servicepassword",
            "subscriptionid",
            "ns1",
            "ns2",
            "dedicatedip",
            "assignedips",
            "notes",
            "suspendreason",
        ];
        let unset = match &self.unset {
            Param::Absent => return Ok(Vec::new()),
            Param::Given(List(names)) if names.iter().all(|name| NAMES.contains(&name.as_str())) => names.clone(),
            _ => return refuse_as("invalid_unset", format!("unset can only name {}", NAMES.join(", "))),
        };
        Ok(unset)
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

fn megabytes(name: &str, number: Param<u32>) -> Result<Option<i64>> {
    let not_a_number = || format!("{name} must be a whole number of megabytes, at most {}", i32::MAX);
    match number.optional(not_a_number())?.map(i32::try_from) {
        Some(Err(_)) => refuse_as("malformed_parameter", not_a_number()),
        Some(Ok(number)) => Ok(Some(number.into())),
        None => Ok(None),
    }
}
