//! A client's invoices in chronological order, their payments, and the credit history.

use chrono::{Datelike, NaiveDateTime, TimeDelta};
use rust_decimal::Decimal;

use super::client::Client;
use super::orders::{Draft, Line, Order, Outcome};
use super::rows::row;
use super::words;
use super::{SeedContext, ZERO, ZERO_TIME};
use crate::domain::money::Money;
use crate::domain::tax::{self, Rates, Rules, Totals};

/// How long mails are kept.
const MAILS: TimeDelta = TimeDelta::days(120);

/// Credit that staff gave to a client.
struct GoodwillCredit {
    at: NaiveDateTime,
    amount: Money,
}

/// Writes the client's invoices, payments and credit history, and returns the remaining credit.
pub fn write_books(client: &Client<'_>, mut drafts: Vec<Draft>, context: &mut SeedContext<'_>) -> Money {
    let mut goodwill = goodwill_credits(client, context);
    drafts.extend(funds(client, context));
    drafts.sort_by_key(|draft| draft.created);
    let mut balance = Money::ZERO;
    // Add-funds invoices whose amount becomes credit once they are paid.
    let mut bought: Vec<(NaiveDateTime, Money, i64)> = Vec::new();
    for draft in drafts {
        let id = context.ids.invoice;
        context.ids.invoice += 1;
        balance = received(client, balance, draft.created, &mut goodwill, &mut bought, context);
        let is_funds = draft.lines.iter().any(|line| line.kind == "AddFunds");
        let Some(totals) = totals(client, &draft, context) else { continue };
        let spends = !is_funds && matches!(draft.outcome, Outcome::Paid(_)) && context.random.percent(80);
        let credit = if spends { balance.min(totals.total) } else { Money::ZERO };
        if credit.is_positive() {
            balance = balance - credit;
            let text = format!("Credit Applied to Invoice #{id}");
            write_credit(client, 0, draft.created, &text, -credit, 0, context);
        }
        if let (true, Outcome::Paid(at)) = (is_funds, draft.outcome) {
            bought.push((at, totals.total, id));
        }
        Invoice { client, id, draft: &draft, totals, credit }.write(context);
    }
    received(client, balance, context.now, &mut goodwill, &mut bought, context)
}

/// Adds credit that was received up to a time to a balance.
fn received(
    client: &Client<'_>,
    mut balance: Money,
    until: NaiveDateTime,
    goodwill: &mut Vec<GoodwillCredit>,
    bought: &mut Vec<(NaiveDateTime, Money, i64)>,
    context: &mut SeedContext<'_>,
) -> Money {
    for gift in goodwill.extract_if(.., |gift| gift.at <= until) {
        let admin = context.random.pick(&context.shop.staff).map_or(0, |(id, _)| *id);
        let text = context.random.pick(&words::GOODWILL).copied().unwrap_or_default();
        write_credit(client, admin, gift.at, text, gift.amount, 0, context);
        balance = balance.checked_add(gift.amount).unwrap_or(balance);
    }
    for (at, amount, invoice) in bought.extract_if(.., |(at, ..)| *at <= until) {
        write_credit(client, 0, at, &format!("Add Funds Invoice #{invoice}"), amount, invoice, context);
        balance = balance.checked_add(amount).unwrap_or(balance);
    }
    balance
}

fn write_credit(
    client: &Client<'_>,
    admin: i64,
    at: NaiveDateTime,
    text: &str,
    amount: Money,
    invoice: i64,
    context: &mut SeedContext<'_>,
) {
    row!(
        context.rows,
        tblcredit {
            clientid: client.id,
            admin_id: admin,
            date: at.date(),
            description: text,
            amount: amount,
            relid: invoice,
        }
    );
}

fn goodwill_credits(client: &Client<'_>, context: &mut SeedContext<'_>) -> Vec<GoodwillCredit> {
    let Some(at) = context.percent_later(7, client.joined) else { return Vec::new() };
    let amount = Money::rounded(Decimal::from(context.random.between(1, 6) * 5)).unwrap_or(Money::ZERO);
    vec![GoodwillCredit { at, amount }]
}

/// An invoice with which a client buys credit.
fn funds(client: &Client<'_>, context: &mut SeedContext<'_>) -> Option<Draft> {
    let created = context.percent_later(9, client.joined)?;
    let paid = created + TimeDelta::seconds(context.random.between(30, 900));
    let amount = Money::rounded(Decimal::from(*context.random.pick(&[20, 50, 100, 250])?))?;
    let description = "Add Credit".to_owned();
    let lines = vec![Line { kind: "AddFunds", relid: 0, description, amount, taxed: false }];
    let outcome = if paid <= context.now { Outcome::Paid(paid) } else { Outcome::Unpaid };
    Some(Draft { created, due: created.date(), lines, outcome, order: None })
}

fn totals(client: &Client<'_>, draft: &Draft, context: &SeedContext<'_>) -> Option<Totals> {
    let lines: Vec<(Money, bool)> = draft.lines.iter().map(|line| (line.amount, taxed(line, client.rates))).collect();
    let rules = Rules { prices: context.shop.prices, is_compound: false, is_per_line: false };
    tax::totals(&lines, client.rates, rules)
}

fn taxed(line: &Line, rates: Rates) -> bool {
    line.taxed && !rates.first.decimal().is_zero()
}

struct Invoice<'a, 's> {
    client: &'a Client<'s>,
    id: i64,
    draft: &'a Draft,
    totals: Totals,
    credit: Money,
}

impl Invoice<'_, '_> {
    fn total(&self) -> Money {
        self.totals.total - self.credit
    }

    /// Writes the invoice with its lines, order, payments and mails.
    fn write(&self, context: &mut SeedContext<'_>) {
        let Invoice { client, id, draft, totals, credit } = self;
        // An invoice that credit pays in full is paid at once.
        let outcome = match draft.outcome {
            Outcome::Paid(_) if self.total().is_zero() => Outcome::Paid(draft.created),
            outcome => outcome,
        };
        let none = || ZERO_TIME.to_owned();
        let (mut paid, mut refunded, mut cancelled) = (none(), none(), none());
        let (status, updated) = match outcome {
            Outcome::Paid(at) => {
                paid = at.to_string();
                ("Paid", at)
            }
            Outcome::Refunded(at, back) => {
                (paid, refunded) = (at.to_string(), back.to_string());
                ("Refunded", back)
            }
            Outcome::Cancelled(at) => {
                cancelled = at.to_string();
                ("Cancelled", at)
            }
            Outcome::Unpaid => ("Unpaid", draft.created),
        };
        row!(
            context.rows,
            tblinvoices {
                id: id,
                userid: client.id,
                date: draft.created.date(),
                duedate: draft.due,
                datepaid: paid,
                date_refunded: refunded,
                date_cancelled: cancelled,
                subtotal: totals.subtotal,
                credit: credit,
                tax: totals.tax,
                tax2: totals.tax2,
                total: self.total(),
                taxrate: client.rates.first,
                taxrate2: client.rates.second,
                status: status,
                paymentmethod: client.gateway,
                created_at: draft.created,
                updated_at: updated,
            }
        );
        for line in &draft.lines {
            row!(context.rows, tblinvoiceitems {
                invoiceid: id, userid: client.id, type: line.kind, relid: line.relid, description: line.description,
                amount: line.amount, taxed: u8::from(taxed(line, client.rates)), duedate: draft.due,
                paymentmethod: client.gateway,
            });
        }
        if let Some(order) = &draft.order {
            self.write_order(order, context);
        }
        self.write_payments(outcome, context);
        self.write_mails(outcome, context);
    }

    fn write_order(&self, order: &Order, context: &mut SeedContext<'_>) {
        let Invoice { client, draft, .. } = self;
        let at = draft.created;
        let day = i64::from(at.year() % 100) * 10_000 + i64::from(at.month()) * 100 + i64::from(at.day());
        let fraud = if order.status == "Fraud" { "maxmind" } else { "" };
        row!(
            context.rows,
            tblorders {
                id: order.id,
                ordernum: day * 10_000 + order.id % 10_000,
                userid: client.id,
                requestor_id: client.user,
                date: at,
                amount: self.totals.total,
                paymentmethod: client.gateway,
                invoiceid: self.id,
                status: order.status,
                ipaddress: client.ip,
                fraudmodule: fraud,
                contactid: ZERO,
            }
        );
    }

    fn write_payments(&self, outcome: Outcome, context: &mut SeedContext<'_>) {
        let (at, back) = match outcome {
            Outcome::Paid(at) => (at, None),
            Outcome::Refunded(at, back) => (at, Some(back)),
            Outcome::Unpaid | Outcome::Cancelled(_) => return,
        };
        if !self.total().is_positive() {
            return;
        }
        let (first, number) = (context.ids.payment, self.transaction(context));
        self.write_payment(at, (self.total(), Money::ZERO), "Invoice Payment", &number, 0, context);
        if let Some(back) = back {
            let text = format!("Refund of Transaction ID {number}");
            self.write_payment(back, (Money::ZERO, self.total()), &text, &format!("{number}-R"), first, context);
        }
    }

    fn write_payment(
        &self,
        at: NaiveDateTime,
        (amount_in, amount_out): (Money, Money),
        text: &str,
        number: &str,
        refunded: i64,
        context: &mut SeedContext<'_>,
    ) {
        let client = self.client;
        let fees = match client.gateway {
            "stripe" => (Decimal::new(29, 3), Decimal::new(30, 2)),
            "paypal" => (Decimal::new(34, 3), Decimal::new(35, 2)),
            _ => (Decimal::ZERO, Decimal::ZERO),
        };
        let fee = Money::rounded(amount_in.decimal() * fees.0 + fees.1);
        let fee = fee.filter(|fee| amount_in > *fee).unwrap_or(Money::ZERO);
        let id = context.ids.payment;
        context.ids.payment += 1;
        row!(
            context.rows,
            tblaccounts {
                id: id,
                userid: client.id,
                currency: ZERO,
                gateway: client.gateway,
                date: at,
                description: text,
                amountin: amount_in,
                fees: fee,
                amountout: amount_out,
                rate: client.currency.rate,
                transid: number,
                invoiceid: self.id,
                refundid: refunded,
            }
        );
    }

    /// A transaction id in the gateway's format.
    fn transaction(&self, context: &mut SeedContext<'_>) -> String {
        let random = context.random.draw();
        match self.client.gateway {
            "stripe" => format!("ch_3{random:016x}{}", self.id),
            "paypal" => format!("{:X}{:010}", random >> 36, self.id),
            "banktransfer" => format!("TRF-{}-{}", self.draft.created.year(), self.id),
            _ => format!("{:08x}-{}", random >> 32, self.id),
        }
    }

    fn write_mails(&self, outcome: Outcome, context: &mut SeedContext<'_>) {
        let Invoice { client, id, draft, .. } = self;
        let (day, due) = (draft.created.format("%d/%m/%Y"), draft.due.format("%d/%m/%Y"));
        let (total, name) = (client.format_amount(self.total()), client.name());
        let text = format!("<p>Dear {name},</p>\n<p>here is your invoice {id} over {total}, due on {due}.</p>");
        write_mail(client, draft.created, &format!("Invoice {id} of {day}"), &text, context);
        if let Outcome::Paid(at) = outcome {
            let text = format!("<p>Dear {name},</p>\n<p>{total} have arrived for invoice {id}.</p>");
            write_mail(client, at, &format!("Thank you for your payment of invoice {id}"), &text, context);
        }
    }
}

/// Writes a mail that was sent, unless it is older than mails are kept.
pub fn write_mail(client: &Client<'_>, at: NaiveDateTime, subject: &str, text: &str, context: &mut SeedContext<'_>) {
    if at + MAILS < context.now || at > context.now {
        return;
    }
    row!(
        context.rows,
        tblemails {
            userid: client.id,
            subject: subject,
            message: text,
            date: at,
            to: client.email,
            cc: "",
            bcc: "",
            attachments: "",
            message_data: "",
            created_at: at,
            updated_at: at,
        }
    );
}
