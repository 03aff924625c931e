//! Amounts and rates, which programs compute: `25.990000000000002`, `10.000`, `.5`, `5e0`.

use serde_json::Value;

use super::same_effect;

/// Whether a schema describes a decimal number. Those of AddCredit, which are never rounded, have no sign.
fn is_decimal(schema: &Value) -> bool {
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    pattern.contains(r"(\.[0-9]{1,") && (pattern.starts_with("^-?") || !pattern.ends_with("2})?$"))
}

fn is_number(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-')
}

/// A number as PHP casts it, with a sign and blanks; other values as they are.
fn padded(value: &str) -> String {
    match value {
        _ if !is_number(value) => value.to_owned(),
        negative if negative.starts_with('-') => format!(" {negative} "),
        whole if !whole.contains('.') => format!(" +{whole}."),
        fraction => format!("\t+0{}000\n", fraction.trim_end_matches('0')),
    }
}

/// A number as binary fractions have it.
fn noisy(value: &str) -> String {
    match value {
        _ if !is_number(value) => value.to_owned(),
        whole if !whole.contains('.') => format!("{whole}.000000000000002"),
        fraction => format!("{fraction}0000000000000002"),
    }
}

fn with_exponent(value: &str) -> String {
    if is_number(value) { format!("{value}e+00") } else { value.to_owned() }
}

#[tokio::test]
async fn have_the_same_effect_in_every_form() {
    same_effect(is_decimal, &[padded, noisy, with_exponent]).await;
}
