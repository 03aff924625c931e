//! Inserts ordered items: services, addons and domains (`tblhosting`, `tblhostingaddons`, `tbldomains`).

use chrono::NaiveDate;
use serde_json::{Value as Json, json};
use sqlx::MySqlConnection;

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AffiliateId, ClientId, DomainId, OrderId, ProductId, PromotionId, ServiceAddonId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::domain_price::DomainAddons;

const OWNED: &str =
    "SELECT CAST(id AS SIGNED) AS id, domain, billingcycle AS cycle FROM tblhosting WHERE id = ? AND userid = ?";
const RENEWABLE: &str = "SELECT CAST(id AS SIGNED) AS id, domain AS name, status, dnsmanagement <> 0 AS dns_management, \
            emailforwarding <> 0 AS email_forwarding, idprotection <> 0 AS id_protection, \
            COALESCE(CAST(nextduedate AS CHAR), '0000-00-00') AS due \
     FROM tbldomains WHERE userid = ? AND FIND_IN_SET(domain, ?) ORDER BY status = 'Active' DESC, tbldomains.id DESC";
const ADD: &str = "INSERT INTO tblhosting (userid, orderid, packageid, server, regdate, domain, paymentmethod, qty, \
                             firstpaymentamount, amount, billingcycle, nextduedate, nextinvoicedate, domainstatus, \
                             username, password, notes, subscriptionid, promoid, promocount, suspendreason, \
                             overideautosuspend, overidesuspenduntil, dedicatedip, assignedips, ns1, ns2, \
                             created_at, updated_at) \
     VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, COALESCE(?, '0000-00-00'), COALESCE(?, '0000-00-00'), 'Pending', \
             '', ?, '', '', ?, 0, '', 0, '0000-00-00', '', '', ?, ?, ?, ?)";
const ADD_CHOICE: &str = "INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) VALUES (?, ?, ?, ?)";
const ADD_ADDON: &str = "INSERT INTO tblhostingaddons (orderid, hostingid, addonid, userid, server, name, qty, \
                                   firstpaymentamount, setupfee, recurring, billingcycle, tax, status, regdate, \
                                   nextduedate, nextinvoicedate, paymentmethod, notes, created_at, updated_at) \
     VALUES (?, ?, ?, ?, 0, '', ?, ?, ?, ?, ?, ?, 'Pending', ?, COALESCE(?, '0000-00-00'), \
             COALESCE(?, '0000-00-00'), ?, '', ?, ?)";
const ADD_DOMAIN: &str = "INSERT INTO tbldomains (userid, orderid, type, registrationdate, domain, firstpaymentamount, recurringamount, \
                             registrar, registrationperiod, expirydate, subscriptionid, promoid, status, nextduedate, \
                             nextinvoicedate, additionalnotes, paymentmethod, dnsmanagement, emailforwarding, \
                             idprotection, is_premium, donotrenew, reminders, synced, created_at, updated_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, '0000-00-00', '', ?, 'Pending', COALESCE(?, '0000-00-00'), \
             COALESCE(?, '0000-00-00'), '', ?, ?, ?, ?, 0, 0, '', 0, ?, ?)";
const ADD_DOMAIN_FIELDS: &str = "INSERT INTO tbldomainsadditionalfields (domainid, name, value, created_at, updated_at) \
     SELECT sent.domain, sent.name, sent.value, ?, ? \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (domain BIGINT PATH '$[0]', name LONGTEXT CHARACTER SET utf8mb4 PATH '$[1]', \
                                        value LONGTEXT CHARACTER SET utf8mb4 PATH '$[2]')) AS sent";
const ADD_TO_AFFILIATE: &str = "INSERT INTO tblaffiliatesaccounts (affiliateid, relid, lastpaid, created_at, updated_at) \
     SELECT ?, brought.id, '0000-00-00', ?, ? FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS brought";

/// An existing service for which an addon is ordered.
#[derive(Debug, Clone)]
pub struct OwnedService {
    pub id: ServiceId,
    pub domain: String,
    pub cycle: String,
}

from_row!(OwnedService { id, domain, cycle });

/// Returns a service if it belongs to the client.
pub async fn owned(db: &mut MySqlConnection, client: ClientId, id: ServiceId) -> sqlx::Result<Option<OwnedService>> {
    sqlx::query_as(OWNED).bind(id).bind(client).fetch_optional(db).await
}

/// A domain to renew.
#[derive(Debug, Clone)]
pub struct RenewableDomain {
    pub id: DomainId,
    pub name: String,
    pub status: String,
    pub dns_management: bool,
    pub email_forwarding: bool,
    pub id_protection: bool,
    /// The next due date, `0000-00-00` if there is none.
    pub due: String,
}

from_row!(RenewableDomain { id, name, status, dns_management, email_forwarding, id_protection, due });

impl RenewableDomain {
    pub fn addons(&self) -> DomainAddons {
        let RenewableDomain { dns_management, email_forwarding, id_protection, .. } = *self;
        DomainAddons { dns_management, email_forwarding, id_protection }
    }
}

/// Returns a client's domains with these names: active ones first, then the newest. Names are compared as the database
/// does it.
pub async fn renewable(
    db: &mut MySqlConnection,
    client: ClientId,
    names: &[String],
) -> sqlx::Result<Vec<RenewableDomain>> {
    sqlx::query_as(RENEWABLE).bind(client).bind(names.join(",")).fetch_all(db).await
}

/// The fields that new services, addons and domains have in common.
#[derive(Debug, Clone)]
pub struct NewItemTerms<'a> {
    pub client: ClientId,
    pub order: OrderId,
    pub payment_method: &'a str,
    pub first_payment: Money,
    pub renewal: Money,
    /// `None` if nothing will be due.
    pub due: Option<NaiveDate>,
    /// The date on which the next invoice for it is to be made.
    pub next_invoice: Option<NaiveDate>,
    /// The promotion with which it was ordered.
    pub promotion: Option<PromotionId>,
}

/// A service to insert.
#[derive(Debug, Clone)]
pub struct NewService<'a> {
    pub product: ProductId,
    pub domain: &'a str,
    pub quantity: u32,
    pub cycle: &'static str,
    pub password: &'a str,
    pub nameservers: [&'a str; 2],
}

pub async fn add(tx: &mut Writer<'_>, terms: &NewItemTerms<'_>, new: &NewService<'_>) -> sqlx::Result<ServiceId> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD)
        .bind(terms.client)
        .bind(terms.order)
        .bind(new.product)
        .bind(tx.now.date())
        .bind(new.domain)
        .bind(terms.payment_method)
        .bind(new.quantity)
        .bind(terms.first_payment)
        .bind(terms.renewal)
        .bind(new.cycle)
        .bind(terms.due)
        .bind(terms.next_invoice)
        .bind(new.password)
        .bind(terms.promotion.map_or(0, |id| id.0))
        .bind(new.nameservers[0])
        .bind(new.nameservers[1])
        .bind(utc)
        .bind(utc);
    tx.insert(insert).await.map(ServiceId)
}

/// Inserts the selected value of a configurable option.
pub async fn add_choice(
    tx: &mut Writer<'_>,
    service: ServiceId,
    option: i64,
    choice: i64,
    quantity: u32,
) -> sqlx::Result<()> {
    let insert = sqlx::query(ADD_CHOICE).bind(service).bind(option).bind(choice).bind(quantity);
    tx.execute(insert).await.map(|_| ())
}

/// An addon to insert.
#[derive(Debug, Clone)]
pub struct NewAddon {
    pub service: ServiceId,
    pub addon: i64,
    pub quantity: u32,
    pub cycle: &'static str,
    pub setup: Money,
    pub taxed: bool,
}

pub async fn add_addon(tx: &mut Writer<'_>, terms: &NewItemTerms<'_>, new: &NewAddon) -> sqlx::Result<ServiceAddonId> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD_ADDON)
        .bind(terms.order)
        .bind(new.service)
        .bind(new.addon)
        .bind(terms.client)
        .bind(new.quantity)
        .bind(terms.first_payment)
        .bind(new.setup)
        .bind(terms.renewal)
        .bind(new.cycle)
        .bind(if new.taxed { "on" } else { "" })
        .bind(tx.now.date())
        .bind(terms.due)
        .bind(terms.next_invoice)
        .bind(terms.payment_method)
        .bind(utc)
        .bind(utc);
    tx.insert(insert).await.map(ServiceAddonId)
}

/// A domain to insert.
#[derive(Debug, Clone)]
pub struct NewDomain<'a> {
    pub name: &'a str,
    /// `Register` or `Transfer`.
    pub kind: &'static str,
    pub years: u32,
    pub dns_management: bool,
    pub email_forwarding: bool,
    pub id_protection: bool,
}

/// An additional field of a domain, as registries ask for them.
#[derive(Debug, Clone, Copy)]
pub struct DomainField<'a> {
    pub domain: DomainId,
    pub name: &'a str,
    pub value: &'a str,
}

/// Adds additional fields to domains that have none yet.
pub async fn add_domain_fields(tx: &mut Writer<'_>, fields: &[DomainField<'_>]) -> sqlx::Result<()> {
    let fields: Vec<Json> = fields.iter().map(|field| json!([field.domain.0, field.name, field.value])).collect();
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD_DOMAIN_FIELDS).bind(utc).bind(utc).bind(Json::Array(fields).to_string());
    tx.execute(insert).await.map(|_| ())
}

/// Records that an affiliate brought services.
pub async fn add_to_affiliate(tx: &mut Writer<'_>, affiliate: AffiliateId, services: &[ServiceId]) -> sqlx::Result<()> {
    let services = id_list(services.iter().map(|service| service.0));
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD_TO_AFFILIATE).bind(affiliate).bind(utc).bind(utc).bind(services);
    tx.execute(insert).await.map(|_| ())
}

pub async fn add_domain(tx: &mut Writer<'_>, terms: &NewItemTerms<'_>, new: &NewDomain<'_>) -> sqlx::Result<DomainId> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD_DOMAIN)
        .bind(terms.client)
        .bind(terms.order)
        .bind(new.kind)
        .bind(tx.now.date())
        .bind(new.name)
        .bind(terms.first_payment)
        .bind(terms.renewal)
        .bind(new.years)
        .bind(terms.promotion.map_or(0, |id| id.0))
        .bind(terms.due)
        .bind(terms.next_invoice)
        .bind(terms.payment_method)
        .bind(i32::from(new.dns_management))
        .bind(i32::from(new.email_forwarding))
        .bind(i32::from(new.id_protection))
        .bind(utc)
        .bind(utc);
    tx.insert(insert).await.map(DomainId)
}
