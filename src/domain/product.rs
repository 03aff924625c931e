//! Kinds of products, and when they are set up.

/// Declares an enum for the words of a column, the first of which is the default.
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
            /// The word in the database.
            pub fn name(self) -> &'static str {
                match self {
                    $name::$first => $first_word,
                    $($name::$case => $word,)+
                }
            }

            /// Parses a word in any case.
            pub fn parse(text: &str) -> Option<$name> {
                [$name::$first, $($name::$case),+].into_iter().find(|case| case.name().eq_ignore_ascii_case(text))
            }
        }
    )+};
}

words! {
    /// The kind of product: `tblproducts.type`.
    ProductKind {
        Other = "other",
        HostingAccount = "hostingaccount",
        ResellerAccount = "reselleraccount",
        Server = "server",
    }

    /// How a product is paid: `tblproducts.paytype`.
    PayType {
        Free = "free",
        OneTime = "onetime",
        Recurring = "recurring",
    }

    /// When services of the product are created automatically: `tblproducts.autosetup`.
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
