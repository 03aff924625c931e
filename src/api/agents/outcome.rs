//! The outcome of a rehearsed call: which rows differ, what the books lose or gain, and who outside would get something.

use std::collections::BTreeMap;

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::changes::{RowChange, Values, differences};
use super::money;
use crate::database::lease::Lease;
use crate::database::rehearsal::{NEW_IDS_BELOW, Rehearsal};
use crate::domain::id::ClientId;
use crate::domain::time::Moment;
use crate::store::images::{self, Scope};

/// Tables whose rows are of the program itself, not of the business.
const OWN_TABLES: &str = "mod_whmcs_api_";
/// A log, which says the same again.
const LOG: &str = "tblactivitylog";
/// Columns whose new values are random, so that they differ each time.
const RANDOM: [&str; 13] = [
    "uuid",
    "identifier",
    "password",
    "ordernum",
    "tid",
    "c",
    "token",
    "pwresetkey",
    "reset_token",
    "secret",
    "compat_secret",
    "card_data",
    "bank_data",
];

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
    let rate = images::lowest_rate(lease, &clients).await?;

    let mut outcome = Outcome::default();
    let mut is_measured = true;
    for ((scope, before), after) in scopes.iter().zip(before).zip(after) {
        let mut is_whole = scope.is_whole && before.is_some() && after.is_some();
        let of_table = rehearsal.statements.iter().filter(|statement| statement.table == scope.table);
        if let (Some(before), Some(after)) = (before, after) {
            let verbs: Vec<&str> = of_table.clone().map(|one| one.verb.as_str()).collect();
            let changes = differences(scope, &before, &after, &verbs);
            let gone = changes.iter().filter(|change| change.change == "delete").count();
            let deleted: u64 = of_table.clone().filter(|one| one.verb == "delete").map(|one| one.rows).sum();
            // Rows of others than the clients whose rows are compared.
            is_whole &= deleted <= gone as u64;
            outcome.changes.extend(changes);
        }
        if !is_whole {
            let words = of_table.map(|one| format!("{} {}: {} rows", one.verb, one.table, one.rows));
            outcome.also.extend(words);
        }
        is_measured &= is_whole || !money::is_of(&scope.table);
    }
    outcome.amount = if is_measured { money::amount(&outcome.changes, rate) } else { None };
    for (kind, target, summary) in would_send {
        outcome.would_send.push(Sending { kind, target, summary });
    }
    outcome.write_plainly(now);
    Ok(outcome)
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
                for value in [&mut values.before, &mut values.after].into_iter().flatten() {
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
        for RowChange { table, change, row, columns, .. } in &self.changes {
            // A row that was changed in the same second has no such change.
            let is_now = |values: &Values| *change == "update" && values.after.as_deref() == Some(NOW);
            let mut columns = columns.iter().filter(|(_, values)| !is_now(values)).peekable();
            if columns.peek().is_none() && *change == "update" {
                continue;
            }
            for part in [table.as_str(), change, row] {
                add(part.as_bytes());
            }
            for (name, values) in columns {
                add(name.as_bytes());
                add(values.before.as_deref().unwrap_or("\0").as_bytes());
                if !RANDOM.contains(&name.as_str()) {
                    add(values.after.as_deref().unwrap_or("\0").as_bytes());
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
            let column = |(name, before, after): &(&str, &str, &str)| {
                let [before, after] = [*before, *after].map(|value| Some(value.to_owned()));
                ((*name).to_owned(), Values { before, after, is_secret: false })
            };
            let columns = columns.iter().map(column).collect();
            let (table, row) = ("tblclients".to_owned(), "1".to_owned());
            let changes = vec![RowChange { table, change: "update", row, columns, whole: BTreeMap::new() }];
            Outcome { changes, ..Outcome::default() }.digest(b"", &[])
        };
        let (credit, time) = (("credit", "1.00", "4.00"), ("updated_at", "2026-11-20 12:30:00", NOW));
        assert_eq!(digest(&[credit, time]), digest(&[credit]));
        assert_eq!(digest(&[time]), Outcome::default().digest(b"", &[]));
        assert_ne!(digest(&[credit]), digest(&[("credit", "1.00", "5.00")]));
        assert_ne!(digest(&[credit]), digest(&[]));
    }
}
