//! Single values: how each type is read from a parameter's text.

use std::net::IpAddr;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use rust_decimal::Decimal;

use super::{ParamValue, reading, text};
use crate::database::page::Direction;
use crate::domain::clients::country::Country;
use crate::domain::domain_name::DomainName;
use crate::domain::id::{
    self, AddonId, AdminId, AdminRoleId, AffiliateId, AnnouncementId, ClientGroupId, ClientId, ContactId, CurrencyId,
    DepartmentId, DomainId, InvoiceId, OAuthCredentialId, OrderId, ProductGroupId, ProductId, ProjectId, ProjectTaskId,
    ProjectTimerId, PromotionId, QuoteId, ServerId, ServiceAddonId, ServiceId, TicketId, TicketNoteId, TicketReplyId,
    ToDoItemId, UserId,
};
use crate::domain::invoice::Status;
use crate::domain::money::{Money, parse_decimal};
use crate::domain::number;
use crate::domain::order::DomainKind;
use crate::domain::promotion::Discount;
use crate::domain::tax::Rate;
use crate::domain::ticket::Priority;
use crate::domain::written_date::is_no_date;

macro_rules! ids {
    ($($id:ident)+) => {$(
        impl ParamValue for $id {
            fn parse(text: &str) -> Option<Self> {
                $id::parse(text)
            }

            fn means_none(text: &str) -> bool {
                id::is_zero(text)
            }
        }
    )+};
}

ids! {
    AddonId AdminId AdminRoleId AffiliateId AnnouncementId ClientGroupId ClientId ContactId CurrencyId DepartmentId
    DomainId InvoiceId OAuthCredentialId OrderId ProductGroupId ProductId ProjectId ProjectTaskId ProjectTimerId
    PromotionId QuoteId ServerId ServiceAddonId ServiceId TicketId TicketNoteId TicketReplyId ToDoItemId UserId
}

macro_rules! values {
    ($($value:ty: $parse:expr;)+) => {$(
        impl ParamValue for $value {
            fn parse(text: &str) -> Option<Self> {
                ($parse)(text)
            }
        }
    )+};
}

values! {
    Country: Country::parse;
    Priority: Priority::parse;
    Status: Status::parse;
    Discount: Discount::parse;
    DomainKind: DomainKind::parse;
    DomainName: DomainName::parse;
    Direction: |text: &str| match text.to_ascii_lowercase().as_str() {
        "asc" => Some(Direction::Ascending),
        "desc" => Some(Direction::Descending),
        _ => None,
    };
    String: |text: &str| Some(text::stored(text));
    // Also as programs with floats write it: `5.0`.
    u32: |text| number::parse(text).filter(Decimal::is_integer)?.try_into().ok();
    // Any other text is true, as in PHP. The words for "no" are what clients in other languages send.
    bool: |text: &str| {
        let word = text.trim().to_ascii_lowercase();
        Some(!["", "false", "off", "no"].contains(&word.as_str()) && !id::is_zero(&word))
    };
}

macro_rules! amounts {
    ($($value:ty: $parse:expr;)+) => {$(
        impl ParamValue for $value {
            /// What is not written as documented is rounded, or refused, by rules of their own.
            const IS_EXACT: bool = true;

            fn parse(text: &str) -> Option<Self> {
                ($parse)(text)
            }
        }
    )+};
}

amounts! {
    Money: |text| Money::parse(&reading::decimal(text, 2)?);
    Rate: |text| Rate::parse(&reading::decimal(text, 3)?);
    ExchangeRate: |text| ExchangeRate::parse(&reading::decimal(text, 5)?);
    Unrounded<Money>: |text| Money::parse(text).map(Unrounded);
}

/// An amount that is refused unless it is written as documented, `###` or `###.##`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unrounded<T>(pub T);

/// An exchange rate, above zero and with five decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeRate(pub Decimal);

impl ExchangeRate {
    fn parse(text: &str) -> Option<ExchangeRate> {
        let rate = parse_decimal(text, 5)?;
        (rate > Decimal::ZERO && rate < Decimal::from(10_000_000_000_i64)).then_some(ExchangeRate(rate))
    }
}

/// A day in any form that is accepted; a time after it is ignored. `0000-00-00` counts as absent.
impl ParamValue for NaiveDate {
    fn parse(text: &str) -> Option<Self> {
        reading::written_date(text).map(|written| written.day)
    }

    fn means_none(text: &str) -> bool {
        is_no_date(text)
    }
}

/// A time in any form that is accepted, on the operator's clock; of a day alone, its first second.
impl ParamValue for NaiveDateTime {
    fn parse(text: &str) -> Option<Self> {
        reading::written_date(text).and_then(reading::local_time)
    }

    fn means_none(text: &str) -> bool {
        is_no_date(text)
    }
}

/// A time on the clock of UTC: one with an offset is converted, any other is taken as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UtcTime(pub NaiveDateTime);

impl ParamValue for UtcTime {
    fn parse(text: &str) -> Option<Self> {
        let written = reading::written_date(text)?;
        let time = written.day.and_time(written.time.unwrap_or_default());
        let offset = written.offset.map_or(0, |offset| offset.local_minus_utc());
        time.checked_sub_signed(TimeDelta::seconds(offset.into())).map(UtcTime)
    }

    fn means_none(text: &str) -> bool {
        is_no_date(text)
    }
}

impl ParamValue for IpAddr {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}
