//! `GetTickets`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ticket_fields::{AttachmentFields, RequestorFields};
use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Direction;
use crate::domain::id::{ClientId, DepartmentId};
use crate::domain::ticket::{Departments, Requestor, Status, Statuses};
use crate::error::Result;
use crate::param::schema;
use crate::param::{Param, ParamValue, UtcTime};
use crate::store;
use crate::store::support::views::{MoreTicketFilters, TicketFilter, TicketRow, TicketSort, WithAuthors};

/// Returns a page of the list of tickets without their messages; by default, those with the latest reply first.
///
/// Only tickets of the departments that the owner of the credential is assigned to are included; an owner without
/// assignments sees all departments. Tickets that were merged into others are excluded. A malformed department or
/// client id matches no ticket.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetTickets {
    #[serde(flatten)]
    paging: Paging,
    /// Only tickets of this department.
    deptid: Param<DepartmentId>,
    /// Only tickets of this client.
    clientid: Param<ClientId>,
    /// Only tickets that guests opened with this address.
    email: Param<String>,
    /// Only tickets in this status, or `Awaiting Reply`, `All Active Tickets`, or `My Flagged Tickets`: the active ones
    /// that are flagged to the owner of the credential.
    status: Param<String>,
    /// Only tickets whose subject contains this text, in any case.
    subject: Param<String>,
    /// Includes all departments, whatever the owner of the credential is assigned to.
    ignore_dept_assignments: Param<bool>,
    /// `id`, `tid`, `date`, `lastreply`, which is the default, `deptid`, `subject`, `status` or `priority`. WHMCS lacks this
    /// parameter, and the next.
    orderby: Param<TicketSort>,
    /// `asc`, or `desc`, which is the default.
    order: Param<Direction>,
    /// Only tickets that changed at or after this time, `YYYY-MM-DD HH:MM:SS` in UTC. WHMCS lacks this parameter.
    #[schemars(with = "schema::DateTime")]
    updatedsince: Param<UtcTime>,
}

impl ParamValue for TicketSort {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "id" => Some(TicketSort::Id),
            "tid" => Some(TicketSort::Number),
            "date" => Some(TicketSort::Opened),
            "lastreply" => Some(TicketSort::LastReply),
            "deptid" => Some(TicketSort::Department),
            "subject" => Some(TicketSort::Subject),
            "status" => Some(TicketSort::Status),
            "priority" => Some(TicketSort::Priority),
            _ => None,
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetTicketsReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    tickets: Tickets,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Tickets {
    ticket: Vec<TicketItem>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct TicketItem {
    id: String,
    tid: String,
    deptid: String,
    userid: String,
    name: String,
    /// The client's name, or empty for a guest's ticket.
    owner_name: String,
    email: String,
    #[serde(flatten)]
    requestor: RequestorFields,
    cc: String,
    c: String,
    date: String,
    subject: String,
    status: String,
    priority: String,
    admin: String,
    #[serde(flatten)]
    files: AttachmentFields,
    lastreply: String,
    flag: String,
    service: String,
}

impl Action for GetTickets {
    const NAME: &'static str = "GetTickets";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"deptid": 1, "limitnum": 2}"#;
    type Reply = GetTicketsReply;

    async fn run(self, call: Call<'_>) -> Result<GetTicketsReply> {
        let updated_since = self
            .updatedsince
            .optional("updatedsince must be YYYY-MM-DD or YYYY-MM-DD HH:MM:SS")?
            .map(|UtcTime(time)| time);
        let caller = call.author.admin;
        let (departments, statuses) = store::support::overview::departments_and_statuses(call.db, caller).await?;
        let status = self.status.lenient();
        let filter = TicketFilter {
            departments: if self.ignore_dept_assignments.is_set() { Departments::All } else { departments },
            department: self.deptid.filter(),
            client: self.clientid.filter(),
            email: self.email.lenient(),
            flag: status.as_deref().and_then(|status| is_flagged(status).then_some(caller)),
            statuses: status.map(|status| titles(status, &statuses)),
            subject: self.subject.lenient(),
            updated_since,
            more: MoreTicketFilters::default(),
        };
        let page = self.paging.page();
        let order = self.orderby.lenient().unwrap_or(TicketSort::LastReply);
        let direction = self.order.lenient().unwrap_or(Direction::Descending);
        let listed = store::support::views::list(call.db, &filter, order, direction, page).await?;
        Ok(GetTicketsReply {
            totalresults: listed.total,
            startnumber: page.start,
            numreturned: listed.rows.len(),
            tickets: Tickets { ticket: listed.rows.into_iter().map(TicketItem::from).collect() },
        })
    }
}

fn is_flagged(status: &str) -> bool {
    status.eq_ignore_ascii_case("My Flagged Tickets")
}

/// Returns the titles of the statuses that the filter `status` selects.
fn titles(status: String, statuses: &Statuses) -> Vec<String> {
    let titles = |is_meant: fn(&Status) -> bool| {
        statuses.iter().filter(|status| is_meant(status)).map(|status| status.title.clone()).collect()
    };
    match status.to_ascii_lowercase().as_str() {
        "awaiting reply" => titles(|status| status.is_awaiting),
        "all active tickets" | "my flagged tickets" => titles(|status| status.is_active),
        _ => vec![status],
    }
}

impl From<WithAuthors<TicketRow>> for TicketItem {
    fn from(WithAuthors { row: ticket, authors }: WithAuthors<TicketRow>) -> TicketItem {
        let requestor = Requestor::most_specific(&authors);
        TicketItem {
            id: ticket.id.to_string(),
            tid: ticket.number,
            deptid: ticket.department.to_string(),
            userid: ticket.client.to_string(),
            name: requestor.name.clone(),
            owner_name: authors.client_name,
            email: requestor.email.clone(),
            requestor: requestor.into(),
            cc: ticket.copy_to,
            c: ticket.access_code,
            date: ticket.date,
            subject: ticket.subject,
            status: ticket.status,
            priority: ticket.priority,
            admin: ticket.staff,
            files: AttachmentFields::new(ticket.attachment, ticket.attachments_removed),
            lastreply: ticket.last_reply,
            flag: ticket.flag.to_string(),
            service: ticket.service,
        }
    }
}
