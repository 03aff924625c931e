//! Flags, which clients in different languages write as `1`, `on`, `true`, `True` or `yes`, and `0`, `off`, `false`,
//! `no` or not at all.

use serde_json::Value;

use super::same_effect;

fn is_flag(schema: &Value) -> bool {
    schema["type"] == "boolean"
}

fn is_set(value: &str) -> bool {
    !["", "0", "false"].contains(&value)
}

#[tokio::test]
async fn have_the_same_effect_in_every_form() {
    same_effect(
        is_flag,
        &[
            |value| if is_set(value) { "True" } else { "False" }.to_owned(),
            |value| if is_set(value) { "on" } else { "off" }.to_owned(),
            |value| if is_set(value) { "yes" } else { "no" }.to_owned(),
            |value| if is_set(value) { " true " } else { " false " }.to_owned(),
            |value| if is_set(value) { "1.0" } else { "0.0" }.to_owned(),
        ],
    )
    .await;
}
