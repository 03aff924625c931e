//! The outcome of a rehearsed call: which rows differ, what the books lose or gain, and who outside would get something.

use std::collections::BTreeMap;

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::database::lease::Lease;
use crate::database::rehearsal::{NEW_IDS_BELOW, Rehearsal};
use crate::domain::id::ClientId;
use crate::domain::time::Moment;
use crate::store::images::{self, Rows, Scope};

/// Tables whose rows are of the program itself, not of the business.
const OWN_TABLES: &str = "mod_whmcs_api_";
/// A log, which says the same again.
const LOG: &str = "tblactivitylog";
/// Columns of new rows whose values are random, so that they differ each time.
const RANDOM: [&str; 10] =
    ["uuid", "password", "ordernum", "tid", "c", "token", "pwresetkey", "secret", "card_data", "bank_data"];
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

/// What a call would do.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// The rows that would be new, changed or gone.
    pub changes: Vec<RowChange>,
    /// Changes of tables whose rows are not compared, in words.
    pub also: Vec<String>,
    /// Who outside would get something after the commit.
    pub would_send: Vec<Sending>,
    /// The most that a kind of money changes (credit, payments, totals, recurring amounts), in the default currency; `None` if
    /// that cannot be said.
    #[serde(serialize_with = "as_text")]
    pub amount: Option<Decimal>,
    /// Who outside would be asked before anything is written, so that nothing more is known.
    #[serde(skip)]
    pub would_ask: Option<Sending>,
}

#[expect(clippy::ref_option, reason = "serde gives it so")]
fn as_text<S: Serializer>(amount: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_some(&amount.map(|amount| format!("{amount:.2}")))
}

/// A row before and after a call.
#[derive(Debug, Serialize)]
pub struct RowChange {
    pub table: String,
    /// `insert`, `update` or `delete`.
    pub change: &'static str,
    /// The key of the row, or `(new)`.
    pub row: String,
    /// The columns that differ, with their values before and after.
    pub columns: BTreeMap<String, [Option<String>; 2]>,
}

/// Something that would leave the server.
#[derive(Debug, Serialize)]
pub struct Sending {
    pub kind: String,
    pub target: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
}

impl Sending {
    /// A question that would be asked.
    pub fn question(kind: &str, target: String) -> Sending {
        Sending { kind: kind.to_owned(), target, summary: String::new() }
    }
}

/// Ends a rehearsal, and says what it has done.
pub async fn of_rehearsal(lease: &mut Lease, rehearsal: Rehearsal, now: Moment) -> sqlx::Result<Outcome> {
    let clients: Vec<ClientId> = rehearsal.subjects.iter().filter_map(|subject| subject.client()).collect();
    let mut scopes = Vec::new();
    for statement in rehearsal.statements.iter().filter(|statement| statement.rows > 0) {
        let is_known = scopes.iter().any(|scope: &Scope| scope.table == statement.table);
        if !is_known && !statement.table.starts_with(OWN_TABLES) && statement.table != LOG {
            scopes.push(images::scope(lease, &statement.table, &clients).await?);
        }
    }
    let would_send = images::outbox(lease).await?;
    let mut after = Vec::new();
    for scope in &scopes {
        after.push(images::read(lease, scope).await?);
    }
    lease.end_rehearsal().await?;
    let mut before = Vec::new();
    for scope in &scopes {
        before.push(images::read(lease, scope).await?);
    }
    let rates = images::rates(lease, &clients).await?;

    let mut outcome = Outcome::default();
    let mut is_measured = true;
    for ((scope, before), after) in scopes.iter().zip(before).zip(after) {
        let is_whole = scope.is_whole && before.is_some() && after.is_some();
        if let (Some(before), Some(after)) = (before, after) {
            outcome.changes.extend(differences(scope, &before, &after));
        }
        if !is_whole {
            let of_table = rehearsal.statements.iter().filter(|statement| statement.table == scope.table);
            let words = of_table.map(|one| format!("{} {}: {} rows", one.verb, one.table, one.rows));
            outcome.also.extend(words);
        }
        let is_money = BOOKS.iter().any(|(table, ..)| *table == scope.table);
        is_measured &= is_whole || !is_money;
        is_measured &= !PRICES.contains(&scope.table.as_str());
    }
    outcome.amount = if is_measured { amount(&outcome.changes, &rates) } else { None };
    for (kind, target, summary) in would_send {
        outcome.would_send.push(Sending { kind, target, summary });
    }
    outcome.write_plainly(now);
    Ok(outcome)
}

fn differences(scope: &Scope, before: &Rows, after: &Rows) -> Vec<RowChange> {
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let of_row = |key: &String| {
        let (old, new) = (before.get(key), after.get(key));
        let change = match (old, new) {
            (None, _) => "insert",
            (_, None) => "delete",
            _ => "update",
        };
        let value =
            |row: Option<&Vec<Option<String>>>, index: usize| row.and_then(|row| row.get(index).cloned().flatten());
        let columns =
            scope.columns.iter().enumerate().map(|(index, name)| (name, [value(old, index), value(new, index)]));
        let columns: BTreeMap<String, _> =
            columns.filter(|(_, [old, new])| old != new).map(|(name, values)| (name.clone(), values)).collect();
        let row = RowChange { table: scope.table.clone(), change, row: key.clone(), columns };
        (!row.columns.is_empty()).then_some(row)
    };
    keys.into_iter().filter_map(of_row).collect()
}

/// The most that a kind of money changes, in the default currency.
fn amount(changes: &[RowChange], rates: &BTreeMap<String, Decimal>) -> Option<Decimal> {
    let mut kinds: BTreeMap<&str, Decimal> = BTreeMap::new();
    let rate = rates.values().copied().min().filter(|rate| !rate.is_zero()).unwrap_or(Decimal::ONE);
    for change in changes {
        let Some((table, kind, columns)) = BOOKS.iter().find(|(table, ..)| *table == change.table) else { continue };
        for column in *columns {
            let Some([old, new]) = change.columns.get(*column) else { continue };
            let value = |text: &Option<String>| text.as_deref().map_or(Some(Decimal::ZERO), |text| text.parse().ok());
            let difference = (value(new)? - value(old)?).abs();
            *kinds.entry(kind).or_default() += difference.checked_div(rate)?;
        }
        // An invoice that is canceled is worth nothing, although its total stays.
        if *table == "tblinvoices" && change.change == "update" && change.columns.contains_key("status") {
            let is_cancelled = |text: &Option<String>| {
                matches!(text.as_deref(), Some("Cancelled" | "Refunded" | "Draft" | "Collections"))
            };
            if change.columns.get("status").is_some_and(|[_, new]| is_cancelled(new)) {
                return None;
            }
        }
    }
    Some(kinds.into_values().max().unwrap_or_default().round_dp(2))
}

/// What stands for the time of the call.
const NOW: &str = "(now)";

impl Outcome {
    /// Of a call that would ask somebody first.
    pub fn asking(asked: Sending) -> Outcome {
        Outcome { would_ask: Some(asked), ..Outcome::default() }
    }

    /// In words for a person, of at most 1000 characters.
    pub fn summary(&self) -> String {
        if let Some(Sending { kind, target, .. }) = &self.would_ask {
            return format!("the {kind} is asked first ({target}), so what would change is not known.");
        }
        let mut rows: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for change in &self.changes {
            *rows.entry((&change.table, change.change)).or_default() += 1;
        }
        let mut parts: Vec<String> =
            rows.into_iter().map(|((table, change), rows)| format!("{change} {rows} of {table}")).collect();
        parts.extend(self.also.iter().cloned());
        parts.extend(self.would_send.iter().map(|sent| format!("send {} to {}", sent.kind, sent.target)));
        let amount = self.amount.map_or_else(|| "an unknown amount".to_owned(), |amount| format!("{amount:.2}"));
        format!("{amount} changes in the books. {}.", parts.join(", ")).chars().take(1000).collect()
    }

    /// Replaces what no two rehearsals have in common: ids of new rows, and the time of the call.
    fn write_plainly(&mut self, now: Moment) {
        let times = [now.local(), now.utc()].map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string());
        let plain = |text: &str| {
            let text = times.iter().fold(text.to_owned(), |text, time| text.replace(time, NOW));
            without_new_ids(&text)
        };
        for change in &mut self.changes {
            change.row = plain(&change.row);
            for values in change.columns.values_mut() {
                for value in values.iter_mut().flatten() {
                    *value = plain(value);
                }
            }
        }
        for sending in &mut self.would_send {
            sending.summary = plain(&sending.summary);
        }
    }

    /// A hash of what the call would do, with the nonce of its plan.
    pub fn digest(&self, nonce: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = Blake2b::<U32>::new();
        let mut add = |part: &[u8]| {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        };
        add(nonce);
        for part in parts {
            add(part);
        }
        for RowChange { table, change, row, columns } in &self.changes {
            let is_random = |name: &str| *change == "insert" && RANDOM.contains(&name);
            // A row that was changed in the same second has no such change.
            let is_now = |new: &Option<String>| *change == "update" && new.as_deref() == Some(NOW);
            let mut columns = columns.iter().filter(|(name, [_, new])| !is_random(name) && !is_now(new)).peekable();
            if columns.peek().is_none() && *change == "update" {
                continue;
            }
            for part in [table.as_str(), change, row] {
                add(part.as_bytes());
            }
            for (name, values) in columns {
                add(name.as_bytes());
                for value in values {
                    add(value.as_deref().unwrap_or("\0").as_bytes());
                }
            }
        }
        for words in &self.also {
            add(words.as_bytes());
        }
        for Sending { kind, target, .. } in self.would_send.iter().chain(&self.would_ask) {
            for part in [kind, target] {
                add(part.as_bytes());
            }
        }
        digest.finalize().into()
    }
}

/// Replaces ids that only a rehearsal gives.
fn without_new_ids(text: &str) -> String {
    let prefix = &NEW_IDS_BELOW.to_string()[..2];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(prefix) {
        let digits = rest[start + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let is_new = rest[start..start + 1 + digits].parse().is_ok_and(|id: i64| id < NEW_IDS_BELOW);
        plain.push_str(&rest[..start]);
        plain.push_str(if is_new { "(new)" } else { &rest[start..start + 1 + digits] });
        rest = &rest[start + 1 + digits..];
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_each_time_is_written_plainly() {
        for (text, plain) in [
            ("Invoice #-1900000001", "Invoice #(new)"),
            ("-1900000002/5 and -19", "(new)/5 and -19"),
            ("-1", "-1"),
            ("10.00", "10.00"),
        ] {
            assert_eq!(without_new_ids(text), plain);
        }
    }

    #[test]
    fn plans_are_equal_whether_or_not_a_row_was_changed_in_the_same_second() {
        let digest = |columns: &[(&str, &str, &str)]| {
            let column = |(name, old, new): &(&str, &str, &str)| {
                ((*name).to_owned(), [*old, *new].map(|value| Some(value.to_owned())))
            };
            let columns = columns.iter().map(column).collect();
            let (table, row) = ("tblclients".to_owned(), "1".to_owned());
            let changes = vec![RowChange { table, change: "update", row, columns }];
            Outcome { changes, ..Outcome::default() }.digest(b"", &[])
        };
        let (credit, time) = (("credit", "1.00", "4.00"), ("updated_at", "2026-11-20 12:30:00", NOW));
        assert_eq!(digest(&[credit, time]), digest(&[credit]));
        assert_eq!(digest(&[time]), Outcome::default().digest(b"", &[]));
        assert_ne!(digest(&[credit]), digest(&[("credit", "1.00", "5.00")]));
        assert_ne!(digest(&[credit]), digest(&[]));
    }

    #[test]
    fn money_is_measured_by_the_books() {
        let change = |table: &str, change, column: &str, old: Option<&str>, new: Option<&str>| RowChange {
            table: table.to_owned(),
            change,
            row: "1".to_owned(),
            columns: BTreeMap::from([(column.to_owned(), [old, new].map(|text| text.map(str::to_owned)))]),
        };
        let rates = BTreeMap::from([("1".to_owned(), Decimal::new(2, 0))]);
        for (changes, expected) in [
            (vec![], Some("0")),
            (vec![change("tblclients", "update", "credit", Some("10.00"), Some("30.00"))], Some("10")),
            (vec![change("tblaccounts", "insert", "amountin", None, Some("50.00"))], Some("25")),
            (
                vec![
                    change("tblclients", "update", "credit", Some("30.00"), Some("10.00")),
                    change("tblaccounts", "delete", "amountin", Some("50.00"), None),
                ],
                Some("25"),
            ),
            (vec![change("tblinvoices", "update", "status", Some("Unpaid"), Some("Cancelled"))], None),
            (vec![change("tbltickets", "update", "title", Some("a"), Some("b"))], Some("0")),
        ] {
            assert_eq!(amount(&changes, &rates), expected.map(|text| text.parse().unwrap()), "{changes:?}");
        }
    }
}
