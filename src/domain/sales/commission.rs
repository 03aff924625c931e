//! Commissions of affiliates, for the services that they brought.

use rust_decimal::Decimal;

use crate::domain::money::Money;

/// How a commission is calculated, by an affiliate or a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pay {
    /// As the other one says.
    Unset,
    /// A percentage of what is paid for the service.
    Percentage(Decimal),
    /// An amount in the default currency.
    Fixed(Money),
    Nothing,
}

impl Pay {
    /// Reads the columns of an affiliate or a product. A kind that is not known pays nothing.
    pub fn parse(kind: &str, amount: Money) -> Pay {
        match kind.to_ascii_lowercase().as_str() {
            "" => Pay::Unset,
            "percentage" => Pay::Percentage(amount.decimal()),
            "fixed" | "fixedamount" => Pay::Fixed(amount),
            _ => Pay::Nothing,
        }
    }
}

/// What decides on the commissions for a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub product: Pay,
    pub affiliate: Pay,
    /// The percentage where neither the product nor the affiliate says anything.
    pub default_percentage: Decimal,
    /// Whether only the first invoice of a service gives a commission.
    pub is_once: bool,
    /// Whether another invoice of the service has given one.
    pub was_paid: bool,
    /// The exchange rates of the affiliate's currency and of the paying client's to the default one.
    pub affiliate_rate: Decimal,
    pub payer_rate: Decimal,
}

impl Terms {
    /// Returns the commission for a payment, of which `base` is without tax. It is in the affiliate's currency.
    ///
    /// A product that gives none goes before all else; then comes what the affiliate was promised, then the product, and
    /// the default last.
    pub fn commission(&self, base: Money) -> Money {
        if self.is_once && self.was_paid {
            return Money::ZERO;
        }
        let pay = match (self.product, self.affiliate) {
            (Pay::Nothing, _) => Pay::Nothing,
            (Pay::Unset, Pay::Unset) => Pay::Percentage(self.default_percentage),
            (product, Pay::Unset) => product,
            (_, affiliate) => affiliate,
        };
        let amount = match pay {
            Pay::Percentage(percentage) => self.share(base, percentage),
            Pay::Fixed(amount) => amount.decimal().checked_mul(self.affiliate_rate),
            Pay::Unset | Pay::Nothing => None,
        };
        amount.and_then(Money::rounded).unwrap_or(Money::ZERO).max(Money::ZERO)
    }

    fn share(&self, base: Money, percentage: Decimal) -> Option<Decimal> {
        let in_default_currency = base.decimal().checked_div(self.payer_rate)?;
        in_default_currency.checked_mul(self.affiliate_rate)?.checked_mul(percentage / Decimal::ONE_HUNDRED)
    }
}

/// Returns the part of an amount for `part` of a `whole`: all of it, if that is all.
pub fn proportion(amount: Money, part: Money, whole: Money) -> Money {
    if part >= whole {
        return amount;
    }
    let share = amount.decimal().checked_mul(part.decimal()).and_then(|product| product.checked_div(whole.decimal()));
    share.and_then(Money::rounded).unwrap_or(Money::ZERO).max(Money::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    #[test]
    fn the_order_of_those_who_decide_is_kept() {
        let percent = |percent: i64| Pay::Percentage(percent.into());
        for (product, affiliate, commission) in [
            (Pay::Unset, Pay::Unset, "10.00"),
            (percent(20), Pay::Unset, "20.00"),
            (Pay::Fixed(money("7.00")), Pay::Unset, "7.00"),
            (percent(20), percent(30), "30.00"),
            (Pay::Unset, Pay::Fixed(money("3.00")), "3.00"),
            (percent(20), percent(0), "0.00"),
            (percent(20), Pay::Nothing, "0.00"),
            (Pay::Nothing, percent(30), "0.00"),
        ] {
            let terms = Terms {
                product,
                affiliate,
                default_percentage: 10.into(),
                is_once: false,
                was_paid: true,
                affiliate_rate: Decimal::ONE,
                payer_rate: Decimal::ONE,
            };
            assert_eq!(terms.commission(money("100.00")).to_string(), commission, "{product:?} {affiliate:?}");
            let once = Terms { is_once: true, ..terms };
            assert_eq!(once.commission(money("100.00")), Money::ZERO, "another invoice has given one");
            let first = Terms { was_paid: false, ..once };
            assert_eq!(first.commission(money("100.00")).to_string(), commission);
            let other_currency = Terms { affiliate_rate: Decimal::TWO, ..terms };
            assert_eq!(other_currency.commission(money("50.00")).to_string(), {
                let is_fixed = matches!((product, affiliate), (Pay::Fixed(_), Pay::Unset) | (_, Pay::Fixed(_)));
                if is_fixed { format!("{}", money(commission) + money(commission)) } else { commission.to_owned() }
            });
            assert_eq!(terms.commission(-money("1.00")).max(Money::ZERO), terms.commission(-money("1.00")));
        }
    }

    #[test]
    fn what_is_not_known_pays_nothing() {
        let amount = money("5.00");
        assert_eq!(Pay::parse("", amount), Pay::Unset);
        assert_eq!(Pay::parse("Percentage", amount), Pay::Percentage(5.into()));
        assert_eq!(Pay::parse("fixed", amount), Pay::parse("fixedamount", amount));
        assert_eq!(Pay::parse("none", amount), Pay::Nothing);
        assert_eq!(Pay::parse("a lot", amount), Pay::Nothing);
    }

    #[test]
    fn parts_are_rounded_and_all_is_all() {
        for (amount, part, whole, share) in [
            ("10.00", "50.00", "100.00", "5.00"),
            ("10.00", "33.33", "100.00", "3.33"),
            ("0.01", "50.00", "100.00", "0.01"),
            ("0.01", "49.99", "100.00", "0.00"),
            ("10.00", "0.00", "100.00", "0.00"),
            ("10.00", "100.00", "100.00", "10.00"),
            ("10.00", "120.00", "100.00", "10.00"),
            ("10.00", "0.00", "0.00", "10.00"),
        ] {
            assert_eq!(
                proportion(money(amount), money(part), money(whole)).to_string(),
                share,
                "{amount} {part} {whole}"
            );
        }
    }
}
