//! Billable items: work that is to be invoiced.

use chrono::{Days, Months, NaiveDate};

use super::money::Money;

/// When a billable item is invoiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceAction {
    Never,
    NextRun,
    NextInvoice,
    WhenDue,
    Recurring,
}

impl InvoiceAction {
    pub fn parse(text: &str) -> Option<InvoiceAction> {
        match text.to_ascii_lowercase().as_str() {
            "noinvoice" => Some(InvoiceAction::Never),
            "nextcron" => Some(InvoiceAction::NextRun),
            "nextinvoice" => Some(InvoiceAction::NextInvoice),
            "duedate" => Some(InvoiceAction::WhenDue),
            "recur" => Some(InvoiceAction::Recurring),
            _ => None,
        }
    }

    /// The number in `tblbillableitems.invoiceaction`.
    pub fn number(self) -> i32 {
        match self {
            InvoiceAction::Never => 0,
            InvoiceAction::NextRun => 1,
            InvoiceAction::NextInvoice => 2,
            InvoiceAction::WhenDue => 3,
            InvoiceAction::Recurring => 4,
        }
    }

    pub fn needs_due_date(self) -> bool {
        matches!(self, InvoiceAction::WhenDue | InvoiceAction::Recurring)
    }
}

/// The unit of the quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Hours,
    Pieces,
}

impl Unit {
    pub fn parse(text: &str) -> Option<Unit> {
        match text.to_ascii_lowercase().as_str() {
            "hours" => Some(Unit::Hours),
            "quantity" => Some(Unit::Pieces),
            _ => None,
        }
    }

    /// The number in `tblbillableitems.unit`.
    pub fn number(self) -> i32 {
        match self {
            Unit::Hours => 0,
            Unit::Pieces => 1,
        }
    }
}

/// The recurrence of an item: its interval in days, weeks, months or years, and its number of occurrences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurrence {
    pub every: u32,
    pub period: Period,
    pub times: u32,
}

impl Recurrence {
    /// The due date after this one; `None` if it exceeds the calendar.
    pub fn next(self, due: NaiveDate) -> Option<NaiveDate> {
        match self.period {
            Period::Days => due.checked_add_days(Days::new(self.every.into())),
            Period::Weeks => due.checked_add_days(Days::new(u64::from(self.every) * 7)),
            Period::Months => due.checked_add_months(Months::new(self.every)),
            Period::Years => due.checked_add_months(Months::new(self.every.checked_mul(12)?)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    Days,
    Weeks,
    Months,
    Years,
}

impl Period {
    const ALL: [Period; 4] = [Period::Days, Period::Weeks, Period::Months, Period::Years];

    /// The word in `tblbillableitems.recurcycle`.
    pub fn name(self) -> &'static str {
        match self {
            Period::Days => "Days",
            Period::Weeks => "Weeks",
            Period::Months => "Months",
            Period::Years => "Years",
        }
    }

    /// Parses a period in any case.
    pub fn parse(text: &str) -> Option<Period> {
        Period::ALL.into_iter().find(|period| period.name().eq_ignore_ascii_case(text))
    }
}

/// Whether a quantity is valid: it fits the column, `DECIMAL(5,2)`, and is not negative.
pub fn is_quantity(quantity: Money) -> bool {
    quantity >= Money::ZERO && Money::parse("999.99").is_some_and(|most| quantity <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_words_are_read_in_any_case() {
        let actions = ["noinvoice", "NextCron", "nextinvoice", "duedate", "RECUR"].map(InvoiceAction::parse);
        assert_eq!(actions.map(|action| action.map(InvoiceAction::number)), [0, 1, 2, 3, 4].map(Some));
        assert_eq!(["hours", "Quantity"].map(Unit::parse), [Some(Unit::Hours), Some(Unit::Pieces)]);
        for period in Period::ALL {
            assert_eq!(Period::parse(&period.name().to_uppercase()), Some(period));
        }
        assert_eq!((InvoiceAction::parse("now"), Unit::parse("days"), Period::parse("Day")), (None, None, None));
    }

    #[test]
    fn a_quantity_is_what_the_column_holds() {
        for (quantity, fits) in [("0", true), ("999.99", true), ("1000", false), ("-0.01", false)] {
            assert_eq!(is_quantity(Money::parse(quantity).unwrap()), fits, "{quantity}");
        }
    }
}
