//! Paging parameters that all paged lists share.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::database::page::Page;
use crate::param::Param;

/// The page of a list to return. A page past the end is empty.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct Paging {
    /// Number of rows to skip; by default, none.
    limitstart: Param<u32>,
    /// Maximum number of rows to return; by default, 25.
    limitnum: Param<u32>,
}

impl Paging {
    pub fn page(self) -> Page {
        Page { start: self.limitstart.lenient().unwrap_or(0), length: self.limitnum.lenient().unwrap_or(25) }
    }
}
