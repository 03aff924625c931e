//! The outbox: what is to happen outside the database, what became of it, and what an operator can do about it.

use axum::body::Body;
use axum::http::Response;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_DNS_PREFETCH_CONTROL, X_FRAME_OPTIONS};
use maud::{Markup, html};
use sqlx::MySqlConnection;

use super::stored::{self, about, choice};
use crate::api::EntryDecision;
use crate::auth::console::Right;
use crate::console::Console;
use crate::console::html::{self as parts, Field, Mood, badge, pairs, time};
use crate::console::visit::{Answer, ConsoleError, Result, Visit, refuse};
use crate::domain::entities::decoded;
use crate::outbox::KINDS;
use crate::outbox::operator::Resolution;
use crate::store::console::outbox::{self, EntryFilter, EntryRow, StateCount, States};
use crate::store::services::module_queue::{self, QueueFilter, QueuedCommand};
use crate::store::system::emails::{self, OutgoingMail, Payload};
use crate::store::system::holds::{self, OutboxHold};
use crate::store::webhooks::{endpoints, events};
use crate::store::{billing::charges, domains::registrar_commands};

/// Number of entries of a page.
const PAGE: u32 = 50;
/// The states of entries, with what they mean.
const STATES: [(&str, &str); 6] = [
    ("pending", "waits for its next attempt"),
    ("running", "is being attempted"),
    ("failed", "has certainly not happened"),
    ("unknown", "may have happened: an attempt got no answer"),
    ("done", "has happened"),
    ("superseded", "was given up, or something later took its place"),
];
/// What the list can be filtered by: unfinished entries, all, or those in a state.
const STATE_FILTERS: [&str; 8] = ["", "all", "pending", "running", "failed", "unknown", "done", "superseded"];
const MAY_HAPPEN_TWICE: &str = "It may have happened already, and would then happen twice.";
/// Nothing of a mail is run, and nothing is fetched for it but what it has itself.
const MAIL_POLICY: &str = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; \
                           form-action 'none'; frame-ancestors 'self'";

pub async fn list(console: &Console, visit: Visit) -> Result {
    let query = &visit.query;
    // What is not in the lists filters nothing.
    let kind = KINDS.into_iter().find(|kind| *kind == query.text("kind")).unwrap_or_default();
    let state = STATE_FILTERS.into_iter().find(|state| *state == query.text("state")).unwrap_or_default();
    let filter = EntryFilter {
        kinds: if kind.is_empty() { KINDS.map(str::to_owned).to_vec() } else { vec![kind.to_owned()] },
        states: match state {
            "" => States::Open,
            "all" => States::All,
            state => States::One(state.to_owned()),
        },
        before: query.text("before").parse().ok(),
    };
    let (counts, mut entries, failed, hold) = console
        .api
        .look(async |db| {
            let counts = outbox::open_counts(&mut *db).await?;
            let entries = outbox::list(&mut *db, &filter, PAGE + 1).await?;
            let failed = module_queue::open_commands(&mut *db, QueueFilter::default()).await?;
            Ok((counts, entries, failed, holds::outbox(db).await?))
        })
        .await?;
    let has_more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let body = html! {
        @if let Some(OutboxHold { reason, last_entry }) = &hold {
            p class="problem" role="status" {
                "The outbox is held (" (reason) "): nothing up to entry " (last_entry) " is sent until somebody decides on the server, \
                 with " code { "whmcs-api outbox release" } ", what becomes of it. Here, single entries can be given up before that."
            }
        }
        (summary(&counts))
        (filters(kind, state))
        @if entries.is_empty() { p { "There is nothing." } } @else {
            (parts::table(
                "Entries, the newest first",
                &["Entry", "Kind", "About", "What", "State", "Attempts", "Next attempt", "Last answer"],
                html! { @for entry in &entries { (row(&visit, entry)) } },
            ))
        }
        @if let (true, Some(last)) = (has_more, entries.last()) {
            @let next = [("kind", kind), ("state", state), ("before", &last.id.to_string())];
            p { a rel="next" href=(format!("/console/outbox?{}", serde_urlencoded::to_string(next).unwrap_or_default())) { "Older entries" } }
        }
        p class="hint" { "Mails that were sent are not kept here: GetEmails returns them, and the story of their client says when they were." }
        @if filter.before.is_none() && !failed.is_empty() { (failed_commands(&visit, &failed)) }
    };
    Ok(Answer::page("Outbox", body))
}

/// The failed commands to modules and registrars that staff see in WHMCS, also those of other programs: the newest.
fn failed_commands(visit: &Visit, failed: &[QueuedCommand]) -> Markup {
    html! {
        h2 { "Failed commands of modules and registrars" }
        p class="hint" {
            "As WHMCS's module queue has them (" code { "tblmodulequeue" } "): those of this server, which are above unless they were given up, \
             and those of a WHMCS, which it tries again itself."
            @if failed.len() > PAGE as usize { " These are the newest " (PAGE) "; GetModuleQueue returns all." }
        }
        (parts::table(
            "Failed commands, the newest first",
            &["Command", "About", "Module", "Function", "Last attempt", "Retries", "Error"],
            html! {
                @for command in failed.iter().rev().take(PAGE as usize) {
                    tr {
                        th scope="row" { (command.id) }
                        td { (command.subject) " " (command.subject_id) }
                        td { (command.module) }
                        td { (command.function) }
                        td { (parts::local_time(visit, &command.last_attempt)) }
                        td class="number" { (command.retries) }
                        td class="wide" { (decoded(&command.error)) }
                    }
                }
            },
        ))
    }
}

/// How many entries are open, by kind and state.
fn summary(counts: &[StateCount]) -> Markup {
    html! {
        @if counts.is_empty() { p { "Nothing waits, and nothing has failed." } } @else {
            ul class="counts" {
                @for StateCount { kind, state, count } in counts {
                    @let query = serde_urlencoded::to_string([("kind", kind), ("state", state)]).unwrap_or_default();
                    li { a href=(format!("/console/outbox?{query}")) { (count) " " (kind) } " " (badge(mood(state), state)) }
                }
            }
        }
    }
}

fn filters(kind: &str, state: &str) -> Markup {
    let kinds: Vec<(&str, &str)> =
        std::iter::once(("", "All")).chain(KINDS.iter().map(|kind| (*kind, *kind))).collect();
    let label = |state: &'static str| match state {
        "" => "Unfinished",
        "all" => "All",
        state => state,
    };
    let states: Vec<(&str, &str)> = STATE_FILTERS.iter().map(|state| (*state, label(state))).collect();
    html! {
        form method="get" action="/console/outbox" class="filters" role="search" aria-label="Filter entries" {
            (choice("kind", "Kind", &kinds, kind))
            (choice("state", "State", &states, state))
            p class="field" { button { "Filter" } }
        }
    }
}

fn mood(state: &str) -> Mood {
    match state {
        "done" => Mood::Good,
        "failed" => Mood::Bad,
        "unknown" => Mood::Warning,
        _ => Mood::Neutral,
    }
}

fn row(visit: &Visit, entry: &EntryRow) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(format!("/console/outbox/{}", entry.id)) { (entry.id) } }
            td { (entry.kind) @if !entry.target.is_empty() { " " (entry.target) } }
            td { (about(&entry.subject, entry.subject_id)) }
            td class="wide" { (decoded(&entry.summary)) }
            td { (badge(mood(&entry.state), &entry.state)) }
            td class="number" { (entry.attempts) }
            td { @if entry.state == "pending" { (time(visit, entry.due_at)) } }
            td class="wide" { (decoded(&entry.last_error)) }
        }
    }
}

/// An entry with what it sends.
struct Item {
    entry: EntryRow,
    /// JSON, which may have secrets; empty if it is not kept.
    payload: String,
    content: Content,
}

/// What an entry sends, as far as it is stored elsewhere.
enum Content {
    Mail(Option<OutgoingMail>),
    /// The URL of the endpoint, and the name and the JSON of the event; empty if they are gone.
    Webhook {
        url: String,
        event: String,
        data: String,
    },
    Other,
}

async fn read(console: &Console, id: i64) -> Result<Item> {
    let item = console.api.look(async |db| {
        let Some(entry) = outbox::find(&mut *db, id).await? else { return Ok(None) };
        let payload = outbox::payload(&mut *db, id).await?.unwrap_or_default();
        let content = content(db, &entry, &payload).await?;
        Ok(Some(Item { entry, payload, content }))
    });
    item.await?.ok_or(ConsoleError::NotFound)
}

async fn content(db: &mut MySqlConnection, entry: &EntryRow, payload: &str) -> sqlx::Result<Content> {
    Ok(match &*entry.kind {
        emails::KIND => Content::Mail(emails::outgoing(db, entry.record_id).await?),
        "webhook" => {
            let payload: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
            let event = events::find(&mut *db, payload["event"].as_i64().unwrap_or_default()).await?;
            let endpoint = endpoints::find(db, entry.target.parse().unwrap_or_default()).await?;
            let (event, data) = event.map(|event| (event.name, event.data)).unwrap_or_default();
            Content::Webhook { url: endpoint.map(|endpoint| endpoint.url).unwrap_or_default(), event, data }
        }
        _ => Content::Other,
    })
}

pub async fn show(console: &Console, visit: Visit) -> Result {
    let Item { entry, payload, content } = read(console, visit.id(0)?).await?;
    let meaning = STATES.iter().find(|(state, _)| *state == entry.state).map_or("", |(_, meaning)| meaning);
    let body = html! {
        (pairs(&[
            ("State", html! { (badge(mood(&entry.state), &entry.state)) " " (meaning) }),
            ("Kind", html! { (entry.kind) @if !entry.target.is_empty() { ", to " (entry.target) } }),
            ("About", about(&entry.subject, entry.subject_id)),
            ("What", html! { (decoded(&entry.summary)) }),
            ("Attempts", html! { (entry.attempts) @if entry.is_unanswered { ", of which the last one got no answer" } }),
            ("Next attempt", html! { @if entry.state == "pending" { (time(&visit, entry.due_at)) } @else { "none" } }),
            ("Last answer", html! { (decoded(&entry.last_error)) }),
            ("Added", time(&visit, entry.created_at)),
        ]))
        @if visit.may(Right::Operate) { (decisions(&visit, &entry, !payload.is_empty())) }
        h2 { "What it sends" }
        (sent(&entry, &payload, &content, visit.may(Right::Operate)))
    };
    Ok(Answer::page(format!("Outbox entry {}", entry.id), body))
}

/// What an entry sends. Mails may have passwords of services, which are not for everybody who may look.
fn sent(entry: &EntryRow, payload: &str, content: &Content, may_read: bool) -> Markup {
    match content {
        Content::Mail(Some(mail)) => {
            let is_plain = serde_json::from_str(payload).is_ok_and(|payload: Payload| payload.is_plain);
            html! {
                (pairs(&[
                    ("To", html! { (decoded(&mail.to)) }),
                    ("Copies", html! { (decoded(&mail.cc)) " " (decoded(&mail.bcc)) }),
                    ("Subject", html! { (decoded(&mail.subject)) }),
                ]))
                @if !may_read { p class="hint" { "What a mail says is for those who may operate: it can have a password." } }
                @else if is_plain { (stored::text("Message", &mail.message)) } @else {
                    iframe class="mail" sandbox="" title="The mail" src=(format!("/console/outbox/{}/mail", entry.id)) {}
                    p class="hint" { "Nothing in the mail is run, and pictures from elsewhere are not fetched." }
                }
            }
        }
        Content::Mail(None) => html! { p { "The mail is gone." } },
        Content::Webhook { url, event, data } => html! {
            (pairs(&[("To", html! { (url) }), ("Event", html! { (event) })]))
            (stored::text("Event", &stored::without_secrets(data)))
        },
        Content::Other if payload.is_empty() => html! { p { "It is not kept any more." } },
        Content::Other => html! {
            (stored::text("Command", &stored::without_secrets(payload)))
            p class="hint" { "Secrets are shown as " code { "***" } "." }
        },
    }
}

/// What an operator can do about an entry.
fn decisions(visit: &Visit, entry: &EntryRow, is_kept: bool) -> Markup {
    let path = |what: &str| format!("/console/outbox/{}/{what}", entry.id);
    let moves_money = entry.kind == charges::KIND;
    let may_have_happened = may_have_happened(entry);
    let is_ended_badly = matches!(&*entry.state, "failed" | "unknown");
    html! {
        section aria-labelledby="decisions" {
            h2 id="decisions" { "What to do" }
            @if may_have_happened {
                p {
                    "The " @if moves_money { "gateway" } @else { "registrar" }
                    " may have carried this out. Trying again looks that up first, and sends nothing twice."
                }
            }
            @if is_ended_badly && is_kept {
                @if entry.state == "unknown" && !may_have_happened {
                    (parts::final_button(visit, &path("retry"), "Try again", MAY_HAPPEN_TWICE))
                } @else { (parts::button(visit, &path("retry"), "Try again")) }
            }
            @if is_ended_badly && !is_kept { p { "It cannot be tried again: what it was to send was secret, and is not kept." } }
            @if matches!(&*entry.state, "pending" | "failed" | "unknown") && !may_have_happened {
                (parts::final_button(visit, &path("give-up"), "Give up", "It is not to be attempted any more."))
            }
            @if entry.state == "unknown" && is_irreversible(entry) {
                (parts::form(visit, &path("resolve"), html! {
                    fieldset {
                        legend { "Say what became of it" }
                        p { "If you have looked at the " @if moves_money { "gateway" } @else { "registrar" } ":" }
                        @if moves_money {
                            (Field { name: "transaction", label: "The gateway's id of the payment or refund", value: "", hint: "Needed if it was carried out: it is booked with it." })
                        }
                        (parts::sure("I have looked: this cannot be changed afterwards."))
                        p {
                            button name="outcome" value="done" { "It was carried out" } " "
                            button name="outcome" value="not-done" { "It was not carried out" }
                        }
                    }
                }))
            }
            @if !matches!(&*entry.state, "pending" | "failed" | "unknown") { p { "Nothing: it " (meaning(&entry.state)) "." } }
        }
    }
}

/// Whether an entry can move money or a domain.
fn is_irreversible(entry: &EntryRow) -> bool {
    [charges::KIND, registrar_commands::KIND].contains(&&*entry.kind)
}

/// Whether an entry may have moved money or a domain. Trying it again looks that up first.
fn may_have_happened(entry: &EntryRow) -> bool {
    is_irreversible(entry) && (entry.state == "unknown" || entry.is_unanswered)
}

fn meaning(state: &str) -> &'static str {
    STATES
        .iter()
        .find(|(known, _)| *known == state)
        .map_or("is in a state that this version does not know", |(_, meaning)| meaning)
}

/// The HTML of a mail, for a frame in which nothing runs.
pub async fn mail(console: &Console, visit: Visit) -> Result {
    let item = read(console, visit.id(0)?).await?;
    let Content::Mail(Some(mail)) = item.content else { return Err(ConsoleError::NotFound) };
    let mut response = Response::new(Body::from(without_links(&mail.message)));
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, MAIL_POLICY),
        (X_FRAME_OPTIONS, "SAMEORIGIN"),
        (X_DNS_PREFETCH_CONTROL, "off"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(Answer::raw(response))
}

/// The HTML without elements `link`: a policy does not keep them from having a browser connect to a host, which tells it when
/// staff look, and from where.
fn without_links(html: &str) -> String {
    let mut safe = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, element) = rest.split_at(at);
        safe.push_str(before);
        let is_link = element.get(1..5).is_some_and(|name| name.eq_ignore_ascii_case("link"));
        safe.push_str(if is_link { "<x-" } else { "<" });
        rest = &element[1..];
    }
    safe + rest
}

pub async fn retry(console: &Console, visit: Visit) -> Result {
    let Item { entry, .. } = read(console, visit.id(0)?).await?;
    if entry.state == "unknown" && !may_have_happened(&entry) {
        visit.check_sure()?;
    }
    decide(console, &visit, EntryDecision::Retry, "It will be tried again.").await
}

pub async fn give_up(console: &Console, visit: Visit) -> Result {
    visit.check_sure()?;
    decide(console, &visit, EntryDecision::GiveUp, "It was given up.").await
}

pub async fn resolve(console: &Console, visit: Visit) -> Result {
    visit.check_sure()?;
    let resolution = match visit.form.text("outcome") {
        "done" => Resolution::Done { transaction: visit.form.text("transaction").to_owned() },
        "not-done" => Resolution::NotDone,
        _ => return refuse("Say whether it was carried out."),
    };
    decide(console, &visit, EntryDecision::Resolve(resolution), "What became of it is recorded.").await
}

async fn decide(console: &Console, visit: &Visit, decision: EntryDecision, done: &str) -> Result {
    let id = visit.id(0)?;
    match console.api.decide_entry(id, decision, visit.sender()).await? {
        Ok(()) => Ok(Answer::to(format!("/console/outbox/{id}")).saying(done)),
        Err(why) => refuse(format!("Nothing was changed: {why}.")),
    }
}
