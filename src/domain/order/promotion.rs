//! Promotions: discounts and the conditions under which they apply.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Charge, percentage};
use crate::domain::id::PromotionId;
use crate::domain::money::Money;

/// A catalog item to which a promotion can apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogItem {
    Product(i64),
    Addon(i64),
    /// A domain with this extension, in lower case and without the leading dot.
    Domain(String),
    /// A fee, which neither a promotion nor the discount of a client's group lowers.
    Fee,
}

impl CatalogItem {
    /// Parses an entry of `tblpromotions.appliesto`: `7` is a product, `A7` an addon, `D.com` a domain.
    pub fn parse(text: &str) -> Option<CatalogItem> {
        let text = text.trim();
        match (text.strip_prefix('A'), text.strip_prefix('D')) {
            (Some(addon), _) => addon.parse().ok().map(CatalogItem::Addon),
            (_, Some(extension)) => Some(CatalogItem::domain(extension)),
            _ => text.parse().ok().map(CatalogItem::Product),
        }
    }

    /// A domain with this extension, given with or without the leading dot.
    pub fn domain(extension: &str) -> CatalogItem {
        CatalogItem::Domain(extension.trim_start_matches('.').to_lowercase())
    }

    /// Parses a comma-separated list and skips malformed entries.
    pub fn parse_list(list: &str) -> Vec<CatalogItem> {
        list.split(',').filter_map(CatalogItem::parse).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromotionKind {
    Percentage,
    Fixed,
    PriceOverride,
    FreeSetup,
}

impl PromotionKind {
    pub const ALL: [PromotionKind; 4] =
        [PromotionKind::Percentage, PromotionKind::Fixed, PromotionKind::PriceOverride, PromotionKind::FreeSetup];

    /// The name in `tblpromotions.type`.
    pub fn name(self) -> &'static str {
        match self {
            PromotionKind::Percentage => "Percentage",
            PromotionKind::Fixed => "Fixed Amount",
            PromotionKind::PriceOverride => "Price Override",
            PromotionKind::FreeSetup => "Free Setup",
        }
    }

    pub fn parse(text: &str) -> Option<PromotionKind> {
        PromotionKind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text))
    }
}

/// A promotion's discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceReduction {
    pub kind: PromotionKind,
    /// A percentage, or an amount in the client's currency.
    pub value: Decimal,
}

impl PriceReduction {
    /// The discount on the set-up fee and the term of `count` units, which are totals.
    pub fn discount(self, setup: Money, term: Money, count: u32) -> Option<Money> {
        let all = setup.checked_add(term)?;
        let discount = match self.kind {
            PromotionKind::Percentage => percentage(all, self.value)?,
            PromotionKind::Fixed => Money::rounded(self.value)?.times(count)?,
            PromotionKind::PriceOverride => term - Money::rounded(self.value)?.max(Money::ZERO).times(count)?,
            PromotionKind::FreeSetup => setup,
        };
        Some(discount.clamp(Money::ZERO, all))
    }
}

/// A promotion with its conditions.
#[derive(Debug, Clone)]
pub struct Promotion {
    pub id: PromotionId,
    pub code: String,
    /// A percentage, or an amount in the default currency.
    pub face_value: Money,
    pub reduction: PriceReduction,
    /// Whether later payments are discounted, too.
    pub recurs: bool,
    /// The terms to which it applies, as [`super::cycle::Term::name`] writes them; empty for all.
    pub cycles: Vec<String>,
    /// Empty for all items.
    pub applies_to: Vec<CatalogItem>,
    /// At least one of these must be ordered as well.
    pub requires: Vec<CatalogItem>,
    /// Whether an item that the client has already fulfills `requires`.
    pub requires_existing: bool,
    /// Whether it applies to one item of an order only.
    pub apply_once: bool,
    /// `None` if it is not for upgrades.
    pub upgrades: Option<UpgradeDiscount>,
    pub limits: PromotionLimits,
}

/// What a promotion takes off the price of an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpgradeDiscount {
    /// A percentage, or an amount.
    pub reduction: PriceReduction,
    pub of: Upgraded,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upgraded {
    /// The change to another product or cycle.
    Products,
    /// The changes of these configurable options; empty for all.
    Options(Vec<i64>),
}

impl UpgradeDiscount {
    /// Reads `tblpromotions.upgradeconfig`: an array that PHP has serialized, with `value`, `discounttype` (`Percentage` or
    /// `Fixed Amount`), `type` and `configoptions`, the ids of options. No public source has the values of `type`: one that
    /// speaks of options is for options, and any other for products. Amounts are in the default currency.
    pub fn parse(config: &str, currency_rate: Decimal) -> Option<UpgradeDiscount> {
        let kind = PromotionKind::parse(serialized(config, "discounttype")?)?;
        let value: Decimal = serialized(config, "value")?.trim().parse().ok()?;
        let value = match kind {
            PromotionKind::Percentage => value,
            PromotionKind::Fixed => value.checked_mul(currency_rate)?,
            PromotionKind::PriceOverride | PromotionKind::FreeSetup => return None,
        };
        let is_of_options = serialized(config, "type").is_some_and(|kind| kind.to_ascii_lowercase().contains("option"));
        let of = match is_of_options {
            true => Upgraded::Options(option_ids(serialized(config, "configoptions").unwrap_or_default())),
            false => Upgraded::Products,
        };
        Some(UpgradeDiscount { reduction: PriceReduction { kind, value }, of })
    }
}

/// The text, number or list of elements with this key in an array that PHP has serialized.
fn serialized<'c>(array: &'c str, wanted: &str) -> Option<&'c str> {
    let mut rest = array.split_once('{')?.1;
    loop {
        let (key, after_key) = element(rest)?;
        let (value, after_value) = element(after_key)?;
        if key == wanted {
            return Some(value);
        }
        rest = after_value;
    }
}

/// The first text, number or list, and what follows it. Lists in lists are not read.
fn element(text: &str) -> Option<(&str, &str)> {
    match text.split_at_checked(2)? {
        ("s:", rest) => {
            let (length, rest) = rest.split_once(":\"")?;
            let (text, rest) = rest.split_at_checked(length.parse().ok()?)?;
            Some((text, rest.strip_prefix("\";")?))
        }
        ("i:" | "d:" | "b:", rest) => rest.split_once(';'),
        ("N;", rest) => Some(("", rest)),
        ("a:", rest) => rest.split_once('}'),
        _ => None,
    }
}

/// The ids in a list with commas, or in the elements of a serialized array: keys and values take turns there.
fn option_ids(list: &str) -> Vec<i64> {
    let id = |text: &str| text.rsplit(':').next()?.trim_matches('"').trim().parse().ok();
    match list.split_once('{') {
        Some((_, elements)) => elements.split(';').skip(1).step_by(2).filter_map(id).collect(),
        None => list.split(',').filter_map(id).collect(),
    }
}

/// When a promotion applies, for whom and how often.
#[derive(Debug, Clone)]
pub struct PromotionLimits {
    /// `YYYY-MM-DD`; `0000-00-00` for no limit, as in the next field.
    pub starts: String,
    pub expires: String,
    /// 0 for no limit.
    pub max_uses: i64,
    pub uses: i64,
    pub new_clients_only: bool,
    pub existing_clients_only: bool,
    pub once_per_client: bool,
}

/// What is known of the client when a promotion's conditions are checked.
#[derive(Debug, Clone)]
pub struct PromotionContext {
    pub today: NaiveDate,
    /// Whether the client has an active order.
    pub has_active_order: bool,
    /// Whether the client has ordered with the code before.
    pub has_used_it: bool,
    /// The active items of the client.
    pub owned: Vec<CatalogItem>,
}

/// Why a promotion does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotApplicable {
    #[error("it has not started")]
    NotStarted,
    #[error("it has expired")]
    Expired,
    #[error("it has been used as often as it may be")]
    UsedUp,
    #[error("it is for new clients")]
    NewClientsOnly,
    #[error("it is for clients with an active order")]
    ExistingClientsOnly,
    #[error("the client has used it")]
    OncePerClient,
    #[error("what it requires is not ordered")]
    Requires,
    #[error("nothing that is ordered is what it applies to")]
    AppliesToNothing,
}

impl Promotion {
    /// Makes the promotion apply to every item, as `promooverride` requests.
    pub fn apply_to_everything(&mut self) {
        self.applies_to.clear();
        self.requires.clear();
    }

    /// Returns why the promotion does not apply to an order, or `None` if it does.
    pub fn check(&self, charges: &[Charge], context: &PromotionContext) -> Option<NotApplicable> {
        let today = context.today.to_string();
        let limits = &self.limits;
        let has_expired = !limits.expires.starts_with("0000") && limits.expires < today;
        let is_required = |item: &CatalogItem| self.requires.contains(item);
        let meets_requirement = self.requires.is_empty()
            || charges.iter().any(|charge| is_required(&charge.item))
            || (self.requires_existing && context.owned.iter().any(is_required));
        let rules = [
            (limits.starts > today, NotApplicable::NotStarted),
            (has_expired, NotApplicable::Expired),
            (limits.max_uses > 0 && limits.uses >= limits.max_uses, NotApplicable::UsedUp),
            (limits.new_clients_only && context.has_active_order, NotApplicable::NewClientsOnly),
            (limits.existing_clients_only && !context.has_active_order, NotApplicable::ExistingClientsOnly),
            (limits.once_per_client && context.has_used_it, NotApplicable::OncePerClient),
            (!meets_requirement, NotApplicable::Requires),
            (!charges.iter().any(|charge| self.applies_to_charge(charge)), NotApplicable::AppliesToNothing),
        ];
        rules.into_iter().find_map(|(is_broken, unmet)| is_broken.then_some(unmet))
    }

    /// Whether the promotion applies to this charge.
    pub fn applies_to_charge(&self, charge: &Charge) -> bool {
        let matches_item = self.applies_to.is_empty() || self.applies_to.contains(&charge.item);
        matches_item
            && charge.item != CatalogItem::Fee
            && (self.cycles.is_empty() || self.cycles.contains(&charge.term.name()))
    }

    /// The discount on the first payment.
    pub(super) fn first_discount(&self, charge: &Charge) -> Option<Money> {
        let count = if self.apply_once { 1 } else { charge.quantity };
        let price = charge.price.times(count)?;
        self.reduction.discount(price.setup, price.term, count)
    }

    /// The discount on each later payment.
    pub(super) fn later_discount(&self, charge: &Charge) -> Option<Money> {
        let count = if self.apply_once { 1 } else { charge.quantity };
        match self.recurs {
            true => self.reduction.discount(Money::ZERO, charge.renewal.times(count)?, count),
            false => Some(Money::ZERO),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::cycle::{Cycle, Term};
    use super::super::price::Price;
    use super::super::price::tests::money;
    use super::*;
    use crate::domain::time::parse_date;

    /// A charge for product 1, monthly and taxed.
    pub(crate) fn charge(setup: &str, term: &str, quantity: u32) -> Charge {
        Charge {
            item: CatalogItem::Product(1),
            term: Term::Cycle(Cycle::Monthly),
            price: Price { setup: money(setup), term: money(term) },
            renewal: money(term),
            quantity,
            taxed: true,
        }
    }

    /// A promotion without conditions.
    pub(crate) fn promotion(reduction: PriceReduction) -> Promotion {
        Promotion {
            id: PromotionId(1),
            code: "CODE".to_owned(),
            face_value: Money::ZERO,
            reduction,
            recurs: false,
            cycles: Vec::new(),
            applies_to: Vec::new(),
            requires: Vec::new(),
            requires_existing: false,
            apply_once: false,
            upgrades: None,
            limits: PromotionLimits {
                starts: "0000-00-00".to_owned(),
                expires: "0000-00-00".to_owned(),
                max_uses: 0,
                uses: 0,
                new_clients_only: false,
                existing_clients_only: false,
                once_per_client: false,
            },
        }
    }

    #[test]
    fn catalog_items_are_parsed_as_the_database_spells_them() {
        let com = || CatalogItem::Domain("com".to_owned());
        assert_eq!(
            CatalogItem::parse_list("7, A8,D.com,Dcom,x,"),
            [CatalogItem::Product(7), CatalogItem::Addon(8), com(), com()]
        );
    }

    #[test]
    fn discounts_of_upgrades_are_read_as_php_has_written_them() {
        let discount = |kind, value, of| {
            Some(UpgradeDiscount { reduction: PriceReduction { kind, value: Decimal::from(value) }, of })
        };
        let config = |value: &str, of: &str, kind: &str, options: &str| {
            format!(
                "a:4:{{s:5:\"value\";{value}s:4:\"type\";{of}s:12:\"discounttype\";{kind}s:13:\"configoptions\";{options}}}"
            )
        };
        let (percentage, fixed) = ("s:10:\"Percentage\";", "s:12:\"Fixed Amount\";");
        let (products, options) = ("s:7:\"product\";", "s:13:\"configoptions\";");
        let list = "a:2:{i:0;s:2:\"41\";i:1;i:43;}";
        for (text, expected) in [
            (
                config("s:5:\"25.00\";", products, percentage, "s:0:\"\";"),
                discount(PromotionKind::Percentage, 25, Upgraded::Products),
            ),
            (
                config("d:25;", "s:0:\"\";", percentage, "s:0:\"\";"),
                discount(PromotionKind::Percentage, 25, Upgraded::Products),
            ),
            (config("i:5;", products, fixed, "s:0:\"\";"), discount(PromotionKind::Fixed, 10, Upgraded::Products)),
            (
                config("i:5;", options, percentage, list),
                discount(PromotionKind::Percentage, 5, Upgraded::Options(vec![41, 43])),
            ),
            (
                config("i:5;", options, percentage, "s:5:\"41,43\";"),
                discount(PromotionKind::Percentage, 5, Upgraded::Options(vec![41, 43])),
            ),
            (
                config("i:5;", options, percentage, "s:0:\"\";"),
                discount(PromotionKind::Percentage, 5, Upgraded::Options(Vec::new())),
            ),
            (config("i:5;", products, "s:4:\"Half\";", "s:0:\"\";"), None),
            (config("s:99:\"5\";", products, percentage, "s:0:\"\";"), None),
            (String::new(), None),
            ("a:4:{s:5:\"value\";s:".to_owned(), None),
        ] {
            assert_eq!(UpgradeDiscount::parse(&text, Decimal::TWO), expected, "{text}");
        }
    }

    #[test]
    fn each_condition_must_be_met() {
        type Set = fn(&mut Promotion, &mut PromotionContext);
        let cases: &[(Set, Option<NotApplicable>)] = &[
            (|_, _| {}, None),
            (|promotion, _| promotion.limits.starts = "2026-11-20".to_owned(), None),
            (|promotion, _| promotion.limits.starts = "2026-11-21".to_owned(), Some(NotApplicable::NotStarted)),
            (|promotion, _| promotion.limits.expires = "2026-11-20".to_owned(), None),
            (|promotion, _| promotion.limits.expires = "2026-11-19".to_owned(), Some(NotApplicable::Expired)),
            (|promotion, _| (promotion.limits.max_uses, promotion.limits.uses) = (2, 1), None),
            (|promotion, _| (promotion.limits.max_uses, promotion.limits.uses) = (2, 2), Some(NotApplicable::UsedUp)),
            (|promotion, _| (promotion.limits.max_uses, promotion.limits.uses) = (0, 9), None),
            (|promotion, _| promotion.limits.new_clients_only = true, None),
            (
                |promotion, context| {
                    (promotion.limits.new_clients_only, context.has_active_order) = (true, true);
                },
                Some(NotApplicable::NewClientsOnly),
            ),
            (|promotion, _| promotion.limits.existing_clients_only = true, Some(NotApplicable::ExistingClientsOnly)),
            (
                |promotion, context| {
                    (promotion.limits.existing_clients_only, context.has_active_order) = (true, true);
                },
                None,
            ),
            (|_, context| context.has_used_it = true, None),
            (
                |promotion, context| (promotion.limits.once_per_client, context.has_used_it) = (true, true),
                Some(NotApplicable::OncePerClient),
            ),
            (|promotion, _| promotion.requires = CatalogItem::parse_list("2,1"), None),
            (|promotion, _| promotion.requires = CatalogItem::parse_list("2,A1"), Some(NotApplicable::Requires)),
            (
                |promotion, context| {
                    promotion.requires = CatalogItem::parse_list("2");
                    context.owned = CatalogItem::parse_list("2");
                },
                Some(NotApplicable::Requires),
            ),
            (
                |promotion, context| {
                    (promotion.requires, promotion.requires_existing) = (CatalogItem::parse_list("2"), true);
                    context.owned = CatalogItem::parse_list("3,2");
                },
                None,
            ),
            (
                |promotion, _| promotion.applies_to = CatalogItem::parse_list("A1,D.com"),
                Some(NotApplicable::AppliesToNothing),
            ),
            (|promotion, _| promotion.cycles = vec!["Annually".to_owned()], Some(NotApplicable::AppliesToNothing)),
            (|promotion, _| promotion.cycles = vec!["Annually".to_owned(), "Monthly".to_owned()], None),
        ];
        for (number, (set, expected)) in cases.iter().enumerate() {
            let mut promotion = promotion(PriceReduction { kind: PromotionKind::FreeSetup, value: Decimal::ZERO });
            let mut context = PromotionContext {
                today: parse_date("2026-11-20").unwrap(),
                has_active_order: false,
                has_used_it: false,
                owned: Vec::new(),
            };
            set(&mut promotion, &mut context);
            assert_eq!(promotion.check(&[charge("1", "2", 1)], &context), *expected, "case {number}");
        }
    }

    #[test]
    fn an_override_applies_to_every_item() {
        let mut promotion = promotion(PriceReduction { kind: PromotionKind::Fixed, value: Decimal::ONE });
        promotion.applies_to = CatalogItem::parse_list("9");
        promotion.requires = CatalogItem::parse_list("8");
        assert!(!promotion.applies_to_charge(&charge("0", "1", 1)));
        promotion.apply_to_everything();
        assert!(promotion.applies_to_charge(&charge("0", "1", 1)));
    }
}
