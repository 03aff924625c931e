//! The stories of a client and of an invoice: everything that is recorded of them and of those who changed them.

use maud::{Markup, html};
use sqlx::MySqlConnection;

use super::stored::about;
use super::{books, calls};
use crate::console::Console;
use crate::console::html::{self as parts, Mood, badge, pairs};
use crate::console::visit::{Answer, ConsoleError, Result, Visit};
use crate::domain::entities::decoded;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;
use crate::store::billing::invoice_details::{self, InvoiceDetails, InvoiceHeader};
use crate::store::console::calls::{self as index, CallFilter, CallPage};
use crate::store::console::outbox::{self, EntryRow};
use crate::store::console::stories::{
    self, ActivityLine, ChargeLine, CreditLine, InvoiceLine, MOST, PaymentLine, SettlementLine,
};

/// Number of calls in a story.
const CALLS: usize = 50;

pub async fn client(console: &Console, visit: Visit) -> Result {
    let id = ClientId(visit.id(0)?);
    let story = console.api.look(async |db| ClientStory::read(db, id).await).await?;
    let story = story.ok_or(ConsoleError::NotFound)?;
    let head = &story.head;
    let body = html! {
        (pairs(&[
            ("Name", html! { (books::name(head)) }),
            ("E-mail", html! { (decoded(&head.email)) }),
            ("Status", html! { (head.status) }),
            ("Credit", html! { (amount(head.credit)) " " (head.currency) }),
            ("Client since", html! { (head.created) }),
        ]))
        (section("Invoices", story.invoices.len(), || invoices(&story.invoices)))
        (section("Payments and refunds", story.payments.len(), || payments(&visit, &story.payments)))
        (section("Credit", story.credit.len(), || credit(&story.credit)))
        (section("Waiting outside the database", story.entries.len(), || entries(&story.entries)))
        (changing_calls(&visit, story.calls.as_ref(), id))
        (section("Activity log", story.activity.len(), || activity(&visit, &story.activity)))
    };
    Ok(Answer::page(format!("Client {id}"), body))
}

struct ClientStory {
    head: stories::ClientHead,
    invoices: Vec<InvoiceLine>,
    payments: Vec<PaymentLine>,
    credit: Vec<CreditLine>,
    entries: Vec<EntryRow>,
    /// `None` if there is no index.
    calls: Option<CallPage>,
    activity: Vec<ActivityLine>,
}

impl ClientStory {
    async fn read(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<ClientStory>> {
        let Some(head) = stories::client(&mut *db, id).await? else { return Ok(None) };
        let changed = CallFilter { client: Some(id.0), ..CallFilter::default() };
        Ok(Some(ClientStory {
            head,
            invoices: stories::invoices(&mut *db, id).await?,
            payments: stories::payments(&mut *db, id).await?,
            credit: stories::credit(&mut *db, id).await?,
            entries: outbox::about(&mut *db, "client", id.0, MOST).await?,
            calls: index::page(&mut *db, &changed, None, CALLS, calls::PATIENCE).await?,
            activity: stories::activity(db, id).await?,
        }))
    }
}

pub async fn invoice(console: &Console, visit: Visit) -> Result {
    let id = InvoiceId(visit.id(0)?);
    let story = console.api.look(async |db| InvoiceStory::read(db, id).await).await?;
    let story = story.ok_or(ConsoleError::NotFound)?;
    let invoice = &story.details.invoice;
    let body = html! {
        (pairs(&head(&visit, invoice, &story.payments)))
        (section("Lines", story.details.lines.len(), || lines(&story.details)))
        (section("Payments and refunds", story.payments.len(), || payments(&visit, &story.payments)))
        (section("Charges through gateways", story.charges.len(), || charges(&visit, &story.charges)))
        (section("Credit", story.credit.len(), || credit(&story.credit)))
        (section("What it gave", story.settlements.len(), || settlements(&visit, &story.settlements)))
        (changing_calls(&visit, story.calls.as_ref(), invoice.client))
        (section("Activity log", story.activity.len(), || activity(&visit, &story.activity)))
    };
    Ok(Answer::page(format!("Invoice {id}"), body))
}

struct InvoiceStory {
    details: InvoiceDetails,
    payments: Vec<PaymentLine>,
    charges: Vec<ChargeLine>,
    credit: Vec<CreditLine>,
    settlements: Vec<SettlementLine>,
    /// `None` if there is no index.
    calls: Option<CallPage>,
    activity: Vec<ActivityLine>,
}

impl InvoiceStory {
    async fn read(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<Option<InvoiceStory>> {
        let Some(details) = invoice_details::find(&mut *db, id).await? else { return Ok(None) };
        let client = details.invoice.client;
        let changed = CallFilter { client: Some(client.0), invoice: Some(id.0), ..CallFilter::default() };
        Ok(Some(InvoiceStory {
            payments: stories::payments_of_invoice(&mut *db, id).await?,
            charges: stories::charges(&mut *db, id).await?,
            credit: stories::credit_of_invoice(&mut *db, client, id).await?,
            settlements: stories::settlements(&mut *db, id).await?,
            calls: index::page(&mut *db, &changed, None, CALLS, calls::PATIENCE).await?,
            activity: stories::activity_of_invoice(db, client, id).await?,
            details,
        }))
    }
}

fn head<'h>(visit: &Visit, invoice: &'h InvoiceHeader, payments: &[PaymentLine]) -> Vec<(&'h str, Markup)> {
    let paid = payments.iter().fold(Money::ZERO, |sum, payment| sum + payment.amount_in - payment.amount_out);
    let date =
        |text: &str| html! { @if text.starts_with("0000") { "never" } @else { (parts::local_time(visit, text)) } };
    vec![
        ("Client", about("client", invoice.client.0)),
        ("Number", html! { @if invoice.number.is_empty() { "none" } @else { (invoice.number) } }),
        ("Status", badge(mood(&invoice.status), &invoice.status)),
        ("Date", date(&invoice.date)),
        ("Due", date(&invoice.due_date)),
        ("Paid", date(&invoice.paid_at)),
        ("Subtotal", html! { (amount(invoice.subtotal)) }),
        ("Tax", html! { (amount(invoice.tax)) " + " (amount(invoice.tax2)) }),
        ("Credit", html! { (amount(invoice.credit)) }),
        ("Total", html! { (amount(invoice.total)) " " (invoice.currency) }),
        ("Received", html! { (amount(paid)) }),
        ("Balance", html! { (amount(invoice.total - paid)) }),
        ("Payment method", html! { (invoice.payment_method) }),
    ]
}

fn mood(status: &str) -> Mood {
    match status {
        "Paid" => Mood::Good,
        "Unpaid" | "Payment Pending" => Mood::Warning,
        "Collections" => Mood::Bad,
        _ => Mood::Neutral,
    }
}

fn amount(money: Money) -> String {
    money.to_string()
}

/// A part of a story, with how much of it is shown.
fn section(title: &str, count: usize, list: impl Fn() -> Markup) -> Markup {
    html! {
        section {
            h2 { (title) }
            @if count == 0 { p { "Nothing is recorded." } } @else {
                (list())
                @if count >= MOST as usize { p class="hint" { "These are the newest " (MOST) "; there may be more." } }
            }
        }
    }
}

fn changing_calls(visit: &Visit, page: Option<&CallPage>, client: ClientId) -> Markup {
    html! {
        section {
            h2 { "Calls that changed it" }
            @match page {
                None => p class="hint" { "This database has no index of calls." },
                Some(page) if page.calls.is_empty() => p { "None is recorded." },
                Some(page) => {
                    (calls::rows(visit, page))
                    @if page.next.is_some() {
                        p { a href=(calls::filtered("client", &client.to_string())) { "All calls that changed this client" } }
                    }
                }
            }
            @if page.is_some() {
                p class="hint" {
                    "A call that changed several clients is listed with the first of them. What the daily automation, the answers of \
                     gateways and the console have changed is in the activity log."
                }
            }
        }
    }
}

fn invoices(invoices: &[InvoiceLine]) -> Markup {
    parts::table(
        "Invoices",
        &["Invoice", "Number", "Date", "Due", "Status", "Total", "Credit"],
        html! {
            @for invoice in invoices {
                tr {
                    th scope="row" { (about("invoice", invoice.id)) }
                    td { (invoice.number) }
                    td { (invoice.date) }
                    td { (invoice.due) }
                    td { (badge(mood(&invoice.status), &invoice.status)) }
                    td class="number" { (amount(invoice.total)) }
                    td class="number" { (amount(invoice.credit)) }
                }
            }
        },
    )
}

fn payments(visit: &Visit, payments: &[PaymentLine]) -> Markup {
    parts::table(
        "Payments and refunds",
        &["Payment", "Date", "Gateway", "In", "Out", "Fees", "Transaction", "For", "What"],
        html! {
            @for payment in payments {
                tr {
                    th scope="row" { (payment.id) }
                    td { (parts::local_time(visit, &payment.date)) }
                    td { (payment.gateway) }
                    td class="number" { (amount(payment.amount_in)) }
                    td class="number" { (amount(payment.amount_out)) }
                    td class="number" { (amount(payment.fees)) }
                    td class="wide" { (decoded(&payment.transaction)) }
                    td {
                        @if payment.invoice > 0 { (about("invoice", payment.invoice)) }
                        @if payment.refund_of > 0 { " refunds " (payment.refund_of) }
                    }
                    td class="wide" { (decoded(&payment.description)) }
                }
            }
        },
    )
}

fn credit(credit: &[CreditLine]) -> Markup {
    parts::table(
        "Changes of the credit",
        &["Date", "Amount", "Why"],
        html! {
            @for line in credit {
                tr { td { (line.date) } td class="number" { (amount(line.amount)) } td class="wide" { (decoded(&line.description)) } }
            }
        },
    )
}

fn entries(entries: &[EntryRow]) -> Markup {
    parts::table(
        "Outbox",
        &["Entry", "Kind", "What", "State", "Last answer"],
        html! {
            @for entry in entries {
                tr {
                    th scope="row" { a href=(format!("/console/outbox/{}", entry.id)) { (entry.id) } }
                    td { (entry.kind) }
                    td class="wide" { (decoded(&entry.summary)) }
                    td { (entry.state) }
                    td class="wide" { (decoded(&entry.last_error)) }
                }
            }
        },
    )
}

fn lines(details: &InvoiceDetails) -> Markup {
    parts::table(
        "Lines",
        &["Line", "Type", "Description", "Amount", "Taxed"],
        html! {
            @for line in &details.lines {
                tr {
                    th scope="row" { (line.id) }
                    td { (line.kind) @if line.related > 0 { " " (line.related) } }
                    td class="wide" { (decoded(&line.description)) }
                    td class="number" { (amount(line.amount)) }
                    td { @if line.taxed == 0 { "no" } @else { "yes" } }
                }
            }
        },
    )
}

fn charges(visit: &Visit, charges: &[ChargeLine]) -> Markup {
    parts::table(
        "Charges and refunds that were sent to gateways",
        &["Charge", "Kind", "Gateway", "Amount", "State", "Transaction", "Asked for"],
        html! {
            @for charge in charges {
                tr {
                    th scope="row" {
                        @if charge.entry > 0 { a href=(format!("/console/outbox/{}", charge.entry)) { (charge.id) } } @else { (charge.id) }
                    }
                    td { (charge.kind) }
                    td { (charge.gateway) }
                    td class="number" { (amount(charge.amount)) }
                    td { (charge.state) }
                    td class="wide" { (charge.transaction) }
                    td { (parts::utc_time(visit, &charge.created)) }
                }
            }
        },
    )
}

fn settlements(visit: &Visit, settlements: &[SettlementLine]) -> Markup {
    parts::table(
        "What the invoice gave for what was paid",
        &["Settlement", "Kind", "Amount", "Credited", "By payment", "Reverses", "At"],
        html! {
            @for line in settlements {
                tr {
                    th scope="row" { (line.id) }
                    td { (line.kind) @if line.related > 0 { " " (line.related) } }
                    td class="number" { (amount(line.amount)) }
                    td class="number" { (amount(line.credited)) }
                    td { @if line.payment > 0 { (line.payment) } }
                    td { @if line.reverses > 0 { (line.reverses) } }
                    td { (parts::utc_time(visit, &line.created)) }
                }
            }
        },
    )
}

fn activity(visit: &Visit, activity: &[ActivityLine]) -> Markup {
    parts::table(
        "Activity log",
        &["Time", "By", "From", "What"],
        html! {
            @for line in activity {
                tr {
                    td { (parts::local_time(visit, &line.date)) }
                    td { (decoded(&line.user)) }
                    td { (line.address) }
                    td class="wide" { (decoded(&line.description)) }
                }
            }
        },
    )
}
