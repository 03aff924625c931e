//! Reading attached files.

use super::{Refusal, Result};
use crate::attachments::Attachments;
use crate::domain::ticket::{original_name, stored_files};
use crate::store::support::messages::Message;

/// A file of a message.
#[derive(Debug)]
pub struct AttachedFile {
    /// The name that its author gave it.
    pub name: String,
    pub content: Vec<u8>,
}

/// Reads a file of a message by its position among the message's files; `None` is a position that no file can have.
pub async fn read_attached(message: &Message, index: Option<u32>, attachments: &Attachments) -> Result<AttachedFile> {
    let files: Vec<&str> = stored_files(&message.files).collect();
    if files.is_empty() {
        return Err(Refusal::NoFiles.into());
    }
    if message.are_files_removed {
        return Err(Refusal::FilesRemoved.into());
    }
    let position = index.and_then(|index| usize::try_from(index).ok());
    let stored = *position.and_then(|position| files.get(position)).ok_or(Refusal::NoSuchFile)?;
    // Whoever runs the server learns from the log which file is missing.
    let content = attachments.read(stored).await.ok_or(Refusal::NoFiles)?;
    Ok(AttachedFile { name: original_name(stored).to_owned(), content })
}
