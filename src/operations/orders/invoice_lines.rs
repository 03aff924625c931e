//! The lines of an order's invoice.

use super::line_items::{LineItem, LineItemKind};
use super::pricing::PricedCart;
use crate::domain::currency::Currency;
use crate::domain::invoice::{Line, LineKind};
use crate::domain::money::Money;
use crate::domain::order::domain_price::LateStatus;
use crate::domain::order::promotion::{Promotion, PromotionKind};
use crate::domain::order::{Bill, BilledCharge, DomainKind};
use crate::store::orders::new_orders::OrderingClient;

/// An invoice line whose service, addon or domain has no id yet.
pub struct DraftLine {
    /// Index of the item in the cart.
    pub item: Option<usize>,
    pub line: Line,
}

/// Returns the invoice lines, whose amounts add up to the bill's total before taxes.
pub fn draft_lines(
    cart: &PricedCart,
    bill: &Bill,
    promotion: Option<&Promotion>,
    ordering_client: &OrderingClient,
) -> Vec<DraftLine> {
    let mut lines = Vec::new();
    for (at, (item, billed)) in cart.items.iter().zip(&bill.billed).enumerate() {
        lines.extend(item_lines(item, billed).into_iter().map(|line| DraftLine { item: Some(at), line }));
        if let Some(promotion) = promotion.filter(|_| billed.discount.is_positive()) {
            let line = discount_line(item, billed.discount, promotion, ordering_client);
            lines.push(DraftLine { item: Some(at), line });
        }
    }
    for (amount, taxed) in bill.group_discounts.into_iter().filter(|(amount, _)| amount.is_positive()) {
        let description = format!("Client Group Discount - {}%", ordering_client.group_discount.normalize());
        let line = Line { kind: LineKind::GroupDiscount, related: 0, description, amount: -amount, taxed };
        lines.push(DraftLine { item: None, line });
    }
    lines
}

/// Returns the lines of an item. The set-up fee of a service has a line of its own. Other items have one line that
/// includes the fee, because payments are counted by such lines.
fn item_lines(item: &LineItem, billed: &BilledCharge) -> Vec<Line> {
    let line = |kind, description, amount| Line { kind, related: 0, description, amount, taxed: item.charge.taxed };
    let description = item.description.clone();
    let kind = match &item.kind {
        LineItemKind::Service(_) => {
            let mut lines = vec![line(LineKind::Hosting, description, billed.term())];
            if billed.setup.is_positive() {
                lines.push(line(LineKind::Setup, format!("{} Setup Fee", item.name), billed.setup));
            }
            return lines;
        }
        LineItemKind::Addon(_) => LineKind::Addon,
        LineItemKind::Domain(domain) => match domain.kind {
            DomainKind::Register => LineKind::DomainRegister,
            DomainKind::Transfer => LineKind::DomainTransfer,
        },
        LineItemKind::Renewal { .. } => LineKind::Domain,
        LineItemKind::LateFee { status: LateStatus::Grace, .. } => LineKind::DomainGraceFee,
        LineItemKind::LateFee { status: LateStatus::Redemption, .. } => LineKind::DomainRedemptionFee,
    };
    vec![line(kind, description, billed.gross)]
}

fn discount_line(item: &LineItem, discount: Money, promotion: &Promotion, ordering_client: &OrderingClient) -> Line {
    let kind = match &item.kind {
        LineItemKind::Service(_) | LineItemKind::Addon(_) => LineKind::PromoHosting,
        LineItemKind::Domain(_) | LineItemKind::Renewal { .. } | LineItemKind::LateFee { .. } => LineKind::PromoDomain,
    };
    let value = promotion.reduction.value;
    let discount_text = match promotion.reduction.kind {
        PromotionKind::Percentage => format!("{}% Discount", value.normalize()),
        PromotionKind::Fixed => format!("{} Discount", printed(discount, ordering_client)),
        PromotionKind::PriceOverride => "Price Override".to_owned(),
        PromotionKind::FreeSetup => "Free Setup".to_owned(),
    };
    let description = format!("Promotional Code: {} - {discount_text}", promotion.code);
    Line { kind, related: 0, description, amount: -discount, taxed: item.charge.taxed }
}

/// Formats an amount for clients: `$10.00 USD`.
fn printed(amount: Money, ordering_client: &OrderingClient) -> String {
    let OrderingClient { currency_prefix, currency_suffix, currency_format, .. } = ordering_client;
    let (prefix, suffix, format) = (currency_prefix.clone(), currency_suffix.clone(), *currency_format);
    Currency { prefix, suffix, format }.format(amount)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::domain::id::{AddonId, DomainId, ProductId, PromotionId};
    use crate::domain::order::cycle::{Cycle, Term};
    use crate::domain::order::price::Price;
    use crate::domain::order::promotion::{CatalogItem, PriceReduction, PromotionLimits};
    use crate::domain::order::{Charge, bill};
    use crate::operations::orders::line_items::{AddonLine, ServiceLine};

    fn item(kind: u8, setup: i64, term: i64, quantity: u32, taxed: bool) -> LineItem {
        let cents = |cents| Money::rounded(Decimal::new(cents, 2)).unwrap();
        let (cycle, nameservers) = (Cycle::Monthly, [String::new(), String::new()]);
        let kind = match kind {
            0 => LineItemKind::Service(ServiceLine {
                product: ProductId(1),
                cycle,
                domain: String::new(),
                nameservers,
                password: String::new(),
                options: Vec::new(),
                fields: std::collections::BTreeMap::new(),
            }),
            1 => LineItemKind::Addon(AddonLine { addon: AddonId(1), cycle, service: None }),
            _ => LineItemKind::Renewal { domain: DomainId(1), years: 1, due: None },
        };
        let charge = Charge {
            item: CatalogItem::Product(1),
            term: Term::Cycle(cycle),
            price: Price { setup: cents(setup), term: cents(term) },
            renewal: cents(term),
            quantity,
            taxed,
        };
        LineItem { kind, charge, name: "Thing".to_owned(), description: "A thing".to_owned() }
    }

    proptest! {
        /// The lines add up to the bill for any items and any promotion.
        #[test]
        fn lines_add_up_to_what_is_to_be_paid(
            things in prop::collection::vec((0..3_u8, 0..999_999_i64, 0..999_999_i64, 1..9_u32, any::<bool>()), 1..6),
            kind in prop::sample::select(&PromotionKind::ALL[..]),
            value in 0..100_000_i64,
            apply_once in any::<bool>(),
            percent in 0..100_i64,
        ) {
            let things = things.into_iter();
            let items = things.map(|(kind, setup, term, count, taxed)| item(kind, setup, term, count, taxed));
            let cart = PricedCart { items: items.collect(), origins: Vec::new() };
            let promotion = Promotion {
                id: PromotionId(1),
                code: "CODE".to_owned(),
                face_value: Money::ZERO,
                reduction: PriceReduction { kind, value: Decimal::new(value, 2) },
                recurs: true,
                cycles: Vec::new(),
                applies_to: Vec::new(),
                requires: Vec::new(),
                requires_existing: false,
                apply_once,
                upgrades: None,
                limits: PromotionLimits {
                    starts: String::new(), expires: String::new(), max_uses: 0, uses: 0,
                    new_clients_only: false, existing_clients_only: false, once_per_client: false,
                },
            };
            let ordering_client = OrderingClient {
                status: String::new(), group: 1, group_discount: percent.into(),
                currency_prefix: String::new(), currency_suffix: String::new(), currency_format: 1,
            };
            let bill = bill(&cart.charges(), Some(&promotion), ordering_client.group_discount).unwrap();
            let drafts = draft_lines(&cart, &bill, Some(&promotion), &ordering_client);
            for taxed in [true, false] {
                let lines = drafts.iter().filter(|draft| draft.line.taxed == taxed).map(|draft| draft.line.amount);
                let charged = cart.items.iter().zip(&bill.billed).filter(|(item, _)| item.charge.taxed == taxed);
                let payments = Money::sum(charged.map(|(_, billed)| billed.first_payment())).unwrap();
                let discounts = bill.group_discounts.into_iter().filter(|discount| discount.1 == taxed);
                let discount = Money::sum(discounts.map(|discount| discount.0)).unwrap();
                let total = Money::sum(lines).unwrap();
                prop_assert_eq!(total, payments - discount);
                prop_assert!(total >= Money::ZERO);
            }
        }
    }
}
