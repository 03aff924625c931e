//! How long texts of endpoints may be.

/// The length of the column.
pub const TEXT: usize = 255;
pub const URL_BYTES: usize = 2000;
pub const EVENT_BYTES: usize = 4000;
