//! JSON schemas of parameter values. They describe the preferred form of values; others are accepted, too, such as
//! numbers in strings, or words in another case.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    Clearable, CommaSeparated, Emails, ExchangeRate, Field, Html, Keyed, List, Nested, NestedHtml, Param, Password,
    Unrounded,
};
use crate::database::page::Direction;
use crate::domain::billable_item::{InvoiceAction, Period, Unit};
use crate::domain::clients::country::Country;
use crate::domain::clients::email::Email;
use crate::domain::clients::topic::Topic;
use crate::domain::domain_name::DomainName;
use crate::domain::id::{
    AddonId, AdminId, AdminRoleId, AffiliateId, AnnouncementId, ClientGroupId, ClientId, ContactId, CurrencyId,
    DepartmentId, DomainId, InvoiceId, OAuthCredentialId, OrderId, ProductGroupId, ProductId, ProjectId, ProjectTaskId,
    ProjectTimerId, PromotionId, QuoteId, ServerId, ServiceAddonId, ServiceId, TicketId, TicketNoteId, TicketReplyId,
    ToDoItemId, UserId,
};
use crate::domain::invoice::LineKind;
use crate::domain::money::Money;
use crate::domain::order::DomainKind;
use crate::domain::order::cycle::Cycle;
use crate::domain::promotion::Discount;
use crate::domain::sales::quote::Stage;
use crate::domain::tax::Rate;
use crate::domain::ticket::Priority;
use crate::domain::time::NO_DATE;
use crate::domain::{invoice, service};
use crate::store::billing::invoice_list;
use crate::store::clients::list;
use crate::store::support::views;
use crate::store::system::staff::StaffMailTopic;

/// Implements `JsonSchema` for values. Their schemas are always inlined.
macro_rules! schemas {
    ($($value:ty: $schema:expr;)+) => {$(
        impl JsonSchema for $value {
            fn schema_name() -> Cow<'static, str> {
                stringify!($value).into()
            }

            fn schema_id() -> Cow<'static, str> {
                std::any::type_name::<$value>().into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )+};
}

schemas! {
    AddonId: id();
    AdminId: id();
    AdminRoleId: id();
    AffiliateId: id();
    AnnouncementId: id();
    ClientGroupId: id();
    ClientId: id();
    ContactId: id();
    CurrencyId: id();
    DepartmentId: id();
    DomainId: id();
    InvoiceId: id();
    OAuthCredentialId: id();
    OrderId: id();
    ProductGroupId: id();
    ProductId: id();
    ProjectId: id();
    ProjectTaskId: id();
    ProjectTimerId: id();
    PromotionId: id();
    QuoteId: id();
    ServerId: id();
    ServiceAddonId: id();
    ServiceId: id();
    TicketId: id();
    TicketNoteId: id();
    TicketReplyId: id();
    ToDoItemId: id();
    UserId: id();
    Rate: json_schema!({"type": ["string", "number"], "pattern": r"^[0-9]{1,7}(\.[0-9]{1,3})?$", "minimum": 0});
    ExchangeRate: json_schema!({
        "type": ["string", "number"],
        "pattern": r"^[0-9]{1,10}(\.[0-9]{1,5})?$",
        "exclusiveMinimum": 0,
    });
    Country: json_schema!({"type": "string", "pattern": "^[A-Z]{2}$"});
    DomainName: json_schema!({"type": "string", "maxLength": 253});
    Email: json_schema!({"type": "string", "format": "email"});
    Emails: json_schema!({"type": "string"});
    CommaSeparated: json_schema!({"type": "string"});
    Html: json_schema!({"type": "string", "contentMediaType": "text/html"});
    Password: json_schema!({"type": "string", "format": "password"});
    Date: json_schema!({"type": "string", "format": "date", "pattern": DATE});
    DateTime: json_schema!({"type": "string", "pattern": DATE_TIME});
    DateOrNone: json_schema!({"type": "string", "pattern": DATE, "examples": ["2026-11-20", NO_DATE]});
    DateTimeOrNone: json_schema!({"type": "string", "pattern": DATE_TIME, "examples": ["2026-11-20 12:30:00", NO_DATE]});
    IdOrZero: json_schema!({"type": "integer", "format": "int64", "minimum": 0});
    Ids: json_schema!({
        "anyOf": [
            {"type": "integer", "minimum": 1},
            {"type": "string", "pattern": "^[0-9]+(,[0-9]+)*$"},
            {"type": "array", "items": {"type": "integer", "minimum": 1}},
        ],
    });
    IdsInText: json_schema!({"type": ["string", "integer"], "pattern": "^[0-9]+(,[0-9]+)*$", "minimum": 1});
    Address: json_schema!({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]});
    Files: json_schema!({
        "type": ["array", "object", "string"],
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "filename": {"type": "string"},
                "data": {"type": "string", "contentEncoding": "base64"},
            },
            "required": ["data"],
            "anyOf": [{"required": ["name"]}, {"required": ["filename"]}],
        },
    });
    Cycle: one_of(&[
        "Free Account", "One Time", "Monthly", "Quarterly", "Semi-Annually", "Annually", "Biennially", "Triennially",
    ]);
    DomainKind: one_of(&["register", "transfer"]);
    LineKind: one_of(&LineKind::OF_CALLERS.map(LineKind::said));
    invoice::Status: one_of(&[
        "Draft", "Unpaid", "Paid", "Cancelled", "Refunded", "Collections", "Payment Pending",
    ]);
    service::Status: one_of(&[
        "Pending", "Active", "Suspended", "Terminated", "Cancelled", "Fraud", "Completed",
    ]);
    service::CancellationKind: one_of(&["Immediate", "End of Billing Period"]);
    Priority: one_of(&["Low", "Medium", "High"]);
    Topic: one_of(&["general", "product", "domain", "invoice", "support", "affiliate"]);
    Discount: one_of(&["percentage", "fixed"]);
    Stage: one_of(&["Draft", "Delivered", "On Hold", "Accepted", "Lost", "Dead"]);
    Direction: one_of(&["asc", "desc"]);
    InvoiceAction: one_of(&["noinvoice", "nextcron", "nextinvoice", "duedate", "recur"]);
    Unit: one_of(&["hours", "quantity"]);
    Period: one_of(&["Days", "Weeks", "Months", "Years"]);
    invoice_list::InvoiceSort: one_of(&["id", "invoicenumber", "date", "duedate", "total", "status"]);
    list::ClientSort: one_of(&[
        "id", "firstname", "lastname", "companyname", "email", "groupid", "datecreated", "status",
    ]);
    views::TicketSort: one_of(&["id", "tid", "date", "lastreply", "deptid", "subject", "status", "priority"]);
    StaffMailTopic: one_of(&["system", "account", "support"]);
    // A text is base64 of an array serialized by PHP.
    Nested: json_schema!({"type": ["object", "array", "string"]});
    NestedHtml: json_schema!({"type": ["object", "array", "string"], "contentMediaType": "text/html"});
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        if generator.contract().is_serialize() {
            json_schema!({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"})
        } else {
            json_schema!({"type": ["string", "number"], "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,2})?$"})
        }
    }
}

/// Amounts by currency and billing cycle, or base64 of such an array serialized by PHP.
impl JsonSchema for Prices {
    fn schema_name() -> Cow<'static, str> {
        "Prices".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let prices = generator.subschema_for::<Keyed<Money>>();
        json_schema!({"type": ["object", "array", "string"], "additionalProperties": prices, "items": prices})
    }
}

/// An amount that is above zero and never rounded.
impl JsonSchema for Unrounded<Money> {
    fn schema_name() -> Cow<'static, str> {
        "UnroundedMoney".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number"], "pattern": r"^[0-9]{1,14}(\.[0-9]{1,2})?$"})
    }
}

const DATE: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const DATE_TIME: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?$";

fn id() -> Schema {
    json_schema!({"type": "integer", "minimum": 1})
}

fn one_of(names: &[&str]) -> Schema {
    json_schema!({"type": "string", "enum": names})
}

/// A date without a time.
pub struct Date;

/// A date, or a date and time.
pub struct DateTime;

/// A date, or `0000-00-00` for none.
pub struct DateOrNone;

/// A date, a date and time, or `0000-00-00` for none.
pub struct DateTimeOrNone;

/// The prices of a product.
pub struct Prices;

/// One id, or 0 for none.
pub struct IdOrZero;

/// One id, several in a list, or several in a text, separated by commas.
pub struct Ids;

/// One id, or several in a text, separated by commas.
pub struct IdsInText;

/// An IP address.
pub struct Address;

/// Files with their names: a list, a single one, or either in JSON or in base64 of JSON.
pub struct Files;

/// Implements `JsonSchema` for generic types that contain other values.
macro_rules! containers {
    ($($container:ident: |$schema:ident| $schema_of_container:expr;)+) => {$(
        impl<T: JsonSchema> JsonSchema for $container<T> {
            fn schema_name() -> Cow<'static, str> {
                format!("{}Of{}", stringify!($container), T::schema_name()).into()
            }

            fn schema_id() -> Cow<'static, str> {
                format!("{}<{}>", stringify!($container), T::schema_id()).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let $schema = generator.subschema_for::<T>();
                $schema_of_container
            }
        }
    )+};
}

containers! {
    Param: |value| value;
    Clearable: |value| json_schema!({"anyOf": [value, {"type": "null"}]});
    List: |value| json_schema!({"anyOf": [value, {"type": "array", "items": value}]});
    Keyed: |value| json_schema!({"type": ["object", "array"], "additionalProperties": value, "items": value});
    Field: |value| json_schema!({
        "anyOf": [
            value,
            {"type": "array", "items": value},
            {"type": "object", "additionalProperties": value},
        ],
    });
}

/// Schema of the parameters `itemdescription1`, `itemamount1`, `itemtaxed1`, `itemtype1` and `itemrelid1`, and so on with
/// other numbers.
pub fn numbered_lines(generator: &mut SchemaGenerator) -> Schema {
    let amount = generator.subschema_for::<Money>();
    let fields = [
        ("itemdescription", json_schema!({"type": "string"})),
        ("itemamount", amount),
        ("itemtaxed", json_schema!({"type": "boolean"})),
        ("itemtype", one_of(&LineKind::OF_CALLERS.map(LineKind::said))),
        ("itemrelid", json_schema!({"type": "integer", "minimum": 0})),
    ];
    let with_names = |name: &dyn Fn(&str) -> String| -> serde_json::Map<String, serde_json::Value> {
        fields.iter().map(|(field, schema)| (name(field), schema.as_value().clone())).collect()
    };
    json_schema!({
        "type": "object",
        "properties": with_names(&|field| format!("{field}1")),
        "patternProperties": with_names(&|field| format!("^{field}[0-9]+$")),
    })
}

/// Schema of the parameters `configoption1` and so on: the settings of a product's module.
pub fn module_options(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": {"configoption1": {"type": "string"}},
        "patternProperties": {"^configoption([1-9]|1[0-9]|2[0-4])$": {"type": "string"}},
    })
}
