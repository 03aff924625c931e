//! What a product is, and when it is set up.

/// The words of a column, each of which is a case. The first is the default.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $first:ident = $first_word:literal, $($case:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name {
            #[default]
            $first,
            $($case,)+
        }

        impl $name {
            /// As the database spells it.
            pub fn name(self) -> &'static str {
                match self {
                    $name::$first => $first_word,
                    $($name::$case => $word,)+
                }
            }

            /// Reads a word in any case.
            pub fn parse(text: &str) -> Option<$name> {
                [$name::$first, $($name::$case),+].into_iter().find(|case| case.name().eq_ignore_ascii_case(text))
            }
        }
    )+};
}

words! {
    /// What is sold: `tblproducts.type`.
    ProductKind {
        Other = "other",
        HostingAccount = "hostingaccount",
        ResellerAccount = "reselleraccount",
        Server = "server",
    }

    /// How it is paid: `tblproducts.paytype`.
    PayType {
        Free = "free",
        OneTime = "onetime",
        Recurring = "recurring",
    }

    /// When its module is asked to create a service by itself: `tblproducts.autosetup`.
    AutoSetup {
        Never = "",
        OnAcceptance = "on",
        OnOrder = "order",
        OnPayment = "payment",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        assert_eq!(ProductKind::parse("HostingAccount").map(ProductKind::name), Some("hostingaccount"));
        assert_eq!((PayType::parse("free"), PayType::parse("never")), (Some(PayType::default()), None));
        assert_eq!(AutoSetup::parse(""), Some(AutoSetup::Never));
    }
}
