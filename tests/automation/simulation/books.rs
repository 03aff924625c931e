//! What the books are compared with: their own rules, and the model.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sqlx::mysql::MySqlPool;

use super::Simulation;
use super::model::{Item, Kind, Period, Term};
use crate::support::rows;

const TAX_RATE: &str = "0.23";

/// The audit finds nothing, and each invoice has the tax of what is taxed.
pub async fn check(books: &MySqlPool) {
    let mut db = books.acquire().await.unwrap();
    let report = whmcs_api::audit::run(&mut db, |_, _| {}).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let taxed = "SUM(IF(l.type IN ('Domain', 'DomainRegister'), 0, l.amount))";
    let tax = format!("IF(MAX(c.country) = 'PT', ROUND({taxed} * {TAX_RATE}, 2), 0)");
    let invoices = "tblinvoices i JOIN tblclients c ON c.id = i.userid JOIN tblinvoiceitems l ON l.invoiceid = i.id";
    let wrong = rows(books, "i.id, i.tax", &format!("{invoices} GROUP BY i.id HAVING MAX(i.tax) <> {tax}")).await;
    assert_eq!(wrong, Vec::<String>::new());
}

impl Simulation {
    /// The terms that were billed by a day are those of the model with its prices, each on one line of one invoice, less the discount
    /// of an order. The line for the renewal of a domain goes once that can be renewed no more.
    pub async fn check_terms(&self, books: &MySqlPool, date: NaiveDate) {
        let kind = "CASE l.type WHEN 'PromoHosting' THEN 'Hosting' WHEN 'DomainRegister' THEN 'Domain' ELSE l.type END";
        let columns = format!(
            "MAX({kind}), l.relid, l.duedate, SUM(l.type <> 'PromoHosting'), CAST(SUM(l.amount) * 100 AS SIGNED), MAX(i.status) = 'Paid', \
             MAX(IF(l.type = 'PromoHosting', '', l.description))"
        );
        let lines = "tblinvoiceitems l JOIN tblinvoices i ON i.id = l.invoiceid \
                     WHERE NOT (l.type = 'Domain' AND i.status = 'Cancelled')";
        let lines = format!("{lines} GROUP BY {kind}, l.relid, l.duedate ORDER BY l.duedate");
        let mut billed: BTreeMap<(Kind, i64), Vec<(Term, String)>> = BTreeMap::new();
        for row in rows(books, &columns, &lines).await {
            let [kind, id, due, lines, cents, is_paid, text] = row.split(" | ").collect::<Vec<_>>().try_into().unwrap();
            assert_eq!(lines, "1", "{row}");
            let term = Term { due: due.parse().unwrap(), cents: cents.parse().unwrap(), is_paid: is_paid == "1" };
            billed.entry((parse_kind(kind), id.parse().unwrap())).or_default().push((term, text.to_owned()));
        }
        let period = Period { last: date, ..self.period };
        let mut further = 0;
        for (id, item) in self.ordered() {
            let mut terms = item.terms(&period);
            further += terms.len() - 1;
            if item.state(&period).0 == "Expired" {
                terms.pop();
            }
            let terms: Vec<_> = terms.into_iter().zip(0..).map(|(term, number)| (term, item.text(number))).collect();
            assert_eq!(billed.remove(&(item.kind, id)).unwrap_or_default(), terms, "{item:?} on {date}");
        }
        assert!(billed.is_empty(), "{billed:?} on {date}");
        assert_eq!(rows(books, "COUNT(*)", "mod_whmcs_api_billed_terms").await, [further.to_string()], "{date}");
    }

    /// The services, addons and domains have the statuses and next due dates of the model on a day. Returns the statuses.
    pub async fn check_states(&self, books: &MySqlPool, date: NaiveDate) -> BTreeSet<(Kind, &'static str)> {
        let mut states = BTreeMap::new();
        for (kind, status, table) in [
            (Kind::Service, "domainstatus", "tblhosting"),
            (Kind::Addon, "status", "tblhostingaddons"),
            (Kind::Domain, "status", "tbldomains"),
        ] {
            for row in rows(books, &format!("id, {status}, nextduedate"), table).await {
                let (id, state) = row.split_once(" | ").unwrap();
                states.insert((kind, id.parse::<i64>().unwrap()), state.to_owned());
            }
        }
        let period = Period { last: date, ..self.period };
        let mut reached = BTreeSet::new();
        for (id, item) in self.ordered() {
            let (status, next_due) = item.state(&period);
            let state = states.remove(&(item.kind, id));
            assert_eq!(state, Some(format!("{status} | {next_due}")), "{item:?} on {date}");
            reached.insert((item.kind, status));
        }
        assert!(states.is_empty(), "{states:?} on {date}");
        reached
    }

    /// What has been ordered, with its id.
    fn ordered(&self) -> impl Iterator<Item = (i64, &Item)> {
        self.items.iter().filter_map(|item| Some((*self.ids.get(&(item.kind, item.client.number))?, item)))
    }
}

fn parse_kind(text: &str) -> Kind {
    match text {
        "Hosting" => Kind::Service,
        "Addon" => Kind::Addon,
        "Domain" => Kind::Domain,
        _ => panic!("{text}"),
    }
}
