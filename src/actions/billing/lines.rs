//! One line of an invoice, as CreateInvoice and UpdateInvoice take it.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::actions::words::NOT_AN_AMOUNT;
use crate::database::TEXT_BYTES;
use crate::domain::invoice::{Line, LineKind};
use crate::domain::money::Money;
use crate::error::{Result, refuse_as};
use crate::operations::billing;
use crate::param::{Clearable, Param, ParamValue};

const NOT_AN_ID: &str = "itemrelid must be an ID";

impl ParamValue for LineKind {
    fn parse(text: &str) -> Option<Self> {
        LineKind::parse(text)
    }
}

/// The names of the fields in CreateInvoice, before their number.
pub const FIELDS: [&str; 5] = ["itemdescription", "itemamount", "itemtaxed", "itemtype", "itemrelid"];

/// The fields of a line.
#[derive(Debug, Clone, Default)]
pub struct LineParams {
    pub description: Param<String>,
    pub amount: Param<Money>,
    /// One that is sent empty is off, whatever holds for all lines.
    pub taxed: Clearable<bool>,
    pub kind: Param<LineKind>,
    pub related: Param<u32>,
}

impl LineParams {
    /// Sets the field with this name.
    pub fn set(&mut self, field: &str, value: Json) {
        fn param<T: ParamValue>(value: Json) -> Param<T> {
            Param::deserialize(value).unwrap_or_default()
        }
        match field {
            "itemdescription" => self.description = param(value),
            "itemamount" => self.amount = param(value),
            "itemtaxed" => self.taxed = Clearable::deserialize(value).unwrap_or_default(),
            "itemtype" => self.kind = param(value),
            "itemrelid" => self.related = param(value),
            _ => {}
        }
    }

    pub fn has_description(&self) -> bool {
        self.description != Param::Absent
    }

    pub fn has_amount(&self) -> bool {
        self.amount != Param::Absent
    }

    /// Whether any field has a value; `0` is no id.
    pub fn is_filled(&self) -> bool {
        let has_others = self.taxed.has_value() || self.kind.is_sent();
        let is_related = !matches!(self.related, Param::Absent | Param::Given(0));
        self.has_description() || self.has_amount() || has_others || is_related
    }

    /// Takes the fields that the line lacks from another one.
    pub fn complete(&mut self, other: &LineParams) {
        fn complete<T: Clone + Default + PartialEq>(field: &mut T, other: &T) {
            if *field == T::default() {
                field.clone_from(other);
            }
        }
        complete(&mut self.description, &other.description);
        complete(&mut self.amount, &other.amount);
        complete(&mut self.taxed, &other.taxed);
        complete(&mut self.kind, &other.kind);
        complete(&mut self.related, &other.related);
    }

    /// Converts the fields. A line without an amount is one of 0.00.
    pub fn read(self) -> Result<Line> {
        let kind = match self.kind {
            Param::Malformed(text) => return refuse_as("invalid_item_type", invalid_type(&text)),
            kind => kind.lenient().unwrap_or(LineKind::Plain),
        };
        let related = self.related.optional(NOT_AN_ID)?.unwrap_or(0).into();
        billing::check_purpose(kind, related)?;
        let amount = self.amount.optional(NOT_AN_AMOUNT)?.unwrap_or(Money::ZERO);
        billing::check_amount(kind, amount)?;
        Ok(Line {
            kind,
            related,
            description: self.description.text("itemdescription", TEXT_BYTES)?,
            amount,
            taxed: matches!(self.taxed, Clearable::Sent(Param::Given(true))),
        })
    }
}

fn invalid_type(text: &str) -> String {
    let valid: Vec<_> = LineKind::OF_CALLERS.into_iter().map(LineKind::said).collect();
    format!("Invalid itemtype {text}. Valid types are: {}", valid.join(", "))
}
