//! Tools that gather what an agent would otherwise ask in many calls. Each part is an ordinary call, within the role.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use super::Connection;
use super::pipeline::{self, Outcome};
use crate::actions::Catalogue;
use crate::api::{AgentRights, AgentStep, Api};
use crate::domain::time::parse_date;

/// Number of entries that lists are read at a time.
const PAGE: u64 = 250;
/// Maximum number of entries that are searched.
const MAX_SEARCHED: u64 = 5_000;
/// Statuses of what renews.
const RENEWING: [&str; 3] = ["Active", "Pending", "Suspended"];

/// A tool that gathers.
pub struct Gathering {
    pub name: &'static str,
    description: &'static str,
    /// Its argument, and what that is.
    argument: (&'static str, &'static str),
    is_valid: fn(&str) -> bool,
    parts: &'static [Part],
}

/// One call, and under what its reply is told.
struct Part {
    label: &'static str,
    action: &'static str,
    /// The parameter that gets the argument; none if it is empty.
    parameter: &'static str,
    /// Other parameters.
    with: &'static [(&'static str, &'static str)],
    /// Of a list: the path to its entries, of which those are told that renew on days that begin with the argument.
    renewing: Option<[&'static str; 2]>,
    /// Whether the list is read page by page.
    is_paged: bool,
}

const fn part(label: &'static str, action: &'static str, parameter: &'static str) -> Part {
    Part { label, action, parameter, with: &[], renewing: None, is_paged: true }
}

fn is_any(_: &str) -> bool {
    true
}

fn is_day(text: &str) -> bool {
    parse_date(text).is_some()
}

fn is_month(text: &str) -> bool {
    is_day(&format!("{text}-01"))
}

/// All tools that gather.
pub static GATHERINGS: [Gathering; 4] = [
    Gathering {
        name: "client_overview",
        description: "A client as a whole: details and balance, unpaid invoices, services, domains, latest tickets.",
        argument: ("clientid", "The id of the client."),
        is_valid: is_any,
        parts: &[
            part("client", "GetClientsDetails", "clientid"),
            Part {
                with: &[("status", "Unpaid"), ("limitnum", "10")],
                ..part("unpaid_invoices", "GetInvoices", "userid")
            },
            Part { with: &[("limitnum", "25")], ..part("services", "GetClientsProducts", "clientid") },
            Part { with: &[("limitnum", "25")], ..part("domains", "GetClientsDomains", "clientid") },
            Part { with: &[("limitnum", "10")], ..part("tickets", "GetTickets", "clientid") },
        ],
    },
    Gathering {
        name: "invoice_overview",
        description: "An invoice as a whole: its lines and totals, and what was paid and refunded.",
        argument: ("invoiceid", "The id of the invoice."),
        is_valid: is_any,
        parts: &[part("invoice", "GetInvoice", "invoiceid"), part("transactions", "GetTransactions", "invoiceid")],
    },
    Gathering {
        name: "day_overview",
        description: "A day: what happened, by the activity log; and how orders, income and tickets stand now.",
        argument: ("date", "The day, as YYYY-MM-DD."),
        is_valid: is_day,
        parts: &[
            Part { with: &[("limitnum", "50")], ..part("activity", "GetActivityLog", "date") },
            part("standing", "GetStats", ""),
            part("tickets", "GetTicketCounts", ""),
        ],
    },
    Gathering {
        name: "renewals",
        description: "The services, addons and domains that renew in a month.",
        argument: ("month", "The month, as YYYY-MM."),
        is_valid: is_month,
        parts: &[
            Part { renewing: Some(["products", "product"]), ..part("services", "GetClientsProducts", "") },
            Part { renewing: Some(["addons", "addon"]), is_paged: false, ..part("addons", "GetClientsAddons", "") },
            Part { renewing: Some(["domains", "domain"]), ..part("domains", "GetClientsDomains", "") },
        ],
    },
];

impl Gathering {
    pub fn of(name: &str) -> Option<&'static Gathering> {
        GATHERINGS.iter().find(|gathering| gathering.name == name)
    }

    /// Whether a role permits all parts.
    pub fn is_permitted(&self, catalogue: &Catalogue, rights: &AgentRights) -> bool {
        let mut entries = self.parts.iter().map(|part| catalogue.find(part.action));
        entries.all(|entry| entry.is_some_and(|entry| rights.may_call(entry)))
    }

    pub fn tool(&self) -> Tool {
        let (name, description) = self.argument;
        let schema = json!({
            "type": "object",
            "required": [name],
            "properties": {name: {"type": ["string", "integer"], "description": description}},
        });
        let schema = Arc::new(schema.as_object().cloned().unwrap_or_default());
        Tool::new(self.name, self.description, schema).with_annotations(ToolAnnotations::new().read_only(true))
    }

    /// Calls all parts. One that fails says so in its place.
    pub async fn gather(&self, api: &Arc<Api>, connection: &Connection, arguments: &Map<String, Value>) -> Outcome {
        let (name, description) = self.argument;
        let argument = match arguments.get(name) {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Outcome::Failed(format!("`{name}` is missing. {description} Next: call again with it.")),
        };
        if !(self.is_valid)(&argument) {
            return Outcome::Failed(format!("`{name}` is not valid. {description} Next: call again with it."));
        }
        let mut gathered = Map::new();
        let mut is_any_found = false;
        for part in self.parts {
            let found = match part.renewing {
                Some(path) => part.search(api, connection, path, &argument).await,
                None => part.call(api, connection, &argument, Map::new()).await,
            };
            let told = match found {
                Outcome::Reply(reply) => {
                    is_any_found = true;
                    reply
                }
                Outcome::Failed(text) if !is_any_found && part.parameter == name => return Outcome::Failed(text),
                Outcome::Failed(text) => json!({"not_available": text}),
            };
            gathered.insert(part.label.to_owned(), told);
        }
        Outcome::Reply(gathered.into())
    }
}

impl Part {
    async fn call(
        &self,
        api: &Arc<Api>,
        connection: &Connection,
        argument: &str,
        mut parameters: Map<String, Value>,
    ) -> Outcome {
        parameters.extend(self.with.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))));
        if !self.parameter.is_empty() {
            parameters.insert(self.parameter.to_owned(), argument.into());
        }
        pipeline::call_action(api, connection, self.action, parameters, AgentStep::Call).await
    }

    /// Reads a list, and returns the entries that renew on days that begin with the argument.
    async fn search(
        &self,
        api: &Arc<Api>,
        connection: &Connection,
        [outer, inner]: [&str; 2],
        argument: &str,
    ) -> Outcome {
        let mut found = Vec::new();
        let mut start = 0;
        while start < MAX_SEARCHED {
            let page = json!({"limitstart": start, "limitnum": PAGE}).as_object().cloned().unwrap_or_default();
            let reply = match self.call(api, connection, argument, page).await {
                Outcome::Reply(reply) => reply,
                failed @ Outcome::Failed(_) => return failed,
            };
            let entries = reply[outer][inner].as_array().cloned().unwrap_or_default();
            let count = entries.len() as u64;
            let is_due = |entry: &Value| {
                let text = |field: &str| entry[field].as_str().unwrap_or_default();
                text("nextduedate").starts_with(argument) && RENEWING.contains(&text("status"))
            };
            found.extend(entries.into_iter().filter(is_due));
            start += PAGE;
            if count < PAGE || !self.is_paged {
                return Outcome::Reply(json!({"count": found.len(), "entries": found}));
            }
        }
        Outcome::Reply(json!({"count": found.len(), "entries": found, "note": "Only the first 5000 were searched."}))
    }
}
