//! Years of days: clients order services with options, addons and domains on every cycle, with promotions that end and others, taxes
//! and two currencies, and pay on time, late, in parts or never, while prices rise and servers are killed or run at once. Each term
//! is billed once, what was billed is what a model says, and so is each status. `AUTOMATION=1` for a thousand clients and three
//! years, and for the cluster.

mod books;
mod cluster;
mod model;
mod shop;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use chrono::{Days, NaiveDate};
use sqlx::mysql::MySqlPool;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use whmcs_api::api::Api;
use whmcs_api::automation::{Request, Results};
use whmcs_api::config::Settings;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::domain::time::Clock;

use self::model::{Client, FIRST_PRICES, Item, Kind, LATER_PRICES, Period};
use super::morning;
use crate::support::{CREDENTIAL, TestApi, all, api_at, execute, post, rows, until_ok};

/// Servers on one database or on the nodes of a cluster, and what is billed there.
struct Simulation {
    period: Period,
    settings: Settings,
    /// The connections of each server.
    hosts: Vec<Arc<Hosts>>,
    /// Connections to the database of each server, or to the only one.
    books: Vec<MySqlPool>,
    items: Vec<Item>,
    /// The id of what each client, by number, has of a kind.
    ids: BTreeMap<(Kind, i64), i64>,
    /// The server that gets no calls, because its node of the cluster is down or is about to be.
    down: Option<usize>,
    /// The statuses that something has had.
    reached: BTreeSet<(Kind, &'static str)>,
    /// How long the run of a day took, of which the servers that are killed next do a part.
    took: Duration,
    /// How long the checks have taken so far.
    checks: Duration,
}

/// A server on a day.
struct Server {
    api: Arc<Api>,
    router: Router,
}

impl Simulation {
    /// Prices rise when two thirds of the days are over, after the last order.
    async fn new(hosts: Vec<Arc<Hosts>>, books: Vec<MySqlPool>, clients: i64, days: u64) -> Simulation {
        let mut settings = Settings::default();
        settings.automation.invoice_days = Some(model::INVOICE_DAYS);
        settings.automation.invoice_days_of_domains = Some(model::INVOICE_DAYS_OF_DOMAINS);
        settings.automation.suspend_days = model::SUSPEND_DAYS;
        settings.automation.terminate_days = model::TERMINATE_DAYS;
        settings.automation.max_endings = 1000;
        settings.automation.accept_paid_orders = true;
        let first = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
        let period = Period { first, last: first + Days::new(days - 1), rise: first + Days::new(days * 2 / 3) };
        let items: Vec<Item> = (1..=clients).flat_map(|number| Item::generate(number, first)).collect();
        let clients = (1..=clients).map(|number| shop::insert(Client::generate(number)));
        let statements =
            NO_LEASE.to_owned() + &shop::catalog() + &shop::price_list(&FIRST_PRICES) + &clients.collect::<String>();
        execute(&books[0], &statements).await;
        Simulation {
            period,
            settings,
            hosts,
            books,
            items,
            ids: BTreeMap::new(),
            down: None,
            reached: BTreeSet::new(),
            took: Duration::ZERO,
            checks: Duration::ZERO,
        }
    }

    /// The days, by number.
    fn days(&self) -> impl Iterator<Item = (u32, NaiveDate)> + use<> {
        let Period { first, last, .. } = self.period;
        (0..).zip(first.iter_days().take_while(move |date| *date <= last))
    }

    /// Orders, payments and, on its day, the rise of prices; then the automation, with servers in trouble on some days; and the audit.
    async fn day(&mut self, number: u32, date: NaiveDate) {
        let clock = Clock::Fixed(morning(&date.to_string()));
        let servers: Vec<Server> = self.hosts.iter().map(|hosts| Server::on(hosts, &self.settings, clock)).collect();
        let up: Vec<usize> = (0..servers.len()).filter(|server| Some(*server) != self.down).collect();
        let at = up[number as usize % up.len()];
        self.order(&servers[at], date).await;
        self.pay(&servers[at], &self.books[at % self.books.len()], date).await;
        if date == self.period.rise {
            self.raise_prices(&servers[at]).await;
        }
        let after = self.took * (number * 37 % 100) / 100;
        match number % 7 {
            1 => self.run_at_once(&servers[..1], date, Some(after)).await,
            3 => self.run_at_once(&servers, date, None).await,
            5 => self.run_at_once(&servers, date, Some(after)).await,
            _ => {}
        }
        self.run(&servers[at], date).await;
        let started = Instant::now();
        let books = &self.books[at % self.books.len()];
        books::check(books).await;
        self.reached.extend(self.check_states(books, date).await);
        // In a long simulation, the checks of each day take nearly half of the time already.
        if !is_long() || number.is_multiple_of(30) {
            self.check_terms(books, date).await;
        }
        self.checks += started.elapsed();
    }

    async fn order(&mut self, server: &Server, date: NaiveDate) {
        for items in self.items.chunk_by(|one, other| one.client.number == other.client.number) {
            if items[0].start != date {
                continue;
            }
            let reply = server.call(&shop::order(items)).await;
            for item in items {
                let ids = match item.kind {
                    Kind::Service => "serviceids",
                    Kind::Addon => "addonids",
                    Kind::Domain => "domainids",
                };
                let id = reply[ids].as_str().unwrap().parse().unwrap();
                self.ids.insert((item.kind, item.client.number), id);
            }
        }
    }

    /// Pays what is to be paid on a day, and has the registrar tell the days of expiry.
    async fn pay(&self, server: &Server, books: &MySqlPool, date: NaiveDate) {
        let columns = "i.id, i.userid, i.duedate, (SELECT COUNT(*) FROM tblaccounts a WHERE a.invoiceid = i.id), \
                       EXISTS(SELECT 1 FROM tblorders o WHERE o.invoiceid = i.id)";
        for row in rows(books, columns, "tblinvoices i WHERE i.status = 'Unpaid' ORDER BY i.id").await {
            let [invoice, client, due, payments, is_of_order] =
                row.split(" | ").collect::<Vec<_>>().try_into().unwrap();
            let client = Client::generate(client.parse::<i64>().unwrap() - Client::generate(0).id());
            let due: NaiveDate = due.parse().unwrap();
            let amount = match client.delay(is_of_order == "1") {
                Some(delay) if due + Days::new(delay) <= date => "",
                Some(_) if client.pays_in_parts && due <= date && payments == "0" => "&amount=1.00",
                _ => continue,
            };
            let payment = format!("AddInvoicePayment&invoiceid={invoice}&gateway=paypal&date={date}&noemail=1{amount}");
            server.call(&payment).await;
        }
        let expiry = format!("UPDATE tbldomains SET expirydate = nextduedate + INTERVAL {} DAY", model::EXPIRY_DAYS);
        execute(books, &expiry).await;
    }

    /// New services have the new prices, and old ones keep theirs until their promotion ends or staff have it computed anew.
    async fn raise_prices(&self, server: &Server) {
        let delete = "DELETE FROM tblpricing WHERE type IN ('product', 'configoptions');";
        execute(&self.books[0], &(delete.to_owned() + &shop::price_list(&LATER_PRICES))).await;
        self.synchronize().await;
        for item in self.items.iter().filter(|item| item.kind == Kind::Service && item.follows_prices) {
            let id = self.ids[&(Kind::Service, item.client.number)];
            server.call(&format!("UpdateClientProduct&serviceid={id}&autorecalc=1")).await;
        }
    }

    /// Runs the automation of a day.
    async fn run(&mut self, server: &Server, date: NaiveDate) {
        self.synchronize().await;
        let started = Instant::now();
        let results = server.finish(date).await;
        self.took = started.elapsed();
        let failures: u32 = results.iter().map(|(_, result)| result.failures).sum();
        assert_eq!(failures, 0, "{date}");
    }

    /// Runs the automation of a day on servers at once, of which the first one may be killed after a while.
    async fn run_at_once(&self, servers: &[Server], date: NaiveDate, killed_after: Option<Duration>) {
        self.synchronize().await;
        let run = async |(number, server): (usize, &Server)| match killed_after.filter(|_| number == 0) {
            Some(after) => drop(timeout(after, server.finish(date)).await),
            None => drop(server.finish(date).await),
        };
        all(servers.iter().enumerate().map(run)).await;
    }

    /// Waits until each node of a cluster that is up has what was committed on the others.
    async fn synchronize(&self) {
        for (_, books) in self.books.iter().enumerate().filter(|(node, _)| Some(*node) != self.down) {
            rows(books, "1", "DUAL").await;
        }
    }

    /// In the end, all nodes of a cluster have what the model says, and these statuses have occurred.
    async fn finish(&self, reached: &[(Kind, &'static str)]) {
        self.synchronize().await;
        for books in &self.books {
            books::check(books).await;
            self.check_terms(books, self.period.last).await;
            self.check_states(books, self.period.last).await;
        }
        assert!(reached.iter().all(|state| self.reached.contains(state)), "{:?}", self.reached);
    }
}

/// The lease of the server that runs the automation expires at once, so that all servers do everything, also at the same time: the
/// lease spares work, and nothing depends on it.
const NO_LEASE: &str = "\
    CREATE TRIGGER lease_taken BEFORE INSERT ON mod_whmcs_api_automation_lease FOR EACH ROW SET NEW.expires_at = '2000-01-01'; \
    CREATE TRIGGER lease_kept BEFORE UPDATE ON mod_whmcs_api_automation_lease FOR EACH ROW SET NEW.expires_at = '2000-01-01';";

impl Server {
    fn on(hosts: &Arc<Hosts>, settings: &Settings, clock: Clock) -> Server {
        let (api, router) = api_at(Arc::clone(hosts), None, settings, clock);
        Server { api, router }
    }

    /// Makes a call, which succeeds once the nodes of a cluster agree on it.
    async fn call(&self, request: &str) -> serde_json::Value {
        let key = format!("idempotencykey={}", request.replace(['&', '=', '[', ']'], "-"));
        until_ok(async || {
            let (status, body) = post(&self.router, &format!("{CREDENTIAL}&action={request}&{key}")).await;
            assert!(matches!(status, 200 | 409 | 503 | 504), "{request}: {status} {body}");
            let reply: serde_json::Value = serde_json::from_str(&body).unwrap();
            if reply["result"] == "success" { Ok(reply) } else { Err(format!("{request}: {status} {body}")) }
        })
        .await
    }

    /// Runs the automation of a day, again if the lease or a node of a cluster was lost to another server meanwhile.
    async fn finish(&self, date: NaiveDate) -> Results {
        let (automation, stopping) = (self.api.automation().unwrap(), CancellationToken::new());
        let (now, request) = (morning(&date.to_string()), Request::default());
        until_ok(async || {
            let results = automation.run_day(now, &request, &stopping, &|_, _, _| {}).await;
            results.map_err(|fault| fault.to_string())?.map_err(|refused| refused.to_string())
        })
        .await
    }
}

/// Whether the tests are to run at full length.
fn is_long() -> bool {
    std::env::var_os("AUTOMATION").is_some()
}

/// Two servers on one database.
#[tokio::test(flavor = "multi_thread")]
async fn every_term_is_billed_once() {
    let (clients, days) = if is_long() { (1000, 1100) } else { (20, 90) };
    let api = TestApi::new().await;
    let other = Hosts::open(vec![api.database.options()], 10).await.unwrap();
    let hosts = vec![Arc::clone(&api.hosts), other];
    let mut simulation = Simulation::new(hosts, vec![api.pool.clone()], clients, days).await;
    let started = Instant::now();
    for (number, date) in simulation.days() {
        Box::pin(simulation.day(number, date)).await;
        if is_long() && number.is_multiple_of(100) {
            eprintln!("{date} after {:.0?}, of which {:.0?} for checks", started.elapsed(), simulation.checks);
        }
    }
    let mut reached = vec![(Kind::Service, "Suspended"), (Kind::Service, "Terminated"), (Kind::Addon, "Active")];
    if is_long() {
        reached.push((Kind::Addon, "Terminated"));
        reached.extend(["Grace", "Redemption", "Expired"].map(|status| (Kind::Domain, status)));
    }
    simulation.finish(&reached).await;
}
