//! Seeded clients: their data is as consistent as the demo's, their books agree, and the same seed makes the same rows.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, MySqlConnection};
use tokio::sync::Notify;
use whmcs_api::database::pool;
use whmcs_api::demo::seed::{self, SeedPlan};
use whmcs_api::domain::time::Clock;
use whmcs_api::{audit, demo};

use super::Demo;
use super::data::{costs_what_it_is_sold_for, fits_together, has_times_in_order, names_what_is_there};
use crate::support::{NOW, eventually};

fn plan(clients: u64, seed: u64) -> SeedPlan {
    let now = Clock::fixed_at(NOW, chrono_tz::Tz::UTC).unwrap().now();
    SeedPlan { clients, seed, now, is_forced: false }
}

async fn connection(demo: &Demo) -> MySqlConnection {
    pool::connect(demo.database.options()).await.unwrap()
}

async fn run(demo: &Demo, plan: SeedPlan) -> anyhow::Result<()> {
    let mut connection = connection(demo).await;
    seed::run(&mut connection, plan, |_| {}).await?;
    pool::close(connection).await;
    Ok(())
}

async fn is_in_order(demo: &Demo) {
    names_what_is_there(demo).await;
    fits_together(demo).await;
    costs_what_it_is_sold_for(demo).await;
    has_times_in_order(demo).await;
    let findings = audit::run(&mut connection(demo).await, |_, _| {}).await.unwrap().findings;
    assert_eq!(findings, []);
    for (what, wrong) in [
        (
            "a balance that was below zero",
            "tblcredit c WHERE 0 > (SELECT SUM(amount) FROM tblcredit b WHERE b.clientid = c.clientid AND b.id <= c.id)",
        ),
        ("a client without a name", "tblclients WHERE firstname = '' OR lastname = '' OR email = '' OR country = ''"),
        ("two clients of one address", "(SELECT email FROM tblclients GROUP BY email HAVING COUNT(*) > 1) AS twice"),
        ("two tickets of one number", "(SELECT tid FROM tbltickets GROUP BY tid HAVING COUNT(*) > 1) AS twice"),
        ("a payment of the future", "tblaccounts WHERE date > '2026-11-20 12:30:00'"),
        ("a paid invoice without its time", "tblinvoices WHERE status = 'Paid' AND datepaid < created_at"),
        ("a service that runs and is long overdue", OVERDUE),
        ("a user who can log in", "tblusers u WHERE password <> '' AND id > 7"),
    ] {
        assert_eq!(demo.number(&format!("SELECT COUNT(*) FROM {wrong}")).await, 0, "{what}");
    }
}

const OVERDUE: &str = "tblhosting h JOIN tblclients c ON c.id = h.userid WHERE c.id > 7 AND h.domainstatus = 'Active' \
                       AND h.nextduedate < '2026-11-14'";

#[tokio::test]
async fn an_empty_database_gets_a_shop_and_its_clients() {
    let demo = Demo::empty().await;
    run(&demo, plan(400, 1)).await.unwrap();
    is_in_order(&demo).await;
    for (statement, least) in [
        ("SELECT COUNT(*) FROM tblclients", 400),
        ("SELECT COUNT(DISTINCT status) FROM tblclients", 3),
        ("SELECT COUNT(DISTINCT country) FROM tblclients", 8),
        ("SELECT COUNT(DISTINCT currency) FROM tblclients", 2),
        ("SELECT COUNT(*) FROM tblclients WHERE credit > 0", 10),
        ("SELECT COUNT(*) FROM tblinvoices WHERE credit > 0", 10),
        ("SELECT COUNT(*) FROM tblinvoices WHERE status = 'Unpaid' AND duedate < '2026-11-20'", 5),
        ("SELECT COUNT(DISTINCT status) FROM tblinvoices", 4),
        ("SELECT COUNT(*) FROM tblinvoices WHERE tax2 > 0", 10),
        ("SELECT COUNT(DISTINCT status) FROM tblorders", 4),
        ("SELECT COUNT(DISTINCT domainstatus) FROM tblhosting", 5),
        ("SELECT COUNT(DISTINCT billingcycle) FROM tblhosting", 4),
        ("SELECT COUNT(*) FROM tblhostingaddons", 50),
        ("SELECT COUNT(DISTINCT status) FROM tbldomains", 3),
        ("SELECT COUNT(DISTINCT status) FROM tbltickets", 2),
        ("SELECT COUNT(*) FROM tblticketreplies", 200),
        ("SELECT COUNT(*) FROM tblcontacts", 20),
        ("SELECT COUNT(*) FROM tblnotes", 10),
        ("SELECT COUNT(*) FROM tblemails", 100),
        ("SELECT COUNT(DISTINCT YEAR(datecreated)) FROM tblclients", 7),
        // The business grows: more clients came in the last three years than in the four before.
        ("SELECT SUM(datecreated > '2023-11-20') - SUM(datecreated <= '2023-11-20') > 0 FROM tblclients", 1),
        ("SELECT COUNT(*) FROM tbladmins WHERE passwordhash = ''", 2),
    ] {
        let found = demo.number(statement).await;
        assert!(found >= least, "{statement}: {found}");
    }
    assert_eq!(demo.number("SELECT COUNT(*) FROM tbldeviceauth").await, 0, "nobody may call");
}

#[tokio::test]
async fn what_is_there_gets_more_clients() {
    let demo = Demo::new().await;
    run(&demo, plan(30, 1)).await.unwrap();
    run(&demo, plan(30, 2)).await.unwrap();
    is_in_order(&demo).await;
    assert_eq!(demo.number("SELECT COUNT(*) FROM tblclients").await, 67);
}

#[tokio::test]
async fn the_same_number_makes_the_same_rows() {
    let (one, same, other) = (Demo::empty().await, Demo::empty().await, Demo::empty().await);
    for (demo, seed) in [(&one, 7), (&same, 7), (&other, 8)] {
        run(demo, plan(120, seed)).await.unwrap();
    }
    let dump = dump(&one).await;
    assert!(dump.len() > 4000, "{}", dump.len());
    assert!(dump == self::dump(&same).await);
    assert!(dump != self::dump(&other).await);
}

/// Returns every row of every table of WHMCS.
async fn dump(demo: &Demo) -> Vec<String> {
    let tables = "FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'tbl%'";
    let mut dump = Vec::new();
    for table in demo.texts(&format!("SELECT CAST(table_name AS CHAR) {tables} ORDER BY table_name")).await {
        let columns = format!(
            "SELECT CAST(CONCAT('COALESCE(`', column_name, '`, ''NULL'')') AS CHAR) FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY ordinal_position"
        );
        let columns = demo.texts(&columns).await.join(", ");
        let statement = format!("SELECT CAST(CONCAT_WS('|', '{table}', {columns}) AS CHAR) FROM {table} ORDER BY 1");
        dump.extend(demo.texts(&statement).await);
    }
    dump
}

#[tokio::test]
async fn whoever_stops_it_has_fewer_clients_and_nothing_half() {
    let demo = Demo::empty().await;
    let begun = Arc::new(Notify::new());
    let seeding = tokio::spawn({
        let (begun, mut connection) = (Arc::clone(&begun), connection(&demo).await);
        async move { seed::run(&mut connection, plan(100_000, 1), |_| begun.notify_one()).await }
    });
    begun.notified().await;
    // In the middle of the next clients, which other transactions do not see yet.
    let committed = demo.number("SELECT MAX(id) FROM tblclients").await;
    let mut reader = connection(&demo).await;
    sqlx::raw_sql("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED").execute(&mut reader).await.unwrap();
    eventually("more clients are written", async || {
        let written: i64 = sqlx::query_scalar("SELECT MAX(id) FROM tblclients").fetch_one(&mut reader).await.unwrap();
        written > committed
    })
    .await;
    seeding.abort();
    assert!(seeding.await.unwrap_err().is_cancelled());
    // The unfinished transaction is rolled back once the server notices the closed connection.
    sqlx::query("SELECT COUNT(*) FROM tblclients FOR UPDATE").execute(&demo.pool).await.unwrap();
    let clients = demo.number("SELECT COUNT(*) FROM tblclients").await;
    assert!(clients > 0 && clients % 100 == 0, "{clients}");
    is_in_order(&demo).await;
}

#[tokio::test]
async fn databases_of_people_are_left_alone() {
    for (sign, told) in [
        ("UPDATE tblclients SET email = 'ana@ferreira.pt' WHERE id = 1", "a client has the address ana@ferreira.pt"),
        (
            "UPDATE tblconfiguration SET value = 'https://billing.atlantic.pt/' WHERE setting = 'SystemURL'",
            "its WHMCS is at https://billing.atlantic.pt/",
        ),
    ] {
        let demo = Demo::new().await;
        sqlx::raw_sql(AssertSqlSafe(sign)).execute(&demo.pool).await.unwrap();
        let error = run(&demo, plan(3, 1)).await.unwrap_err().to_string();
        assert!(error.contains(told) && error.contains("--force"), "{error}");
        assert_eq!(demo.number("SELECT COUNT(*) FROM tblclients").await, 7);
        run(&demo, SeedPlan { is_forced: true, ..plan(3, 1) }).await.unwrap();
        assert_eq!(demo.number("SELECT COUNT(*) FROM tblclients").await, 10);
    }
}

#[tokio::test]
async fn what_a_shop_lacks_is_told() {
    let demo = Demo::new().await;
    for statement in [
        "UPDATE tblproducts SET hidden = 1",
        "DELETE FROM tblticketdepartments",
        "DELETE FROM tblorderstatuses WHERE title = 'Fraud'",
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&demo.pool).await.unwrap();
    }
    let error = run(&demo, plan(3, 1)).await.unwrap_err().to_string();
    for told in ["a recurring product", "a ticket department", "the status Fraud (tblorderstatuses)"] {
        assert!(error.contains(told), "{error}");
    }
    let filled = demo::fill(demo.database.options()).await.unwrap();
    assert!(!filled, "no demo data was added");
    assert_eq!(demo.number("SELECT COUNT(*) FROM tblclients").await, 7);
}
