//! A message of a ticket with its files: the message that opens it, a reply or a note.

use chrono::NaiveDateTime;

use super::Refusal;
use crate::attachments::{Attachment, Attachments};
use crate::domain::time::Moment;
use crate::fault;

/// A message that is to be written.
#[derive(Debug)]
pub struct NewMessage {
    pub text: String,
    /// Whether the text is in Markdown.
    pub is_markdown: bool,
    pub created: CreationTime,
    pub files: CheckedFiles,
}

/// The time of a message: now or in the past, on the operator's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreationTime(NaiveDateTime);

impl CreationTime {
    pub fn now(now: Moment) -> CreationTime {
        CreationTime(now.local())
    }

    /// Rejects a time in the future.
    pub fn past(time: NaiveDateTime, now: Moment) -> Result<CreationTime, Refusal> {
        if time > now.local() { Err(Refusal::CreatedInFuture) } else { Ok(CreationTime(time)) }
    }

    pub(super) fn local(self) -> NaiveDateTime {
        self.0
    }
}

/// Files that comply with the operator's rules.
#[derive(Debug, Default)]
pub struct CheckedFiles(Vec<Attachment>);

impl CheckedFiles {
    pub fn new(files: Vec<Attachment>, attachments: &Attachments) -> Result<CheckedFiles, Refusal> {
        attachments.check(&files).map_err(Refusal::FileRejected)?;
        Ok(CheckedFiles(files))
    }

    /// Adds a file that this server itself makes, to which the operator's rules do not apply.
    pub(super) fn add_own(&mut self, file: Attachment) {
        self.0.push(file);
    }

    /// Writes the files to disk, directly before the first write to the database, and returns their names as stored in
    /// the tables.
    pub(super) async fn store(self, attachments: &Attachments) -> fault::Result<String> {
        attachments.store(self.0).await
    }
}

/// Returns the name of the message's format in the database.
pub(super) fn editor(is_markdown: bool) -> &'static str {
    if is_markdown { "markdown" } else { "plain" }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use chrono_tz::Tz;

    use super::*;
    use crate::domain::time::Clock;

    #[test]
    fn times_in_the_future_are_rejected() {
        let now = Clock::fixed_at("2026-11-20 12:30:00", Tz::UTC).unwrap().now();
        let at = |seconds| CreationTime::past(now.local() + TimeDelta::seconds(seconds), now);
        assert_eq!(at(0), Ok(CreationTime::now(now)));
        assert_eq!(at(-1).map(CreationTime::local), Ok(now.local() - TimeDelta::seconds(1)));
        assert_eq!(at(1), Err(Refusal::CreatedInFuture));
    }
}
