//! What users may do for a client whom they do not own.

/// The names of all permissions, in the order of WHMCS's documentation.
pub const ALL: [&str; 13] = [
    "profile",
    "contacts",
    "products",
    "manageproducts",
    "productsso",
    "domains",
    "managedomains",
    "invoices",
    "quotes",
    "tickets",
    "affiliates",
    "emails",
    "orders",
];

/// The permissions of one user for one client. None implies another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPermissions(Vec<&'static str>);

impl UserPermissions {
    /// Returns the permissions with these names, in any case. Names of nothing are left out.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> UserPermissions {
        let names: Vec<&str> = names.into_iter().map(str::trim).collect();
        let is_named = |permission: &&str| names.iter().any(|name| name.eq_ignore_ascii_case(permission));
        UserPermissions(ALL.into_iter().filter(is_named).collect())
    }

    /// All permissions, which owners have.
    pub fn all() -> UserPermissions {
        UserPermissions(ALL.to_vec())
    }

    pub fn names(&self) -> &[&'static str] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_those_that_exist_in_their_order() {
        let named = UserPermissions::named(["tickets", " Products ", "tickets", "fly", ""]);
        assert_eq!(named.names(), ["products", "tickets"]);
        assert!(UserPermissions::named(["fly"]).is_empty());
        assert_eq!(UserPermissions::named(ALL), UserPermissions::all());
    }
}
