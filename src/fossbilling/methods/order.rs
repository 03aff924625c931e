//! The module `order`: services, domains and addons.

use std::collections::HashMap;

use chrono::Days;
use serde_json::{Map, Value, json};
use sqlx::MySqlConnection;

use super::client::{self, object};
use super::person::Reader;
use super::product::kind;
use crate::call::Call;
use crate::config::Compat;
use crate::database::page::Page;
use crate::domain::money::Money;
use crate::fossbilling::mapping::{money, periods, statuses, times};
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::{Failure, Reply, said};
use crate::store::fossbilling::clients::{self, ClientRow, Details};
use crate::store::fossbilling::orders::{self, OrderFilter, OrderRow, Period};

/// Invoices are issued for all orders.
const INVOICE_OPTION: &str = "issue-invoice";
/// How many days before its end an order counts as expiring.
const EXPIRING_DAYS: u64 = 14;

/// `admin/order/get_list`
pub async fn admin_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let filter = OrderFilter { client: sent.id_filter("client_id"), ..filter(sent)? };
    list(call, sent, filter, Reader::Staff).await
}

/// `client/order/get_list`
pub async fn client_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let mut filter = OrderFilter { client: Some(client::caller(&call)?.0), ..filter(sent)? };
    if sent.is_set("expiring") {
        filter.statuses.push(statuses::orders("active"));
        filter.expires_by = call.now.date().checked_add_days(Days::new(EXPIRING_DAYS));
    }
    list(call, sent, filter, Reader::Client).await
}

fn filter(sent: &Sent<'_>) -> Result<OrderFilter, Failure> {
    let mut statuses: Vec<_> = sent.filled("status").iter().map(|status| statuses::orders(status)).collect();
    if sent.is_set("show_action_required") {
        statuses.push(statuses::orders("pending_setup"));
    }
    let period = |period: String| Period {
        cycle: periods::stored_cycle(&period),
        years: periods::years(&period).map(i64::from),
    };
    // All orders have the same option, and none has metadata.
    let has_other_option = sent.filled("invoice_option").is_some_and(|option| option != INVOICE_OPTION);
    Ok(OrderFilter {
        client: None,
        ids: ids(sent),
        product: sent.id_filter("product_id"),
        promotion: sent.id_filter("promo_id"),
        group: None,
        statuses,
        kind: sent.filled("type"),
        period: sent.filled("period").map(period),
        created: sent.date("created_at")?,
        from: sent.date("date_from")?,
        to: sent.date("date_to")?,
        expires_by: None,
        texts: [sent.filled("search"), sent.filled("title")].into_iter().flatten().collect(),
        hides_addons: sent.is_set("hide_addons"),
        is_impossible: has_other_option || sent.has_entries("meta"),
    })
}

/// The ids to filter by.
fn ids(sent: &Sent<'_>) -> Option<Vec<i64>> {
    match (sent.id_filter("id"), sent.ids("ids")) {
        (Some(id), Some(ids)) => Some(ids.into_iter().filter(|other| *other == id).collect()),
        (id, ids) => ids.or(id.map(|id| vec![id])),
    }
}

async fn list(call: Call<'_>, sent: &Sent<'_>, filter: OrderFilter, reader: Reader) -> Reply {
    let page = sent.page()?;
    let sees_details = reader == Reader::Staff && client::may_see_details(&call);
    let reader_of_client = if sees_details { Reader::Staff } else { Reader::Client };
    let listed = orders::list(call.db, &filter, page.page()).await?;
    let owners = Owners::read(call.db, &listed.rows, reader_of_client).await?;
    Ok(page.list(listed, |row| {
        let mut order = common(&row, call.compat, reader);
        // Lists have numbers where single orders have flags.
        order.insert("group_master".to_owned(), 1.into());
        order.insert("client".to_owned(), owners.of(row.client));
        if reader == Reader::Staff {
            order.insert("plugin".to_owned(), times::text(&row.module));
        }
        order.into()
    }))
}

/// `admin/order/get`
pub async fn admin_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let row = find(call.db, sent.id("id"), None).await?.ok_or_else(|| said("Order Not Found"))?;
    let mut order = single(call.db, &row, call.compat, Reader::Staff).await?;
    order.insert("plugin".to_owned(), times::text(&row.module));
    order.insert("product_suspension_grace_days".to_owned(), Value::Null);
    Ok(order.into())
}

/// `client/order/get`
pub async fn client_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?;
    let row = find(call.db, sent.id("id"), Some(client.0)).await?.ok_or_else(|| said("Order not found"))?;
    Ok(single(call.db, &row, call.compat, Reader::Client).await?.into())
}

/// Returns an order, if it is this client's.
pub async fn find(db: &mut MySqlConnection, id: i64, client: Option<i64>) -> sqlx::Result<Option<OrderRow>> {
    let filter = OrderFilter { ids: Some(vec![id]), client, ..OrderFilter::default() };
    Ok(orders::list(db, &filter, Page { start: 0, length: 1 }).await?.rows.pop())
}

async fn single(
    db: &mut MySqlConnection,
    row: &OrderRow,
    compat: &Compat,
    reader: Reader,
) -> Result<Map<String, Value>, Failure> {
    let owners = Owners::read(db, std::slice::from_ref(row), Reader::Client).await?;
    let mut order = common(row, compat, reader);
    let is_there = owners.rows.contains_key(&row.client);
    if !is_there && reader == Reader::Staff {
        return Err(client::not_found());
    }
    order.insert("client".to_owned(), owners.of(row.client));
    Ok(order)
}

/// The clients of some orders.
struct Owners {
    rows: HashMap<i64, ClientRow>,
    reader: Reader,
}

impl Owners {
    async fn read(db: &mut MySqlConnection, orders: &[OrderRow], reader: Reader) -> sqlx::Result<Owners> {
        let details = if reader == Reader::Staff { Details::All } else { Details::Person };
        let rows = clients::by_id(db, details, orders.iter().map(|order| order.client)).await?;
        Ok(Owners { rows, reader })
    }

    fn of(&self, client: i64) -> Value {
        match (self.rows.get(&client), self.reader) {
            (None, _) => Value::Array(Vec::new()),
            (Some(row), Reader::Staff) => client::for_staff(row),
            (Some(row), Reader::Client) => client::public(row).into(),
        }
    }
}

/// The title of an order.
pub fn title(row: &OrderRow) -> String {
    match (row.kind.as_str(), row.domain.as_str()) {
        ("domain", domain) => domain_title(domain, row.is_transfer),
        (_, "") => row.name.clone(),
        (_, domain) => format!("{} for {domain}", row.name),
    }
}

/// The title of a domain that is ordered.
pub fn domain_title(name: &str, is_transfer: bool) -> String {
    format!("Domain {name} {}", if is_transfer { "transfer" } else { "registration" })
}

/// The type of the service of an order.
pub fn service_type(row: &OrderRow) -> &'static str {
    match row.kind.as_str() {
        "domain" => "domain",
        stored => kind(stored),
    }
}

fn common(row: &OrderRow, compat: &Compat, reader: Reader) -> Map<String, Value> {
    let is_recurring = row.kind == "domain" || periods::of_cycle(&row.cycle).is_some();
    let price = if is_recurring { row.recurring } else { row.first_amount };
    let period = match row.kind.as_str() {
        "domain" => Some(format!("{}Y", row.years.max(1))),
        _ => periods::of_cycle(&row.cycle).map(str::to_owned),
    };
    let id_or_null = |id: i64| (id != 0).then_some(id);
    let status = statuses::of_order(&row.status);
    let canceled_at = if status == "canceled" { times::time(&row.ended) } else { Value::Null };
    object(json!({
        "id": row.id,
        "client_id": row.client,
        "product_id": id_or_null(row.product),
        "form_id": null,
        "promo_id": id_or_null(row.promotion),
        "promo_recurring": null,
        "promo_used": null,
        "group_id": id_or_null(row.group).map(|group| group.to_string()),
        "group_master": true,
        "invoice_option": INVOICE_OPTION,
        "title": title(row),
        "currency": times::text(&row.currency),
        "unpaid_invoice_id": id_or_null(row.unpaid_invoice),
        "service_id": row.id / 4,
        "service_type": service_type(row),
        "period": period,
        "quantity": row.quantity.max(1),
        "unit": "product",
        "price": money::stored(price, compat),
        "discount": money::stored(Money::ZERO, compat),
        "status": status,
        "reason": times::text(&row.reason),
        // The notes of the tables are those of staff.
        "notes": if reader == Reader::Staff { times::text(&row.notes) } else { Value::Null },
        "suspension_grace_days": null,
        "referred_by": null,
        "expires_at": times::time(&row.expires),
        "activated_at": if status == "pending_setup" { Value::Null } else { times::time(&row.activated) },
        "suspended_at": null,
        "unsuspended_at": null,
        "canceled_at": canceled_at,
        "created_at": created(row),
        "updated_at": times::time(&row.updated_at),
        "config": config(row),
        "total": money::number(price),
        "meta": [],
        "active_tickets": row.tickets,
    }))
}

fn created(row: &OrderRow) -> Value {
    match times::time(&row.created_at) {
        Value::Null => times::time(&row.activated),
        time => time,
    }
}

/// What was ordered: the domain, in two parts.
fn config(row: &OrderRow) -> Value {
    let Some((sld, tld)) = row.domain.split_once('.') else { return Value::Array(Vec::new()) };
    match row.kind.as_str() {
        "domain" if row.is_transfer => json!({
            "action": "transfer",
            "transfer_sld": sld,
            "transfer_tld": format!(".{tld}"),
        }),
        "domain" => json!({
            "action": "register",
            "register_sld": sld,
            "register_tld": format!(".{tld}"),
            "register_years": row.years.max(1).to_string(),
        }),
        _ => json!({"domain": {"action": "owndomain", "owndomain_sld": sld, "owndomain_tld": format!(".{tld}")}}),
    }
}
