//! One file for each action: what it returns, writes and rejects, and its calls for tests of the whole catalogue; and
//! tests of several actions together.

use crate::support::Calls;

mod amounts;
mod commissions;
mod invoice_numbers;
mod module_commands;
mod module_endpoints;
mod order_domains;
mod order_promotions;
mod payment_callbacks;
pub mod payment_gateways;
mod registrar_commands;
mod registrar_outcomes;
mod registrar_payments;
mod registrar_questions;
mod registrar_synchronization;
mod service_passwords;
mod settlement;
mod sign_up;

macro_rules! declare {
    ($($(#[$about:meta])* $group:ident $(with $($part:ident),+)? { $($module:ident: $action:ident,)+ })+) => {
        $(pub mod $group {
            $(pub mod $module;)+
        })+

        /// The calls of every action, by its name.
        pub static CALLS: &[(&str, &Calls)] = &[$($((stringify!($action), &$group::$module::CALLS),)+)+];
    };
}

whmcs_api::catalogue!(declare);
