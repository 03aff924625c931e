//! Choosing values for the configurable options of a service.

use std::collections::BTreeMap;

use super::Refusal;
use crate::store::services::options::{Choice, QUANTITY, Selection, YES_OR_NO};

/// A new value for a configurable option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionValue {
    /// The quantity, or 1 or 0, for an option with a number; a choice's id for any other.
    Number(i64),
    /// A choice's id and a quantity; by default, the first choice and one.
    Choice { choice: Option<i64>, quantity: Option<i64> },
    /// A malformed value, which is rejected if the service has the option.
    Invalid,
}

/// Checks the values, and returns the selections to store. Options of other products are ignored.
pub fn selections(choices: &[Choice], values: &BTreeMap<i64, OptionValue>) -> Result<Vec<Selection>, Refusal> {
    let selection = |(&option, &value): (&i64, &OptionValue)| {
        let choices: Vec<&Choice> = choices.iter().filter(|choice| choice.option == option).collect();
        let first = choices.first()?;
        Some(select(&choices, first, value).ok_or(Refusal::InvalidOption { option }))
    };
    values.iter().filter_map(selection).collect()
}

/// Checks the value of an option with these choices. Returns `None` if the value is invalid.
fn select(choices: &[&Choice], first: &Choice, value: OptionValue) -> Option<Selection> {
    let (choice, quantity) = match (first.kind.as_str(), value) {
        (_, OptionValue::Choice { choice, quantity }) => (choice.unwrap_or(first.choice), quantity.unwrap_or(1)),
        (YES_OR_NO, OptionValue::Number(quantity @ 0..=1)) | (QUANTITY, OptionValue::Number(quantity)) => {
            (first.choice, quantity)
        }
        (_, OptionValue::Number(choice)) => (choice, 1),
        (_, OptionValue::Invalid) => return None,
    };
    let quantity = first.counted(quantity);
    let (minimum, maximum) = match first.kind.as_str() {
        YES_OR_NO => (0, 1),
        QUANTITY if first.maximum > 0 => (first.minimum, first.maximum),
        _ => (first.minimum.max(0), i32::MAX.into()),
    };
    let has_choice = choices.iter().any(|known| known.choice == choice);
    let fits = has_choice && (minimum..=maximum).contains(&quantity);
    fits.then_some(Selection { option: first.option, choice, quantity })
}
