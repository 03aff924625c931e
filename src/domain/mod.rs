//! The rules, pure: what money, invoices, taxes and promotions are. Nothing here knows of HTTP, JSON or SQL.

pub mod billable_item;
pub mod country;
pub mod currency;
pub mod email;
pub mod id;
pub mod invoice;
pub mod module;
pub mod money;
pub mod order;
pub mod phone;
pub mod preferences;
pub mod product;
pub mod promotion;
pub mod random;
pub mod service;
pub mod slug;
pub mod tax;
pub mod ticket;
pub mod time;
pub mod topic;

use id::AdminId;

/// Who is answerable for a change, as the credit history and the activity log name them.
#[derive(Debug, Clone)]
pub struct Author {
    /// The member of staff to whom the credential belongs.
    pub admin: AdminId,
    /// Their user name.
    pub name: String,
    /// The network address the call came from.
    pub address: String,
}
