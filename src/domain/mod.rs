//! Business rules, pure: money, invoices, taxes, orders, promotions, tickets. Nothing here knows of HTTP, JSON or SQL.

pub mod billable_item;
pub mod clients;
pub mod currency;
pub mod domain_name;
pub mod domains;
pub mod entities;
pub mod id;
pub mod invoice;
pub mod module;
pub mod money;
pub mod number;
pub mod order;
pub mod payments;
pub mod product;
pub mod promotion;
pub mod random;
pub mod renewal;
pub mod sales;
pub mod service;
pub mod settlement;
pub mod slug;
pub mod staff;
pub mod tax;
pub mod ticket;
pub mod time;
pub mod window;
pub mod written_date;

use id::AdminId;

/// Who is recorded as responsible for a change, in the credit history and the activity log.
#[derive(Debug, Clone)]
pub struct Author {
    /// The member of staff who owns the credential.
    pub admin: AdminId,
    /// Their user name.
    pub name: String,
    /// The network address that the call came from.
    pub address: String,
}
