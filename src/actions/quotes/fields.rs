//! Parameters that CreateQuote and UpdateQuote have in common.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::actions::words::NOT_AN_AMOUNT;
use crate::database::TEXT_BYTES;
use crate::domain::money::Money;
use crate::domain::sales::quote::{Quantity, Stage};
use crate::error::{Result, refuse_as};
use crate::operations::quotes::ItemEdit;
use crate::param::{Clearable, Nested, Param, ParamValue};
use crate::store::sales::quotes::Texts;

pub const INVALID_STAGE: &str = "Invalid Stage";

impl ParamValue for Stage {
    fn parse(text: &str) -> Option<Self> {
        Stage::parse(text)
    }
}

impl ParamValue for Quantity {
    fn parse(text: &str) -> Option<Self> {
        Quantity::parse(text)
    }
}

/// The texts of a quote.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct TextParams {
    /// The text of the offer.
    proposal: Clearable<String>,
    /// Notes that the recipient reads.
    customernotes: Clearable<String>,
    /// Notes that only staff read.
    adminnotes: Clearable<String>,
}

impl TextParams {
    pub fn read(self) -> Result<Texts> {
        Ok(Texts {
            proposal: self.proposal.text("proposal", TEXT_BYTES)?,
            customer_notes: self.customernotes.text("customernotes", TEXT_BYTES)?,
            admin_notes: self.adminnotes.text("adminnotes", TEXT_BYTES)?,
        })
    }
}

/// An item as it is sent. Its texts are in the form in which they are stored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ItemParams {
    id: Param<u32>,
    desc: Param<String>,
    qty: Param<Quantity>,
    up: Param<Money>,
    discount: Param<Money>,
    taxable: Param<bool>,
}

/// Decodes `lineitems`: an array of arrays with `desc`, `qty`, `up`, `discount`, `taxable` and, for an item of an existing
/// quote, `id`. One in which nothing has a value is ignored.
pub fn line_items(parameter: Param<Nested>) -> Result<Vec<ItemEdit>> {
    let Some(nested) = parameter.optional("lineitems: not an array")? else { return Ok(Vec::new()) };
    let mut items = Vec::new();
    for (key, value) in nested.pairs("lineitems")? {
        items.extend(line_item(&key, value)?);
    }
    Ok(items)
}

fn line_item(key: &str, value: Json) -> Result<Option<ItemEdit>> {
    let malformed = |why: &str| format!("lineitems[{key}]{why}");
    let item = match value {
        Json::Object(_) => ItemParams::deserialize(value).ok(),
        _ => None,
    };
    let Some(item) = item else { return refuse_as("malformed_parameter", malformed(" must be an array")) };
    let description = match item.desc {
        Param::Absent => None,
        text => Some(text.text(&malformed("[desc]"), TEXT_BYTES)?),
    };
    let edit = ItemEdit {
        id: item.id.optional(malformed("[id] must be an ID"))?.filter(|id| *id > 0).map(i64::from),
        description,
        quantity: item.qty.optional(malformed("[qty] must be a number"))?,
        unit_price: item.up.optional(NOT_AN_AMOUNT)?,
        discount: item.discount.optional(malformed("[discount] must be in decimal format: ### or ###.##"))?,
        taxable: item.taxable.lenient(),
    };
    let is_empty = edit.description.is_none() && edit.quantity.is_none() && edit.unit_price.is_none();
    let is_ignored = is_empty && edit.id.is_none() && edit.discount.is_none();
    Ok((!is_ignored).then_some(edit))
}
