//! How the parameters of the current call are read: what depends on the operator, and which amounts were rounded.
//!
//! A parameter is read while the action is decoded, or later, while it runs; neither can pass anything to the parser. So
//! this belongs to the task, and [`within`] sets it for each call.

use std::borrow::Cow;
use std::cell::RefCell;

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::config::{Amounts, Compat, Entities};
use crate::domain::number::{parse, plain, rounded};
use crate::domain::time::Moment;
use crate::domain::written_date::{NotRead, WrittenDate};
use crate::store;

tokio::task_local! {
    static READING: RefCell<Reading>;
}

#[derive(Debug)]
struct Reading {
    amounts: Amounts,
    entities: Entities,
    now: Moment,
    /// The setting `DateFormat`, once a date was sent that needs it.
    date_format: Option<String>,
    needs_date_format: bool,
    /// Each number that was rounded, as it was sent and as it was stored.
    rounded: Vec<(String, String)>,
}

/// Runs the decoding of parameters and the action.
pub async fn within<T>(compat: &Compat, now: Moment, work: impl Future<Output = T>) -> T {
    READING.scope(Reading::new(compat, now), work).await
}

/// Runs only the decoding of parameters, none of which are dates.
pub fn decoding<T>(compat: &Compat, now: Moment, decode: impl FnOnce() -> T) -> T {
    READING.sync_scope(Reading::new(compat, now), decode)
}

impl Reading {
    fn new(compat: &Compat, now: Moment) -> RefCell<Reading> {
        let Compat { amounts, entities, .. } = *compat;
        RefCell::new(Reading {
            amounts,
            entities,
            now,
            date_format: None,
            needs_date_format: false,
            rounded: Vec::new(),
        })
    }
}

/// Reads the operator's date format if a date was sent that needs it. The parameters must then be decoded again.
pub async fn learn_date_format(db: &mut MySqlConnection) -> sqlx::Result<bool> {
    let needs_format = |reading: &RefCell<Reading>| reading.borrow().needs_date_format;
    if !READING.try_with(needs_format).unwrap_or(false) {
        return Ok(false);
    }
    let format = store::system::configuration::date_format(db).await?;
    let _ = READING.try_with(|reading| {
        let mut reading = reading.borrow_mut();
        reading.date_format = Some(format);
        reading.needs_date_format = false;
        reading.rounded.clear();
    });
    Ok(true)
}

/// Returns a line for the activity log about the numbers that were rounded since this was last called, if there are any.
pub fn take_roundings() -> Option<String> {
    const MAX_LISTED: usize = 20;
    const MAX_LENGTH: usize = 60;
    let take = |reading: &RefCell<Reading>| std::mem::take(&mut reading.borrow_mut().rounded);
    let rounded = READING.try_with(take).unwrap_or_default();
    let listed = rounded.iter().take(MAX_LISTED).map(|(sent, stored)| match sent.len() {
        // A number is ASCII, so that it may be cut anywhere.
        MAX_LENGTH.. => format!("{}... to {stored}", &sent[..MAX_LENGTH]),
        _ => format!("{sent} to {stored}"),
    });
    let listed: Vec<String> = listed.collect();
    let more = match rounded.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!listed.is_empty()).then(|| format!("Rounded Amounts - {}{more}", listed.join(", ")))
}

/// How texts are stored.
pub(super) fn entities() -> Entities {
    READING.try_with(|reading| reading.borrow().entities).unwrap_or_default()
}

/// Returns a number in the form that is documented, `###.##`, with at most this many decimals; further ones are rounded
/// unless the operator wants that refused.
pub(super) fn decimal(text: &str, decimals: u32) -> Option<Cow<'_, str>> {
    let is_documented = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if is_documented(text) || READING.try_with(|reading| reading.borrow().amounts == Amounts::Strict).unwrap_or(false) {
        return Some(text.into());
    }
    let sent = parse(text)?;
    let rounded = rounded(sent, decimals);
    let stored = plain(rounded);
    if rounded != sent {
        let pair = (text.trim().to_owned(), stored.clone());
        let _ = READING.try_with(|reading| reading.borrow_mut().rounded.push(pair));
    }
    Some(stored.into())
}

/// Returns the operator's time of a date; a day alone means its first second.
pub fn local_time(written: WrittenDate) -> Option<NaiveDateTime> {
    let in_call = READING.try_with(|reading| reading.borrow().now.local_time(written));
    // Outside a call there is no operator.
    in_call.unwrap_or_else(|_| Some(written.day.and_time(written.time.unwrap_or_default())))
}

/// Parses a date in any form that is accepted.
pub fn written_date(text: &str) -> Option<WrittenDate> {
    let read = |reading: &RefCell<Reading>| {
        let written = WrittenDate::parse(text, reading.borrow().date_format.as_deref());
        reading.borrow_mut().needs_date_format |= written == Err(NotRead::FormatNeeded);
        written
    };
    READING.try_with(read).unwrap_or_else(|_| WrittenDate::parse(text, None)).ok()
}
