//! `UpdateClientDomain`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::domain_param::nameservers;
use crate::actions::words::catalog::PROMOTION_NOT_FOUND;
use crate::actions::words::domains::{DOMAIN_NOT_FOUND, NAMESERVERS_REQUIRED, REGISTRAR_NOT_ACTIVE};
use crate::actions::words::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::config::UnknownDomainStatus;
use crate::database::TEXT_BYTES;
use crate::domain::domain_name::DomainName;
use crate::domain::domains::status::DomainStatus;
use crate::domain::id::{DomainId, PromotionId};
use crate::domain::money::Money;
use crate::domain::order::DomainKind;
use crate::domain::order::domain_price::MAX_YEARS;
use crate::domain::time::NO_DATE;
use crate::error::DocumentedError::{self, Exact, Never};
use crate::error::{Result, refuse, refuse_as};
use crate::operations::Context;
use crate::operations::domains::registrars;
use crate::operations::domains::update::{DomainUpdate, LockedDomain, update};
use crate::outbox::registrars::Nameservers;
use crate::param::schema;
use crate::param::{Clearable, Param};
use crate::store::services::domain_changes::{DomainChanges, StoredDomain};

/// Changes the given fields of a client's domain. Nothing is sent to its registrar but name servers, with `updatens`: if it
/// refuses these, nothing is changed.
///
/// The date of the next invoice changes with `nextduedate`. A status that no domain has, such as the `Terminated` of
/// services, is not stored, and the activity log says so; `compat.domain_status` rejects it instead. A field that is sent
/// empty stays as it is: in JSON, `null` empties it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateClientDomain {
    domainid: Param<DomainId>,
    /// Whether DNS management is on. The recurring amount changes with it only with `autorecalc`.
    dnsmanagement: Param<bool>,
    /// Whether e-mail forwarding is on. The recurring amount changes with it only with `autorecalc`.
    emailforwarding: Param<bool>,
    /// Whether ID protection is on. The recurring amount changes with it only with `autorecalc`.
    idprotection: Param<bool>,
    /// Whether the domain is not to be renewed.
    donotrenew: Param<bool>,
    /// `Register` or `Transfer`.
    #[serde(rename = "type")]
    kind: Param<DomainKind>,
    /// The day of the registration: `YYYY-MM-DD`, or `0000-00-00` for none.
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    regdate: Clearable<NaiveDate>,
    /// The next due date, and the date of the next invoice: `YYYY-MM-DD`, or `0000-00-00` for none.
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    nextduedate: Clearable<NaiveDate>,
    /// The day on which the domain expires: `YYYY-MM-DD`, or `0000-00-00` for none.
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    expirydate: Clearable<NaiveDate>,
    /// The new name.
    domain: Param<String>,
    firstpaymentamount: Param<Money>,
    /// The new recurring amount.
    recurringamount: Param<Money>,
    /// The name of an active registrar.
    registrar: Clearable<String>,
    /// The number of years for which the domain is renewed, 1 to 10.
    regperiod: Param<u32>,
    /// The name of an active gateway.
    paymentmethod: Param<String>,
    subscriptionid: Clearable<String>,
    /// `Pending`, `Pending Registration`, `Pending Transfer`, `Active`, `Grace`, `Redemption`, `Expired`, `Transferred Away`,
    /// `Cancelled` or `Fraud`.
    status: Param<String>,
    /// Notes that only staff read.
    notes: Clearable<String>,
    /// The id of a promotion; 0 for none.
    promoid: Clearable<PromotionId>,
    /// Recalculates the recurring amount as AddOrder does, from the renewal price and the addons in the client's currency and
    /// from a recurring promotion; `recurringamount` is then ignored. The amount of a premium domain stays. It is rejected if the
    /// extension has no renewal price for the domain's number of years.
    autorecalc: Param<bool>,
    /// Whether the name servers are set at the registrar. They are not stored here.
    updatens: Param<bool>,
    /// The first name server to set; `ns2` to `ns5` are the further ones. Without `updatens`, they are ignored.
    ns1: Param<String>,
    ns2: Param<String>,
    ns3: Param<String>,
    ns4: Param<String>,
    ns5: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateClientDomainReply {
    domainid: i64,
}

impl Action for UpdateClientDomain {
    const NAME: &'static str = "UpdateClientDomain";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["domainid"];
    const EXAMPLE: &'static str = r#"{"domainid": 18, "notes": "Renewed by hand in 2026."}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(DOMAIN_NOT_FOUND),
        Exact(REGISTRAR_NOT_ACTIVE),
        Exact(NAMESERVERS_REQUIRED),
        Never { text: "Registrar Error Message", reason: "the registrar's own message is returned instead" },
    ];
    type Reply = UpdateClientDomainReply;

    async fn run(mut self, call: Call<'_>) -> Result<UpdateClientDomainReply> {
        let mut context = call.context();
        let id = std::mem::take(&mut self.domainid).required(DOMAIN_NOT_FOUND)?;
        let locked = LockedDomain::lock(&mut context, id).await?;
        let registrar = self.registrar(&mut context, locked.stored()).await?;
        let nameservers = self.nameservers()?;
        let unknown_status = context.compat.domain_status;
        let change = DomainUpdate { nameservers, ..self.read(locked.stored(), registrar, unknown_status)? };
        update(context, &locked, change).await?;
        Ok(UpdateClientDomainReply { domainid: id.0 })
    }
}

impl UpdateClientDomain {
    /// Returns the registrar to store, in its own spelling; empty for none.
    async fn registrar(&mut self, context: &mut Context<'_>, stored: &StoredDomain) -> Result<Option<String>> {
        let sent = std::mem::take(&mut self.registrar).only_by_null().unless_stored(&stored.registrar);
        match sent.text("registrar", 255)? {
            Some(name) if !name.is_empty() => Ok(Some(registrars::require_active(context, &name).await?)),
            emptied => Ok(emptied),
        }
    }

    /// Returns the name servers to set at the registrar, if they are to be set.
    fn nameservers(&mut self) -> Result<Option<Nameservers>> {
        let params = [&mut self.ns1, &mut self.ns2, &mut self.ns3, &mut self.ns4, &mut self.ns5].map(std::mem::take);
        self.updatens.is_set().then(|| nameservers(params)).transpose()
    }

    fn read(
        self,
        stored: &StoredDomain,
        registrar: Option<String>,
        unknown_status: UnknownDomainStatus,
    ) -> Result<DomainUpdate> {
        let sent_status = self.status.unless_stored(&stored.status).text("status", 255)?;
        let (status, ignored_status) = match DomainStatus::parse(&sent_status) {
            None if sent_status.is_empty() => (None, None),
            None if unknown_status == UnknownDomainStatus::Rejected => {
                return refuse_as("invalid_status", format!("Invalid status {sent_status}"));
            }
            None => (None, Some(sent_status)),
            status => (status, None),
        };
        let promotion = self.promoid.unless_stored(&stored.promotion.to_string());
        let changes = DomainChanges {
            kind: self.kind.unless_stored(&stored.kind).optional("Type can only be Register or Transfer")?,
            registered: day(self.regdate)?,
            name: name(self.domain.unless_stored(&stored.name))?,
            first_payment: amount(self.firstpaymentamount)?,
            recurring: amount(self.recurringamount)?,
            registrar,
            years: years(self.regperiod.unless_stored(&stored.years.to_string()))?,
            expires: day(self.expirydate)?,
            subscription: self.subscriptionid.only_by_null().text("subscriptionid", TEXT_BYTES)?,
            promotion: promotion.value(PromotionId(0), PROMOTION_NOT_FOUND)?.map(|id| id.0),
            status,
            next_due: day(self.nextduedate)?,
            notes: self.notes.only_by_null().text("notes", TEXT_BYTES)?,
            payment_method: self
                .paymentmethod
                .unless_stored(&stored.payment_method)
                .optional("paymentmethod must be a text")?,
            dns_management: self.dnsmanagement.lenient(),
            email_forwarding: self.emailforwarding.lenient(),
            id_protection: self.idprotection.lenient(),
            is_not_renewed: self.donotrenew.lenient(),
        };
        Ok(DomainUpdate { changes, recalculates: self.autorecalc.is_set(), ignored_status, nameservers: None })
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

fn name(sent: Param<String>) -> Result<Option<String>> {
    let sent = sent.text("domain", 255)?;
    match DomainName::parse(&sent) {
        Some(name) => Ok(Some(name.as_str().to_owned())),
        None if sent.is_empty() => Ok(None),
        None => refuse_as("invalid_domain_name", format!("Domain Name is not Valid: {sent}")),
    }
}

fn years(sent: Param<u32>) -> Result<Option<u32>> {
    const NOT_A_PERIOD: &str = "Registration Period must be 1 to 10 years";
    match sent.optional(NOT_A_PERIOD)? {
        Some(years) if !(1..=MAX_YEARS).contains(&years) => refuse(NOT_A_PERIOD),
        years => Ok(years),
    }
}
