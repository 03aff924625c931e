//! Row ids, one type for each kind of row, so that a client's id cannot be confused with an invoice's.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl $name {
            /// Parses an id as clients send it: decimal digits, not zero.
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
    /// A row of `tblorders`.
    OrderId,
    /// A row of `tblproducts`.
    ProductId,
    /// A row of `tblproductgroups`.
    ProductGroupId,
    /// A row of `tblpromotions`.
    PromotionId,
    /// A row of `tblservers`.
    ServerId,
    /// A row of `tblhostingaddons`.
    ServiceAddonId,
    /// A row of `tblhosting`.
    ServiceId,
    /// A row of `tbltickets`.
    TicketId,
    /// A row of `tblusers`.
    UserId,
}

fn parse(text: &str) -> Option<i64> {
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&id| digits_only && id > 0)
}

/// Whether a text is the id zero, which no row has: clients send it for no row.
pub fn is_zero(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positive_decimal_digits_are_an_id() {
        assert_eq!(ClientId::parse("17"), Some(ClientId(17)));
        for text in ["", "0", "-1", "+1", " 1", "1abc", "1.0", "1e3", "99999999999999999999"] {
            assert_eq!(ClientId::parse(text), None, "{text:?}");
            assert_eq!(is_zero(text), text == "0", "{text:?}");
        }
        assert!(is_zero("00"));
    }
}
