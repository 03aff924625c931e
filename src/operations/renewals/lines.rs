//! The lines of invoices for what recurs.

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use super::due::{DueBillable, DueTerm};
use crate::domain::invoice::{Line, LineKind};
use crate::domain::money::Money;
use crate::domain::renewal::ItemKind;
use crate::domain::time::local_date;
use crate::store::automation::due::DueItem;

/// Returns the line for a term, with its first and last day.
pub(super) fn of_term(term: &DueTerm, options: &[(i64, String, String)], date_format: &str) -> Line {
    let DueTerm { kind, item, due, next_due, taxed, .. } = term;
    let period = period(*due, *next_due, date_format);
    let mut of_options = String::new();
    for (_, option, choice) in options.iter().filter(|(id, ..)| *kind == ItemKind::Service && *id == item.id) {
        of_options.extend(["\n", option.as_str(), ": ", choice.as_str()]);
    }
    let kind = match kind {
        ItemKind::Service => LineKind::Hosting,
        ItemKind::Addon => LineKind::Addon,
        ItemKind::Domain => LineKind::Domain,
    };
    let description = format!("{}{period}{of_options}", described(kind, item));
    Line { kind, related: item.id, description, amount: item.amount, taxed: *taxed }
}

fn described(kind: LineKind, item: &DueItem) -> String {
    let DueItem { name, domain, cycle, quantity, .. } = item;
    let count = if *quantity > 1 { format!("{quantity} x ") } else { String::new() };
    match kind {
        LineKind::Domain => format!("Domain Renewal - {domain} - {} Year/s", cycle.trim_end_matches("Years")),
        LineKind::Addon if domain.is_empty() => format!("Addon - {count}{name}"),
        LineKind::Addon => format!("Addon ({domain}) - {count}{name}"),
        _ if domain.is_empty() => format!("{count}{name}"),
        _ => format!("{count}{name} - {domain}"),
    }
}

fn period(due: NaiveDate, next_due: NaiveDate, date_format: &str) -> String {
    let last = next_due.checked_sub_days(Days::new(1)).unwrap_or(next_due);
    format!(" ({} - {})", local_date(due, date_format), local_date(last, date_format))
}

pub(super) fn of_discount(amount: Money, taxed: bool, percentage: Decimal) -> Line {
    let description = format!("Client Group Discount - {}%", percentage.normalize());
    Line { kind: LineKind::GroupDiscount, related: 0, description, amount: -amount, taxed }
}

pub(super) fn of_billable(billable: &DueBillable, taxed: bool) -> Line {
    let DueBillable { row, .. } = billable;
    Line { kind: LineKind::Plain, related: row.id, description: row.description.clone(), amount: row.amount, taxed }
}
