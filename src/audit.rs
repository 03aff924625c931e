//! `whmcs-api audit`: whether the books are in order.
//!
//! It reads everything once, a range of ids at a time and each range as of one moment, while calls go on.

use std::collections::HashMap;

use clap::ValueEnum;
use serde::Serialize;
use sqlx::{Connection, MySqlConnection};

use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::tax::{self, Prices, Rules};
use crate::store::billing::audit::{self, Invoice};

/// How many ids are looked at at a time.
const RANGE: i64 = 2_000;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which rule is broken.
    pub rule: Rule,
    /// What breaks it: `client 7`, `invoice 12`, `promotion SPRING`.
    pub of: String,
    pub what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A client's balance is the sum of its history, and not below zero.
    Balance,
    /// An invoice's subtotal and taxes follow from its lines and rates, by any of the ways to work them out.
    Lines,
    /// An invoice's total is its subtotal with taxes, less the credit applied.
    Total,
    /// For a paid invoice at least its total came in; what went out later is not counted.
    Paid,
    /// Lines that sell credit become credit once.
    AddFunds,
    /// A payment of an invoice is booked once.
    Payment,
    /// A promotion is used no more often than it may be.
    Promotion,
}

/// Looks at all of the books. `progress` is told how many ids of how many have been looked at.
pub async fn run(db: &mut MySqlConnection, mut progress: impl FnMut(i64, i64)) -> sqlx::Result<Vec<Finding>> {
    let (clients, invoices) = audit::last_ids(db).await?;
    let mut findings = Vec::new();
    for from in ranges(clients) {
        progress(from - 1, clients + invoices);
        findings.extend(audit::balances(db, from, from + RANGE - 1).await?.into_iter().map(balance));
    }
    for from in ranges(invoices) {
        progress(clients + from - 1, clients + invoices);
        findings.extend(range_of_invoices(db, from, from + RANGE - 1).await?);
    }
    findings.extend(audit::promotions(db).await?.into_iter().map(|(code, uses, limit)| Finding {
        rule: Rule::Promotion,
        of: format!("promotion {code}"),
        what: format!("was used {uses} times and may be {limit} times"),
    }));
    progress(clients + invoices, clients + invoices);
    Ok(findings)
}

/// How many findings there are of each rule, by its name.
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
    let what = match balance < Money::ZERO {
        true => format!("has a balance of {balance}"),
        false => format!("has a balance of {balance} and a history that adds up to {sum}"),
    };
    Finding { rule: Rule::Balance, of: format!("client {client}"), what }
}

async fn range_of_invoices(db: &mut MySqlConnection, from: i64, to: i64) -> sqlx::Result<Vec<Finding>> {
    // As of one moment: an invoice and its lines are read by several statements.
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *db).await?;
    let mut snapshot = db.begin().await?;
    let invoices = audit::invoices(&mut snapshot, from, to).await?;
    let lines = audit::lines(&mut snapshot, from, to).await?;
    let duplicates = audit::duplicates(&mut snapshot, from, to).await?;
    snapshot.rollback().await?;

    let mut by_invoice: HashMap<i64, Vec<(Money, bool)>> = HashMap::new();
    for (invoice, amount, taxed) in lines {
        by_invoice.entry(invoice).or_default().push((amount, taxed != 0));
    }
    let mut findings: Vec<Finding> = invoices
        .iter()
        .flat_map(|invoice| broken(invoice, by_invoice.get(&invoice.id).map_or(&[][..], Vec::as_slice)))
        .collect();
    findings.extend(duplicates.into_iter().map(|(invoice, gateway, transaction, times)| Finding {
        rule: Rule::Payment,
        of: format!("invoice {invoice}"),
        what: format!("has the payment {transaction} through {gateway} {times} times"),
    }));
    Ok(findings)
}

/// The rules that an invoice breaks.
fn broken(invoice: &Invoice, lines: &[(Money, bool)]) -> Vec<Finding> {
    let Invoice { subtotal, tax, tax2, credit, total, received, .. } = *invoice;
    let gross = subtotal.checked_add(tax).and_then(|sum| sum.checked_add(tax2));
    let mut findings: Vec<Finding> = Vec::new();
    let mut found = |rule, what: String| findings.push(Finding { rule, of: format!("invoice {}", invoice.id), what });
    if !follows(invoice, lines) {
        let count = lines.len();
        found(Rule::Lines, format!("has {subtotal} + {tax} + {tax2}, which does not follow from its {count} lines"));
    }
    if gross.is_none_or(|gross| gross - credit != total) {
        found(Rule::Total, format!("has the total {total}, which is not {subtotal} + {tax} + {tax2} - {credit}"));
    }
    if Status::parse(&invoice.status) == Some(Status::Paid) && received < total {
        found(Rule::Paid, format!("is Paid with {received} of {total}"));
    }
    if invoice.times_funds_were_added > 1 {
        found(Rule::AddFunds, format!("became credit {} times", invoice.times_funds_were_added));
    }
    findings
}

/// Whether the subtotal and the taxes follow from the lines in any of the ways: the operator may have changed theirs.
fn follows(invoice: &Invoice, lines: &[(Money, bool)]) -> bool {
    let ways = [Prices::WithoutTax, Prices::WithTax].into_iter().flat_map(|prices| {
        [false, true].into_iter().flat_map(move |is_compound| {
            [false, true].into_iter().map(move |is_per_line| Rules { prices, is_compound, is_per_line })
        })
    });
    ways.filter_map(|rules| tax::totals(lines, invoice.rates(), rules))
        .any(|totals| (totals.subtotal, totals.tax, totals.tax2) == (invoice.subtotal, invoice.tax, invoice.tax2))
}
