//! `[automation]`: what happens to services, domains, invoices and tickets by the day.

use std::collections::BTreeMap;

use anyhow::bail;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize, Serializer};

use super::affiliates::{Amount, Percentage};
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::renewal;
use crate::domain::tax::Rate;
use crate::domain::time::parse_date;

/// Maximum number of days of a setting.
const MAX_DAYS: u64 = 36_500;

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
    /// Checks what has limits.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if self.hour.is_some_and(|hour| hour > 23) {
            bail!("automation.hour: must be from 0 to 23");
        }
        if self.card_notice_day > 31 {
            bail!("automation.card_notice_day: must be a day of the month, or 0");
        }
        if let Some(cycle) = self.invoice_days_by_cycle.keys().find(|name| Cycle::parse(name).is_none()) {
            bail!("automation.invoice_days_by_cycle: `{cycle}` must be a billing cycle, such as monthly or annually");
        }
        let of_invoices = [self.invoice_days, self.invoice_days_of_domains].into_iter().flatten();
        let of_services = [self.suspend_days, self.terminate_days, self.cancel_invoice_days];
        let of_notices =
            [self.capture_days, self.reminder_days, self.late_fee_days, self.notice_catch_up_days, self.keep_days];
        let all = of_invoices.chain(of_services).chain(of_notices).chain(self.overdue_days);
        if all.chain(self.invoice_days_by_cycle.values().copied()).any(|days| days > MAX_DAYS) {
            bail!("automation: a number of days must be at most {MAX_DAYS}");
        }
        let last_ending = self.suspend_days.max(self.terminate_days);
        if self.cancel_invoice_days > 0 && self.cancel_invoice_days <= last_ending {
            bail!(
                "automation.cancel_invoice_days: must be more than suspend_days and terminate_days, because a service is late by its \
                 unpaid invoice: without that, it would go on for nothing"
            );
        }
        Ok(())
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_limits_is_checked() {
        for (text, error) in [
            ("hour = 23\ncard_notice_day = 31\nsuspend_days = 36500", ""),
            ("invoice_days_by_cycle = { annually = 30, 'semi-annually' = 1 }", ""),
            ("suspend_days = 7\nterminate_days = 30\ncancel_invoice_days = 31", ""),
            ("suspend_days = 0\ncancel_invoice_days = 1", ""),
            ("hour = 24", "hour"),
            ("card_notice_day = 32", "card_notice_day"),
            ("invoice_days_by_cycle = { anualy = 30 }", "`anualy` must be a billing cycle"),
            ("invoice_days_by_cycle = { monthly = 36501 }", "at most 36500"),
            ("invoice_days = 99999999", "at most 36500"),
            ("overdue_days = [1, 2, 36501]", "at most 36500"),
            ("suspend_days = 7\ncancel_invoice_days = 7", "cancel_invoice_days"),
            ("suspend_days = 7\nterminate_days = 30\ncancel_invoice_days = 10", "cancel_invoice_days"),
            ("starts_on = '1.12.2026'", "a day must be in the form"),
        ] {
            let checked = toml::from_str::<Automation>(text).map_err(anyhow::Error::from).and_then(|read| read.check());
            let told = checked.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(told.contains(error) && told.is_empty() == error.is_empty(), "{text}: {told}");
        }
    }
}
