//! What staff see and do: who they are and who is online, their to-do list, and bans of addresses. How staff log in is in
//! `system::staff`.

pub mod bans;
pub mod members;
pub mod to_do;
