//! How long a day takes on a large database (`make test-automation`).

use std::fs;
use std::time::{Duration, Instant};

use super::{counted, run};
use crate::support::TestApi;

const SERVICES: u32 = 100_000;
const DUE: u32 = 3_300;
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// How much more memory a run may need, in MB.
const MEMORY_LIMIT: u64 = 50;

/// Of a hundred thousand services, some are due on each of two days. The second day shows what a run costs where indexes and
/// connections are warm, and a third what it costs if nothing is due.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_of_many_services_is_invoiced_within_a_minute() {
    if std::env::var("AUTOMATION").is_err() {
        return;
    }
    let api = TestApi::new().await;
    api.sql("CREATE TABLE numbers (n int PRIMARY KEY); INSERT INTO numbers VALUES (1)").await;
    // Each statement doubles the numbers.
    for _ in 0..17 {
        api.sql("INSERT INTO numbers SELECT n + (SELECT MAX(m.n) FROM numbers m) FROM numbers").await;
    }
    api.sql(&format!(
        "DELETE FROM numbers WHERE n > {SERVICES}; INSERT INTO tblproducts (id, gid, name) VALUES (1, 1, 'Small'); \
         INSERT INTO tblclients (id, firstname, email, currency, country) \
           SELECT 100 + n, 'Client', CONCAT('client', n, '@example.com'), 1, 'US' FROM numbers WHERE n <= {SERVICES} / 4; \
         INSERT INTO tblhosting (id, userid, packageid, qty, regdate, domain, amount, billingcycle, nextduedate, nextinvoicedate, \
                                 domainstatus, paymentmethod) \
           SELECT n, 101 + n % ({SERVICES} / 4), 1, 1, '2026-01-01', CONCAT(n, '.example'), 10, 'Monthly', \
                  '2026-12-04' + INTERVAL n DIV {DUE} DAY, '2026-12-04' + INTERVAL n DIV {DUE} DAY, 'Active', 'paypal' \
           FROM numbers"
    ))
    .await;
    peak_memory();
    for (date, is_due) in [("2026-11-20", true), ("2026-11-21", true), ("2026-11-21", false)] {
        let (memory, started) = (peak_memory(), Instant::now());
        let results = run(&api, date).await;
        let took = started.elapsed();
        let needed = peak_memory().saturating_sub(memory);
        eprintln!("{date}: {} in {:.1} s with {needed} MB", counted(&results, "invoices"), took.as_secs_f64());
        assert_eq!(counted(&results, "invoices").is_empty(), !is_due, "{date}");
        assert!(took < TIME_LIMIT && needed < MEMORY_LIMIT, "{date}: {took:?}, {needed} MB");
    }
}

/// Returns how much memory this process has needed at most since the last call, in MB.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")).unwrap();
    // Begins to measure anew.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    peak.trim().parse::<u64>().unwrap() / 1024
}
