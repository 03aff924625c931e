//! Support tickets: opening, replying, adding notes, changing, merging and deleting, and the mails about them; and
//! announcements.
//!
//! The rows to which a ticket refers are looked up first, by the functions of `lookup`, in the order in which the
//! caller reports missing ones; the operation itself takes the results.
//!
//! Nothing here sends a mail: it is stored with the ticket, and the outbox delivers it after the commit.

mod announcements;
mod attachment;
mod block;
mod edit;
mod inactivity;
mod lookup;
mod mails;
mod merge;
mod message;
mod note;
mod open;
mod receive;
mod removal;
mod reply;
mod sight;
mod update;

use crate::attachments::RejectedFile;
use crate::operations;

pub use announcements::{add_announcement, delete_announcement, update_announcement};
pub use attachment::{AttachedFile, read_attached};
pub use block::block_sender;
pub use edit::{ReplyUpdate, lock_reply, update_reply};
pub use inactivity::{close_inactive, inactive_since};
pub use lookup::{
    Sender, check_contact, check_domain, check_service, check_user, find_department, find_staff, find_staff_by_name,
    find_status, lock, staff_author,
};
pub use merge::merge;
pub use message::{CheckedFiles, CreationTime, NewMessage};
pub use note::add_note;
pub use open::{NewTicket, OpenedTicket, open};
pub use receive::{MailOutcome, MailRefusal, ReceivedMail, receive};
pub use removal::{delete_note, delete_reply, delete_ticket};
pub use reply::{NewReply, ReplyAuthor, reply};
pub use sight::{Viewer, check_ticket, find_message, find_ticket, find_ticket_by_number};
pub use update::{Flag, TicketUpdate, update};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a ticket is not opened or changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    TicketNotFound,
    ReplyNotFound,
    NoteNotFound,
    AnnouncementNotFound,
    /// These tickets cannot be merged, with their ids as they were sent.
    NotMergeable {
        ids: Vec<String>,
    },
    /// The sender of a ticket is a client, who cannot be blocked.
    SenderIsClient,
    /// The message has no files, or its file is missing.
    NoFiles,
    /// The files of the message were removed.
    FilesRemoved,
    /// The message has files, but none at this position.
    NoSuchFile,
    /// The client has no such user.
    UserNotFound,
    /// The client has no such contact.
    ContactNotFound,
    DepartmentNotFound,
    StaffNotFound,
    /// The client has no such service.
    ServiceNotFound,
    /// The client has no such domain.
    DomainNotFound,
    /// There is no status with this title; `valid` has the titles of all statuses.
    InvalidStatus {
        valid: String,
    },
    CreatedInFuture,
    FileRejected(RejectedFile),
    /// All ticket numbers that were tried are in use.
    NoUnusedNumber,
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::TicketNotFound => "ticket_not_found",
            Refusal::ReplyNotFound => "reply_not_found",
            Refusal::NoteNotFound => "note_not_found",
            Refusal::AnnouncementNotFound => "announcement_not_found",
            Refusal::NotMergeable { .. } => "tickets_not_mergeable",
            Refusal::SenderIsClient => "sender_is_client",
            Refusal::NoFiles => "no_attachments",
            Refusal::FilesRemoved => "attachments_removed",
            Refusal::NoSuchFile => "attachment_not_found",
            Refusal::UserNotFound => "user_not_found",
            Refusal::ContactNotFound => "contact_not_found",
            Refusal::DepartmentNotFound => "department_not_found",
            Refusal::StaffNotFound => "staff_not_found",
            Refusal::ServiceNotFound => "service_not_found",
            Refusal::DomainNotFound => "domain_not_found",
            Refusal::InvalidStatus { .. } => "invalid_ticket_status",
            Refusal::CreatedInFuture => "created_in_future",
            Refusal::FileRejected(RejectedFile::TooMany { .. }) => "too_many_attachments",
            Refusal::FileRejected(RejectedFile::TypeNotAllowed { .. }) => "attachment_type_not_allowed",
            Refusal::FileRejected(RejectedFile::TooLarge { .. }) => "attachment_too_large",
            Refusal::NoUnusedNumber => "no_unused_ticket_number",
        }
    }
}
