//! The module `support`: tickets.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use sqlx::MySqlConnection;

use super::client::{self, object};
use super::person::Reader;
use crate::call::Call;
use crate::database::page::Direction;
use crate::domain::id::{ClientId, DepartmentId, TicketId};
use crate::domain::ticket::{self, Priority, Related};
use crate::fossbilling::mapping::orders::Ordered;
use crate::fossbilling::mapping::{messages, statuses, times};
use crate::fossbilling::sent::Sent;
use crate::fossbilling::wire::map;
use crate::fossbilling::words::{Failure, Reply, said};
use crate::operations::clients as client_operations;
use crate::operations::clients::CustomFieldValues;
use crate::operations::support::{
    self, CheckedFiles, CreationTime, NewMessage, NewReply, NewTicket, ReplyAuthor, Sender, TicketUpdate, Viewer,
};
use crate::store;
use crate::store::fossbilling::clients::{self, ClientRow, Details};
use crate::store::fossbilling::messages::{
    DepartmentRow, Departments, MessageRow, Messages, departments, of_tickets, reply_counts,
};
use crate::store::support::ticket_details::TicketNoteRow;
use crate::store::support::views::{self, MoreTicketFilters, TicketFilter, TicketRow, TicketSort};

/// `client/support/helpdesk_get_pairs`
pub async fn helpdesk_get_pairs(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let listed = departments(call.db, Departments::Visible).await?;
    Ok(map(listed.into_iter().map(|department| (department.id.to_string(), department.name.into()))))
}

/// `client/support/ticket_get_list`
pub async fn client_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?;
    let page = sent.page()?;
    let filter = TicketFilter { client: Some(client), ..filter(call.db, sent, ticket::Departments::All).await? };
    let listed = views::list(call.db, &filter, TicketSort::Id, Direction::Descending, page.page()).await?;
    let parts = Parts::read(call.db, Messages::All, listed.rows.iter().map(|row| &row.row)).await?;
    Ok(page.list(listed, |row| parts.for_client(&row.row)))
}

/// `client/support/ticket_get`
pub async fn client_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?;
    let row = find(call.db, sent.id("id")).await?.filter(|row| row.client == client.0).ok_or_else(not_found)?;
    let parts = Parts::read(call.db, Messages::All, std::iter::once(&row)).await?;
    Ok(parts.for_client(&row))
}

/// `admin/support/ticket_get_list`: of the departments that the member of staff sees.
pub async fn admin_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let page = sent.page()?;
    let assigned = store::support::overview::departments(call.db, call.author.admin).await?;
    let visible = Viewer::new(call.author, call.compat).departments(assigned);
    let filter =
        TicketFilter { client: sent.id_filter("client_id").map(ClientId), ..filter(call.db, sent, visible).await? };
    let listed = views::list(call.db, &filter, TicketSort::Id, Direction::Descending, page.page()).await?;
    let reader = reader(&call);
    let parts = Parts::read(call.db, Messages::First, listed.rows.iter().map(|row| &row.row)).await?;
    Ok(page.list(listed, |row| parts.for_staff(&row.row, &[], reader).into()))
}

/// `admin/support/ticket_get`
pub async fn admin_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let id = support::find_ticket(call.db, Viewer::new(call.author, call.compat), TicketId(sent.id("id"))).await?;
    let details = store::support::ticket_details::find(call.db, id).await?.ok_or_else(not_found)?;
    let row = details.ticket.row;
    let reader = reader(&call);
    let parts = Parts::read(call.db, Messages::All, std::iter::once(&row)).await?;
    let mut ticket = parts.for_staff(&row, &details.notes, reader);
    ticket.insert("messages".to_owned(), parts.messages(&row, true));
    Ok(ticket.into())
}

/// As whom a member of staff reads the client in a ticket.
fn reader(call: &Call<'_>) -> Reader {
    if client::may_see_details(call) { Reader::Staff } else { Reader::Client }
}

fn not_found() -> Failure {
    said("Ticket not found")
}

async fn find(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<TicketRow>> {
    Ok(store::support::ticket_details::find(db, TicketId(id)).await?.map(|details| details.ticket.row))
}

async fn filter(
    db: &mut MySqlConnection,
    sent: &Sent<'_>,
    visible: ticket::Departments,
) -> Result<TicketFilter, Failure> {
    let wanted = match sent.filled("status") {
        None => None,
        Some(status) => {
            let titles = store::support::statuses::read(db).await?.titles();
            let titles = titles.split(',').map(|title| title.trim().to_owned());
            Some(titles.filter(|title| statuses::of_ticket(title) == status).collect())
        }
    };
    Ok(TicketFilter {
        departments: visible,
        department: sent.id_filter("support_helpdesk_id").or(sent.id_filter("helpdesk_id")).map(DepartmentId),
        client: None,
        email: sent.filled("email"),
        statuses: wanted,
        flag: None,
        subject: sent.filled("subject"),
        updated_since: None,
        more: more_filters(sent)?,
    })
}

fn more_filters(sent: &Sent<'_>) -> Result<MoreTicketFilters, Failure> {
    let number = sent.id_filter("priority");
    let stored = number.map(|number| ["High", "Medium", "Low"].into_iter().find(|name| number == priority(name)));
    let order = sent.id_filter("order_id");
    let service = order.map(|order| Ordered::parse(order).map(related_service));
    let author = sent.filled("auth");
    let is_of_client = author.as_deref().map(|author| match author {
        "client" => Some(true),
        "guest" => Some(false),
        _ => None,
    });
    Ok(MoreTicketFilters {
        id: sent.id_filter("id"),
        is_impossible: stored == Some(None) || service == Some(None) || is_of_client == Some(None),
        priority: stored.flatten(),
        is_of_client: is_of_client.flatten(),
        name: sent.filled("name"),
        content: sent.filled("content"),
        service: service.flatten(),
        from: sent.date("date_from")?,
        to: sent.date("date_to")?,
        search: sent.filled("search"),
    })
}

/// An order as the column for what a ticket is about has it.
fn related_service(ordered: Ordered) -> String {
    match ordered {
        Ordered::Service(id) => format!("S{}", id.0),
        Ordered::Domain(id) => format!("D{}", id.0),
        Ordered::Addon(id) => format!("A{}", id.0),
    }
}

/// The number of replies among the messages of a ticket.
fn replies(messages: &[MessageRow]) -> usize {
    messages.iter().filter(|message| message.reply != 0).count()
}

/// What belongs to some tickets.
pub struct Parts {
    messages: HashMap<i64, Vec<MessageRow>>,
    /// Number of replies of each ticket that has some.
    replies: HashMap<i64, usize>,
    clients: HashMap<i64, ClientRow>,
    departments: Vec<DepartmentRow>,
}

impl Parts {
    pub async fn read<'r>(
        db: &mut MySqlConnection,
        wanted: Messages,
        tickets: impl Iterator<Item = &'r TicketRow>,
    ) -> Result<Parts, Failure> {
        let (ids, owners): (Vec<i64>, Vec<i64>) = tickets.map(|row| (row.id.0, row.client)).unzip();
        let mut messages: HashMap<i64, Vec<MessageRow>> = HashMap::new();
        for message in of_tickets(db, wanted, ids.iter().copied()).await? {
            messages.entry(message.ticket).or_default().push(message);
        }
        let replies = match wanted {
            Messages::First => reply_counts(db, ids.into_iter()).await?,
            Messages::All => messages.iter().map(|(ticket, all)| (*ticket, replies(all))).collect(),
        };
        let clients = clients::by_id(db, Details::All, owners.into_iter()).await?;
        Ok(Parts { messages, replies, clients, departments: departments(db, Departments::All).await? })
    }

    fn of(&self, row: &TicketRow) -> &[MessageRow] {
        self.messages.get(&row.id.0).map_or(&[], Vec::as_slice)
    }

    fn messages(&self, row: &TicketRow, is_for_staff: bool) -> Value {
        self.of(row).iter().map(|message| message_object(message, is_for_staff)).collect()
    }

    /// What clients and staff see.
    fn common(&self, row: &TicketRow, is_for_staff: bool) -> Map<String, Value> {
        let messages = self.of(row);
        let opening = messages.first();
        let (name, email) = opening.map_or(("", ""), |message| (&*message.name, &*message.email));
        let author = match self.clients.get(&row.client) {
            Some(client) => json!({
                "id": client.id,
                "name": name,
                "first_name": client.first_name,
                "last_name": client.last_name,
                "email": client.email,
                "role": "client",
            }),
            None => json!({"name": name, "email": email, "role": "guest"}),
        };
        let is_of_client = self.clients.contains_key(&row.client);
        let guest = |text: &str| if is_of_client { Value::Null } else { times::text(text) };
        object(json!({
            "id": row.id.0,
            "author_name": guest(name),
            "author_email": guest(email),
            "subject": row.subject,
            "status": statuses::of_ticket(&row.status),
            "created_at": times::time(&row.date),
            "updated_at": times::time(&row.last_reply),
            "replies": 1 + self.replies.get(&row.id.0).copied().unwrap_or_default(),
            "first": opening.map(|message| message_object(message, is_for_staff)),
            "author": author,
        }))
    }

    pub fn for_client(&self, row: &TicketRow) -> Value {
        let mut ticket = self.common(row, false);
        let department = self.departments.iter().find(|department| department.id == row.department.0);
        let helpdesk = |found: &DepartmentRow| json!({"id": found.id, "name": found.name, "can_reopen": true});
        ticket.insert("helpdesk".to_owned(), department.map_or(Value::Null, helpdesk));
        let client = self
            .clients
            .get(&row.client)
            .map(|client| json!({"id": client.id, "first_name": client.first_name, "last_name": client.last_name}));
        ticket.insert("client".to_owned(), client.unwrap_or_else(|| Value::Array(Vec::new())));
        ticket.insert("messages".to_owned(), self.messages(row, false));
        ticket.into()
    }

    fn for_staff(&self, row: &TicketRow, notes: &[TicketNoteRow], reader: Reader) -> Map<String, Value> {
        let mut ticket = self.common(row, true);
        let client = self.clients.get(&row.client);
        let department = self.departments.iter().find(|department| department.id == row.department.0);
        let order = order_of(&row.service);
        let notes = notes.iter().map(|note| {
            json!({
                "id": note.id,
                "support_ticket_id": row.id.0,
                "admin_id": null,
                "note": note.message,
                "created_at": times::time(&note.date),
                "updated_at": times::time(&note.date),
                "author": {"name": note.staff, "email": ""},
            })
        });
        ticket.extend(object(json!({
            "support_helpdesk_id": row.department.0,
            "client_id": (row.client != 0).then_some(row.client),
            "access_hash": times::text(&row.access_code),
            "priority": priority(&row.priority),
            "rel_type": order.map(|_| "order"),
            "rel_id": order,
            "rel_task": null,
            "rel_new_value": null,
            "rel_status": null,
            "helpdesk": department.map(|found| json!({
                "id": found.id,
                "name": found.name,
                "email": times::text(&found.email),
                "can_reopen": true,
                "close_after": null,
                "signature": null,
                "created_at": null,
                "updated_at": null,
            })),
            "client": match (client, reader) {
                (None, _) => Value::Array(Vec::new()),
                (Some(client), Reader::Staff) => client::for_staff(client),
                (Some(client), Reader::Client) => client::public(client).into(),
            },
            "rel": {"id": order, "type": order.map(|_| "order"), "task": null, "new_value": null, "status": null},
            "notes": notes.collect::<Value>(),
        })));
        ticket
    }
}

/// The order that a ticket is about: the tables have `S17` for a service and `D17` for a domain.
fn order_of(service: &str) -> Option<i64> {
    let id: i64 = service.get(1..)?.parse().ok()?;
    match service.get(..1)? {
        "S" => Some(Ordered::Service(id.into()).order()),
        "D" => Some(Ordered::Domain(id.into()).order()),
        _ => None,
    }
}

fn priority(stored: &str) -> i64 {
    match stored {
        "High" => 1,
        "Low" => 200,
        _ => 100,
    }
}

fn message_object(message: &MessageRow, is_for_staff: bool) -> Value {
    let id = match message.reply {
        0 => messages::of_opening(message.ticket),
        reply => messages::of_reply(reply),
    };
    let author = match (message.staff.as_str(), is_for_staff) {
        ("", true) => json!({"name": message.name, "role": "client", "email": message.email}),
        ("", false) => json!({"name": message.name, "role": "client"}),
        (staff, _) => json!({"name": staff, "role": "admin"}),
    };
    let mut all = object(json!({
        "id": id,
        "content": message.text,
        "attachment": times::text(&message.attachment),
        "created_at": times::time(&message.date),
        "updated_at": times::time(&message.date),
        "author": author,
    }));
    if is_for_staff {
        let client = (message.client != 0 && message.staff.is_empty()).then_some(message.client);
        all.extend(object(json!({
            "support_ticket_id": message.ticket,
            "client_id": client,
            "admin_id": null,
            "ip": null,
        })));
    }
    all.into()
}

/// `client/support/ticket_create`
pub async fn ticket_create(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?;
    client_operations::lock(call.db, client).await?;
    let department = DepartmentId(sent.id("support_helpdesk_id"));
    let is_visible = departments(call.db, Departments::Visible).await?.iter().any(|visible| visible.id == department.0);
    if !is_visible {
        return Err(said("Helpdesk invalid"));
    }
    let department = support::find_department(call.db, department).await?;
    let ticket = NewTicket {
        sender: Sender { client: Some(client), ..Sender::default() },
        department,
        subject: sent.filled("subject").unwrap_or_default(),
        message: message(&call, sent.text("content")),
        related: related(call.db, client, sent).await?,
        priority: Priority::Medium,
        is_opened_by_staff: false,
        prevents_closure: None,
        custom_fields: CustomFieldValues::default(),
        sends_mail: true,
    };
    Ok(support::open(call.context(), ticket).await?.id.0.into())
}

pub fn message(call: &Call<'_>, text: Option<String>) -> NewMessage {
    NewMessage {
        text: text.unwrap_or_default(),
        is_markdown: true,
        created: CreationTime::now(call.now),
        files: CheckedFiles::default(),
    }
}

/// The order that a ticket is about, which must be the client's.
async fn related(db: &mut MySqlConnection, client: ClientId, sent: &Sent<'_>) -> Result<Related, Failure> {
    let Some(text) = sent.filled("rel_id").filter(|_| sent.filled("rel_type").as_deref() == Some("order")) else {
        return Ok(Related::Nothing);
    };
    let order = text.parse().map_err(|_| said(format!("rel_id must be a valid integer, received: {text}")))?;
    let denied = || said("You do not have permission to reference this order.");
    match Ordered::parse(order) {
        Some(Ordered::Service(id)) => {
            support::check_service(db, Some(client), id).await.map_err(|_| denied())?;
            Ok(Related::Service(id))
        }
        Some(Ordered::Domain(id)) => {
            support::check_domain(db, Some(client), id).await.map_err(|_| denied())?;
            Ok(Related::Domain(id))
        }
        _ => Err(denied()),
    }
}

/// `client/support/ticket_reply`
pub async fn client_reply(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?;
    client_operations::lock(call.db, client).await?;
    let row = find(call.db, sent.id("id")).await?.filter(|row| row.client == client.0).ok_or_else(not_found)?;
    let author = ReplyAuthor::Sender(Sender { client: Some(client), ..Sender::default() });
    let reply = new_reply(author, message(&call, sent.text("content")));
    support::reply(call.context(), row.id, reply).await?;
    Ok(true.into())
}

/// `admin/support/ticket_reply`
pub async fn admin_reply(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let id = support::find_ticket(call.db, Viewer::new(call.author, call.compat), TicketId(sent.id("id"))).await?;
    let name = support::staff_author(call.db, call.author.name.clone()).await?;
    let reply = new_reply(ReplyAuthor::Staff(name), message(&call, sent.text("content")));
    Ok(messages::of_reply(support::reply(call.context(), id, reply).await?).into())
}

pub fn new_reply(author: ReplyAuthor, message: NewMessage) -> NewReply {
    NewReply { author, message, status: None, custom_fields: CustomFieldValues::default(), sends_mail: true }
}

/// `admin/support/ticket_close`
pub async fn admin_close(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let id = support::find_ticket(call.db, Viewer::new(call.author, call.compat), TicketId(sent.id("id"))).await?;
    close(call, id).await
}

/// `client/support/ticket_close`
pub async fn client_close(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?;
    let row = find(call.db, sent.id("id")).await?.filter(|row| row.client == client.0).ok_or_else(not_found)?;
    close(call, row.id).await
}

pub async fn close(call: Call<'_>, id: TicketId) -> Reply {
    let ticket = support::lock(call.db, id).await?;
    let status = store::support::statuses::read(call.db).await?;
    let closed = support::find_status(&status, CLOSED).unwrap_or_else(|_| CLOSED.to_owned());
    let update = TicketUpdate { status: Some(closed), ..TicketUpdate::default() };
    support::update(call.context(), &ticket, update).await?;
    Ok(true.into())
}

const CLOSED: &str = "Closed";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_about_orders() {
        for (service, order) in [("S17", Some(68)), ("D17", Some(69)), ("", None), ("X1", None)] {
            assert_eq!(order_of(service), order, "{service}");
        }
        assert_eq!(statuses::of_ticket("Open"), "open");
    }
}
