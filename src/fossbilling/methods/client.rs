//! The module `client`: clients, their balance, log-in and sign-up.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use sqlx::MySqlConnection;

use super::person::{self, FIELDS, Reader};
use super::session;
use crate::actions::CATALOGUE;
use crate::auth::{login, password, secret};
use crate::call::Call;
use crate::database::page::Page;
use crate::database::writer::Subject;
use crate::domain::entities::decoded;
use crate::domain::id::ClientId;
use crate::domain::time::parse_date;
use crate::error::Error;
use crate::fossbilling::mapping::{languages, money, phone, statuses, times};
use crate::fossbilling::sent::Sent;
use crate::fossbilling::wire::map;
use crate::fossbilling::words::{Failure, Reply, said, said_as};
use crate::operations::authentication::{LoggedIn, SessionOf};
use crate::operations::billing::{self, BalanceChange, LockedBalance};
use crate::operations::clients::{ClientUpdate, NewClient, Owner};
use crate::operations::users::change_password;
use crate::operations::{self, system};
use crate::store;
use crate::store::billing::credit::CreditRow;
use crate::store::clients::client::ClientChanges;
use crate::store::clients::client_removal::RemovalOptions;
use crate::store::clients::person::Person;
use crate::store::clients::users;
use crate::store::fossbilling::clients::{self, ClientFilter, ClientRow};
use crate::store::fossbilling::invoices::{self, InvoiceFilter};
use crate::store::fossbilling::orders::{self, OrderFilter};

/// `admin/client/get_list`
pub async fn admin_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let page = sent.page()?;
    let filter = ClientFilter {
        id: sent.id_filter("id"),
        name: sent.filled("name"),
        email: sent.filled("email"),
        company: sent.filled("company"),
        status: sent.filled("status").map(|status| statuses::client(&status).unwrap_or_default()),
        group: sent.id_filter("group_id"),
        created: sent.date("created_at")?,
        from: sent.date("date_from")?,
        to: sent.date("date_to")?,
        search: sent.filled("search"),
    };
    let listed = clients::list(call.db, &filter, page.page()).await?;
    Ok(page.list(listed, |row| for_staff(&row)))
}

/// `admin/client/get`
pub async fn admin_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let id = match (sent.id_filter("id"), sent.filled("email")) {
        (Some(id), _) => Some(ClientId(id)),
        (None, Some(email)) => store::clients::client::by_email(call.db, &email).await?,
        (None, None) => return Err(said("Client ID or email is required")),
    };
    let row = match id {
        Some(id) => clients::find(call.db, id).await?,
        None => None,
    };
    let row = row.ok_or_else(not_found)?;
    let mut client = object(for_staff(&row));
    if row.group != 0 {
        client.insert("client_group".to_owned(), json!({"id": row.group, "title": row.group_name}));
    }
    Ok(client.into())
}

/// `admin/client/create`
pub async fn admin_create(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let sends_welcome = sent.flag("send_welcome_email").unwrap_or(true);
    let password = match sent.raw("password").filter(|password| !password.is_empty()) {
        Some(password) => {
            person::check_password(&password)?;
            password
        }
        None if sends_welcome => secret::random()?,
        None => return Err(said("A password is required when the welcome email is disabled.")),
    };
    if sent.filled("status").is_some_and(|status| status != "active") {
        return Err(said("A new client is active here. admin/client/update changes the status"));
    }
    let group = sent.id_filter("group_id").filter(|id| *id != 0);
    let address = match sent.filled_raw("ip") {
        Some(text) => Some(text.parse().map_err(|_| said("IP address is invalid"))?),
        None => None,
    };
    create(
        call,
        sent,
        NewAccount { password, sends_welcome, group, notes: sent.text("notes"), creator: Reader::Staff, address },
    )
    .await
}

/// `guest/client/create`
pub async fn guest_create(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let password = sent.raw("password").unwrap_or_default();
    person::check_new_password(&password, sent.raw("password_confirm").as_deref())?;
    let creator = Reader::Client;
    let new = NewAccount { password, sends_welcome: true, group: None, notes: None, creator, address: None };
    create(call, sent, new).await
}

struct NewAccount {
    password: String,
    sends_welcome: bool,
    group: Option<i64>,
    notes: Option<String>,
    creator: Reader,
    /// The address of the client; by default, that of the caller.
    address: Option<IpAddr>,
}

/// Adds a client. One who signed up has logged in with that.
async fn create(mut call: Call<'_>, sent: &Sent<'_>, account: NewAccount) -> Reply {
    let address = account.address.map(|address| address.to_string());
    let new = NewClient {
        person: person::read(sent, &Person::default())?,
        currency: person::currency(call.db, sent).await?,
        group: account.group,
        language: person::language(sent)?.unwrap_or_default(),
        address: address.unwrap_or_else(|| call.author.address.clone()),
        notes: account.notes.unwrap_or_default(),
        wants_marketing: None,
        custom_fields: person::custom_fields(call.db, sent, account.creator, true).await?,
        // Those that the caller can fill are checked.
        checks_custom_fields: false,
        sends_welcome: account.sends_welcome,
    };
    let checked = operations::clients::check(call.db, new, true).await?;
    let password_hash = password::hash(call.hashing_permit()?, call.settings.crypto.mode, account.password).await?;
    let session = match account.creator {
        Reader::Client => Some(session::plan(&mut call, SessionOf::NewClient).await?),
        Reader::Staff => None,
    };
    let mut context = call.context();
    let owner = Owner::New { password_hash: password_hash.clone() };
    let added = operations::clients::add(context.reborrow(), checked, owner).await?;
    if let Some(session) = session {
        let mut tx = context.write(Subject::Client(added.client)).await?;
        let (client, user) = (added.client, added.owner);
        session.begin(&mut tx, Some(LoggedIn { client, user, password_hash: &password_hash })).await?;
    }
    Ok(added.client.0.into())
}

/// `admin/client/update`
pub async fn admin_update(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let status = match sent.filled("status") {
        Some(status) => Some(statuses::client(&status).ok_or_else(|| said("Invalid status"))?),
        None => None,
    };
    let changes = ClientChanges {
        status,
        group: sent.id_filter("group_id").or(sent.id_filter("client_group_id")),
        notes: sent.text("notes"),
        tax_exempt: sent.flag("tax_exempt"),
        currency: person::currency(call.db, sent).await?,
        ..ClientChanges::default()
    };
    update(call, sent, ClientId(sent.id("id")), changes).await
}

/// Changes a client as sent, and in what a client may not change themselves.
pub async fn update(call: Call<'_>, sent: &Sent<'_>, id: ClientId, changes: ClientChanges) -> Reply {
    let writer = if call.rights.client().is_some() { Reader::Client } else { Reader::Staff };
    let locked = operations::clients::lock_to_update(call.db, id).await?;
    let person = person::read(sent, &locked.person)?;
    if changes.currency.is_some_and(|currency| currency != locked.client.currency) {
        check_currency_can_change(call.db, id).await?;
    }
    let owner_email = match &person.email {
        Some(email) if has_owner(call.db, id).await? => Some(email.clone()),
        _ => None,
    };
    let group = changes.group.filter(|group| *group != locked.group);
    let changes = ClientChanges { person, language: person::language(sent)?, group, ..changes };
    let update = ClientUpdate {
        changes,
        preferences: Vec::new(),
        custom_fields: person::custom_fields(call.db, sent, writer, false).await?,
        checks_custom_fields: false,
        owner_email,
        forgets_card: false,
    };
    operations::clients::update(call.context(), &locked, update).await?;
    Ok(true.into())
}

async fn has_owner(db: &mut MySqlConnection, id: ClientId) -> Result<bool, Failure> {
    let details = store::clients::details::find(db, id).await?;
    Ok(details.is_some_and(|details| details.client.owner != 0))
}

/// Amounts are stored without their currency, so that of a client who has some stays.
async fn check_currency_can_change(db: &mut MySqlConnection, id: ClientId) -> Result<(), Failure> {
    let first = Page { start: 0, length: 1 };
    let filter = InvoiceFilter { client: Some(id.0), ..InvoiceFilter::default() };
    if !invoices::list(db, &filter, first).await?.rows.is_empty() {
        return Err(said("Currency cannot be changed. Client already has invoices issued."));
    }
    let filter = OrderFilter { client: Some(id.0), ..OrderFilter::default() };
    match orders::list(db, &filter, first).await?.rows.is_empty() {
        true => Ok(()),
        false => Err(said("Currency cannot be changed. Client already has orders.")),
    }
}

/// `admin/client/delete`
pub async fn admin_delete(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let options = RemovalOptions { transactions: false, users: true };
    operations::clients::delete(call.context(), ClientId(sent.id("id")), options).await?;
    Ok(true.into())
}

/// `admin/client/balance_add_funds`
pub async fn balance_add_funds(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let amount = sent.amount("amount", "Funds amount is invalid")?.filter(|amount| !amount.is_zero());
    let amount = amount.ok_or_else(|| said("Funds amount is invalid"))?;
    let description = sent.filled("description").ok_or_else(|| said("Funds description is invalid"))?;
    let balance = LockedBalance::lock(call.db, ClientId(sent.id("id"))).await?;
    let change = BalanceChange { amount, date: call.now.date(), description, admin: call.author.admin };
    billing::change_credit(call.context(), balance, change).await?;
    Ok(true.into())
}

/// `client/client/balance_get_total`
pub async fn balance_get_total(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let id = caller(&call)?;
    let row = clients::find(call.db, id).await?.ok_or_else(not_found)?;
    Ok(money::number(row.balance))
}

/// `admin/client/balance_get_list`
pub async fn admin_balance(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let (client, id) = match (sent.id_filter("client_id"), sent.id_filter("id")) {
        // Without the client's, it is that one's id.
        (None, id) => (id, None),
        both => both,
    };
    let client = client.ok_or_else(|| said("Client ID required"))?;
    balance(call, sent, ClientId(client), id).await
}

/// `client/client/balance_get_list`
pub async fn own_balance(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = caller(&call)?;
    balance(call, sent, client, sent.id_filter("id")).await
}

/// The changes of a balance, or the one with this id, the newest first.
async fn balance(call: Call<'_>, sent: &Sent<'_>, client: ClientId, id: Option<i64>) -> Reply {
    let page = sent.page()?;
    let (from, to) = (sent.date("date_from")?, sent.date("date_to")?);
    let owner = clients::find(call.db, client).await?.ok_or_else(not_found)?;
    let rows = store::billing::credit::history(call.db, client).await?.unwrap_or_default();
    let is_wanted = |row: &CreditRow| {
        let date = parse_date(&row.date);
        id.is_none_or(|id| row.id == id)
            && from.is_none_or(|from| date.is_some_and(|date| date >= from))
            && to.is_none_or(|to| date.is_some_and(|date| date <= to))
    };
    let object = |row: CreditRow| {
        json!({
            "id": row.id,
            "description": times::text(&row.description),
            "amount": money::stored(row.amount, call.compat),
            "currency": times::text(&owner.currency),
            "created_at": times::time(&row.date),
        })
    };
    Ok(page.cut(rows.into_iter().rev().filter(is_wanted).map(object).collect()))
}

/// `client/client/is_taxable`
pub async fn is_taxable(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let id = caller(&call)?;
    let row = clients::find(call.db, id).await?.ok_or_else(not_found)?;
    Ok((!row.tax_exempt).into())
}

/// `admin/client/get_pairs`
pub async fn pairs(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let length = sent.filled("per_page").map_or(Ok(30), |text| text.parse::<u32>());
    let length = length.ok().filter(|length| (1..=500).contains(length));
    let length = length.ok_or_else(|| said("Invalid per page number"))?;
    let listed = clients::list(call.db, &ClientFilter::default(), Page { start: 0, length }).await?;
    let name = |row: &ClientRow| format!("{} {}", row.first_name, row.last_name).trim().to_owned();
    Ok(map(listed.rows.into_iter().map(|row| (row.id.to_string(), name(&row).into()))))
}

/// `admin/client/change_password`
pub async fn admin_change_password(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let (new, confirmation) = (sent.raw("password").unwrap_or_default(), sent.raw("password_confirm"));
    person::check_new_password(&new, confirmation.as_deref())?;
    let client = ClientId(sent.id("id"));
    let user = users::owner_login(call.db, client).await?.ok_or_else(not_found)?;
    let hash = password::hash(call.hashing_permit()?, call.settings.crypto.mode, new).await?;
    change_password(call.context(), &user, &hash).await?;
    Ok(true.into())
}

/// `client/profile/change_password`: ends all sessions but the caller's.
pub async fn own_change_password(mut call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = caller(&call)?;
    let (new, confirmation) = (sent.raw("new_password").unwrap_or_default(), sent.raw("confirm_password"));
    person::check_new_password(&new, confirmation.as_deref())?;
    let user = users::owner_login(call.db, client).await?.ok_or_else(not_found)?;
    let (counted, current) = (user.id.to_string(), sent.raw("current_password").unwrap_or_default());
    call.password_failures.check(call.caller, &counted).await?;
    if !password::matches(call.hashing_permit()?, user.password_hash.clone(), current).await? {
        call.password_failures.add(call.caller, &counted).await;
        return Err(said("Current password incorrect"));
    }
    let hash = password::hash(call.hashing_permit()?, call.settings.crypto.mode, new).await?;
    let session = match session::found(&call) {
        Some(_) => Some(session::plan(&mut call, SessionOf::Client(client)).await?),
        None => None,
    };
    let mut context = call.context();
    change_password(context.reborrow(), &user, &hash).await?;
    if let Some(session) = session {
        let mut tx = context.write(Subject::User(user.id)).await?;
        session.begin(&mut tx, Some(LoggedIn { client, user: user.id, password_hash: &hash })).await?;
    }
    Ok(true.into())
}

/// `guest/client/reset_password`: mails a link to whoever has this address. Whether anybody has it is not told.
pub async fn reset_password(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let email = sent.filled_raw("email").unwrap_or_default();
    let email = decoded(&email);
    if let Some(user) = users::credentials(call.db, &email).await? {
        operations::users::reset_password(call.context(), user.id).await?;
    }
    Ok(true.into())
}

/// `guest/client/login`
pub async fn guest_login(mut call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let denied = || said_as("401", "Please check your login details.");
    let email = sent.filled_raw("email").unwrap_or_default();
    let email = decoded(&email);
    let address = call.author.address.parse().ok();
    if let Some(address) = address
        && system::is_banned(call.db, address, call.now).await?
    {
        return Err(denied());
    }
    let attempt =
        login::Attempt { caller: call.caller, email: &email, password: sent.raw("password").unwrap_or_default() };
    let permit = call.hashing_permit()?;
    let user = login::verify(call.db, call.password_failures, permit, attempt).await?;
    // There is no way to send a second factor, so a password alone must not do.
    let user = user.filter(|user| !user.has_second_factor).ok_or_else(denied)?;
    let client = clients::of_owner(call.db, user.id.0).await?.ok_or_else(denied)?;
    let id = ClientId(client.id);
    let session = session::plan(&mut call, SessionOf::Client(id)).await?;
    let mut context = call.context();
    operations::clients::record_login(context.reborrow(), &user).await?;
    let mut tx = context.write(Subject::User(user.id)).await?;
    session.begin(&mut tx, Some(LoggedIn { client: id, user: user.id, password_hash: &user.password_hash })).await?;
    let name = format!("{} {}", client.first_name, client.last_name);
    Ok(json!({"id": client.id, "email": client.email, "name": name.trim(), "role": "client"}))
}

/// The client who calls.
pub fn caller(call: &Call<'_>) -> Result<ClientId, Failure> {
    call.rights.client().ok_or_else(|| said("Client identity not found"))
}

pub fn not_found() -> Failure {
    said("Client not found")
}

/// The custom fields of a client. FOSSBilling has twenty by number: the first twenty in the operator's order.
fn custom_fields(row: &ClientRow, reader: Reader) -> impl Iterator<Item = (String, Value)> {
    (1..=FIELDS).map(move |number| {
        let field = row.fields.0.get(number - 1).filter(|field| reader == Reader::Staff || !field.is_for_staff);
        (format!("custom_{number}"), field.map_or(Value::Null, |field| times::text(&field.value)))
    })
}

/// What everybody who sees a client sees.
pub fn public(row: &ClientRow) -> Map<String, Value> {
    let (phone_cc, phone) = phone::split(&row.phone);
    object(json!({
        "id": row.id,
        "email": row.email,
        "email_approved": row.email_verified,
        "type": if row.company.is_empty() { "individual" } else { "company" },
        "first_name": row.first_name,
        "last_name": row.last_name,
        "gender": null,
        "birthday": null,
        "phone_cc": times::text(&phone_cc),
        "phone": times::text(&phone),
        "company": times::text(&row.company),
        "company_vat": times::text(&row.tax_id),
        "company_number": null,
        "address_1": times::text(&row.address1),
        "address_2": times::text(&row.address2),
        "city": times::text(&row.city),
        "state": times::text(&row.state),
        "postcode": times::text(&row.postcode),
        "country": times::text(&row.country),
        "currency": times::text(&row.currency),
        "lang": languages::locale(&row.language),
        "timezone": null,
    }))
}

/// What a client sees of themselves.
pub fn own(row: &ClientRow) -> Value {
    let mut client = public(row);
    client.extend(custom_fields(row, Reader::Client).filter(|(_, value)| !value.is_null()));
    client.insert("billing_email".to_owned(), Value::Null);
    client.insert("balance".to_owned(), money::number(row.balance));
    client.into()
}

/// What staff see of a client.
pub fn for_staff(row: &ClientRow) -> Value {
    let mut client = public(row);
    let group = (row.group != 0).then_some(row.group);
    client.extend(object(json!({
        "aid": null,
        "group_id": group,
        "role": "client",
        "auth_type": null,
        "status": statuses::of_client(&row.status),
        "tax_exempt": row.tax_exempt,
        "notes": times::text(&row.notes),
        "ip": times::text(&row.address),
        "referred_by": null,
        "billing_email": null,
        "created_at": times::time(&row.created_at),
        "updated_at": times::time(&row.updated_at),
        "balance": money::number(row.balance),
        "group": times::text(&row.group_name),
    })));
    client.extend(custom_fields(row, Reader::Staff));
    client.into()
}

/// Whether whoever calls may see what only staff see of clients. Objects of orders and tickets have a client in them, but not
/// everybody who may read orders may read clients.
pub fn may_see_details(call: &Call<'_>) -> bool {
    may_call(call, "GetClientsDetails")
}

fn may_call(call: &Call<'_>, name: &str) -> bool {
    let action = CATALOGUE.iter().find(|action| action.name == name);
    action.is_some_and(|action| call.rights.may_call(action.target()))
}

/// Rejects a call that needs the permission of this action as well.
pub fn check_may_call(call: &Call<'_>, name: &str) -> Result<(), Failure> {
    match may_call(call, name) {
        true => Ok(()),
        false => Err(Error::NotPermitted(name.to_lowercase()).into()),
    }
}

/// The fields of an object.
pub fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}
