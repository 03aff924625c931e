//! Subjects: what transactions change, and wait for each other for.

use blake2::digest::consts::U8;
use blake2::{Blake2b, Digest};

use crate::domain::entities::decoded;
use crate::domain::id::{ClientId, ProductGroupId, ProjectId, QuoteId, TicketId, UserId};

/// What a transaction changes. Transactions with the same subject run one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The books of one client: balance, credit history, invoices, payments.
    Client(ClientId),
    /// One quote and its items.
    Quote(QuoteId),
    /// The products of one group, whose slugs must be unique.
    ProductGroup(ProductGroupId),
    /// All domain extensions, whose names must be unique, with their prices and their order.
    Extensions,
    /// All promotion codes, which must be unique.
    Promotions,
    /// A gateway's own id of a payment, which must be booked only once.
    Transaction(u64),
    /// The sequence of invoice numbers.
    InvoiceNumbers,
    /// Transactions that belong to no client.
    Ledger,
    /// An e-mail address, which at most one client and one user may have.
    Address(u64),
    /// One user's login.
    User(UserId),
    /// One ticket and what belongs to it.
    Ticket(TicketId),
    /// A public ticket number, which at most one ticket may have.
    TicketNumber(u32),
    /// The records of writes that are to be moved to the API log.
    ApiLog,
    /// All announcements.
    Announcements,
    /// One project with its tasks, timers and messages.
    Project(ProjectId),
    /// Which gateways and other modules are active, and their settings.
    ModuleSettings,
    /// The numbers of events.
    EventNumbers,
    /// The endpoints of webhooks.
    Webhooks,
    /// A session of FOSSBilling's API with its cart, by its id, or by a part of the sum of its cookie if it is new.
    Session(u64),
    /// What only staff read: lines of the activity log that concern no client, and mails to staff.
    Staff,
}

impl Subject {
    pub(super) fn name(self) -> String {
        match self {
            Subject::Client(id) => format!("client:{id}"),
            Subject::Quote(id) => format!("quote:{id}"),
            Subject::ProductGroup(id) => format!("products:{id}"),
            Subject::Extensions => "extensions".to_owned(),
            Subject::Promotions => "promotions".to_owned(),
            Subject::Transaction(hash) => format!("transaction:{hash:016x}"),
            Subject::InvoiceNumbers => "invoice-numbers".to_owned(),
            Subject::Ledger => "ledger".to_owned(),
            Subject::Address(hash) => format!("address:{hash:016x}"),
            Subject::User(id) => format!("user:{id}"),
            Subject::Ticket(id) => format!("ticket:{id}"),
            Subject::TicketNumber(number) => format!("ticket-number:{number}"),
            Subject::ApiLog => "api-log".to_owned(),
            Subject::Announcements => "announcements".to_owned(),
            Subject::Project(id) => format!("project:{id}"),
            Subject::ModuleSettings => "module-settings".to_owned(),
            Subject::EventNumbers => "event-numbers".to_owned(),
            Subject::Webhooks => "webhooks".to_owned(),
            Subject::Session(sum) => format!("session:{sum:016x}"),
            Subject::Staff => "staff".to_owned(),
        }
    }

    /// The client whose rows it covers.
    pub fn client(self) -> Option<ClientId> {
        match self {
            Subject::Client(id) => Some(id),
            _ => None,
        }
    }

    /// The subject of an e-mail address, which is compared without regard to case.
    pub fn address(email: &str) -> Subject {
        Subject::Address(hash(email))
    }

    /// The subject of a gateway's transaction id, which is compared without regard to case.
    pub fn transaction(id: &str) -> Subject {
        Subject::Transaction(hash(id))
    }
}

/// A hash of a text, without regard to case and HTML entities, that is the same on every server. Two texts with the same
/// hash only wait for each other.
fn hash(text: &str) -> u64 {
    let digest = Blake2b::<U8>::digest(decoded(text).to_lowercase());
    u64::from_be_bytes(digest.into())
}
