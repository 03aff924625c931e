//! The books: an audit with its findings, and the search for clients and invoices.

use std::time::Duration;

use maud::{Markup, html};

use super::jobs;
use super::stored::{about, field};
use crate::api::NewJob;
use crate::audit::{Finding, Rule, Summary};
use crate::auth::console::Right;
use crate::console::Console;
use crate::console::html::{self as parts, Mood, badge};
use crate::console::visit::{Answer, Result, Visit};
use crate::domain::entities::decoded;
use crate::store::console::jobs::{Job, JobKind};
use crate::store::console::stories::{self, ClientHead, FoundInvoices};

/// How long invoices are searched for a number, which has no key.
const PATIENCE: Duration = Duration::from_millis(100);

pub async fn show(console: &Console, visit: Visit) -> Result {
    let wanted = visit.query.text("q");
    if let Some(page) = page_of_payment(console, wanted).await? {
        return Ok(Answer::to(page));
    }
    let found = match wanted {
        "" => None,
        wanted => Some(search(console, wanted.trim_start_matches('#')).await?),
    };
    if let Some((clients, invoices)) = &found {
        match (&clients[..], &invoices.invoices[..]) {
            ([client], []) => return Ok(Answer::to(format!("/console/books/clients/{}", client.id))),
            ([], [invoice]) => return Ok(Answer::to(format!("/console/books/invoices/{}", invoice.id))),
            _ => {}
        }
    }
    let audit = jobs::last(console, &visit, JobKind::Audit).await?;
    let body = html! {
        form method="get" action="/console/books" class="filters" role="search" aria-label="Find a client or an invoice" {
            (field("q", "Client or invoice: id, invoice number or e-mail address", "text", wanted))
            p class="field" { button { "Find" } }
        }
        @if let Some((clients, invoices)) = &found { (results(clients, invoices)) }
        h2 id="audit" { "Audit" }
        p {
            "The audit checks that balances, invoices, payments and what they gave agree. It reads everything once, and changes nothing."
        }
        @if visit.may(Right::Operate) { (parts::button(&visit, "/console/books/audit", "Start an audit")) }
        (audit.shown("audit-result", &visit, audited))
    };
    Ok(Answer::page("Books", body))
}

/// The page of the invoice of a payment, or else of its client, if that is what is looked for: `payment 7`.
async fn page_of_payment(console: &Console, wanted: &str) -> Result<Option<String>> {
    let Some(Ok(payment)) = wanted.strip_prefix("payment ").map(str::parse) else { return Ok(None) };
    let owner = console.api.look(async |db| stories::owner_of_payment(db, payment).await).await?;
    Ok(match owner {
        Some((_, invoice @ 1..)) => Some(format!("/console/books/invoices/{invoice}")),
        Some((client @ 1.., _)) => Some(format!("/console/books/clients/{client}")),
        _ => None,
    })
}

async fn search(console: &Console, wanted: &str) -> Result<(Vec<ClientHead>, FoundInvoices)> {
    let is_address = wanted.contains('@');
    let found = console.api.look(async |db| {
        let clients = stories::find_clients(&mut *db, wanted).await?;
        let invoices = match is_address {
            true => FoundInvoices { invoices: Vec::new(), may_have_more: false },
            false => stories::find_invoices(db, wanted, PATIENCE).await?,
        };
        Ok((clients, invoices))
    });
    Ok(found.await?)
}

fn results(clients: &[ClientHead], found: &FoundInvoices) -> Markup {
    let invoices = &found.invoices;
    html! {
        h2 { "Found" }
        @if clients.is_empty() && invoices.is_empty() { p role="status" { "No client and no invoice." } } @else {
            ul {
                @for client in clients {
                    li {
                        a href=(format!("/console/books/clients/{}", client.id)) { "Client " (client.id) } ": " (name(client))
                        " (" (decoded(&client.email)) ")"
                    }
                }
                @for invoice in invoices {
                    li {
                        a href=(format!("/console/books/invoices/{}", invoice.id)) { "Invoice " (invoice.id) }
                        @if !invoice.number.is_empty() { ", number " (invoice.number) } ": " (invoice.status) ", " (invoice.total)
                        " of " (invoice.date)
                    }
                }
            }
        }
        @if found.may_have_more {
            p class="hint" { "Only the newest invoices were searched for this number. Older ones are found by their id." }
        }
    }
}

/// The name of a client, as it was typed.
pub fn name(client: &ClientHead) -> String {
    let company = if client.company.is_empty() { String::new() } else { format!(", {}", client.company) };
    decoded(&format!("{} {}{company}", client.first_name, client.last_name)).into_owned()
}

/// The number of findings of an audit; `None` if this version cannot read its result.
pub fn findings(audit: &Job) -> Option<usize> {
    serde_json::from_str(&audit.result).ok().map(|summary: Summary| summary.count)
}

fn audited(job: &Job) -> Markup {
    let Ok(Summary { findings, count, by_rule, checked }) = serde_json::from_str::<Summary>(&job.result) else {
        return html! { p class="problem" { "The result cannot be read by this version. Start another audit." } };
    };
    let looked_at: Vec<String> =
        checked.iter().map(|(of, count)| format!("{count} {}", of.replace('_', " "))).collect();
    html! {
        p { "Looked at " (looked_at.join(", ")) "." }
        @if count == 0 { p { (badge(Mood::Good, "in order")) " Nothing was found." } } @else {
            p {
                (badge(Mood::Bad, &format!("{count} found")))
                @for (rule, count) in &by_rule { " " (count) " of " code { (rule) } "." }
                @if count > findings.len() { " The first " (findings.len()) " are shown; " code { "whmcs-api audit" } " lists all." }
            }
            (parts::table(
                "Findings",
                &["About", "What", "Look at"],
                html! { @for finding in &findings { (row(finding)) } },
            ))
        }
    }
}

fn row(finding: &Finding) -> Markup {
    html! {
        tr {
            th scope="row" { (subject(&finding.subject)) }
            td class="wide" { (finding.violation) }
            td class="wide" { (hint(finding.rule)) }
        }
    }
}

/// A link to what a finding is about, such as `invoice 12`.
fn subject(subject: &str) -> Markup {
    match subject.rsplit_once(' ').map(|(kind, id)| (kind, id.parse::<i64>())) {
        Some((kind, Ok(id))) => about(kind, id),
        _ => html! { (subject) },
    }
}

/// Where to look to find out what is wrong.
fn hint(rule: Rule) -> &'static str {
    match rule {
        Rule::Balance => {
            "the credit history in the client's story, and who last changed the balance without an entry in it"
        }
        Rule::Lines => "the lines of the invoice, and its tax rates: were they changed without the totals?",
        Rule::Total => {
            "the subtotal, the taxes and the credit of the invoice: the total was set by hand, or not renewed"
        }
        Rule::Paid => "the payments of the invoice: it was set to Paid, or a payment was deleted, or never booked",
        Rule::Due => "the payments and the credit of the invoice: it can probably be set to Paid",
        Rule::AddFunds => "what the invoice gave, and the credit history of its client",
        Rule::MassPayment => "the invoices in its lines: one of them did not get its payment",
        Rule::TakenBack => "the refunds in the client's story: the credit that was bought with them was not removed",
        Rule::Payment => "the payments of the invoice: one of the doubles is to be refunded or deleted",
        Rule::Promotion => "the orders with this promotion code, and its limit",
        Rule::Refund => "the refunds of the payment, at the gateway too",
        Rule::Token => "the pay method of the client: its number must be replaced by the gateway's token",
        Rule::Quote => "the quote, and the invoices that were made of it",
        Rule::Upgrade => "the service: the upgrade was paid for, and is to be carried out by hand",
        Rule::Commission => "the history of the affiliate's commissions",
        Rule::Number => "the invoices with the neighboring numbers, and whether one was deleted",
    }
}

pub async fn audit(console: &Console, visit: Visit) -> Result {
    jobs::start(console, &visit, NewJob::Audit, "/console/books#audit").await
}
