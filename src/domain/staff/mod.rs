//! What staff do: bans of addresses, and the to-do list.

pub mod ban;
pub mod to_do;
