//! Configurable options: what a client selects for a product, and what that adds to its price.

use std::collections::BTreeMap;

use super::cycle::Cycle;
use super::price::{Price, PriceList};

/// The part of a name that clients see. Names may be stored as `name for modules|name for clients`.
pub fn display_name(name: &str) -> &str {
    name.split_once('|').map_or(name, |(_, displayed)| displayed)
}

/// How values of an option are selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// One of several values: a drop-down list or radio buttons.
    OneOf,
    YesOrNo,
    /// A quantity of the only value.
    Quantity,
}

impl OptionKind {
    /// Parses `tblproductconfigoptions.optiontype`.
    pub fn parse(text: &str) -> Option<OptionKind> {
        match text {
            "1" | "2" => Some(OptionKind::OneOf),
            "3" => Some(OptionKind::YesOrNo),
            "4" => Some(OptionKind::Quantity),
            _ => None,
        }
    }
}

/// A configurable option of a product.
#[derive(Debug, Clone)]
pub struct ConfigOption {
    pub id: i64,
    pub name: String,
    pub kind: OptionKind,
    pub minimum: u32,
    /// 0 for no limit.
    pub maximum: u32,
    pub hidden: bool,
    /// The values, in the order of the order form.
    pub choices: Vec<OptionChoice>,
}

#[derive(Debug, Clone)]
pub struct OptionChoice {
    pub id: i64,
    pub name: String,
    pub hidden: bool,
    /// `None` if the client's currency has no price for it.
    pub prices: Option<PriceList>,
}

/// The selected value of an option, with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenOption {
    pub option: i64,
    pub choice: i64,
    /// The quantity; 1 or 0 for yes or no, and 0 for values that have none.
    pub quantity: u32,
    pub price: Price,
    /// The text on the invoice; `None` if the value is not mentioned there.
    pub text: Option<String>,
}

/// Why a selected value is rejected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    #[error("has no configurable option {0}")]
    NoSuchOption(i64),
    #[error("has no choice {choice} for its configurable option {option}")]
    NoSuchChoice { option: i64, choice: String },
    #[error("needs a whole number from {minimum} for its configurable option {option}")]
    TooFew { option: i64, minimum: u32 },
    #[error("needs a whole number from {minimum} to {maximum} for its configurable option {option}")]
    OutOfRange { option: i64, minimum: u32, maximum: u32 },
    #[error("has prices that add up to more than an amount of money can be")]
    TooExpensive,
}

/// Selects a value for each option from what was sent. If nothing was sent for an option, it gets the order form's
/// default: the first value, no, or the smallest quantity. Hidden options and values must be sent explicitly.
pub fn choose(
    options: &[ConfigOption],
    sent: &BTreeMap<i64, String>,
    cycle: Cycle,
) -> Result<Vec<ChosenOption>, OptionError> {
    if let Some(id) = sent.keys().find(|&&id| options.iter().all(|option| option.id != id)) {
        return Err(OptionError::NoSuchOption(*id));
    }
    let is_chosen = |option: &&ConfigOption| !option.hidden || sent.contains_key(&option.id);
    let chosen = options.iter().filter(is_chosen).map(|option| option.choose(sent.get(&option.id), cycle));
    chosen.filter_map(Result::transpose).collect()
}

impl ConfigOption {
    /// Returns `None` if the option has no values.
    fn choose(&self, sent: Option<&String>, cycle: Cycle) -> Result<Option<ChosenOption>, OptionError> {
        let first = self.choices.iter().find(|choice| !choice.hidden).or(self.choices.first());
        let Some(first) = first else {
            return sent.map_or(Ok(None), |sent| Err(self.no_choice(sent)));
        };
        match self.kind {
            OptionKind::OneOf => self.one_of(first, sent, cycle).map(Some),
            OptionKind::YesOrNo => self.yes_or_no(first, sent, cycle).map(Some),
            OptionKind::Quantity => self.quantity(first, sent, cycle).map(Some),
        }
    }

    fn one_of(&self, first: &OptionChoice, sent: Option<&String>, cycle: Cycle) -> Result<ChosenOption, OptionError> {
        let choice = match sent {
            Some(sent) => {
                let named = self.choices.iter().find(|choice| sent.parse() == Ok(choice.id));
                named.ok_or_else(|| self.no_choice(sent))?
            }
            None => first,
        };
        let text = format!("{}: {}", self.name, choice.name);
        Ok(ChosenOption {
            option: self.id,
            choice: choice.id,
            quantity: 0,
            price: choice.price(cycle),
            text: Some(text),
        })
    }

    /// Accepts the words of flags for yes and no; the value's id means yes, too.
    fn yes_or_no(
        &self,
        first: &OptionChoice,
        sent: Option<&String>,
        cycle: Cycle,
    ) -> Result<ChosenOption, OptionError> {
        let is_yes = match sent.map(|sent| sent.to_ascii_lowercase()).as_deref() {
            None | Some("" | "0" | "no" | "off" | "false") => false,
            Some("1" | "yes" | "on" | "true") => true,
            Some(sent) if self.choices.iter().any(|choice| sent.parse() == Ok(choice.id)) => true,
            Some(other) => return Err(self.no_choice(other)),
        };
        let price = if is_yes { first.price(cycle) } else { Price::NOTHING };
        let text = is_yes.then(|| format!("{}: {}", self.name, first.name));
        Ok(ChosenOption { option: self.id, choice: first.id, quantity: u32::from(is_yes), price, text })
    }

    fn quantity(&self, first: &OptionChoice, sent: Option<&String>, cycle: Cycle) -> Result<ChosenOption, OptionError> {
        let ConfigOption { id: option, minimum, maximum, .. } = *self;
        let out_of_range = || match maximum {
            0 => OptionError::TooFew { option, minimum },
            _ => OptionError::OutOfRange { option, minimum, maximum },
        };
        let quantity = match sent {
            Some(sent) if sent.bytes().all(|byte| byte.is_ascii_digit()) => sent.parse().map_err(|_| out_of_range())?,
            Some(_) => return Err(out_of_range()),
            None => minimum,
        };
        // Without a limit of the operator's, the column's limit applies.
        let limit = if maximum == 0 { i32::MAX.unsigned_abs() } else { maximum };
        if quantity < minimum || quantity > limit {
            return Err(out_of_range());
        }
        let price = first.price(cycle).times(quantity).ok_or(OptionError::TooExpensive)?;
        let text = (quantity > 0).then(|| format!("{}: {quantity} x {}", self.name, first.name));
        Ok(ChosenOption { option, choice: first.id, quantity, price, text })
    }

    fn no_choice(&self, sent: &str) -> OptionError {
        OptionError::NoSuchChoice { option: self.id, choice: sent.to_owned() }
    }
}

impl OptionChoice {
    fn price(&self, cycle: Cycle) -> Price {
        self.prices.map_or(Price::NOTHING, |prices| prices.for_choice(cycle))
    }
}

#[cfg(test)]
mod tests {
    use super::super::price::tests::list;
    use super::*;

    fn choice(id: i64, setup: &str, monthly: &str, hidden: bool) -> OptionChoice {
        let prices = Some(list([setup; 6], [monthly, "-1", "-1", "-1", "-1", "-1"]));
        OptionChoice { id, name: format!("Choice {id}"), hidden, prices }
    }

    fn options() -> Vec<ConfigOption> {
        let option = |id, kind, minimum, maximum, hidden, choices| {
            let name = format!("Option {id}");
            ConfigOption { id, name, kind, minimum, maximum, hidden, choices }
        };
        let ram = vec![choice(12, "0", "9", true), choice(10, "0", "1", false), choice(11, "5", "2.50", false)];
        vec![
            option(1, OptionKind::OneOf, 0, 0, false, ram),
            option(2, OptionKind::YesOrNo, 0, 0, false, vec![choice(20, "1", "3", false)]),
            option(3, OptionKind::Quantity, 2, 5, false, vec![choice(30, "0.10", "0.20", false)]),
            option(4, OptionKind::Quantity, 0, 0, true, vec![choice(40, "0", "99999999999999.99", false)]),
            option(5, OptionKind::OneOf, 0, 0, false, vec![]),
        ]
    }

    fn chosen(sent: &[(i64, &str)], cycle: Cycle) -> Result<Vec<String>, String> {
        let sent = sent.iter().map(|&(id, value)| (id, value.to_owned())).collect();
        let chosen = choose(&options(), &sent, cycle).map_err(|error| error.to_string())?;
        let printed = |chosen: ChosenOption| {
            let ChosenOption { option, choice, quantity, price, text } = chosen;
            format!("{option}={choice} x{quantity} {}+{} {}", price.setup, price.term, text.unwrap_or_default())
        };
        Ok(chosen.into_iter().map(printed).collect())
    }

    #[test]
    fn options_that_are_not_sent_get_the_default() {
        assert_eq!(
            chosen(&[], Cycle::Monthly).unwrap(),
            [
                "1=10 x0 0.00+1.00 Option 1: Choice 10",
                "2=20 x0 0.00+0.00 ",
                "3=30 x2 0.20+0.40 Option 3: 2 x Choice 30"
            ]
        );
    }

    #[test]
    fn sent_values_are_selected_and_priced() {
        for (sent, expected) in [
            ((1, "11"), "1=11 x0 5.00+2.50 Option 1: Choice 11"),
            ((1, "12"), "1=12 x0 0.00+9.00 Option 1: Choice 12"),
            ((2, "1"), "2=20 x1 1.00+3.00 Option 2: Choice 20"),
            ((2, "on"), "2=20 x1 1.00+3.00 Option 2: Choice 20"),
            ((2, "20"), "2=20 x1 1.00+3.00 Option 2: Choice 20"),
            ((2, "YES"), "2=20 x1 1.00+3.00 Option 2: Choice 20"),
            ((2, "False"), "2=20 x0 0.00+0.00 "),
            ((2, "no"), "2=20 x0 0.00+0.00 "),
            ((3, "5"), "3=30 x5 0.50+1.00 Option 3: 5 x Choice 30"),
            ((4, "1"), "4=40 x1 0.00+99999999999999.99 Option 4: 1 x Choice 40"),
        ] {
            assert!(chosen(&[sent], Cycle::Monthly).unwrap().contains(&expected.to_owned()), "{sent:?}");
        }
        assert_eq!(chosen(&[(1, "11")], Cycle::Quarterly).unwrap()[0], "1=11 x0 0.00+0.00 Option 1: Choice 11");
        assert_eq!(chosen(&[(1, "11")], Cycle::Free).unwrap()[0], "1=11 x0 0.00+0.00 Option 1: Choice 11");
    }

    #[test]
    fn invalid_values_are_rejected() {
        for (sent, message) in [
            ((9, "1"), "has no configurable option 9"),
            ((1, "20"), "has no choice 20 for its configurable option 1"),
            ((1, "x"), "has no choice x for its configurable option 1"),
            ((2, "2"), "has no choice 2 for its configurable option 2"),
            ((2, "maybe"), "has no choice maybe for its configurable option 2"),
            ((2, "10"), "has no choice 10 for its configurable option 2"),
            ((5, "1"), "has no choice 1 for its configurable option 5"),
            ((3, "1"), "needs a whole number from 2 to 5 for its configurable option 3"),
            ((3, "6"), "needs a whole number from 2 to 5 for its configurable option 3"),
            ((3, "+3"), "needs a whole number from 2 to 5 for its configurable option 3"),
            ((3, "99999999999"), "needs a whole number from 2 to 5 for its configurable option 3"),
            ((4, "3000000000"), "needs a whole number from 0 for its configurable option 4"),
            ((4, "2"), "has prices that add up to more than an amount of money can be"),
        ] {
            assert_eq!(chosen(&[sent], Cycle::Monthly).unwrap_err(), message, "{sent:?}");
        }
    }
}
