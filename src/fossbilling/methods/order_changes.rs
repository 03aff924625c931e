//! The module `order`: changing, renewing and deleting.

use std::collections::BTreeMap;

use sqlx::MySqlConnection;

use super::{client, order};
use crate::call::Call;
use crate::database::lease::Lease;
use crate::database::page::Page;
use crate::domain::domains::registrar::Command;
use crate::domain::domains::status::DomainStatus;
use crate::domain::id::{ClientId, DomainId, OrderId};
use crate::domain::money::Money;
use crate::domain::order::cycle::{Cycle, Term};
use crate::domain::service::Status;
use crate::domain::time::parse_date;
use crate::fossbilling::mapping::orders::Ordered;
use crate::fossbilling::mapping::{periods, statuses};
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::{Failure, Reply, said};
use crate::operations::clients::CustomFieldValues;
use crate::operations::domains::registration::{CommandArguments, DomainChoice, send};
use crate::operations::domains::update::{DomainUpdate, LockedDomain};
use crate::operations::orders;
use crate::operations::services::update::{LockedService, ServiceUpdate};
use crate::operations::{Context, OperationError, domains, services};
use crate::store;
use crate::store::fossbilling::orders::{OrderFilter, OrderRow, is_pending, list};
use crate::store::services::domain_changes::DomainChanges;
use crate::store::services::service::ServiceChanges;

const OF_ADDON: &str = "Addons are changed by the API of WHMCS here";

/// `admin/order/update`: without a command to a module.
pub async fn update(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let row = existing(call.db, sent).await?;
    let changes = Changes::read(sent)?;
    match Ordered::parse(row.id) {
        Some(Ordered::Service(id)) => {
            let mut context = call.context();
            let locked = LockedService::lock(&mut context, id).await?;
            update_service(context, &locked, changes.of_service()?).await
        }
        Some(Ordered::Domain(id)) => {
            client::check_may_call(&call, "UpdateClientDomain")?;
            update_domain(call, id, changes.of_domain()?).await
        }
        _ => Err(said(OF_ADDON)),
    }
}

async fn existing(db: &mut MySqlConnection, sent: &Sent<'_>) -> Result<OrderRow, Failure> {
    order::find(db, sent.id("id"), None).await?.ok_or_else(|| said("Order Not Found"))
}

async fn update_service(context: Context<'_>, locked: &LockedService, changes: ServiceChanges) -> Reply {
    let update = ServiceUpdate {
        changes,
        recalculates: false,
        custom_fields: CustomFieldValues::default(),
        options: BTreeMap::default(),
    };
    services::update::update(context, locked, update).await?;
    Ok(true.into())
}

async fn update_domain(call: Call<'_>, id: DomainId, changes: DomainChanges) -> Reply {
    let mut context = call.context();
    let locked = LockedDomain::lock(&mut context, id).await?;
    let update = DomainUpdate { changes, recalculates: false, ignored_status: None, nameservers: None };
    domains::update::update(context, &locked, update).await?;
    Ok(true.into())
}

/// What is sent of an order to change.
struct Changes {
    price: Option<Money>,
    period: Option<String>,
    status: Option<String>,
    activated: Option<String>,
    expires: Option<String>,
    notes: Option<String>,
    reason: Option<String>,
}

impl Changes {
    fn read(sent: &Sent<'_>) -> Result<Changes, Failure> {
        let price = sent.amount("price", "Price must be a valid number.")?;
        if price.is_some_and(|price| price < Money::ZERO) {
            return Err(said("Price cannot be negative."));
        }
        let day = |name| Ok::<_, Failure>(sent.date(name)?.map(|day| day.to_string()));
        Ok(Changes {
            price,
            period: sent.filled("period"),
            status: sent.filled("status"),
            activated: day("activated_at")?,
            expires: day("expires_at")?,
            notes: sent.text("notes"),
            reason: sent.text("reason"),
        })
    }

    fn of_service(self) -> Result<ServiceChanges, Failure> {
        let cycle = |period: String| {
            let cycle = periods::stored_cycle(&period).and_then(Cycle::parse);
            cycle.ok_or_else(|| said("Selected billing period is invalid"))
        };
        let status = |status: String| match &*status {
            "pending_setup" => Ok(Status::Pending),
            "active" => Ok(Status::Active),
            "suspended" => Ok(Status::Suspended),
            "canceled" => Ok(Status::Cancelled),
            _ => Err(said(format!("Invalid order status: {status}"))),
        };
        Ok(ServiceChanges {
            recurring: self.price,
            cycle: self.period.map(cycle).transpose()?,
            status: self.status.map(status).transpose()?,
            registered: self.activated,
            next_due: self.expires,
            notes: self.notes,
            suspension_reason: self.reason,
            ..ServiceChanges::default()
        })
    }

    fn of_domain(self) -> Result<DomainChanges, Failure> {
        let years = |period: String| periods::years(&period).ok_or_else(|| said("Selected billing period is invalid"));
        let status = |status: String| match &*status {
            "pending_setup" => Ok(DomainStatus::Pending),
            "active" => Ok(DomainStatus::Active),
            "canceled" => Ok(DomainStatus::Cancelled),
            _ => Err(said(format!("Invalid order status: {status}"))),
        };
        Ok(DomainChanges {
            recurring: self.price,
            years: self.period.map(years).transpose()?,
            status: self.status.map(status).transpose()?,
            registered: self.activated,
            expires: self.expires,
            notes: self.notes,
            ..DomainChanges::default()
        })
    }
}

/// `admin/order/renew`: a service gets another term, and a domain is renewed at its registrar.
pub async fn renew(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let row = existing(call.db, sent).await?;
    match Ordered::parse(row.id) {
        Some(Ordered::Service(id)) => {
            let mut context = call.context();
            let locked = LockedService::lock(&mut context, id).await?;
            // Read again, now that nobody else renews it.
            let row = existing(context.db, sent).await?;
            let cycle = Cycle::parse(&row.cycle).filter(|cycle| cycle.recurs());
            let cycle = cycle.ok_or_else(|| said("Order has no period for which it could be renewed"))?;
            if statuses::of_order(&row.status) == "canceled" {
                return Err(said("Cannot renew canceled order"));
            }
            let next = parse_date(&row.expires).and_then(|date| Term::Cycle(cycle).next(date));
            let next = next.ok_or_else(|| said("Order has no date from which it could be renewed"))?;
            let changes = ServiceChanges { next_due: Some(next.to_string()), ..ServiceChanges::default() };
            update_service(context, &locked, changes).await
        }
        Some(Ordered::Domain(id)) => {
            client::check_may_call(&call, "DomainRenew")?;
            send(call.context(), &DomainChoice::Id(id), Command::Renew, CommandArguments::default()).await?;
            Ok(true.into())
        }
        _ => Err(said(OF_ADDON)),
    }
}

/// `admin/order/delete`: a pending order is canceled first. What was ordered together is deleted together.
pub async fn delete(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let row = lock(call.db, sent.id("id"), None).await?.ok_or_else(|| said("Order Not Found"))?;
    check_is_alone(call.db, &row).await?;
    // What was ordered may run although nobody has accepted the order.
    if matches!(statuses::of_order(&row.status), "active" | "suspended") {
        return Err(OperationError::Refused(orders::Refusal::NotFinal).into());
    }
    let is_pending = is_pending(call.db, row.group).await?;
    let (mut context, id) = (call.context(), OrderId(row.group));
    if is_pending {
        orders::status::cancel(context.reborrow(), id, false).await?;
    }
    orders::delete::delete(context, id).await?;
    Ok(true.into())
}

/// `client/order/delete`: what was not set up yet is canceled.
pub async fn client_delete(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let owner = client::caller(&call)?.0;
    let row = lock(call.db, sent.id("id"), Some(owner)).await?.ok_or_else(|| said("Order not found"))?;
    if statuses::of_order(&row.status) != "pending_setup" || !is_pending(call.db, row.group).await? {
        return Err(said("Only pending and failed setup orders can be deleted."));
    }
    check_is_alone(call.db, &row).await?;
    orders::status::cancel(call.context(), OrderId(row.group), false).await?;
    Ok(true.into())
}

/// Reads an order after its client was locked, so that nobody changes it until the transaction ends.
async fn lock(db: &mut Lease, id: i64, owner: Option<i64>) -> Result<Option<OrderRow>, Failure> {
    let Some(row) = order::find(db, id, owner).await? else { return Ok(None) };
    // The client may have been deleted while the order was not.
    store::clients::client::lock(db, ClientId(row.client)).await?;
    Ok(order::find(db, id, owner).await?)
}

/// Rejects an order of a group of several, or of none.
async fn check_is_alone(db: &mut MySqlConnection, row: &OrderRow) -> Result<(), Failure> {
    let filter = OrderFilter { group: Some(row.group), ..OrderFilter::default() };
    match row.group {
        0 => Err(said("Order is not one that was placed: cancel it instead")),
        _ if list(db, &filter, Page { start: 0, length: 1 }).await?.total > 1 => {
            Err(said("Order was placed together with others: cancel it instead"))
        }
        _ => Ok(()),
    }
}
