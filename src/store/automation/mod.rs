//! What the daily automation looks for: rows by their dates, and the record of its runs.

pub mod cards;
pub mod domains;
pub mod due;
pub mod endings;
pub mod notices;
pub mod overdue;
pub mod runs;
pub mod upkeep;
