//! `whmcs-api audit`: checks that the books are consistent.
//!
//! It reads everything once, a range of ids at a time. Each range is read in a snapshot, so calls can continue
//! meanwhile.

use std::collections::HashMap;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use sqlx::{Connection, MySqlConnection};

use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::settlement::Kind;
use crate::domain::tax::{self, Prices, Rules};
use crate::store::billing::audit::{self, AuditedInvoice, Line, OwnTables};

/// Number of ids per range.
const RANGE: i64 = 2_000;

/// A violation of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that is violated.
    pub rule: Rule,
    /// The row that violates it, such as `client 7`, `invoice 12` or `promotion SPRING`.
    #[serde(rename = "of")]
    pub subject: String,
    /// The violation, as a predicate of the subject.
    #[serde(rename = "what")]
    pub violation: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A client's balance is the sum of its history, and not below zero.
    Balance,
    /// An invoice's subtotal and taxes follow from its lines and rates, by any combination of tax rules.
    Lines,
    /// An invoice's total is its subtotal with taxes, less the credit applied.
    Total,
    /// At least the total of a paid invoice was received, unless somebody set it to Paid; later refunds are ignored.
    Paid,
    /// An invoice that is to be paid has an amount due.
    Due,
    /// Add-funds lines give credit exactly once after they are paid.
    AddFunds,
    /// Lines for other invoices pay these after they are paid.
    MassPayment,
    /// Credit that was bought with a payment is removed if the payment is refunded.
    TakenBack,
    /// A payment of an invoice is booked once.
    Payment,
    /// A promotion is not used more often than its limit.
    Promotion,
    /// Of a payment, not more is refunded than was paid.
    Refund,
    /// No number of a card or an account is stored in clear.
    Token,
    /// A quote becomes one invoice, of its own client.
    Quote,
    /// An upgrade that was paid for is carried out.
    Upgrade,
    /// A line gives an affiliate a commission once, and only for what was paid for it.
    Commission,
    /// Sequential invoice numbers have no gaps and no doubles.
    Number,
}

/// The findings of an audit, and the numbers of rows that were checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub clients: i64,
    /// Entries in the history of clients' credit.
    pub credit_entries: i64,
    pub payments: i64,
    pub invoices: usize,
    pub lines: usize,
}

/// What is kept of an audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The first findings, at most [`MOST_KEPT`].
    pub findings: Vec<Finding>,
    /// The number of all findings.
    pub count: usize,
    /// The number of findings by rule, of the rules that are violated.
    pub by_rule: Vec<(String, usize)>,
    /// How many rows were checked, by what they are.
    pub checked: Vec<(String, i64)>,
}

/// Maximum number of findings that are kept.
pub const MOST_KEPT: usize = 500;

impl Report {
    /// What is kept of it.
    pub fn summary(&self) -> Summary {
        Summary {
            findings: self.findings.iter().take(MOST_KEPT).cloned().collect(),
            count: self.findings.len(),
            by_rule: counts(&self.findings).filter(|(_, count)| *count > 0).collect(),
            checked: self.checked().into_iter().map(|(of, count)| (of.to_owned(), count)).collect(),
        }
    }

    /// How many rows were checked, by what they are.
    pub fn checked(&self) -> [(&'static str, i64); 5] {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        [
            ("clients", self.clients),
            ("credit_entries", self.credit_entries),
            ("invoices", count(self.invoices)),
            ("lines", count(self.lines)),
            ("payments", self.payments),
        ]
    }

    /// Whether there was nothing to check, which usually means that this is not the intended database.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.checked().iter().all(|(_, count)| *count == 0)
    }
}

/// Checks all of the books. `progress` gets the number of ids checked so far, and the total.
pub async fn run(db: &mut MySqlConnection, mut progress: impl FnMut(i64, i64)) -> sqlx::Result<Report> {
    let mut report = Report::default();
    (report.clients, report.credit_entries, report.payments) = audit::counts(db).await?;
    let (clients, invoices) = audit::last_ids(db).await?;
    let tables = OwnTables::find(db).await?;
    let mut findings = Vec::new();
    for from in ranges(clients) {
        progress(from - 1, clients + invoices);
        findings.extend(audit::balances(db, from, from + RANGE - 1).await?.into_iter().map(balance));
        if tables.settlements {
            findings.extend(audit::reversed_credit(db, from, from + RANGE - 1).await?.into_iter().map(reversed_credit));
        }
    }
    for from in ranges(invoices) {
        progress(clients + from - 1, clients + invoices);
        findings.extend(check_invoices(db, from, tables, &mut report).await?);
    }
    findings.extend(audit::promotions(db).await?.into_iter().map(|(code, uses, limit)| Finding {
        rule: Rule::Promotion,
        subject: format!("promotion {code}"),
        violation: format!("was used {uses} times and may be {limit} times"),
    }));
    findings.extend(audit::refunds(db).await?.into_iter().map(|(payment, paid, refunded)| Finding {
        rule: Rule::Refund,
        subject: format!("payment {payment}"),
        violation: format!("is one of {paid}, of which {refunded} was refunded"),
    }));
    findings.extend(audit::clear_numbers(db).await?.into_iter().map(|pay_method| Finding {
        rule: Rule::Token,
        subject: format!("pay method {pay_method}"),
        violation: "has a number in clear, where a gateway's token or what is sealed should be".to_owned(),
    }));
    if tables.sales {
        findings.extend(audit::quotes(db).await?.into_iter().map(quote));
    }
    if tables.numbers {
        findings.extend(check_numbers(db).await?);
    }
    progress(clients + invoices, clients + invoices);
    report.findings = findings;
    Ok(report)
}

/// Returns the number of findings for each rule, by name.
pub fn counts(findings: &[Finding]) -> impl Iterator<Item = (String, usize)> {
    Rule::value_variants().iter().map(|rule| {
        let name = serde_json::to_value(rule).ok().and_then(|name| name.as_str().map(str::to_owned));
        (name.unwrap_or_default(), findings.iter().filter(|finding| finding.rule == *rule).count())
    })
}

fn ranges(last: i64) -> impl Iterator<Item = i64> {
    (1..=last).step_by(usize::try_from(RANGE).unwrap_or(1))
}

fn balance((client, balance, sum): (i64, Money, Money)) -> Finding {
    let violation = match balance < Money::ZERO {
        true => format!("has a balance of {balance}"),
        false => format!("has a balance of {balance} and a history that adds up to {sum}"),
    };
    Finding { rule: Rule::Balance, subject: format!("client {client}"), violation }
}

fn reversed_credit((client, reversed, removed): (i64, Money, Money)) -> Finding {
    let violation =
        format!("has {reversed} of credit for payments that were paid back, of which {removed} was removed");
    Finding { rule: Rule::TakenBack, subject: format!("client {client}"), violation }
}

fn quote((quote, invoices, of_others): (i64, i64, i64)) -> Finding {
    let violation = match of_others {
        0 => format!("became {invoices} invoices"),
        _ => "became an invoice of another client".to_owned(),
    };
    Finding { rule: Rule::Quote, subject: format!("quote {quote}"), violation }
}

fn upgrade((invoice, upgrade): (i64, i64)) -> Finding {
    let violation = format!("has paid for the upgrade {upgrade}, which was not carried out");
    Finding { rule: Rule::Upgrade, subject: format!("invoice {invoice}"), violation }
}

fn commission((invoice, commission, base, paid): (i64, Money, Money, Money)) -> Finding {
    let violation = format!("gave a commission of {commission} for {base}, of which {paid} was paid");
    Finding { rule: Rule::Commission, subject: format!("invoice {invoice}"), violation }
}

async fn check_numbers(db: &mut MySqlConnection) -> sqlx::Result<Vec<Finding>> {
    let finding =
        |invoice: i64, violation| Finding { rule: Rule::Number, subject: format!("invoice {invoice}"), violation };
    let gaps = audit::number_gaps(db).await?.into_iter().map(|(invoice, number, follows)| {
        finding(invoice, format!("has the number {number} after {follows}, which no invoice was given"))
    });
    let changed = audit::changed_numbers(db)
        .await?
        .into_iter()
        .map(|(invoice, number, given)| finding(invoice, format!("has the number {number:?} and was given {given:?}")));
    let doubles = audit::double_numbers(db)
        .await?
        .into_iter()
        .map(|(invoice, number, count)| finding(invoice, format!("is one of {count} with the number {number}")));
    Ok(gaps.chain(changed).chain(doubles).collect())
}

async fn check_invoices(
    db: &mut MySqlConnection,
    from: i64,
    tables: OwnTables,
    report: &mut Report,
) -> sqlx::Result<Vec<Finding>> {
    let to = from + RANGE - 1;
    // One snapshot, because an invoice and its lines are read by several statements.
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *db).await?;
    let mut snapshot = db.begin().await?;
    let invoices = audit::invoices(&mut snapshot, from, to, tables.settlements).await?;
    let lines = audit::lines(&mut snapshot, from, to).await?;
    let duplicates = audit::duplicates(&mut snapshot, from, to).await?;
    let (upgrades, commissions) = match tables.sales {
        true => {
            let upgrades = audit::upgrades(&mut snapshot, from, to).await?;
            (upgrades, audit::commissions(&mut snapshot, from, to).await?)
        }
        false => (Vec::new(), Vec::new()),
    };
    snapshot.rollback().await?;

    report.invoices += invoices.len();
    report.lines += lines.len();
    let mut by_invoice: HashMap<i64, Vec<Line>> = HashMap::new();
    for line in lines {
        by_invoice.entry(line.invoice).or_default().push(line);
    }
    let mut findings: Vec<Finding> = invoices
        .iter()
        .flat_map(|invoice| check_invoice(invoice, by_invoice.get(&invoice.id).map_or(&[][..], Vec::as_slice)))
        .collect();
    findings.extend(duplicates.into_iter().map(|(invoice, gateway, transaction, times)| Finding {
        rule: Rule::Payment,
        subject: format!("invoice {invoice}"),
        violation: format!("has the payment {transaction} through {gateway} {times} times"),
    }));
    findings.extend(upgrades.into_iter().map(upgrade));
    findings.extend(commissions.into_iter().map(commission));
    Ok(findings)
}

/// Returns the findings about an invoice.
fn check_invoice(invoice: &AuditedInvoice, lines: &[Line]) -> Vec<Finding> {
    let AuditedInvoice { subtotal, tax, tax2, credit, total, received, refunded, waived, overpaid, .. } = *invoice;
    let gross = subtotal.checked_add(tax).and_then(|sum| sum.checked_add(tax2));
    let status = Status::parse(&invoice.status);
    let due = total - (received - refunded - overpaid);
    let mut findings: Vec<Finding> = Vec::new();
    let mut found = |rule, violation: String| {
        findings.push(Finding { rule, subject: format!("invoice {}", invoice.id), violation });
    };
    if !totals_follow_from_lines(invoice, lines) {
        let count = lines.len();
        found(Rule::Lines, format!("has {subtotal} + {tax} + {tax2}, which does not follow from its {count} lines"));
    }
    if gross.is_none_or(|gross| gross - credit != total) {
        found(Rule::Total, format!("has the total {total}, which is not {subtotal} + {tax} + {tax2} - {credit}"));
    }
    if status == Some(Status::Paid) && received - overpaid + waived < total {
        found(Rule::Paid, format!("is Paid with {} of {total}", received - overpaid));
    }
    if status.is_some_and(Status::is_open) && due <= Money::ZERO {
        found(Rule::Due, format!("is {} with nothing left to pay", invoice.status));
    }
    let is_covered = status == Some(Status::Paid) && due <= Money::ZERO;
    let (sold, gave) = (sold(lines, Kind::AddFunds), invoice.funds);
    let gave_too_much = gave > sold.max(received + credit) && !status.is_some_and(Status::is_open);
    if is_covered && gave != sold || gave_too_much {
        found(Rule::AddFunds, format!("sells {sold} of credit and gave {gave}"));
    }
    let unpaid_children = lines.iter().filter(|line| line.is_unpaid_child).count();
    if is_covered && unpaid_children > 0 && invoice.mass_payment < self::sold(lines, Kind::Invoice) {
        let gave = invoice.mass_payment;
        found(
            Rule::MassPayment,
            format!("pays other invoices, of which {unpaid_children} are not paid, and gave {gave}"),
        );
    }
    findings
}

/// The sum of the lines of a kind, without negative ones.
fn sold(lines: &[Line], kind: Kind) -> Money {
    let lines = lines.iter().filter(|line| line.kind == kind.name());
    lines.fold(Money::ZERO, |sum, line| sum + line.amount.max(Money::ZERO))
}

/// Whether the subtotal and the taxes follow from the lines by any combination of tax rules: the operator may have
/// changed the rules since.
fn totals_follow_from_lines(invoice: &AuditedInvoice, lines: &[Line]) -> bool {
    let lines: Vec<_> = lines.iter().map(|line| (line.amount, line.taxed != 0)).collect();
    let rule_combinations = [Prices::WithoutTax, Prices::WithTax].into_iter().flat_map(|prices| {
        [false, true].into_iter().flat_map(move |is_compound| {
            [false, true].into_iter().map(move |is_per_line| Rules { prices, is_compound, is_per_line })
        })
    });
    rule_combinations
        .filter_map(|rules| tax::totals(&lines, invoice.rates(), rules))
        .any(|totals| (totals.subtotal, totals.tax, totals.tax2) == (invoice.subtotal, invoice.tax, invoice.tax2))
}
