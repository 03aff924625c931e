//! What the daily automation looks for: rows by their dates, and the record of its runs.

pub mod due;
pub mod endings;
pub mod runs;
