//! Row ids, one type for each kind of row, so that a client's id cannot be confused with an invoice's.

use rust_decimal::Decimal;

use super::number;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl $name {
            /// Parses an id as clients send it: a whole number above zero, in any form (`7`, `7.0`).
            pub fn parse(text: &str) -> Option<Self> {
                parse(text).map(Self)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// A row of `tbladdons`: an addon that is for sale.
    AddonId,
    /// A row of `tbladmins`.
    AdminId,
    /// A row of `tbladminroles`.
    AdminRoleId,
    /// A row of `tblaffiliates`.
    AffiliateId,
    /// A row of `tblannouncements`.
    AnnouncementId,
    /// A row of `tblclients`; several actions call it `userid`.
    ClientId,
    /// A row of `tblclientgroups`.
    ClientGroupId,
    /// A row of `tblcontacts`.
    ContactId,
    /// A row of `tblcurrencies`.
    CurrencyId,
    /// A row of `tblticketdepartments`.
    DepartmentId,
    /// A row of `tbldomains`.
    DomainId,
    /// A row of `tblinvoices`.
    InvoiceId,
    /// A row of `tbloauthserver_clients`.
    OAuthCredentialId,
    /// A row of `tblorders`.
    OrderId,
    /// A row of `tblproducts`.
    ProductId,
    /// A row of `tblproductgroups`.
    ProductGroupId,
    /// A row of `mod_project`.
    ProjectId,
    /// A row of `mod_projecttasks`.
    ProjectTaskId,
    /// A row of `mod_projecttimes`.
    ProjectTimerId,
    /// A row of `tblpromotions`.
    PromotionId,
    /// A row of `tblquotes`.
    QuoteId,
    /// A row of `tblservers`.
    ServerId,
    /// A row of `tblhostingaddons`.
    ServiceAddonId,
    /// A row of `tblhosting`.
    ServiceId,
    /// A row of `tbltickets`.
    TicketId,
    /// A row of `tblticketnotes`.
    TicketNoteId,
    /// A row of `tblticketreplies`.
    TicketReplyId,
    /// A row of `tbltodolist`.
    ToDoItemId,
    /// A row of `tblusers`.
    UserId,
}

fn parse(text: &str) -> Option<i64> {
    let number = number::parse(text).filter(Decimal::is_integer)?;
    i64::try_from(number).ok().filter(|&id| id > 0)
}

/// Whether a text is the id zero, which no row has: clients send it for no row, as `0` or `0.0`.
pub fn is_zero(text: &str) -> bool {
    number::parse(text.trim()).is_some_and(|number| number.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_above_zero_are_an_id() {
        for text in ["17", " 17 ", "+17", "017", "17.0", "1.7e1"] {
            assert_eq!(ClientId::parse(text), Some(ClientId(17)), "{text:?}");
        }
        assert_eq!(ClientId::parse("9223372036854775807"), Some(ClientId(i64::MAX)));
        for text in ["", "-1", "1abc", "1.5", "１", "null", "true", "9223372036854775808", "99999999999999999999"] {
            assert_eq!(ClientId::parse(text), None, "{text:?}");
            assert!(!is_zero(text), "{text:?}");
        }
        for text in ["0", "00", "0.0", " 0 ", "-0", "0e5"] {
            assert_eq!(ClientId::parse(text), None, "{text:?}");
            assert!(is_zero(text), "{text:?}");
        }
    }
}
