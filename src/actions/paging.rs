//! What all lists that come in pages have in common.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::database::page::Page;
use crate::param::Param;

/// Which page of a list. One past the end is empty.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct Paging {
    /// How many to leave out in front; by default, none.
    limitstart: Param<u32>,
    /// How many to return at most; by default, 25.
    limitnum: Param<u32>,
}

impl Paging {
    pub fn page(self) -> Page {
        Page { start: self.limitstart.lenient().unwrap_or(0), length: self.limitnum.lenient().unwrap_or(25) }
    }
}
