//! The priced items of an order, and what prices depend on.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::config::Compat;
use crate::domain::domain_name::DomainName;
use crate::domain::id::{AddonId, ClientId, DomainId, ProductId, ServiceId};
use crate::domain::order::cycle::{Cycle, Term};
use crate::domain::order::domain_price::{DomainAddons, LateStatus};
use crate::domain::order::options::ChosenOption;
use crate::domain::order::{Charge, DomainKind};
use crate::domain::time::local_date;
use crate::operations::catalog::domain_prices::PriceTerms;

/// The client, currency and date for which prices are looked up.
pub struct PricingContext<'c> {
    pub client: ClientId,
    pub terms: PriceTerms,
    pub today: NaiveDate,
    pub date_format: String,
    pub taxes_domains: bool,
    pub compat: &'c Compat,
}

/// One item of the order, which becomes one or more lines of its invoice.
pub struct LineItem {
    pub kind: LineItemKind,
    pub charge: Charge,
    /// The item's name, for lines about its set-up fee or discount.
    pub name: String,
    /// The description for the item's line on the invoice.
    pub description: String,
}

pub enum LineItemKind {
    Service(ServiceLine),
    Addon(AddonLine),
    Domain(DomainLine),
    Renewal {
        domain: DomainId,
        years: u32,
        /// The first day of the term that is paid for, if the domain has a next due date.
        due: Option<NaiveDate>,
    },
    /// The fee for renewing a domain that has expired.
    LateFee {
        domain: DomainId,
        status: LateStatus,
    },
}

#[derive(Clone)]
pub struct ServiceLine {
    pub product: ProductId,
    pub cycle: Cycle,
    pub domain: String,
    pub nameservers: [String; 2],
    pub password: String,
    pub options: Vec<ChosenOption>,
    pub fields: BTreeMap<i64, String>,
}

#[derive(Clone)]
pub struct AddonLine {
    pub addon: AddonId,
    pub cycle: Cycle,
    /// An existing service of the client; `None` for the service that precedes the addon in the cart.
    pub service: Option<ServiceId>,
}

pub struct DomainLine {
    pub name: DomainName,
    pub kind: DomainKind,
    pub years: u32,
    pub addons: DomainAddons,
    pub transfer_secret: String,
    /// Additional fields by name.
    pub fields: BTreeMap<String, String>,
}

/// Formats a period for a line, such as ` (20/11/2026 - 19/12/2026)`; empty for a term without an end.
pub fn period(term: Term, start: NaiveDate, context: &PricingContext<'_>) -> String {
    let written = |date| local_date(date, &context.date_format);
    term.period(start).map_or(String::new(), |(first, last)| format!(" ({} - {})", written(first), written(last)))
}
