//! How values of the domain are bound to statements and read from rows, and how rows are read into structs.

use rust_decimal::Decimal;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::mysql::{MySql, MySqlRow, MySqlTypeInfo, MySqlValueRef};
use sqlx::{Column, Decode, Encode, Row, Type};

use crate::domain::id::{
    AddonId, AdminId, AdminRoleId, AffiliateId, AnnouncementId, ClientGroupId, ClientId, ContactId, CurrencyId,
    DepartmentId, DomainId, InvoiceId, OAuthCredentialId, OrderId, ProductGroupId, ProductId, ProjectId, ProjectTaskId,
    ProjectTimerId, PromotionId, QuoteId, ServerId, ServiceAddonId, ServiceId, TicketId, TicketNoteId, TicketReplyId,
    ToDoItemId, UserId,
};
use crate::domain::module::Command;
use crate::domain::money::Money;
use crate::domain::tax::Rate;

/// Implements sqlx's traits for a domain type by way of a type that the driver knows.
macro_rules! stored_as {
    ($column:ty, $read:ty: $($value:ty),+; $to_column:expr) => {$(
        impl Type<MySql> for $value {
            fn type_info() -> MySqlTypeInfo {
                <$column as Type<MySql>>::type_info()
            }

            fn compatible(column: &MySqlTypeInfo) -> bool {
                <$column as Type<MySql>>::compatible(column)
            }
        }

        impl Encode<'_, MySql> for $value {
            fn encode_by_ref(&self, buffer: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
                let to_column: fn($value) -> $column = $to_column;
                Encode::<MySql>::encode_by_ref(&to_column(*self), buffer)
            }
        }

        impl<'r> Decode<'r, MySql> for $value {
            fn decode(value: MySqlValueRef<'r>) -> Result<Self, BoxDynError> {
                Ok(<$read as Decode<MySql>>::decode(value)?.try_into()?)
            }
        }
    )+};
}

stored_as!(Decimal, &str: Money; |amount| amount.decimal());
stored_as!(Decimal, Decimal: Rate; |rate| rate.decimal());
stored_as!(
    i64, i64: AddonId, AdminId, AdminRoleId, AffiliateId, AnnouncementId, ClientGroupId, ClientId, ContactId,
    CurrencyId, DepartmentId, DomainId, InvoiceId, OAuthCredentialId, OrderId, ProductGroupId, ProductId, ProjectId,
    ProjectTaskId, ProjectTimerId, PromotionId, QuoteId, ServerId, ServiceAddonId, ServiceId, TicketId,
    TicketNoteId, TicketReplyId, ToDoItemId, UserId;
    |id| id.0
);

impl Type<MySql> for Command {
    fn type_info() -> MySqlTypeInfo {
        <str as Type<MySql>>::type_info()
    }

    fn compatible(column: &MySqlTypeInfo) -> bool {
        <str as Type<MySql>>::compatible(column)
    }
}

impl<'r> Decode<'r, MySql> for Command {
    fn decode(value: MySqlValueRef<'r>) -> Result<Self, BoxDynError> {
        let function = <&str as Decode<MySql>>::decode(value)?;
        Command::parse(function).ok_or_else(|| format!("no command of modules: {function}").into())
    }
}

/// Implements `FromRow` for a struct, each field read from the column of its name. (sqlx's macro for this would have
/// the whole of sqlx compiled twice.)
macro_rules! from_row {
    ($row:ident { $($field:ident),+ $(,)? }) => {
        impl<'r> sqlx::FromRow<'r, sqlx::mysql::MySqlRow> for $row {
            fn from_row(row: &'r sqlx::mysql::MySqlRow) -> sqlx::Result<Self> {
                let mut position = 0;
                Ok($row { $($field: crate::database::values::column(row, &mut position, stringify!($field))?),+ })
            }
        }
    };
}
pub(crate) use from_row;

/// Reads the column of this name; fast if it is the next one, which is usual.
pub(crate) fn column<'r, T: Decode<'r, MySql> + Type<MySql>>(
    row: &'r MySqlRow,
    position: &mut usize,
    name: &str,
) -> sqlx::Result<T> {
    let next = *position;
    *position += 1;
    match row.columns().get(next) {
        Some(column) if column.name() == name => row.try_get(next),
        _ => row.try_get(name),
    }
}
