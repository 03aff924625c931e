//! Statements that are not those of this program: a SELECT with bound values, whose rows are read as what they are, within
//! limits of time, rows and bytes.

use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime};
use futures_util::TryStreamExt;
use rust_decimal::Decimal;
use sqlx::mysql::{MySql, MySqlArguments, MySqlColumn, MySqlRow, MySqlTypeInfo};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column as _, Decode, Executor, MySqlConnection, Row, SqlSafeStr, Statement, Type, TypeInfo};

use super::errors;

/// A value that is bound to a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Decimal(Decimal),
    Text(String),
    Date(NaiveDate),
    Time(NaiveDateTime),
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    Integer,
    Unsigned,
    Bits,
    Float32,
    Float64,
    /// An exact number, which is read as a text; one without decimals as an integer.
    Decimal,
    Date,
    DateTime,
    Time,
    Text,
    Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: ColumnKind,
}

/// The most that is read of a statement's rows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub rows: usize,
    pub bytes: usize,
}

/// Why a statement gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// Unless the database has ended it, it may still run.
    #[error("it took too long")]
    TimedOut { is_ended: bool },
    #[error("it has too many rows")]
    TooManyRows,
    #[error("its rows are too large")]
    TooLarge,
    /// The database rejects the statement, or its columns cannot be a reply. Holds the reason.
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The rows of a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// The bytes of the rows in memory and of their names, which a reply repeats in each row.
    pub bytes: usize,
}

/// Sets the bounds of a statement on this session: its time, and the bytes of what it aggregates as one text. One byte more than
/// the limit, so that a text which was cut off exceeds it.
pub async fn set_bounds(db: &mut MySqlConnection, time: Duration, limits: Limits) -> sqlx::Result<()> {
    set(db, &format!("SESSION group_concat_max_len = {}, {}", limits.bytes.saturating_add(1).max(4), time_limit(time)))
        .await
}

/// Has the database end every statement of this session after this time.
pub async fn limit_time(db: &mut MySqlConnection, time: Duration) -> sqlx::Result<()> {
    set(db, &time_limit(time)).await
}

async fn set(db: &mut MySqlConnection, settings: &str) -> sqlx::Result<()> {
    db.execute(AssertSqlSafe(format!("SET {settings}"))).await.map(drop)
}

/// Each of MariaDB and MySQL executes the comment that is for it. No limit would be 0.
fn time_limit(time: Duration) -> String {
    let time = time.max(Duration::from_millis(1));
    let (seconds, milliseconds) = (time.as_secs_f64(), time.as_millis());
    format!("/*M! SESSION max_statement_time = {seconds} */ /*!50708 SESSION max_execution_time = {milliseconds} */")
}

/// Returns the columns of a statement, without running it. If the database rejects it, it is unfit.
pub async fn columns(db: &mut MySqlConnection, sql: &str) -> Result<Vec<Column>, SelectError> {
    let prepared = db.prepare(AssertSqlSafe(sql.to_owned()).into_sql_str()).await;
    let statement = prepared.map_err(|error| match errors::verdict(&error) {
        Some(why) => SelectError::Unfit(why.to_owned()),
        None => error.into(),
    })?;
    Ok(statement.columns().iter().map(Column::of).collect())
}

/// Reads the rows of a statement. After an error, rows may still be on their way: see
/// [`SelectError::leaves_connection_usable`].
pub async fn rows(
    db: &mut MySqlConnection,
    sql: String,
    values: &[Value],
    is_cached: bool,
    limits: Limits,
) -> Result<Rows, SelectError> {
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(is_cached);
    let query = values.iter().fold(query, |query, value| value.bind(query));
    let mut stream = query.fetch(db);
    let (mut read, mut names) = (Rows::default(), 0);
    while let Some(row) = stream.try_next().await.map_err(timed_out)? {
        if read.columns.is_empty() {
            read.columns = row.columns().iter().map(Column::of).collect();
            names = read.columns.iter().map(|column| column.name.len()).sum();
        }
        let cells = read.columns.iter().enumerate().map(|(at, column)| column.kind.read(&row, at));
        let cells: Vec<Cell> = cells.collect::<sqlx::Result<_>>()?;
        read.bytes += names + cells.iter().map(Cell::bytes).sum::<usize>();
        if read.rows.len() == limits.rows {
            return Err(SelectError::TooManyRows);
        }
        if read.bytes > limits.bytes {
            return Err(SelectError::TooLarge);
        }
        read.rows.push(cells);
    }
    Ok(read)
}

/// Reads a number with which a statement counts.
pub async fn count(
    db: &mut MySqlConnection,
    sql: String,
    values: &[Value],
    is_cached: bool,
) -> Result<i64, SelectError> {
    let limits = Limits { rows: 1, bytes: usize::MAX };
    let counted = rows(db, sql, values, is_cached, limits).await?;
    match counted.rows.first().and_then(|row| row.first()) {
        Some(Cell::Integer(count)) => Ok(*count),
        _ => Err(sqlx::Error::RowNotFound.into()),
    }
}

fn timed_out(error: sqlx::Error) -> SelectError {
    if errors::is_statement_timeout(&error) { SelectError::TimedOut { is_ended: true } } else { error.into() }
}

impl SelectError {
    /// Whether the connection can be used further: the database has rejected or ended the statement.
    pub fn leaves_connection_usable(&self) -> bool {
        match self {
            SelectError::TimedOut { is_ended } => *is_ended,
            SelectError::Database(error) => error.as_database_error().is_some(),
            SelectError::Unfit(_) => true,
            SelectError::TooManyRows | SelectError::TooLarge => false,
        }
    }
}

impl Value {
    fn bind<'q>(&self, query: Query<'q, MySql, MySqlArguments>) -> Query<'q, MySql, MySqlArguments> {
        match self {
            Value::Null => query.bind(None::<String>),
            Value::Integer(integer) => query.bind(*integer),
            Value::Decimal(decimal) => query.bind(*decimal),
            Value::Text(text) => query.bind(text.clone()),
            Value::Date(date) => query.bind(*date),
            Value::Time(time) => query.bind(*time),
        }
    }
}

impl Cell {
    fn bytes(&self) -> usize {
        size_of::<Cell>()
            + match self {
                Cell::Text(text) => text.len(),
                Cell::Bytes(bytes) => bytes.len(),
                Cell::Null | Cell::Integer(_) | Cell::Unsigned(_) | Cell::Float(_) => 0,
            }
    }
}

impl Column {
    fn of(column: &MySqlColumn) -> Column {
        Column { name: column.name().to_owned(), kind: ColumnKind::of(column.type_info()) }
    }
}

impl ColumnKind {
    fn of(info: &MySqlTypeInfo) -> ColumnKind {
        match info.name() {
            // The driver has one name for TINYINT(1) with and without a sign.
            "BOOLEAN" if <u64 as Type<MySql>>::compatible(info) => ColumnKind::Unsigned,
            name => ColumnKind::named(name),
        }
    }

    /// Returns the kind of a column by the driver's name of its type.
    fn named(name: &str) -> ColumnKind {
        match name {
            "FLOAT" => ColumnKind::Float32,
            "DOUBLE" => ColumnKind::Float64,
            "DECIMAL" => ColumnKind::Decimal,
            "DATE" => ColumnKind::Date,
            "DATETIME" | "TIMESTAMP" => ColumnKind::DateTime,
            "TIME" => ColumnKind::Time,
            "BIT" => ColumnKind::Bits,
            "YEAR" => ColumnKind::Unsigned,
            "BOOLEAN" => ColumnKind::Integer,
            name if name.ends_with("UNSIGNED") => ColumnKind::Unsigned,
            name if name.ends_with("INT") => ColumnKind::Integer,
            "GEOMETRY" | "BINARY" | "VARBINARY" => ColumnKind::Bytes,
            name if name.ends_with("BLOB") => ColumnKind::Bytes,
            _ => ColumnKind::Text,
        }
    }

    fn read(self, row: &MySqlRow, at: usize) -> sqlx::Result<Cell> {
        let raw = || row.try_get_raw(at);
        // The driver takes a day without a month or a year for no value, but its bytes are there.
        let Ok(bytes) = <&[u8] as Decode<MySql>>::decode(raw()?) else { return Ok(Cell::Null) };
        let decoded = |source| sqlx::Error::ColumnDecode { index: at.to_string(), source };
        let text = |bytes: &[u8]| match str::from_utf8(bytes) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => Cell::Bytes(bytes.to_owned()),
        };
        Ok(match self {
            ColumnKind::Integer => Cell::Integer(Decode::<MySql>::decode(raw()?).map_err(decoded)?),
            ColumnKind::Unsigned => Cell::Unsigned(Decode::<MySql>::decode(raw()?).map_err(decoded)?),
            ColumnKind::Bits => Cell::Unsigned(bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))),
            ColumnKind::Float32 => {
                let float: f32 = Decode::<MySql>::decode(raw()?).map_err(decoded)?;
                // Not `f64::from`, which shows the digits that a binary fraction has.
                Cell::Float(float.to_string().parse().unwrap_or_default())
            }
            ColumnKind::Float64 => Cell::Float(Decode::<MySql>::decode(raw()?).map_err(decoded)?),
            ColumnKind::Decimal => match text(bytes) {
                Cell::Text(text) => text.parse().map_or(Cell::Text(text), Cell::Integer),
                other => other,
            },
            ColumnKind::Date => Cell::Text(day(bytes)),
            ColumnKind::DateTime => Cell::Text(date_time(bytes)),
            ColumnKind::Time => Cell::Text(time(bytes)),
            ColumnKind::Text | ColumnKind::Bytes => text(bytes),
        })
    }
}

/// Formats a day of the binary protocol: its length, and then year, month and day if they are not 0.
fn day(bytes: &[u8]) -> String {
    let [year, month, day] = match bytes {
        [_, low, high, month, day, ..] => [u16::from_le_bytes([*low, *high]), u16::from(*month), u16::from(*day)],
        _ => [0; 3],
    };
    format!("{year:04}-{month:02}-{day:02}")
}

/// Formats a day with a time, whose parts follow those of the day if they are not 0.
fn date_time(bytes: &[u8]) -> String {
    let [hour, minute, second] = match bytes {
        [_, _, _, _, _, hour, minute, second, ..] => [*hour, *minute, *second],
        _ => [0; 3],
    };
    let fraction = microseconds(bytes.get(8..).unwrap_or_default());
    format!("{} {hour:02}:{minute:02}:{second:02}{fraction}", day(bytes))
}

/// Formats a time, which may be negative or longer than a day: its length, its sign, the days, and the rest.
fn time(bytes: &[u8]) -> String {
    let [_, is_negative, one, two, three, four, hour, minute, second, fraction @ ..] = bytes else {
        return "00:00:00".to_owned();
    };
    let hours = u64::from(u32::from_le_bytes([*one, *two, *three, *four])) * 24 + u64::from(*hour);
    let sign = if *is_negative == 1 { "-" } else { "" };
    format!("{sign}{hours:02}:{minute:02}:{second:02}{}", microseconds(fraction))
}

fn microseconds(bytes: &[u8]) -> String {
    match bytes {
        [one, two, three, four] => format!(".{:06}", u32::from_le_bytes([*one, *two, *three, *four])),
        _ => String::new(),
    }
}
