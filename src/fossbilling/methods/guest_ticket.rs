//! The module `support`: tickets of guests, who name them by a hash that only they know.

use serde_json::Value;
use sqlx::MySqlConnection;

use super::support::{Parts, close, message, new_reply};
use crate::call::Call;
use crate::domain::clients::email::Email;
use crate::domain::id::{DepartmentId, TicketId};
use crate::domain::ticket::{Priority, Related};
use crate::fossbilling::mapping::messages;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::wire::map;
use crate::fossbilling::words::{Failure, Reply, said};
use crate::operations::clients::CustomFieldValues;
use crate::operations::support::{self, NewTicket, ReplyAuthor, Sender};
use crate::param;
use crate::store;
use crate::store::fossbilling::messages::{Departments, Messages, departments, guest_ticket};
use crate::store::support::views::TicketRow;

/// Length of the access code, which is at the end of the hash, after the ticket number.
const CODE: usize = 8;
const NAME_CHARACTERS: usize = 255;

/// `guest/support/ticket_create`
pub async fn create(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let none =
        "We currently aren't accepting support tickets from unregistered users. Please use another contact method.";
    if content(sent).is_none() {
        return Err(said("Please enter your message"));
    }
    let open = departments(call.db, Departments::ForGuests).await?;
    let first = open.first().ok_or_else(|| said(none))?.id;
    let wanted = sent.id_filter("support_helpdesk_id").unwrap_or(first);
    if open.iter().all(|department| department.id != wanted) {
        return Err(said("Helpdesk invalid"));
    }
    let email = Email::parse(&sent.filled_raw("email").unwrap_or_default());
    let email = email.ok_or_else(|| said("Email address is invalid"))?;
    let name: String = sent.filled("name").unwrap_or_default().chars().take(NAME_CHARACTERS).collect();
    let ticket = NewTicket {
        sender: Sender { name, email: param::stored(email.as_str()), ..Sender::default() },
        department: support::find_department(call.db, DepartmentId(wanted)).await?,
        subject: sent.filled("subject").unwrap_or_default(),
        message: message(&call, content(sent)),
        related: Related::Nothing,
        priority: Priority::Medium,
        is_opened_by_staff: false,
        prevents_closure: None,
        custom_fields: CustomFieldValues::default(),
        sends_mail: true,
    };
    let opened = support::open(call.context(), ticket).await?;
    Ok(format!("{}{}", opened.number, opened.access_code).into())
}

/// What a guest writes: `content`, or `message` in older versions.
fn content(sent: &Sent<'_>) -> Option<String> {
    let text = |name| sent.text(name).filter(|text| !text.trim().is_empty());
    text("content").or_else(|| text("message"))
}

/// `guest/support/ticket_get`
pub async fn get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let row = find(call.db, sent).await?;
    let parts = Parts::read(call.db, Messages::All, std::iter::once(&row)).await?;
    let mut ticket = super::client::object(parts.for_client(&row));
    ticket.insert("hash".to_owned(), sent.filled_raw("hash").into());
    Ok(ticket.into())
}

/// `guest/support/ticket_reply`
pub async fn reply(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let text = content(sent).ok_or_else(|| said("Message cannot be empty"))?;
    let row = find(call.db, sent).await?;
    let opening = store::fossbilling::messages::opener(call.db, row.id).await?;
    let (name, email) = opening.ok_or_else(not_found)?;
    let author = ReplyAuthor::Sender(Sender { name, email, ..Sender::default() });
    let new = new_reply(author, message(&call, Some(text)));
    Ok(messages::of_reply(support::reply(call.context(), row.id, new).await?).into())
}

/// `guest/support/ticket_close`
pub async fn close_ticket(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let row = find(call.db, sent).await?;
    close(call, row.id).await
}

/// `guest/support/helpdesk_get_pairs`
pub async fn helpdesk_pairs(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let listed = departments(call.db, Departments::ForGuests).await?;
    Ok(map(listed.into_iter().map(|department| (department.id.to_string(), department.name.into()))))
}

/// `guest/support/guest_tickets_enabled` and `public_tickets_enabled`: whether a department takes tickets of guests.
pub async fn is_enabled(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    Ok(Value::Bool(!departments(call.db, Departments::ForGuests).await?.is_empty()))
}

async fn find(db: &mut MySqlConnection, sent: &Sent<'_>) -> Result<TicketRow, Failure> {
    let hash = sent.filled_raw("hash").unwrap_or_default();
    let (number, code) = hash.len().checked_sub(CODE).and_then(|at| hash.split_at_checked(at)).ok_or_else(not_found)?;
    let id: TicketId = guest_ticket(&mut *db, number, code).await?.ok_or_else(not_found)?;
    let details = store::support::ticket_details::find(db, id).await?.ok_or_else(not_found)?;
    Ok(details.ticket.row)
}

fn not_found() -> Failure {
    said("Guest ticket not found")
}
