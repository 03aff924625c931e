//! The data set: generated in the database itself from numbers only, so that it is the same everywhere.

use anyhow::Context;
use indicatif::ProgressBar;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};
use whmcs_api::auth::secret;

pub const IDENTIFIER: &str = "BenchIdentifier00000000000000001";
pub const SECRET: &str = "BenchSecret000000000000000000001";

/// Number of rows per statement, few enough for the database's memory.
const PART: u64 = 50_000;

/// The numbers of rows of the tables that grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Sizes {
    pub clients: u64,
    pub credits: u64,
    pub invoices: u64,
    pub products: u64,
}

impl Sizes {
    /// The agreed data set, multiplied by `scale`. The catalog does not grow.
    pub fn scaled(scale: f64) -> Sizes {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let times = |count: f64| (count * scale).round() as u64;
        Sizes { clients: times(10_000.0), credits: times(100_000.0), invoices: times(50_000.0), products: 500 }
    }
}

/// Fills a database that has empty tables.
pub async fn fill(options: MySqlConnectOptions, sizes: Sizes, bar: &ProgressBar) -> anyhow::Result<()> {
    let mut connection = MySqlConnection::connect_with(&options).await?;
    // Loading is not measured.
    connection.execute("SET SESSION sql_mode = '', unique_checks = 0, foreign_key_checks = 0").await?;
    sqlx::raw_sql(include_str!("data/catalog.sql")).execute(&mut connection).await.context("the catalog")?;
    sqlx::query(
        "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) VALUES (?, ?, 1, 1, '[1]')",
    )
    .bind(IDENTIFIER)
    .bind(secret::hash(SECRET)?)
    .execute(&mut connection)
    .await?;
    for (table, count, statement) in [
        ("clients", sizes.clients, include_str!("data/clients.sql")),
        ("credit entries", sizes.credits, include_str!("data/credits.sql")),
        ("invoices", sizes.invoices, include_str!("data/invoices.sql")),
        ("invoice items", sizes.invoices * 2, include_str!("data/invoice_items.sql")),
    ] {
        bar.set_message(format!("loading {count} {table}"));
        for start in (1..=count).step_by(usize::try_from(PART)?) {
            let end = count.min(start + PART - 1);
            let statement = statement
                .replace("{numbers}", &format!("seq_{start}_to_{end}"))
                .replace("{clients}", &sizes.clients.to_string());
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.context(table)?;
        }
        bar.inc(1);
    }
    connection.execute("ANALYZE TABLE tblclients, tblcredit, tblinvoices, tblinvoiceitems").await?;
    Ok(connection.close().await?)
}
