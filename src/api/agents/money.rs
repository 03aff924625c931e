//! What a call changes in money, measured by the rows of the books.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::outcome::{RowChange, Values};

/// The columns with money of each table of the books, and what kind of change it is.
const BOOKS: [(&str, &str, &[&str]); 8] = [
    ("tblclients", "credit", &["credit"]),
    ("tblaccounts", "payments", &["amountin", "amountout"]),
    ("tblinvoices", "totals", &["total"]),
    ("tblhosting", "recurring", &["amount", "firstpaymentamount"]),
    ("tblhostingaddons", "recurring", &["recurring", "setupfee"]),
    ("tbldomains", "recurring", &["recurringamount", "firstpaymentamount"]),
    ("tblbillableitems", "totals", &["amount"]),
    ("tblquotes", "totals", &["total"]),
];
/// Tables that change what others pay: nobody can say how much.
const PRICES: [&str; 4] = ["tblpromotions", "tblpricing", "tblproducts", "tbldomainpricing"];

/// Whether an amount can be told only if all changes of a table are known.
pub fn is_of(table: &str) -> bool {
    BOOKS.iter().map(|(name, ..)| *name).chain(PRICES).any(|name| name == table)
}

/// The most that a kind of money changes, in the default currency; `None` if that cannot be said. `rate` is that of the currency
/// of the client.
pub fn amount(changes: &[RowChange], rate: Decimal) -> Option<Decimal> {
    if changes.iter().any(|change| PRICES.contains(&change.table.as_str()) || is_canceled(change)) {
        return None;
    }
    let mut kinds: BTreeMap<&str, Decimal> = BTreeMap::new();
    for change in changes {
        let Some((table, kind, columns)) = BOOKS.iter().find(|(table, ..)| *table == change.table) else { continue };
        let mut changed = Decimal::ZERO;
        for column in *columns {
            let Some(Values { before, after, .. }) = change.columns.get(*column) else { continue };
            changed += (number(after.as_deref())? - number(before.as_deref())?).abs();
        }
        *kinds.entry(kind).or_default() += changed.checked_div(rate)?;
    }
    Some(kinds.into_values().max().unwrap_or_default().round_dp(2))
}

fn number(value: Option<&str>) -> Option<Decimal> {
    value.map_or(Some(Decimal::ZERO), |text| text.parse().ok())
}

/// Whether an invoice is worth nothing from then on, although its total stays.
fn is_canceled(change: &RowChange) -> bool {
    let status = change.columns.get("status").filter(|_| change.table == "tblinvoices" && change.change == "update");
    status.is_some_and(|status| {
        matches!(status.after.as_deref(), Some("Cancelled" | "Refunded" | "Draft" | "Collections"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change of the row 1, with the values before and after, and others that stay.
    fn change(table: &str, change: &'static str, columns: &[(&str, &str, &str)], others: &[(&str, &str)]) -> RowChange {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let values = |(name, before, after): &(&str, &str, &str)| {
            ((*name).to_owned(), Values { before: text(before), after: text(after), is_secret: false })
        };
        let changed = columns.iter().map(|(name, _, after)| (*name, *after));
        let whole = changed.chain(others.iter().copied()).map(|(name, value)| (name.to_owned(), text(value))).collect();
        let columns = columns.iter().map(values).collect();
        RowChange { table: table.to_owned(), change, row: "1".to_owned(), columns, whole }
    }

    #[test]
    fn money_is_measured_by_the_books() {
        let credit = |before, after| change("tblclients", "update", &[("credit", before, after)], &[]);
        let payment =
            |invoice| change("tblaccounts", "insert", &[("amountin", "", "50.00"), ("invoiceid", "", invoice)], &[]);
        for (changes, expected) in [
            (vec![], Some("0")),
            (vec![credit("10.00", "30.00")], Some("10")),
            (vec![payment("1")], Some("25")),
            (
                vec![credit("30.00", "10.00"), change("tblaccounts", "delete", &[("amountin", "50.00", "")], &[])],
                Some("25"),
            ),
            (vec![change("tblinvoices", "update", &[("status", "Unpaid", "Cancelled")], &[])], None),
            (vec![change("tbltickets", "update", &[("title", "a", "b")], &[])], Some("0")),
        ] {
            assert_eq!(amount(&changes, Decimal::TWO), expected.map(|text| text.parse().unwrap()), "{changes:?}");
        }
    }
}
