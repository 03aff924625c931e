//! What a client wants to order, before anything is looked up.

use std::collections::BTreeMap;

use crate::domain::id::{AddonId, ProductId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::DomainKind;
use crate::domain::order::name::DomainName;
use crate::domain::order::price::DomainAddons;

/// One thing that a client wants to order.
#[derive(Debug)]
pub enum CartItem {
    Service(CartService),
    Domain(CartDomain),
    /// An addon for a service that the client has.
    Addon {
        addon: CartAddon,
        service: ServiceId,
    },
    Renewal(CartRenewal),
}

/// A product, of which a service is to be made.
#[derive(Debug)]
pub struct CartService {
    pub product: ProductId,
    pub quantity: u32,
    /// The name of a billing cycle in any spelling; by default, the shortest that is offered. A product that is free or
    /// paid once has no other.
    pub cycle: Option<String>,
    /// May be empty.
    pub domain: String,
    /// May be empty, both.
    pub nameservers: [String; 2],
    pub password: String,
    /// The price of one for each term, its options included, in place of the product's; nothing is charged to set it up.
    pub price: Option<Money>,
    /// The choices of configurable options, or their quantities, by the options' ids.
    pub options: BTreeMap<i64, String>,
    /// The values of the product's custom fields, by the fields' ids.
    pub fields: BTreeMap<i64, String>,
    pub addons: Vec<CartAddon>,
}

/// An addon that is for sale.
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
    /// The price of the first period, with its addons, in place of the extension's.
    pub price: Option<Money>,
    /// The price of the later periods, likewise.
    pub renewal_price: Option<Money>,
    /// What the registrar wants to hear for a transfer; may be empty.
    pub transfer_secret: String,
}

/// A domain of the client's to renew.
#[derive(Debug)]
pub struct CartRenewal {
    pub name: String,
    pub years: u32,
}
