//! `[fossbilling_limits]`: sessions of FOSSBilling's API, and how often its methods may be called.

use serde::{Deserialize, Serialize};

/// The limits of FOSSBilling's API; 0 for no limit. Those of addresses count an IPv6 /64 as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FossBillingLimits {
    /// How long a session lasts without a call.
    pub session_minutes: u32,
    /// Calls of guests from an address in a minute.
    pub guest_calls: u32,
    /// Calls of clients and staff from an address in an hour.
    pub calls_per_address: u32,
    /// Calls of a client or a key of staff in an hour.
    pub calls_per_account: u32,
    /// As the following ones, calls from an address in an hour.
    pub log_ins: u32,
    pub sign_ups: u32,
    pub guest_tickets: u32,
    pub checkouts: u32,
    pub domain_lookups: u32,
    pub promotion_codes: u32,
    pub guest_invoices: u32,
    pub password_resets: u32,
    /// Changes of a client's password in an hour.
    pub password_changes: u32,
}

impl Default for FossBillingLimits {
    /// Those of FOSSBilling, but that calls of clients and staff have the limits of their credentials alone.
    fn default() -> FossBillingLimits {
        FossBillingLimits {
            session_minutes: 120,
            guest_calls: 100,
            calls_per_address: 0,
            calls_per_account: 0,
            log_ins: 10,
            sign_ups: 5,
            guest_tickets: 3,
            checkouts: 15,
            domain_lookups: 60,
            promotion_codes: 10,
            guest_invoices: 10,
            password_resets: 3,
            password_changes: 5,
        }
    }
}
