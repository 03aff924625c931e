//! The module `invoice`: reading invoices. Gateways are in [`super::gateway`], and payments in [`super::transaction`].

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use sqlx::MySqlConnection;

use super::client::{self, object};
use super::session;
use crate::call::Call;
use crate::config::Compat;
use crate::domain::money::Money;
use crate::fossbilling::mapping::hashes::Hashes;
use crate::fossbilling::mapping::orders::Ordered;
use crate::fossbilling::mapping::{gateways, money, phone, statuses, times};
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::{Failure, Reply, said, said_as};
use crate::store::fossbilling::clients::{self, ClientRow, Details};
use crate::store::fossbilling::invoices::{self, InvoiceFilter, InvoiceRow, LineRow};

/// `admin/invoice/get_list`
pub async fn admin_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let filter =
        InvoiceFilter { client: sent.id_filter("client_id"), approved: sent.flag("approved"), ..filter(sent)? };
    list(call, sent, &filter).await
}

/// `client/invoice/get_list`: no drafts.
pub async fn client_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = Some(client::caller(&call)?.0);
    let mut filter = InvoiceFilter { client, approved: Some(true), ..filter(sent)? };
    if sent.flag("approved") == Some(false) {
        filter.statuses = Some(&[]);
    }
    list(call, sent, &filter).await
}

fn filter(sent: &Sent<'_>) -> Result<InvoiceFilter, Failure> {
    Ok(InvoiceFilter {
        client: None,
        approved: None,
        id: sent.id_filter("id"),
        number: sent.filled("nr"),
        statuses: sent.filled("status").map(|status| statuses::invoices(&status)),
        currency: sent.filled("currency"),
        created: sent.date("created_at")?,
        from: sent.date("date_from")?,
        to: sent.date("date_to")?,
        paid: sent.date("paid_at")?,
        related: sent.id_filter("order_id").map(related),
        search: sent.filled("search").or_else(|| sent.filled("client")),
    })
}

/// The lines that are for an order.
fn related(order: i64) -> (&'static [&'static str], i64) {
    match Ordered::parse(order) {
        Some(Ordered::Service(id)) => (&["Hosting", "Setup"], id.0),
        Some(Ordered::Domain(id)) => (&["Domain", "DomainRegister", "DomainTransfer"], id.0),
        Some(Ordered::Addon(id)) => (&["Addon"], id.0),
        None => (&[], 0),
    }
}

async fn list(call: Call<'_>, sent: &Sent<'_>, filter: &InvoiceFilter) -> Reply {
    let page = sent.page()?;
    let listed = invoices::list(call.db, filter, page.page()).await?;
    let parts = Parts::read(call.db, &listed.rows).await?;
    let is_short = sent.is_set("summary");
    let compat = call.compat;
    Ok(page.list(listed, |row| if is_short { parts.summary(&row) } else { parts.invoice(&row, compat) }))
}

/// `admin/invoice/get`
pub async fn admin_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let filter = InvoiceFilter { id: Some(sent.id("id")), ..InvoiceFilter::default() };
    get(call, &filter).await
}

/// `guest/invoice/get`: by its hash, and with the session of its client.
pub async fn guest_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let id = Hashes::read(call.db).await?.invoice(&sent.filled("hash").unwrap_or_default()).ok_or_else(not_found)?;
    let client = session::found(&call).and_then(|session| session.client);
    let client = client.ok_or_else(|| said_as("403", "You do not have permission to perform this action"))?;
    let client = Some(client.0);
    get(call, &InvoiceFilter { id: Some(id.0), client, approved: Some(true), ..InvoiceFilter::default() }).await
}

/// `client/invoice/get`: by its hash.
pub async fn client_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = Some(client::caller(&call)?.0);
    let id = Hashes::read(call.db).await?.invoice(&sent.filled("hash").unwrap_or_default()).ok_or_else(not_found)?;
    get(call, &InvoiceFilter { id: Some(id.0), client, approved: Some(true), ..InvoiceFilter::default() }).await
}

async fn get(call: Call<'_>, filter: &InvoiceFilter) -> Reply {
    let row = invoices::find(call.db, filter).await?.ok_or_else(not_found)?;
    let parts = Parts::read(call.db, std::slice::from_ref(&row)).await?;
    Ok(parts.invoice(&row, call.compat))
}

fn not_found() -> Failure {
    said("Invoice was not found")
}

/// What belongs to some invoices.
struct Parts {
    clients: HashMap<i64, ClientRow>,
    /// `None` for no invoices.
    hashes: Option<Hashes>,
}

impl Parts {
    async fn read(db: &mut MySqlConnection, rows: &[InvoiceRow]) -> Result<Parts, Failure> {
        let clients = clients::by_id(db, Details::Person, rows.iter().map(|row| row.client)).await?;
        let hashes = rows.first().map(|row| Hashes::with(row.secret.clone())).transpose()?;
        Ok(Parts { clients, hashes })
    }

    fn summary(&self, row: &InvoiceRow) -> Value {
        let client = self.clients.get(&row.client);
        let name = |field: fn(&ClientRow) -> &String| times::text(client.map_or("", |client| field(client)));
        json!({
            "id": row.id,
            "serie": null,
            "nr": times::text(&row.number),
            "serie_nr": serie_nr(row),
            "client_id": row.client,
            "client": client.map(|client| json!({"id": client.id})),
            "currency": times::text(&row.currency),
            "tax": money::number(row.tax + row.tax2),
            "subtotal": money::number(row.subtotal),
            "total": money::number(total(row)),
            "status": statuses::of_invoice(&row.status),
            "due_at": times::time(&row.due_date),
            "paid_at": times::time(&row.paid_at),
            "created_at": created(row),
            "updated_at": times::time(&row.updated_at),
            "buyer": {
                "first_name": name(|client| &client.first_name),
                "last_name": name(|client| &client.last_name),
                "email": name(|client| &client.email),
            },
            "approved": row.status != "Draft",
        })
    }

    fn invoice(&self, row: &InvoiceRow, compat: &Compat) -> Value {
        let lines = &row.lines.0;
        let rate = row.rate.decimal() + row.rate2.decimal();
        let mut invoice = object(self.summary(row));
        invoice.extend(object(json!({
            "hash": self.hashes.as_ref().map(|hashes| hashes.of(row.id)),
            "hash_expires_at": null,
            "gateway_id": (!row.gateway.is_empty()).then(|| gateways::id(&row.gateway)),
            "taxname": (!rate.is_zero()).then_some("Tax"),
            "taxrate": if rate.is_zero() { Value::Null } else { rate.normalize().to_string().into() },
            "currency_rate": 1,
            "notes": times::text(&row.notes),
            "text_1": null,
            "text_2": null,
            "lines": lines.iter().map(|line| line_object(line, row, compat)).collect::<Value>(),
            "buyer": buyer(self.clients.get(&row.client)),
            "seller": seller(row),
            "client": self.clients.get(&row.client).map(client::public),
            "reminded_at": null,
            "income": money::number(row.received - row.refunded),
            "refund": money::stored(row.refunded, compat),
            "credit": money::stored(row.credit, compat),
            "subscribable": false,
            "orders": orders(lines),
        })));
        invoice.into()
    }
}

/// The total before credit is applied, as FOSSBilling has it.
fn total(row: &InvoiceRow) -> Money {
    row.subtotal + row.tax + row.tax2
}

fn serie_nr(row: &InvoiceRow) -> String {
    if row.number.is_empty() { row.id.to_string() } else { row.number.clone() }
}

fn created(row: &InvoiceRow) -> Value {
    match times::time(&row.date) {
        Value::Null => times::time(&row.created_at),
        time => time,
    }
}

/// The order that a line is for.
fn ordered(line: &LineRow) -> Option<i64> {
    let id = line.related;
    let ordered = match line.kind.as_str() {
        "Hosting" | "Setup" => Ordered::Service(id.into()),
        "Addon" => Ordered::Addon(id.into()),
        "Domain" | "DomainRegister" | "DomainTransfer" => Ordered::Domain(id.into()),
        _ => return None,
    };
    (id > 0).then(|| ordered.order())
}

fn line_object(line: &LineRow, invoice: &InvoiceRow, compat: &Compat) -> Value {
    let order = ordered(line).map(|order| order.to_string());
    let is_paid = invoice.status == "Paid";
    let kind = match line.kind.as_str() {
        "AddFunds" => "deposit",
        _ if order.is_some() => "order",
        _ => "custom",
    };
    json!({
        "id": line.id,
        "title": line.description,
        "period": null,
        "quantity": 1,
        "unit": null,
        "price": money::stored(line.amount, compat),
        "tax": 0,
        "taxed": i32::from(line.taxed),
        "charged": i32::from(is_paid),
        "total": money::number(line.amount),
        "order_id": order,
        "type": kind,
        "rel_id": order,
        "task": if order.is_some() { "renew" } else { "void" },
        "status": if is_paid { "executed" } else { "pending_payment" },
    })
}

fn orders(lines: &[LineRow]) -> Value {
    let mut by_id: BTreeMap<i64, &LineRow> = BTreeMap::new();
    for line in lines {
        if let Some(order) = ordered(line) {
            by_id.entry(order).or_insert(line);
        }
    }
    let order = |(id, line): (i64, &LineRow)| {
        let kind = if id % 4 == 1 { "domain" } else { "hosting" };
        json!({
            "id": id,
            "title": line.description,
            "expires_at": null,
            "product_name": line.description,
            "product_type": kind,
        })
    };
    by_id.into_iter().map(order).collect()
}

fn buyer(client: Option<&ClientRow>) -> Value {
    let text = |field: fn(&ClientRow) -> &String| times::text(client.map_or("", |client| field(client)));
    let (phone_cc, phone) = phone::split(client.map_or("", |client| &client.phone));
    let address = client.map(|client| format!("{} {}", client.address1, client.address2));
    json!({
        "first_name": text(|client| &client.first_name),
        "last_name": text(|client| &client.last_name),
        "company": text(|client| &client.company),
        "company_vat": text(|client| &client.tax_id),
        "company_number": null,
        "address": times::text(address.as_deref().unwrap_or_default().trim()),
        "city": text(|client| &client.city),
        "state": text(|client| &client.state),
        "country": text(|client| &client.country),
        "phone": times::text(&phone),
        "phone_cc": phone_cc,
        "email": text(|client| &client.email),
        "zip": text(|client| &client.postcode),
    })
}

fn seller(row: &InvoiceRow) -> Value {
    let lines: Vec<&str> = row.pay_to.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let line = |at: usize| lines.get(at).copied().unwrap_or_default();
    json!({
        "company": row.seller,
        "company_vat": "",
        "company_number": "",
        "address": lines.join(" "),
        "address_1": line(0),
        "address_2": line(1),
        "address_3": line(2),
        "phone": "",
        "email": row.seller_email,
        "account_number": null,
        "bank_name": null,
        "bic": null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_orders_name_them() {
        let line = |kind: &str, related| LineRow {
            id: 1,
            kind: kind.to_owned(),
            related,
            description: String::new(),
            amount: Money::ZERO,
            taxed: false,
        };
        for (kind, related, order) in [
            ("Hosting", 3, Some(12)),
            ("DomainRegister", 3, Some(13)),
            ("Addon", 3, Some(14)),
            ("", 3, None),
            ("Hosting", 0, None),
        ] {
            assert_eq!(ordered(&line(kind, related)), order, "{kind}");
        }
    }
}
