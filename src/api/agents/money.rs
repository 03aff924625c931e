//! What a call changes in money, measured by the rows of the books.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::changes::{RowChange, Values};

/// The columns with money of each table of the books, and what kind of change it is.
const BOOKS: [(&str, &str, &[&str]); 9] = [
    ("tblclients", "credit", &["credit"]),
    ("tblaccounts", "payments", &["amountin", "amountout", "fees"]),
    ("tblinvoices", "totals", &["total"]),
    ("tblhosting", "recurring", &["amount", "firstpaymentamount"]),
    ("tblhostingaddons", "recurring", &["recurring", "setupfee"]),
    ("tbldomains", "recurring", &["recurringamount", "firstpaymentamount"]),
    ("tblbillableitems", "totals", &["amount"]),
    ("tblquotes", "totals", &["total"]),
    ("tblaffiliates", "commissions", &["balance", "withdrawn"]),
];
/// Tables that change what others pay, or whom: nobody can say how much.
const PRICES: [&str; 10] = [
    "tbladdons",
    "tblclientgroups",
    "tblconfiguration",
    "tblcurrencies",
    "tbldomainpricing",
    "tblpaymentgateways",
    "tblpricing",
    "tblproducts",
    "tblpromotions",
    "tbltax",
];
/// What calls count in these tables: the stock, uses of a promotion code, numbers of invoices.
const COUNTERS: [(&str, &str); 2] = [("tblproducts", "qty"), ("tblpromotions", "uses")];
const COUNTED_SETTING: &str = "SequentialInvoiceNumberValue";
/// Columns that change what a client pays from then on, by nobody knows how much.
const TERMS: [(&str, &[&str]); 4] = [
    ("tblclients", &["currency", "groupid", "latefeeoveride", "taxexempt"]),
    ("tblaffiliates", &["onetime", "payamount", "paytype"]),
    ("tblhosting", &["promoid"]),
    ("tbldomains", &["promoid"]),
];
/// Columns that say what is paid for and until when. Beside an order, an invoice or its payment, these are what is measured.
const PAID_FOR: [(&str, &[&str]); 4] = [
    ("tblhosting", &["billingcycle", "nextduedate", "nextinvoicedate", "packageid", "qty"]),
    ("tblhostingaddons", &["addonid", "billingcycle", "nextduedate", "nextinvoicedate", "qty"]),
    ("tblhostingconfigoptions", &["optionid", "qty"]),
    ("tbldomains", &["nextduedate", "nextinvoicedate", "registrationperiod"]),
];

/// Whether an amount can be told only if all changes of a table are known.
pub fn is_of(table: &str) -> bool {
    let names = BOOKS.iter().map(|(name, ..)| *name).chain(PRICES);
    names.chain(TERMS.iter().chain(&PAID_FOR).map(|(name, _)| *name)).any(|name| name == table)
}

/// The most that a kind of money changes, in the default currency; `None` if that cannot be said. `rate` is that of the currency
/// of the client.
pub fn amount(changes: &[RowChange], rate: Decimal) -> Option<Decimal> {
    let is_invoiced = changes.iter().any(is_invoicing);
    let is_unknown = |change| changes_prices(change) || changes_terms(change) || (!is_invoiced && gives_more(change));
    if changes.iter().any(is_unknown) {
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
        if *table == "tblinvoices" && is_settled_without_money(change, changes) {
            changed += number(change.value("total"))?;
        }
        *kinds.entry(kind).or_default() += changed.checked_div(rate)?;
    }
    Some(kinds.into_values().max().unwrap_or_default().round_dp(2))
}

fn number(value: Option<&str>) -> Option<Decimal> {
    value.map_or(Some(Decimal::ZERO), |text| text.parse().ok())
}

fn is_listed(list: &[(&str, &[&str])], table: &str, column: &str) -> bool {
    list.iter().any(|(name, columns)| *name == table && columns.contains(&column))
}

/// Whether something is ordered, invoiced or paid.
fn is_invoicing(change: &RowChange) -> bool {
    match change.table.as_str() {
        "tblorders" => change.change == "insert",
        "tblinvoices" => change.change == "insert" || change.columns.contains_key("status"),
        _ => false,
    }
}

fn changes_prices(change: &RowChange) -> bool {
    let is_counter = |column: &str| {
        column == "updated_at" || COUNTERS.iter().any(|(table, name)| *table == change.table && *name == column)
    };
    let is_counting = change.change == "update" && change.columns.keys().all(|column| is_counter(column));
    let is_counted = change.table == "tblconfiguration" && change.value("setting") == Some(COUNTED_SETTING);
    PRICES.contains(&change.table.as_str()) && !is_counting && !is_counted
}

fn changes_terms(change: &RowChange) -> bool {
    let is_changed = |(column, values): (&String, &Values)| {
        let is_new = change.change == "insert";
        let is_usual =
            is_new && (column == "currency" || matches!(values.after.as_deref(), None | Some("" | "0" | "0.00")));
        is_listed(&TERMS, &change.table, column) && !is_usual
    };
    change.change != "delete" && change.columns.iter().any(is_changed)
}

fn gives_more(change: &RowChange) -> bool {
    change.change != "delete" && change.columns.keys().any(|column| is_listed(&PAID_FOR, &change.table, column))
}

/// Whether an invoice gets another status, such as Paid or Cancelled, without a payment, a refund or credit of the same amount.
fn is_settled_without_money(invoice: &RowChange, changes: &[RowChange]) -> bool {
    let is_of_invoice =
        |change: &&RowChange| change.table == "tblaccounts" && change.value("invoiceid") == Some(&invoice.row);
    invoice.change == "update"
        && invoice.columns.contains_key("status")
        && !invoice.columns.contains_key("credit")
        && !changes.iter().any(|change| is_of_invoice(&change))
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
        let paid = |others: &[_]| change("tblinvoices", "update", &[("status", "Unpaid", "Paid")], others);
        let payment =
            |invoice| change("tblaccounts", "insert", &[("amountin", "", "50.00"), ("invoiceid", "", invoice)], &[]);
        let due = || change("tblhosting", "update", &[("nextduedate", "2026-12-01", "2036-01-01")], &[]);
        let total: &[_] = &[("total", "106.00")];
        for (changes, expected) in [
            (vec![], Some("0")),
            (vec![credit("10.00", "30.00")], Some("10")),
            (vec![payment("1")], Some("25")),
            (
                vec![credit("30.00", "10.00"), change("tblaccounts", "delete", &[("amountin", "50.00", "")], &[])],
                Some("25"),
            ),
            (
                vec![change("tblaccounts", "insert", &[("amountin", "", "1.00"), ("fees", "", "300.00")], &[])],
                Some("150.5"),
            ),
            (vec![paid(total)], Some("53")),
            (vec![paid(total), due()], Some("53")),
            (vec![paid(total), payment("1"), due()], Some("25")),
            (vec![paid(total), payment("2")], Some("53")),
            (vec![change("tblinvoices", "update", &[("status", "Unpaid", "Cancelled")], total)], Some("53")),
            (vec![due()], None),
            (vec![change("tblhosting", "update", &[("domainstatus", "Active", "Suspended")], &[])], Some("0")),
            (
                vec![
                    change("tblhosting", "insert", &[("amount", "", "8.00"), ("qty", "", "1")], &[]),
                    change("tblorders", "insert", &[("id", "", "7")], &[]),
                ],
                Some("4"),
            ),
            (vec![change("tblhosting", "update", &[("promoid", "0", "2")], &[])], None),
            (vec![change("tblclients", "update", &[("groupid", "0", "3")], &[])], None),
            (vec![change("tblclients", "update", &[("currency", "1", "2")], &[])], None),
            (vec![change("tblclients", "insert", &[("groupid", "", "0"), ("currency", "", "1")], &[])], Some("0")),
            (vec![change("tblclients", "insert", &[("taxexempt", "", "1")], &[])], None),
            (vec![change("tblproducts", "update", &[("qty", "5", "4"), ("updated_at", "", "x")], &[])], Some("0")),
            (vec![change("tblproducts", "update", &[("tax", "1", "0")], &[])], None),
            (
                vec![change("tblconfiguration", "update", &[("value", "7", "8")], &[("setting", COUNTED_SETTING)])],
                Some("0"),
            ),
            (vec![change("tblconfiguration", "update", &[("value", "on", "")], &[("setting", "TaxEnabled")])], None),
            (vec![change("tbltickets", "update", &[("title", "a", "b")], &[])], Some("0")),
        ] {
            assert_eq!(amount(&changes, Decimal::TWO), expected.map(|text| text.parse().unwrap()), "{changes:?}");
        }
    }
}
