//! The items that a client orders, before anything is looked up.

use std::collections::BTreeMap;

use crate::domain::domain_name::DomainName;
use crate::domain::id::{AddonId, ProductId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::DomainKind;
use crate::domain::order::domain_price::DomainAddons;

/// An item that a client orders.
#[derive(Debug)]
pub enum CartItem {
    Service(CartService),
    Domain(CartDomain),
    /// An addon for an existing service of the client.
    Addon {
        addon: CartAddon,
        service: ServiceId,
    },
    Renewal(CartRenewal),
}

/// A product, which becomes a service.
#[derive(Debug)]
pub struct CartService {
    pub product: ProductId,
    pub quantity: u32,
    /// The name of a billing cycle in any spelling; by default, the shortest cycle on offer. Ignored for free and
    /// one-time products.
    pub cycle: Option<String>,
    /// The domain, or an empty text.
    pub domain: String,
    /// The host names of two name servers; may be empty.
    pub nameservers: [String; 2],
    pub password: String,
    /// The price of one unit for each term, options included, which replaces the product's price; there is no set-up
    /// fee.
    pub price: Option<Money>,
    /// Choices or quantities by the ids of configurable options.
    pub options: BTreeMap<i64, String>,
    /// Values by the ids of the product's custom fields.
    pub fields: BTreeMap<i64, String>,
    pub addons: Vec<CartAddon>,
}

/// An addon from the catalog.
#[derive(Debug, Clone, Copy)]
pub struct CartAddon {
    pub addon: AddonId,
    pub quantity: u32,
}

/// A domain to register or transfer.
#[derive(Debug)]
pub struct CartDomain {
    pub name: DomainName,
    pub kind: DomainKind,
    pub years: u32,
    pub addons: DomainAddons,
    /// The price of the first period including domain addons, which replaces the extension's price.
    pub price: Option<Money>,
    /// The price of later periods including domain addons, which replaces the extension's price.
    pub renewal_price: Option<Money>,
    /// The transfer code; may be empty.
    pub transfer_secret: String,
    /// Additional fields that the registry asks for, by their names.
    pub fields: BTreeMap<String, String>,
}

/// A domain of the client to renew.
#[derive(Debug)]
pub struct CartRenewal {
    pub name: String,
    pub years: u32,
}
