//! Years of days: clients who pay on time, late or never, on servers that are killed. Every term is billed once, and what was billed
//! is what a model says. `AUTOMATION=1` for more clients and years.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{Datelike, Days, Months, NaiveDate};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use whmcs_api::automation::Request;
use whmcs_api::config::Settings;

use super::{morning, run};
use crate::support::TestApi;

const CYCLES: [(&str, u32); 4] = [("Monthly", 1), ("Quarterly", 3), ("Semi-Annually", 6), ("Annually", 12)];
/// After how many days clients pay; the last ones never do.
const DELAYS: [Option<u64>; 6] = [Some(0), Some(0), Some(3), Some(10), Some(25), None];
const SUSPEND_DAYS: u64 = 7;
const TERMINATE_DAYS: u64 = 40;
const DAYS_BEFORE: u64 = 14;

/// A service as the model has it.
#[derive(Debug)]
struct Service {
    id: i64,
    months: u32,
    start: NaiveDate,
    cents: i64,
    delay: Option<u64>,
}

impl Service {
    fn generate(id: i64, first: NaiveDate) -> Service {
        let random = |modulus: i64| (id * 7919 + 13) % modulus;
        Service {
            id,
            months: CYCLES[usize::try_from(random(4)).unwrap()].1,
            start: first + Days::new(u64::try_from(random(61)).unwrap()),
            cents: 500 + random(2000),
            delay: DELAYS[usize::try_from(id).unwrap() % DELAYS.len()],
        }
    }

    fn insert(&self) -> String {
        let (cycle, _) = CYCLES.iter().find(|(_, months)| *months == self.months).unwrap();
        let Service { id, start, cents, .. } = self;
        format!(
            "INSERT INTO tblhosting (id, userid, packageid, qty, regdate, amount, billingcycle, nextduedate, nextinvoicedate, \
                                     domainstatus, paymentmethod) \
             VALUES ({id}, {}, 1, 1, '{start}', {}.{:02}, '{cycle}', '{start}', '{start}', 'Active', 'paypal');",
            100 + id,
            cents / 100,
            cents % 100
        )
    }

    /// The first day of a term: that of the start, in another month, or the last one of that.
    fn due(&self, term: u32) -> NaiveDate {
        self.start.checked_add_months(Months::new(self.months * term)).unwrap()
    }

    /// The terms that are billed by a day, with the day of the invoice and that of its payment.
    fn billed(&self, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
        let mut billed = Vec::new();
        let mut open_until = first;
        for term in 0.. {
            let due = self.due(term);
            let invoiced = (due - Days::new(DAYS_BEFORE)).max(open_until);
            if invoiced > last {
                break;
            }
            billed.push(due);
            let Some(delay) = self.delay else { break };
            let paid = due.max(invoiced) + Days::new(delay);
            // Payments are made before the run of a day.
            open_until = paid;
        }
        billed
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_term_is_billed_once() {
    let is_long = std::env::var("AUTOMATION").is_ok();
    let (count, days) = if is_long { (1000, 1100) } else { (18, 120) };
    let mut settings = Settings::default();
    settings.automation.suspend_days = SUSPEND_DAYS;
    settings.automation.terminate_days = TERMINATE_DAYS;
    settings.automation.max_endings = 1000;
    let api = TestApi::with_settings(settings).await;
    let first = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
    let services: Vec<Service> = (1..=count).map(|id| Service::generate(id, first)).collect();
    api.sql("INSERT INTO tblproducts (id, gid, name) VALUES (1, 1, 'Small')").await;
    for service in &services {
        let client = 100 + service.id;
        let person =
            format!("INSERT INTO tblclients (id, firstname, currency, country) VALUES ({client}, 'Client', 1, 'US');");
        api.sql(&format!("{person} {}", service.insert())).await;
    }
    let last = first + Days::new(days - 1);
    for (number, date) in first.iter_days().take_while(|date| *date <= last).enumerate() {
        pay(&api, &services, date).await;
        if number % 7 == 3 {
            kill(&api, date, number as u64).await;
        }
        run(&api, &date.to_string()).await;
        if is_long && number % 30 == 0 {
            eprintln!("{date}");
        }
    }
    check_terms(&api, &services, first, last).await;
    check_statuses(&api, &services, last).await;
}

/// Pays what is to be paid on a day.
async fn pay(api: &TestApi, services: &[Service], date: NaiveDate) {
    let columns = "i.id, l.relid, i.duedate";
    let unpaid = "tblinvoices i JOIN tblinvoiceitems l ON l.invoiceid = i.id WHERE i.status = 'Unpaid' ORDER BY i.id";
    for row in api.rows(columns, unpaid).await {
        let [invoice, service, due] = row.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        let service = &services[service.parse::<usize>().unwrap() - 1];
        let due: NaiveDate = due.parse().unwrap();
        if service.delay.is_some_and(|delay| due + Days::new(delay) <= date) {
            api.reply(&format!("action=AddInvoicePayment&invoiceid={invoice}&gateway=paypal&date={date}&noemail=1"))
                .await;
        }
    }
}

/// Runs the automation of a day on a server that is killed somewhere in it.
async fn kill(api: &TestApi, date: NaiveDate, number: u64) {
    let automation = api.api.automation().unwrap();
    let (request, stopping) = (Request::default(), CancellationToken::new());
    let after = Duration::from_millis(number * 37 % 60);
    let _ = timeout(after, automation.run_day(morning(&date.to_string()), &request, &stopping, &|_, _, _| {})).await;
    // Its lease would expire in a while.
    api.sql("DELETE FROM mod_whmcs_api_automation_lease").await;
}

/// The terms that were billed are those of the model, each on one line of one invoice.
async fn check_terms(api: &TestApi, services: &[Service], first: NaiveDate, last: NaiveDate) {
    let lines = api.rows("relid, duedate", "tblinvoiceitems WHERE type = 'Hosting' ORDER BY relid, duedate").await;
    let mut billed: BTreeMap<i64, Vec<NaiveDate>> = BTreeMap::new();
    for line in &lines {
        let (service, due) = line.split_once(" | ").unwrap();
        billed.entry(service.parse().unwrap()).or_default().push(due.parse().unwrap());
    }
    for service in services {
        let model = service.billed(first, last);
        assert_eq!(billed.get(&service.id).cloned().unwrap_or_default(), model, "{service:?}");
    }
    let total: i64 =
        services.iter().map(|service| service.cents * i64::try_from(service.billed(first, last).len()).unwrap()).sum();
    let sum = api.rows("CAST(SUM(subtotal) * 100 AS SIGNED)", "tblinvoices").await;
    assert_eq!(sum, [total.to_string()]);
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_billed_terms").await, [lines.len().to_string()]);
    let mut db = api.pool.acquire().await.unwrap();
    let report = whmcs_api::audit::run(&mut db, |_, _| {}).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

/// Those who pay are active, unless they are late today; those who never do were suspended, and then terminated.
async fn check_statuses(api: &TestApi, services: &[Service], last: NaiveDate) {
    let rows = api.rows("domainstatus, nextduedate", "tblhosting ORDER BY id").await;
    for (service, row) in services.iter().zip(rows) {
        let (status, due) = row.split_once(" | ").unwrap();
        let due: NaiveDate = due.parse().unwrap();
        let late = (last - due).num_days();
        let expected = match late {
            late if late >= TERMINATE_DAYS.cast_signed() => "Terminated",
            late if late >= SUSPEND_DAYS.cast_signed() => "Suspended",
            _ => "Active",
        };
        assert_eq!(status, expected, "{service:?} due {due}");
        assert_eq!(due.day().min(28), service.start.day().min(28), "{service:?} due {due}");
    }
}
