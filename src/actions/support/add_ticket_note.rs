//! `AddTicketNote`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::{CREATED_IN_FUTURE, Message, NO_MESSAGE, NOT_A_TIME};
use super::which::Which;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result};
use crate::store;
use crate::store::support::replies::NewNote;

/// Notes something about a ticket, in the name of the credential's owner and for staff alone to read.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddTicketNote {
    #[serde(flatten)]
    which: Which,
    #[serde(flatten)]
    message: Message,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

const TICKET_NOT_FOUND: &str = "Ticket ID not found";

impl Action for AddTicketNote {
    const NAME: &'static str = "AddTicketNote";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["message"];
    const EXAMPLE: &'static str = r#"{"ticketid": 1, "message": "A disk was exchanged."}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(TICKET_NOT_FOUND), Exact(NO_MESSAGE), Exact(NOT_A_TIME), Exact(CREATED_IN_FUTURE)];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let id = self.which.find(TICKET_NOT_FOUND, call.db).await?;
        let ticket = store::support::tickets::lock(call.db, id).await?.ok_or(Error::Refused(TICKET_NOT_FOUND))?;
        let message = self.message.text()?;
        let date = self.message.date(call.now, CREATED_IN_FUTURE)?;
        let editor = self.message.editor();
        let files = self.message.files(&call)?;
        let staff = store::system::staff::member(call.db, call.author.admin).await?.map(|member| member.name());

        let attachment = call.attachments.store(files).await?;
        let mut books = call.write(Subject::Ticket(id)).await?;
        let note = NewNote {
            ticket: id,
            staff: staff.as_ref().unwrap_or(&books.author.name),
            date,
            message: &message,
            attachment: &attachment,
            editor,
        };
        store::support::replies::add_note(&mut books, &note).await?;
        store::support::tickets::touch(&mut books, id).await?;
        store::support::tickets::log(&mut books, id, &format!("Ticket Note Added (by {})", note.staff)).await?;
        store::system::activity::log(&mut books, ticket.client(), &format!("Added Ticket Note - Ticket ID: {id}"))
            .await?;
        Ok(Reply {})
    }
}
