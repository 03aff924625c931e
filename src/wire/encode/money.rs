//! Serialization of amounts in replies.

use serde::{Serialize, Serializer};

use crate::domain::money::{Buffer, Money};

/// Serializes an amount as a string, as in nearly all of WHMCS's replies.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write(&mut Buffer::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_text_with_two_decimals() {
        for (amount, json) in [("0", r#""0.00""#), ("-0.05", r#""-0.05""#), ("1234.5", r#""1234.50""#)] {
            assert_eq!(serde_json::to_string(&Money::parse(amount).unwrap()).unwrap(), json);
        }
    }
}
