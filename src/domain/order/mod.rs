//! The price of an order: pure and exact; an order whose sums exceed a money column is rejected.

pub mod cycle;
pub mod domain_price;
pub mod free_domain;
pub mod options;
pub mod price;
pub mod promotion;
mod status;

use cycle::Term;
use price::Price;
use promotion::{CatalogItem, Promotion};
use rust_decimal::Decimal;

use super::money::Money;

pub use status::{Status, parse_renewals};

/// An ordered item with its price.
#[derive(Debug, Clone)]
pub struct Charge {
    pub item: CatalogItem,
    pub term: Term,
    /// The price that is paid now for one unit.
    pub price: Price,
    /// The price of each later term of one unit; 0 if there is none.
    pub renewal: Money,
    pub quantity: u32,
    pub taxed: bool,
}

/// A charge with its quantity and discounts applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BilledCharge {
    /// The set-up fee and the first term.
    pub gross: Money,
    pub setup: Money,
    /// The promotion's discount on both; never more than they are.
    pub discount: Money,
    /// The price of each later term, less the promotion's discount.
    pub renewal: Money,
    /// Whether the promotion applies to this charge. A promotion that applies once skips charges that it would not
    /// lower.
    pub is_promoted: bool,
}

impl BilledCharge {
    /// The amount for the first term alone.
    pub fn term(&self) -> Money {
        self.gross - self.setup
    }

    /// The first payment, before taxes.
    pub fn first_payment(&self) -> Money {
        self.gross - self.discount
    }
}

/// All charges with their discounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// In the order of the charges.
    pub billed: Vec<BilledCharge>,
    /// The client group's discounts on taxed and on untaxed items; neither is negative.
    pub group_discounts: [(Money, bool); 2],
}

/// Computes the bill. The promotion is applied first; the group's discount, in percent, is on the remainder. Fees are
/// discounted by neither.
pub fn bill(charges: &[Charge], promotion: Option<&Promotion>, group_discount: Decimal) -> Option<Bill> {
    let mut is_used = false;
    let mut billed = Vec::with_capacity(charges.len());
    for charge in charges {
        let promotion = promotion.filter(|promotion| !is_used && promotion.applies_to_charge(charge));
        let bill = charge.bill(promotion)?;
        is_used |= bill.is_promoted && promotion.is_some_and(|promotion| promotion.apply_once);
        billed.push(bill);
    }
    let discount = |taxed| {
        let is_discounted = |charge: &Charge| charge.taxed == taxed && charge.item != CatalogItem::Fee;
        let payments = charges.iter().zip(&billed).filter(|(charge, _)| is_discounted(charge));
        let sum = Money::sum(payments.map(|(_, billed)| billed.first_payment()))?;
        Some((percentage(sum, group_discount)?, taxed))
    };
    let group_discounts = [discount(true)?, discount(false)?];
    Some(Bill { billed, group_discounts })
}

/// Returns the discounts of a client's group, in percent, on these amounts: on the taxed and on the untaxed ones, if they are
/// above zero.
pub fn discount_of_group(amounts: &[(Money, bool)], percent: Decimal) -> Option<Vec<(Money, bool)>> {
    let mut discounts = Vec::new();
    for taxed in [true, false] {
        let sum = Money::sum(amounts.iter().filter(|amount| amount.1 == taxed).map(|amount| amount.0))?;
        discounts.push((percentage(sum, percent)?, taxed));
    }
    discounts.retain(|(amount, _)| amount.is_positive());
    Some(discounts)
}

impl Charge {
    /// The price of each later term, less the discount of a promotion that applies to this charge.
    pub fn renewal(&self, promotion: Option<&Promotion>) -> Option<Money> {
        let discount = promotion.map_or(Some(Money::ZERO), |promotion| promotion.later_discount(self))?;
        Some(self.renewal.times(self.quantity)? - discount)
    }

    fn bill(&self, promotion: Option<&Promotion>) -> Option<BilledCharge> {
        let all = self.price.times(self.quantity)?;
        let renewal = self.renewal(promotion)?;
        let discount = promotion.map_or(Some(Money::ZERO), |promotion| promotion.first_discount(self))?;
        let lowers_price = discount.is_positive() || renewal < self.renewal(None)?;
        Some(BilledCharge {
            gross: all.setup.checked_add(all.term)?,
            setup: all.setup,
            discount,
            renewal,
            is_promoted: promotion.is_some_and(|promotion| lowers_price || !promotion.apply_once),
        })
    }
}

/// A percentage of an amount, limited to between 0 and the amount.
fn percentage(amount: Money, percent: Decimal) -> Option<Money> {
    let share = percent.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED) / Decimal::ONE_HUNDRED;
    Money::rounded(amount.decimal() * share)
}

/// How the client gets an ordered domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainKind {
    Register,
    Transfer,
}

impl DomainKind {
    /// The name in `tbldomains.type`.
    pub fn name(self) -> &'static str {
        match self {
            DomainKind::Register => "Register",
            DomainKind::Transfer => "Transfer",
        }
    }

    /// Parses a kind in any case.
    pub fn parse(text: &str) -> Option<DomainKind> {
        [DomainKind::Register, DomainKind::Transfer].into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text))
    }
}

/// How a quantity is stored: the number of rows, and the quantity of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantitySplit {
    pub rows: u32,
    pub each: u32,
}

/// Divides a quantity as the operator allows it (`allowqty`): 0 not at all, 3 as one service with a quantity, else as
/// that many services. Returns `None` if several are not allowed.
pub fn split_quantity(quantity: u32, mode: i64) -> Option<QuantitySplit> {
    match (mode, quantity) {
        (_, 0) | (0, 2..) => None,
        (3, each) => Some(QuantitySplit { rows: 1, each }),
        (_, rows) => Some(QuantitySplit { rows, each: 1 }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::cycle::Cycle;
    use super::price::tests::money;
    use super::promotion::tests::{charge, promotion};
    use super::promotion::{PriceReduction, PromotionKind};
    use super::*;

    fn printed(bill: &Bill) -> Vec<String> {
        let line = |billed: &BilledCharge| {
            format!("{} + {} - {}, then {}", billed.setup, billed.term(), billed.discount, billed.renewal)
        };
        bill.billed.iter().map(line).collect()
    }

    #[test]
    fn promotions_lower_first_and_later_payments() {
        // Set-up fee 10, price 30 a month, quantity 2.
        for (kind, value, recurs, once, expected) in [
            (PromotionKind::Percentage, "10", false, false, "20.00 + 60.00 - 8.00, then 60.00"),
            (PromotionKind::Percentage, "10", true, false, "20.00 + 60.00 - 8.00, then 54.00"),
            (PromotionKind::Percentage, "10", true, true, "20.00 + 60.00 - 4.00, then 57.00"),
            (PromotionKind::Percentage, "250", true, false, "20.00 + 60.00 - 80.00, then 0.00"),
            (PromotionKind::Percentage, "-5", true, false, "20.00 + 60.00 - 0.00, then 60.00"),
            (PromotionKind::Fixed, "5", true, false, "20.00 + 60.00 - 10.00, then 50.00"),
            (PromotionKind::Fixed, "5", true, true, "20.00 + 60.00 - 5.00, then 55.00"),
            (PromotionKind::Fixed, "500", true, false, "20.00 + 60.00 - 80.00, then 0.00"),
            (PromotionKind::PriceOverride, "12", false, false, "20.00 + 60.00 - 36.00, then 60.00"),
            (PromotionKind::PriceOverride, "12", true, false, "20.00 + 60.00 - 36.00, then 24.00"),
            (PromotionKind::PriceOverride, "99", true, false, "20.00 + 60.00 - 0.00, then 60.00"),
            (PromotionKind::FreeSetup, "0", true, false, "20.00 + 60.00 - 20.00, then 60.00"),
        ] {
            let mut promotion = promotion(PriceReduction { kind, value: money(value).decimal() });
            (promotion.recurs, promotion.apply_once) = (recurs, once);
            let bill = bill(&[charge("10", "30", 2)], Some(&promotion), Decimal::ZERO).unwrap();
            assert_eq!(printed(&bill), [expected], "{kind:?} {value} {recurs} {once}");
        }
    }

    #[test]
    fn a_promotion_that_applies_once_applies_to_the_first_charge() {
        let mut promotion = promotion(PriceReduction { kind: PromotionKind::Fixed, value: Decimal::ONE });
        promotion.apply_once = true;
        promotion.applies_to = vec![CatalogItem::Product(2)];
        let [first, mut second, mut third] = [charge("0", "5", 1), charge("0", "6", 1), charge("0", "7", 1)];
        (second.item, third.item) = (CatalogItem::Product(2), CatalogItem::Product(2));
        let bill = bill(&[first, second, third], Some(&promotion), Decimal::ZERO).unwrap();
        assert_eq!(bill.billed.iter().map(|billed| billed.discount).collect::<Vec<_>>(), ["0", "1", "0"].map(money));
    }

    #[test]
    fn a_promotion_that_applies_once_skips_charges_that_it_does_not_lower() {
        let mut promotion = promotion(PriceReduction { kind: PromotionKind::Percentage, value: Decimal::TEN });
        promotion.apply_once = true;
        let charges = [charge("0", "0", 1), charge("0", "5", 1)];
        let given = bill(&charges, Some(&promotion), Decimal::ZERO).unwrap();
        assert_eq!(given.billed.iter().map(|billed| billed.is_promoted).collect::<Vec<_>>(), [false, true]);
        // A discount on later terms counts as lowering the charge.
        promotion.recurs = true;
        let charges = [Charge { renewal: money("5"), ..charge("0", "0", 1) }, charge("0", "5", 1)];
        let given = bill(&charges, Some(&promotion), Decimal::ZERO).unwrap();
        assert_eq!(given.billed.iter().map(|billed| billed.is_promoted).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn the_group_discount_applies_after_the_promotion() {
        let half = promotion(PriceReduction { kind: PromotionKind::Percentage, value: Decimal::from(50) });
        let mut untaxed = charge("0", "10.01", 1);
        untaxed.taxed = false;
        let charges = [charge("10", "30", 1), untaxed];
        for (percent, taxed, rest) in [("0", "0", "0"), ("10", "2", "0.50"), ("100", "20", "5"), ("900", "20", "5")] {
            let bill = bill(&charges, Some(&half), percent.parse().unwrap()).unwrap();
            assert_eq!(bill.group_discounts, [(money(taxed), true), (money(rest), false)], "{percent}");
        }
    }

    #[test]
    fn bills_larger_than_a_column_are_rejected() {
        for charge in [
            charge("0", "99999999999999.99", 2),
            charge("99999999999999.99", "0.01", 1),
            Charge { renewal: Money::MAX, ..charge("0", "0", 2) },
        ] {
            assert_eq!(bill(&[charge], None, Decimal::ZERO), None);
        }
        let two = [charge("0", "99999999999999.99", 1), charge("0", "0.01", 1)];
        assert_eq!(bill(&two, None, Decimal::ZERO), None);
    }

    #[test]
    fn quantities_are_divided_as_the_operator_allows() {
        for (quantity, mode, expected) in [
            (1, 0, Some((1, 1))),
            (2, 0, None),
            (3, 1, Some((3, 1))),
            (3, 2, Some((3, 1))),
            (3, 3, Some((1, 3))),
            (0, 3, None),
        ] {
            let expected = expected.map(|(rows, each)| QuantitySplit { rows, each });
            assert_eq!(split_quantity(quantity, mode), expected, "{quantity} {mode}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_ever_below_zero(
            charges in prop::collection::vec((0..10_000_000_i64, 0..10_000_000_i64, 1..50_u32, any::<bool>()), 1..6),
            kind in prop::sample::select(&PromotionKind::ALL[..]),
            value in -1_000_000..1_000_000_i64,
            (recurs, once) in any::<(bool, bool)>(),
            percent in -500..20_000_i64,
        ) {
            let cents = |cents: i64| Money::rounded(Decimal::new(cents, 2)).unwrap();
            let charges: Vec<Charge> = charges.into_iter().map(|(setup, term, quantity, taxed)| Charge {
                item: CatalogItem::Product(1), term: Term::Cycle(Cycle::Monthly), quantity, taxed,
                price: Price { setup: cents(setup), term: cents(term) }, renewal: cents(term),
            }).collect();
            let mut promotion = promotion(PriceReduction { kind, value: Decimal::new(value, 2) });
            (promotion.recurs, promotion.apply_once) = (recurs, once);
            let bill = bill(&charges, Some(&promotion), Decimal::new(percent, 2)).unwrap();
            for billed in &bill.billed {
                prop_assert!(billed.discount >= Money::ZERO && billed.renewal >= Money::ZERO);
                prop_assert!(billed.first_payment() >= Money::ZERO, "{billed:?}");
            }
            let paid = Money::sum(bill.billed.iter().map(BilledCharge::first_payment)).unwrap();
            let off = Money::sum(bill.group_discounts.map(|(amount, _)| amount)).unwrap();
            prop_assert!(off >= Money::ZERO && off <= paid, "{off} of {paid}");
        }
    }
}
