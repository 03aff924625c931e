//! The to-do list of staff.

/// The statuses of items, which are fixed.
pub const STATUSES: [&str; 5] = ["New", "Pending", "In Progress", COMPLETED, "Postponed"];
/// The status of items that need nothing more.
pub const COMPLETED: &str = "Completed";

/// Returns a status as it is stored, from its name in any case.
pub fn status(text: &str) -> Option<&'static str> {
    STATUSES.into_iter().find(|status| status.eq_ignore_ascii_case(text.trim()))
}
