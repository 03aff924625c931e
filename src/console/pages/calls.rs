//! The calls: a list with filters, which can follow new ones, and each call with what was sent and answered.
//!
//! What is secret was hidden before it was stored, and stays hidden.

use std::time::Duration;

use chrono::NaiveDateTime;
use maud::{Markup, html};
use serde_json::Value;

use super::stored::{self, field};
use crate::console::Console;
use crate::console::html::{self as parts, Mood, badge, pairs, time};
use crate::console::visit::{Answer, ConsoleError, Result, Visit};
use crate::domain::time::parse_date_time;
use crate::store::console::calls::{self, CallFilter, CallPage, CallRow, LoggedCall, NEWEST, Place};
use crate::store::system::administration;
use crate::store::system::api_log::ERROR;

/// Number of calls of a page.
const PAGE: usize = 50;
/// How long calls are looked for that match several conditions.
pub const PATIENCE: Duration = Duration::from_millis(50);
/// After how many seconds a page that follows new calls looks for them.
const FOLLOW_SECONDS: &str = "2";
/// How a place is written in the address of a page.
const PLACE_TIME: &str = "%Y%m%d%H%M%S";

/// A page of calls, and how complete it is.
struct Listed {
    page: CallPage,
    /// Whether the database has an index; otherwise the page has the newest calls only.
    is_indexed: bool,
    /// When the first call was indexed that the index still has.
    since: Option<NaiveDateTime>,
}

pub async fn list(console: &Console, visit: Visit) -> Result {
    let asked = match Asked::read(&visit) {
        Ok(asked) => asked,
        Err(why) => {
            let body = html! { p class="problem" role="alert" { (why) } (filters(&visit)) };
            return Ok(Answer::page("Calls", body));
        }
    };
    let listed = asked.find(console).await?;
    let is_live = visit.query.has("live") && asked.after.is_none();
    let body = html! {
        (filters(&visit))
        @if !listed.is_indexed {
            p class="hint" {
                "This database has no index of calls (" code { "mod_whmcs_api_calls" } "): these are those of the newest " (NEWEST)
                " rows of the API log that match. " code { "whmcs-api migrate" } " adds the index."
                @if asked.filter.client.is_some() { " Which client a call has changed is known with it only." }
            }
        } @else if let Some(since) = listed.since {
            p class="hint" {
                "Calls since " (time(&visit, since)) " are found here; "
                code { "whmcs-api log search" } " finds older ones, and those of WHMCS itself."
            }
        }
        @if asked.after.is_none() { (follow(&visit, is_live)) }
        div id="calls" data-refresh=[is_live.then_some(FOLLOW_SECONDS)] { (rows(&visit, &listed.page)) }
        @if let Some(next) = listed.page.next {
            p { a href=(address(&visit, "/console/calls", &[("after", &written(next))])) rel="next" { "Older calls" } }
        }
    };
    Ok(Answer::page("Calls", body))
}

/// What a page of the list is asked for.
struct Asked {
    filter: CallFilter,
    after: Option<Place>,
}

impl Asked {
    /// Reads the query. An error says which field cannot be read.
    fn read(visit: &Visit) -> std::result::Result<Asked, String> {
        let query = &visit.query;
        let text = |name: &str| Some(query.text(name).to_owned()).filter(|text| !text.is_empty());
        let id = |name: &str, what: &str| match query.text(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| format!("{what} must be a number.")),
        };
        let at = |name: &str, what: &str| match query.text(name) {
            "" => Ok(None),
            text => parts::field_time(visit, text).map(Some).ok_or_else(|| format!("{what} is no time.")),
        };
        let status = match query.text("status") {
            "" => None,
            text => Some(text.parse().map_err(|_| "Status must be a number, such as 403.".to_owned())?),
        };
        let is_error = match query.text("outcome") {
            "error" => Some(true),
            "success" => Some(false),
            _ => None,
        };
        Ok(Asked {
            filter: CallFilter {
                action: text("action"),
                caller: text("credential"),
                address: text("address"),
                status,
                is_error,
                client: id("client", "Client")?,
                invoice: None,
                since: at("since", "From")?,
                until: at("until", "Until")?,
            },
            after: place(query.text("after")),
        })
    }

    async fn find(&self, console: &Console) -> Result<Listed> {
        let Asked { filter, after } = self;
        let found = console.api.look(async |db| match calls::page(&mut *db, filter, *after, PAGE, PATIENCE).await? {
            Some(page) => Ok(Listed { page, is_indexed: true, since: calls::since(db).await? }),
            None => Ok(Listed { page: self.among(&calls::newest(db).await?), is_indexed: false, since: None }),
        });
        Ok(found.await?)
    }

    /// The calls that match, of these.
    fn among(&self, newest: &[LoggedCall]) -> CallPage {
        let is_after = |row: &CallRow| self.after.is_none_or(|Place { at, id }| (row.at, row.id) < (at, id));
        let mut calls: Vec<CallRow> =
            newest.iter().filter_map(row_of).filter(|row| self.filter.matches(row) && is_after(row)).collect();
        let next = calls.get(PAGE - 1).map(|last| Place { at: last.at, id: last.id }).filter(|_| calls.len() > PAGE);
        calls.truncate(PAGE);
        CallPage { calls, next }
    }
}

/// What the index would say of a call; `None` if its time cannot be read.
fn row_of(call: &LoggedCall) -> Option<CallRow> {
    let headers = Headers::of(call);
    Some(CallRow {
        id: call.id,
        at: parse_date_time(&call.at)?,
        action: call.action.clone(),
        caller: headers.caller().to_owned(),
        address: headers.text("address").to_owned(),
        status: call.status,
        is_error: call.level >= ERROR,
        client: 0,
        invoice: 0,
    })
}

fn written(Place { at, id }: Place) -> String {
    format!("{}-{id}", at.format(PLACE_TIME))
}

fn place(text: &str) -> Option<Place> {
    let (at, id) = text.split_once('-')?;
    Some(Place { at: NaiveDateTime::parse_from_str(at, PLACE_TIME).ok()?, id: id.parse().ok()? })
}

/// The names of the fields that filter.
const FILTERS: [&str; 8] = ["action", "credential", "address", "status", "outcome", "client", "since", "until"];

/// The address of a page with the filters of this one, and these parameters.
fn address(visit: &Visit, path: &str, more: &[(&str, &str)]) -> String {
    let kept = FILTERS.iter().map(|name| (*name, visit.query.text(name))).filter(|(_, value)| !value.is_empty());
    let parameters: Vec<(&str, &str)> = kept.chain(more.iter().copied()).collect();
    match parameters.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", serde_urlencoded::to_string(parameters).unwrap_or_default()),
    }
}

/// The address of the list with one filter.
pub fn filtered(name: &str, value: &str) -> String {
    format!("/console/calls?{}", serde_urlencoded::to_string([(name, value)]).unwrap_or_default())
}

fn filters(visit: &Visit) -> Markup {
    let value = |name: &str| visit.query.text(name);
    let is_any = FILTERS.iter().any(|name| !value(name).is_empty());
    html! {
        form method="get" action="/console/calls" class="filters" role="search" aria-label="Filter calls" {
            (field("action", "Action", "text", value("action")))
            (field("credential", "Credential or user", "text", value("credential")))
            (field("address", "Address", "text", value("address")))
            (field("status", "Status", "text", value("status")))
            (stored::choice("outcome", "Outcome", &[("", "Any"), ("error", "Errors"), ("success", "Successes")], value("outcome")))
            (field("client", "Changed client", "text", value("client")))
            (parts::time_field(visit, "since", "From", parts::field_time(visit, value("since"))))
            (parts::time_field(visit, "until", "Until", parts::field_time(visit, value("until"))))
            p class="field" { button { "Filter" } @if is_any { " " a href="/console/calls" { "All calls" } } }
        }
    }
}

/// The link that begins or ends following new calls. It needs a script.
fn follow(visit: &Visit, is_live: bool) -> Markup {
    html! {
        p {
            @if is_live {
                a href=(address(visit, "/console/calls", &[])) { "Stop following" }
                span role="status" { " New calls appear by themselves." }
            } @else {
                a href=(address(visit, "/console/calls", &[("live", "1")])) { "Follow new calls" }
            }
        }
    }
}

/// A table of calls.
pub fn rows(visit: &Visit, page: &CallPage) -> Markup {
    html! {
        @if page.calls.is_empty() {
            p {
                @if page.next.is_some() { "None of the calls that were looked at matches: older ones may." }
                @else { "No call matches." }
            }
        } @else {
            (parts::table(
                "Calls, the newest first",
                &["Time", "Action", "Credential", "Address", "Status", "Outcome", "Changed"],
                html! { @for call in &page.calls { (row(visit, call)) } },
            ))
        }
    }
}

fn row(visit: &Visit, call: &CallRow) -> Markup {
    html! {
        tr {
            td { (time(visit, call.at)) }
            td { a href=(format!("/console/calls/{}", call.id)) { (named(&call.action)) } }
            td { @if !call.caller.is_empty() { a href=(filtered("credential", &call.caller)) { (call.caller) } } }
            td { @if !call.address.is_empty() { a href=(filtered("address", &call.address)) { (call.address) } } }
            td class="number" { (call.status) }
            td { (outcome(call.is_error)) }
            td {
                @if call.client > 0 { a href=(format!("/console/books/clients/{}", call.client)) { "client " (call.client) } }
                @if call.invoice > 0 { " " a href=(format!("/console/books/invoices/{}", call.invoice)) { "invoice " (call.invoice) } }
            }
        }
    }
}

fn named(action: &str) -> &str {
    if action.is_empty() { "(no action)" } else { action }
}

fn outcome(is_error: bool) -> Markup {
    if is_error { badge(Mood::Bad, "error") } else { badge(Mood::Good, "success") }
}

pub async fn show(console: &Console, visit: Visit) -> Result {
    let id = visit.id(0)?;
    let found = console.api.look(async |db| {
        let Some(call) = calls::find(&mut *db, id).await? else { return Ok(None) };
        Ok(Some((call, administration::credentials(db).await?)))
    });
    let (call, credentials) = found.await?.ok_or(ConsoleError::NotFound)?;
    let headers = Headers::of(&call);
    let credential = credentials.iter().find(|row| row.identifier == headers.text("credential") && !row.is_deleted);
    let answered: Value = serde_json::from_str(&call.response_headers).unwrap_or_default();
    let (named_clients, named_invoices) = named_in(&call);
    let text = |name: &str| answered[name].as_str().unwrap_or_default().to_owned();
    let body = html! {
        (pairs(&[
            ("Time", html! { @match parse_date_time(&call.at) { Some(at) => (time(&visit, at)), None => (call.at) } }),
            ("Outcome", outcome(call.level >= ERROR)),
            ("Status", html! { (call.status) }),
            ("Credential or user", html! {
                @if headers.caller().is_empty() { "none" } @else {
                    a href=(filtered("credential", headers.caller())) { (headers.caller()) }
                    @if headers.text("credential").is_empty() { " (log-in failed)" }
                    @if let Some(row) = credential { " (" a href=(format!("/console/credentials/{}", row.id)) { "the credential" } ")" }
                }
            }),
            ("Address", html! { a href=(filtered("address", headers.text("address"))) { (headers.text("address")) } }),
            ("Program", html! { (headers.text("User-Agent")) }),
            ("Request id", html! { code { (headers.text("request_id")) } }),
            ("Sent to", html! { code { (call.method) " " (call.endpoint) } }),
            ("Took", html! { @if let Some(took) = answered["duration"].as_f64() { (took) " ms" } }),
            ("Answered by", html! { @if answered["upstream"] == Value::Bool(true) { "the WHMCS behind this server" } @else { "this server" } }),
            ("Hint", html! { (text("hint")) }),
            ("Names", html! {
                @for client in &named_clients { a href=(format!("/console/books/clients/{client}")) { "client " (client) } " " }
                @for invoice in &named_invoices { a href=(format!("/console/books/invoices/{invoice}")) { "invoice " (invoice) } " " }
            }),
        ]))
        @if headers.is_ours() {
            h2 { "Request" }
            (stored::text("Request", &call.request))
            h2 { "Reply" }
            (stored::text("Reply", &call.response))
            p class="hint" { "Secrets were replaced by " code { "***" } " before the call was recorded, and long texts were cut." }
        } @else {
            p class="hint" {
                "Another program has recorded this call, and may have left secrets in it: its request and reply are not shown."
            }
        }
        p { a href=(filtered("action", &call.action)) { "Other calls of this action" } }
    };
    Ok(Answer::page(format!("Call {id}: {}", named(&call.action)), body))
}

/// The headers of a request, as they were recorded.
struct Headers(Value);

impl Headers {
    /// Whether this program has recorded the call, which gives each one an id.
    fn is_ours(&self) -> bool {
        !self.text("request_id").is_empty()
    }

    fn of(call: &LoggedCall) -> Headers {
        Headers(serde_json::from_str(&call.request_headers).unwrap_or_default())
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    /// The credential or the user; also one for which authentication failed.
    fn caller(&self) -> &str {
        match self.text("credential") {
            "" => self.text("claimed"),
            caller => caller,
        }
    }
}

/// The clients and invoices that a call and its reply name.
fn named_in(call: &LoggedCall) -> (Vec<i64>, Vec<i64>) {
    let texts = [&call.request, &call.response].map(|text| serde_json::from_str::<Value>(text).unwrap_or_default());
    let ids = |names: &[&str]| {
        let values = texts.iter().flat_map(|text| names.iter().map(move |name| &text[*name]));
        let mut ids: Vec<i64> = values.filter_map(id).filter(|id| *id > 0).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    (ids(&["clientid", "userid"]), ids(&["invoiceid"]))
}

fn id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let at = parse_date_time("2026-11-20 12:30:00").unwrap();
        assert_eq!(written(Place { at, id: 42 }), "20261120123000-42");
        assert_eq!(place("20261120123000-42"), Some(Place { at, id: 42 }));
        for wrong in ["", "42", "20261120123000", "20261120123000-", "20261320123000-1", "x-1"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
