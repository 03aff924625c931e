//! Changes of a client's domain (`tbldomains`).

use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::domains::status::DomainStatus;
use crate::domain::id::{ClientId, DomainId, PromotionId};
use crate::domain::money::Money;
use crate::domain::order::DomainKind;
use crate::domain::order::domain_price::DomainAddons;

const CLIENT: &str = "SELECT CAST(userid AS SIGNED) FROM tbldomains WHERE id = ?";
const LOCK: &str = "SELECT CAST(d.id AS SIGNED) AS id, d.domain AS name, d.type AS kind, d.registrar, \
            CAST(d.registrationperiod AS SIGNED) AS years, d.recurringamount AS recurring, \
            d.paymentmethod AS payment_method, CAST(d.promoid AS SIGNED) AS promotion, d.status, \
            d.dnsmanagement <> 0 AS dns_management, d.emailforwarding <> 0 AS email_forwarding, \
            d.idprotection <> 0 AS id_protection, COALESCE(d.is_premium, 0) <> 0 AS is_premium, \
            CAST(COALESCE((SELECT c.groupid FROM tblclients c WHERE c.id = d.userid), 0) AS SIGNED) AS client_group \
     FROM tbldomains d WHERE d.id = ? FOR UPDATE";
const UPDATE: &str = "UPDATE tbldomains SET type = COALESCE(?, type), registrationdate = COALESCE(?, registrationdate), \
            domain = COALESCE(?, domain), firstpaymentamount = COALESCE(?, firstpaymentamount), \
            recurringamount = COALESCE(?, recurringamount), registrar = COALESCE(?, registrar), \
            registrationperiod = COALESCE(?, registrationperiod), expirydate = COALESCE(?, expirydate), \
            subscriptionid = COALESCE(?, subscriptionid), promoid = COALESCE(?, promoid), \
            status = COALESCE(?, status), nextduedate = COALESCE(?, nextduedate), \
            nextinvoicedate = COALESCE(?, nextinvoicedate), additionalnotes = COALESCE(?, additionalnotes), \
            paymentmethod = COALESCE(?, paymentmethod), dnsmanagement = COALESCE(?, dnsmanagement), \
            emailforwarding = COALESCE(?, emailforwarding), idprotection = COALESCE(?, idprotection), \
            donotrenew = COALESCE(?, donotrenew), updated_at = ? \
     WHERE id = ?";

/// Returns the client that a domain belongs to.
pub async fn client(db: &mut MySqlConnection, id: DomainId) -> sqlx::Result<Option<ClientId>> {
    sqlx::query_scalar(CLIENT).bind(id).fetch_optional(db).await
}

/// A domain that was locked to be changed, with what its price depends on.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub struct StoredDomain {
    pub id: DomainId,
    pub name: String,
    pub kind: String,
    pub registrar: String,
    pub years: i64,
    pub recurring: Money,
    pub payment_method: String,
    /// 0 for none.
    pub promotion: PromotionId,
    pub status: String,
    pub dns_management: bool,
    pub email_forwarding: bool,
    pub id_protection: bool,
    /// Whether its price is its own, and not that of its extension.
    pub is_premium: bool,
    /// The group of its client, or 0.
    pub client_group: i64,
}

from_row!(StoredDomain {
    id,
    name,
    kind,
    registrar,
    years,
    recurring,
    payment_method,
    promotion,
    status,
    dns_management,
    email_forwarding,
    id_protection,
    is_premium,
    client_group
});

/// Reads a domain and locks its row until the transaction ends. The client's row must have been locked before.
pub async fn lock(db: &mut Lease, id: DomainId) -> sqlx::Result<Option<StoredDomain>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db.locked()?).await
}

/// Changes of a domain; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct DomainChanges {
    pub kind: Option<DomainKind>,
    /// This and the other dates may be `0000-00-00`.
    pub registered: Option<String>,
    pub name: Option<String>,
    pub first_payment: Option<Money>,
    pub recurring: Option<Money>,
    /// Empty for none.
    pub registrar: Option<String>,
    pub years: Option<u32>,
    pub expires: Option<String>,
    pub subscription: Option<String>,
    /// 0 for none.
    pub promotion: Option<i64>,
    pub status: Option<DomainStatus>,
    /// The date of the next invoice is set with it.
    pub next_due: Option<String>,
    pub notes: Option<String>,
    pub payment_method: Option<String>,
    pub dns_management: Option<bool>,
    pub email_forwarding: Option<bool>,
    pub id_protection: Option<bool>,
    pub is_not_renewed: Option<bool>,
}

impl DomainChanges {
    /// The domain's addons after these changes.
    pub fn addons(&self, stored: &StoredDomain) -> DomainAddons {
        DomainAddons {
            dns_management: self.dns_management.unwrap_or(stored.dns_management),
            email_forwarding: self.email_forwarding.unwrap_or(stored.email_forwarding),
            id_protection: self.id_protection.unwrap_or(stored.id_protection),
        }
    }
}

pub async fn update(tx: &mut Writer<'_>, id: DomainId, changes: &DomainChanges) -> sqlx::Result<()> {
    let change = sqlx::query(UPDATE)
        .bind(changes.kind.map(DomainKind::name))
        .bind(&changes.registered)
        .bind(&changes.name)
        .bind(changes.first_payment)
        .bind(changes.recurring)
        .bind(&changes.registrar)
        .bind(changes.years)
        .bind(&changes.expires)
        .bind(&changes.subscription)
        .bind(changes.promotion)
        .bind(changes.status.map(DomainStatus::name))
        .bind(&changes.next_due)
        .bind(&changes.next_due)
        .bind(&changes.notes)
        .bind(&changes.payment_method)
        .bind(changes.dns_management)
        .bind(changes.email_forwarding)
        .bind(changes.id_protection)
        .bind(changes.is_not_renewed)
        .bind(tx.now.utc())
        .bind(id);
    tx.execute(change).await.map(|_| ())
}
