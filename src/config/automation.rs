//! `[automation]`: what happens to services, domains, invoices and tickets by the day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize, Serializer};

use super::affiliates::{Amount, Percentage};
use crate::domain::money::Money;
use crate::domain::renewal;
use crate::domain::tax::Rate;
use crate::domain::time::parse_date;

/// The daily automation. A number of days is 0 for never, unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Automation {
    pub run: AutomationRun,
    /// The day from which it runs by itself, if not from the start of the server.
    pub starts_on: Option<Date>,
    /// The operator's hour of the daily run; by default, that of `DailyCronExecutionHour`, or 9.
    pub hour: Option<u32>,
    /// How many days before its due date a term is invoiced; by default, that of `CreateInvoiceDaysBefore`. 0 for on the day.
    pub invoice_days: Option<u64>,
    /// The same for billing cycles of services and addons, by their names: `annually = 30`.
    pub invoice_days_by_cycle: BTreeMap<String, u64>,
    /// The same for domains.
    pub invoice_days_of_domains: Option<u64>,
    /// Whether further terms are invoiced while earlier ones are not paid.
    pub continuous_invoices: bool,
    pub month_end: MonthEnd,
    pub taxes_billable_items: bool,
    /// Whether invoices are charged to stored ways to pay.
    pub captures: bool,
    /// How many days before the due date. 0 for on the day.
    pub capture_days: u64,
    /// For how many weeks a declined charge is repeated, once a week; 0 for every day until it is paid.
    pub capture_weeks: u64,
    /// Whether a declined charge is not repeated.
    pub capture_once: bool,
    /// For how many days a charge of which the gateway has not told yet what becomes of it keeps the invoice from being charged
    /// again.
    pub capture_pending_days: u64,
    /// How many days before the due date clients are reminded.
    pub reminder_days: u64,
    /// How many days after the due date clients get the first, second and third notice.
    pub overdue_days: [u64; 3],
    /// For how many days a notice or a late fee is made up for; the last notice always is.
    pub notice_catch_up_days: u64,
    /// How many days after the due date an invoice gets a late fee.
    pub late_fee_days: u64,
    /// The percentage of what is left to pay.
    pub late_fee_percentage: Percentage,
    /// The least fee, in the default currency; or the fee, if the percentage is 0.
    pub late_fee: Amount,
    /// How many days after its due date an unpaid invoice is cancelled.
    pub cancel_invoice_days: u64,
    /// Whether requests to cancel services are carried out.
    pub cancellations: bool,
    /// How many days after its due date a service is suspended.
    pub suspend_days: u64,
    /// Whether a payment ends a suspension for lack of payment.
    pub unsuspend: bool,
    /// How many days after its due date a service is terminated.
    pub terminate_days: u64,
    /// The number of services that a run may suspend and end; beyond it, none is, until `whmcs-api automation run --confirm`.
    pub max_endings: u32,
    /// How many days before the next due date of a domain, or after it if negative, clients get notices about it.
    pub domain_notice_days: Vec<i64>,
    /// The name of the template of these notices.
    pub domain_notice_template: String,
    /// The day of the month on which clients are told of cards that end with the next month; 0 for never.
    pub card_notice_day: u32,
    /// The name of the template of these notices.
    pub card_notice_template: String,
    /// The modules that have the function `Renew`, and are told of each further term that is paid for.
    pub renewing_modules: Vec<String>,
    /// How many hours after the last answer of staff a ticket is closed.
    pub close_ticket_hours: u64,
    /// Whether clients without anything active become Inactive, and Active again.
    pub client_status: bool,
    /// Whether an order is accepted once it is paid.
    pub accept_paid_orders: bool,
    /// For how many days the results of runs are kept.
    pub keep_days: u64,
}

impl Default for Automation {
    fn default() -> Automation {
        Automation {
            run: AutomationRun::default(),
            starts_on: None,
            hour: None,
            invoice_days: None,
            invoice_days_by_cycle: BTreeMap::new(),
            invoice_days_of_domains: None,
            continuous_invoices: false,
            month_end: MonthEnd::default(),
            taxes_billable_items: true,
            captures: true,
            capture_days: 0,
            capture_weeks: 0,
            capture_once: false,
            capture_pending_days: 7,
            reminder_days: 3,
            overdue_days: [1, 7, 14],
            notice_catch_up_days: 3,
            late_fee_days: 0,
            late_fee_percentage: Percentage(Rate::ZERO),
            late_fee: Amount(Money::ZERO),
            cancel_invoice_days: 0,
            cancellations: true,
            suspend_days: 7,
            unsuspend: true,
            terminate_days: 0,
            max_endings: 50,
            domain_notice_days: vec![30, 7, 1],
            domain_notice_template: "Upcoming Domain Renewal Notice".to_owned(),
            card_notice_day: 25,
            card_notice_template: "Credit Card Expiring Soon".to_owned(),
            renewing_modules: Vec::new(),
            close_ticket_hours: 0,
            client_status: false,
            accept_paid_orders: false,
            keep_days: 400,
        }
    }
}

impl Automation {
    /// Returns the day from which it runs by itself, if that is still to come.
    pub fn starts_later(&self, today: NaiveDate) -> Option<NaiveDate> {
        self.starts_on.map(|Date(first)| first).filter(|first| today < *first)
    }
}

/// Where the automation runs by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AutomationRun {
    /// On a database of this program's own.
    #[default]
    OnOwnDatabase,
    /// On a database that a WHMCS uses, too, unless its cron job runs.
    InPlaceOfWhmcs,
    Never,
}

/// A day, as a text: `"2026-12-01"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Date(pub NaiveDate);

impl TryFrom<String> for Date {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        parse_date(&text).map(Date).ok_or("a day must be in the form \"2026-12-01\"")
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// What becomes of a due day that the next month does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthEnd {
    #[default]
    Anchored,
    Clamped,
    Overflowing,
}

impl From<MonthEnd> for renewal::MonthEnd {
    fn from(setting: MonthEnd) -> renewal::MonthEnd {
        match setting {
            MonthEnd::Anchored => renewal::MonthEnd::Anchored,
            MonthEnd::Clamped => renewal::MonthEnd::Clamped,
            MonthEnd::Overflowing => renewal::MonthEnd::Overflowing,
        }
    }
}
