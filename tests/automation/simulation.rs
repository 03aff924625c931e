//! Years of days: clients who pay on time, late, in parts or never, for services, addons and domains on every cycle, with a promotion
//! that ends, taxes and two currencies, on servers that are killed and two at once. Every term is billed once, and what was billed
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

const CYCLES: [(&str, u32); 6] =
    [("Monthly", 1), ("Quarterly", 3), ("Semi-Annually", 6), ("Annually", 12), ("Biennially", 24), ("Triennially", 36)];
const SUSPEND_DAYS: u64 = 7;
const TERMINATE_DAYS: u64 = 40;
const DAYS_BEFORE: u64 = 14;
const DAYS_BEFORE_OF_DOMAINS: u64 = 30;
/// The catalog's price of the product with a promotion, which halves it for some terms.
const FULL_PRICE_CENTS: i64 = 2000;
const PROMOTED_TERMS: u32 = 3;
const TAX_RATE: &str = "0.23";

/// A client, who pays some days after the due date or never.
#[derive(Debug, Clone, Copy)]
struct Client {
    id: i64,
    delay: Option<u64>,
    /// Whether a part is paid on the due date.
    pays_in_parts: bool,
    /// Whether the country has a tax.
    is_taxed: bool,
    currency: i64,
}

impl Client {
    fn generate(number: i64) -> Client {
        let (delay, pays_in_parts) = match number % 7 {
            0 | 1 => (Some(0), false),
            2 => (Some(3), false),
            3 => (Some(10), false),
            4 => (Some(10), true),
            5 => (Some(25), false),
            _ => (None, false),
        };
        Client { id: 100 + number, delay, pays_in_parts, is_taxed: number % 3 == 0, currency: 1 + number % 2 }
    }

    fn insert(&self) -> String {
        let Client { id, currency, .. } = self;
        let country = if self.is_taxed { "PT" } else { "US" };
        format!(
            "INSERT INTO tblclients (id, firstname, currency, country) VALUES ({id}, 'Client', {currency}, '{country}');"
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Service,
    /// An addon of the service with the same id.
    Addon,
    Domain,
}

/// What a client has, as the model knows it.
#[derive(Debug)]
struct Item {
    kind: Kind,
    id: i64,
    client: Client,
    months: u32,
    start: NaiveDate,
    cents: i64,
    has_promotion: bool,
}

impl Item {
    /// What a client has: a service, and some an addon or a domain that begins on the same day.
    fn generate(number: i64, first: NaiveDate) -> Vec<Item> {
        let random = |modulus: i64, salt: i64| (number * 7919 + salt * 104_729 + 13) % modulus;
        let days = u64::try_from(random(61, 0)).unwrap();
        let (client, start) = (Client::generate(number), first + Days::new(days));
        let months = |salt| CYCLES[usize::try_from(random(6, salt)).unwrap()].1;
        let has_promotion = number % 4 == 1;
        let cents = if has_promotion { FULL_PRICE_CENTS / 2 } else { 500 + random(2000, 1) };
        let service = Item { kind: Kind::Service, id: number, client, months: months(2), start, cents, has_promotion };
        let addon = || Item {
            kind: Kind::Addon,
            months: months(3),
            cents: 500 + random(700, 4),
            has_promotion: false,
            ..service
        };
        let years = u32::try_from(1 + random(2, 5)).unwrap();
        let domain = || Item { kind: Kind::Domain, months: 12 * years, cents: 1200, has_promotion: false, ..service };
        let mut items = Vec::from_iter((number % 3 == 1).then(addon));
        items.extend((number % 4 == 2).then(domain));
        items.push(service);
        items
    }

    fn insert(&self) -> String {
        let Item { id, start, months, .. } = self;
        let (client, amount) = (self.client.id, format!("{}.{:02}", self.cents / 100, self.cents % 100));
        let cycle = CYCLES.iter().find(|(_, its)| its == months).map(|(cycle, _)| *cycle);
        match self.kind {
            Kind::Service => {
                let (product, promotion) = if self.has_promotion { (2, 1) } else { (1, 0) };
                format!(
                    "INSERT INTO tblhosting (id, userid, packageid, qty, regdate, amount, billingcycle, nextduedate, \
                                             nextinvoicedate, domainstatus, paymentmethod, promoid) \
                     VALUES ({id}, {client}, {product}, 1, '{start}', {amount}, '{}', '{start}', '{start}', 'Active', 'paypal', \
                             {promotion});",
                    cycle.unwrap()
                )
            }
            Kind::Addon => format!(
                "INSERT INTO tblhostingaddons (id, hostingid, userid, name, regdate, recurring, billingcycle, tax, nextduedate, \
                                               nextinvoicedate, status, paymentmethod) \
                 VALUES ({id}, {id}, {client}, 'More', '{start}', {amount}, '{}', 'on', '{start}', '{start}', 'Active', 'paypal');",
                cycle.unwrap()
            ),
            Kind::Domain => format!(
                "INSERT INTO tbldomains (id, userid, type, registrationdate, domain, recurringamount, registrationperiod, expirydate, \
                                         status, nextduedate, nextinvoicedate, paymentmethod) \
                 VALUES ({id}, {client}, 'Register', '{start}', 'd{id}.example', {amount}, {}, '2099-01-01', 'Active', \
                         '{start}', '{start}', 'paypal');",
                months / 12
            ),
        }
    }

    /// The first day of a term: that of the start, in another month, or the last one of that.
    fn due(&self, term: u32) -> NaiveDate {
        self.start.checked_add_months(Months::new(self.months * term)).unwrap()
    }

    fn price(&self, term: u32) -> i64 {
        if self.has_promotion && term >= PROMOTED_TERMS { FULL_PRICE_CENTS } else { self.cents }
    }

    /// The terms that are billed by a day, each with its price.
    fn billed(&self, first: NaiveDate, last: NaiveDate) -> Vec<(NaiveDate, i64)> {
        let days_before = if self.kind == Kind::Domain { DAYS_BEFORE_OF_DOMAINS } else { DAYS_BEFORE };
        let mut billed = Vec::new();
        let mut open_until = first;
        for term in 0.. {
            let due = self.due(term);
            let invoiced = (due - Days::new(days_before)).max(open_until);
            if invoiced > last {
                break;
            }
            billed.push((due, self.price(term)));
            let Some(delay) = self.client.delay else { break };
            // Payments are made before the run of a day.
            open_until = due.max(invoiced) + Days::new(delay);
        }
        billed
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_term_is_billed_once() {
    let is_long = std::env::var("AUTOMATION").is_ok();
    let (count, days) = if is_long { (1000, 1100) } else { (18, 120) };
    let mut settings = Settings::default();
    settings.automation.invoice_days_of_domains = Some(DAYS_BEFORE_OF_DOMAINS);
    settings.automation.suspend_days = SUSPEND_DAYS;
    settings.automation.terminate_days = TERMINATE_DAYS;
    settings.automation.max_endings = 1000;
    let api = TestApi::with_settings(settings).await;
    let first = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
    let items: Vec<Item> = (1..=count).flat_map(|number| Item::generate(number, first)).collect();
    api.sql(CATALOG).await;
    for item in &items {
        let client = if item.kind == Kind::Service { item.client.insert() } else { String::new() };
        api.sql(&format!("{client} {}", item.insert())).await;
    }
    let last = first + Days::new(days - 1);
    for (number, date) in first.iter_days().take_while(|date| *date <= last).enumerate() {
        pay(&api, date).await;
        match number % 7 {
            3 => kill(&api, date, number as u64).await,
            5 => Box::pin(run_on_two_servers(&api, date)).await,
            _ => {}
        }
        run(&api, &date.to_string()).await;
        if !is_long || number % 30 == 0 {
            check_books(&api).await;
        }
        if is_long && number % 30 == 0 {
            eprintln!("{date}");
        }
    }
    check_books(&api).await;
    check_terms(&api, &items, first, last).await;
    check_statuses(&api, &items, last).await;
}

/// Products for all cycles, one of them with a promotion.
const CATALOG: &str = "
    INSERT INTO tblproducts (id, gid, name, tax, paytype) VALUES (1, 1, 'Small', 1, 'recurring'), (2, 1, 'Promoted', 1, 'recurring');
    INSERT INTO tblpricing (type, currency, relid, monthly, quarterly, semiannually, annually, biennially, triennially)
    VALUES ('product', 1, 2, 20, 20, 20, 20, 20, 20), ('product', 2, 2, 20, 20, 20, 20, 20, 20);
    INSERT INTO tblpromotions (id, code, type, value, recurring, recurfor, appliesto) VALUES (1, 'HALF', 'Percentage', 50, 1, 3, '2')";

/// Pays what is to be paid on a day.
async fn pay(api: &TestApi, date: NaiveDate) {
    let columns = "i.id, i.userid, i.duedate, (SELECT COUNT(*) FROM tblaccounts a WHERE a.invoiceid = i.id)";
    for row in api.rows(columns, "tblinvoices i WHERE i.status = 'Unpaid' ORDER BY i.id").await {
        let [invoice, client, due, payments] = row.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        let client = Client::generate(client.parse::<i64>().unwrap() - 100);
        let due: NaiveDate = due.parse().unwrap();
        let amount = match client.delay {
            Some(delay) if due + Days::new(delay) <= date => "",
            Some(_) if client.pays_in_parts && due <= date && payments == "0" => "&amount=1.00",
            _ => continue,
        };
        let payment = format!("AddInvoicePayment&invoiceid={invoice}&gateway=paypal&date={date}&noemail=1{amount}");
        api.reply(&format!("action={payment}")).await;
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

/// Runs the automation of a day on two servers at once: one of them does, or one after the other.
async fn run_on_two_servers(api: &TestApi, date: NaiveDate) {
    let (one, other) = (api.api.automation().unwrap(), api.api.automation().unwrap());
    let (now, request, stopping) = (morning(&date.to_string()), Request::default(), CancellationToken::new());
    let (one, other) = tokio::join!(
        one.run_day(now, &request, &stopping, &|_, _, _| {}),
        other.run_day(now, &request, &stopping, &|_, _, _| {})
    );
    assert!(one.unwrap().is_ok() || other.unwrap().is_ok(), "{date}");
}

/// The books are in order, and each invoice has the tax of what is taxed.
async fn check_books(api: &TestApi) {
    let mut db = api.pool.acquire().await.unwrap();
    let report = whmcs_api::audit::run(&mut db, |_, _| {}).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let tax = format!("IF(MAX(c.country) = 'PT', ROUND(SUM(IF(l.type = 'Domain', 0, l.amount)) * {TAX_RATE}, 2), 0)");
    let invoices = "tblinvoices i JOIN tblclients c ON c.id = i.userid JOIN tblinvoiceitems l ON l.invoiceid = i.id";
    let wrong = api.rows("i.id, i.tax", &format!("{invoices} GROUP BY i.id HAVING MAX(i.tax) <> {tax}")).await;
    assert_eq!(wrong, Vec::<String>::new());
}

/// The terms that were billed are those of the model with its prices, each on one line of one invoice.
async fn check_terms(api: &TestApi, items: &[Item], first: NaiveDate, last: NaiveDate) {
    let columns = "FIELD(type, 'Hosting', 'Addon', 'Domain'), relid, duedate, CAST(amount * 100 AS SIGNED)";
    let lines = api.rows(columns, "tblinvoiceitems ORDER BY type, relid, duedate").await;
    let mut billed: BTreeMap<(Kind, i64), Vec<(NaiveDate, i64)>> = BTreeMap::new();
    for line in &lines {
        let [kind, id, due, cents] = line.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        let kind = match kind {
            "1" => Kind::Service,
            "2" => Kind::Addon,
            "3" => Kind::Domain,
            _ => panic!("{line}"),
        };
        let terms = billed.entry((kind, id.parse().unwrap())).or_default();
        terms.push((due.parse().unwrap(), cents.parse().unwrap()));
    }
    for item in items {
        let of_item = billed.remove(&(item.kind, item.id)).unwrap_or_default();
        assert_eq!(of_item, item.billed(first, last), "{item:?}");
    }
    assert!(billed.is_empty(), "{billed:?}");
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_billed_terms").await, [lines.len().to_string()]);
}

/// The services of those who pay are active, unless they are late today; the others were suspended, and then terminated.
async fn check_statuses(api: &TestApi, items: &[Item], last: NaiveDate) {
    let rows = api.rows("domainstatus, nextduedate", "tblhosting ORDER BY id").await;
    for (service, row) in items.iter().filter(|item| item.kind == Kind::Service).zip(rows) {
        let (status, due) = row.split_once(" | ").unwrap();
        let due: NaiveDate = due.parse().unwrap();
        let expected = match (last - due).num_days() {
            late if late >= TERMINATE_DAYS.cast_signed() => "Terminated",
            late if late >= SUSPEND_DAYS.cast_signed() => "Suspended",
            _ => "Active",
        };
        assert_eq!(status, expected, "{service:?} due {due}");
        assert_eq!(due.day().min(28), service.start.day().min(28), "{service:?} due {due}");
    }
}
