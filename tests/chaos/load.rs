//! Load of many concurrent callers on the books of a few clients, and the verdict on their calls.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use sqlx::mysql::MySqlPool;
use tokio::time::{sleep, timeout};
use whmcs_api::audit;

use crate::support::{CREDENTIAL, HANG, all, eventually, failures, post};

/// Time after which a load is considered to hang.
const LIMIT: Duration = Duration::from_mins(20);
/// How long a caller repeats a call with a key.
const PATIENCE: Duration = HANG;

/// The outcome of a call, as its caller knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Acknowledged,
    /// Rejected, or answered that nothing was changed.
    Not,
    /// No response, or one that says that the outcome is unknown.
    Unknown,
}

/// The change that a call makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Add,
    Remove,
    Pay,
    Apply,
}

#[derive(Debug, Clone, Copy)]
struct Operation {
    id: usize,
    kind: Kind,
    /// Index of one of four clients.
    client: usize,
    /// The amount in cents.
    amount: i64,
    outcome: Outcome,
}

/// The calls of a test.
#[derive(Default)]
pub struct Load {
    /// The invoice of each client.
    invoices: Vec<i64>,
    operations: Mutex<Vec<Operation>>,
    next: AtomicUsize,
    acknowledged: AtomicUsize,
    /// Time of the latest acknowledged call, and the longest time between two.
    pace: Mutex<(Option<Instant>, Duration)>,
}

/// The calls compared with the books.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub acknowledged: usize,
    pub not: usize,
    pub unknown: usize,
    /// Acknowledged, but not in the books.
    pub lost: usize,
    /// In the books more than once, or with another amount.
    pub doubled: usize,
    /// In the books although their callers were told that they are not.
    pub phantoms: usize,
    /// Acknowledged, but not in the API log, or in the log more than once.
    pub unrecorded: usize,
    pub recorded_twice: usize,
    /// The findings of an audit: balances below zero or different from their history, and everything else.
    pub findings: Vec<String>,
}

impl Verdict {
    pub fn assert_right(&self) {
        assert_eq!((self.lost, self.doubled, self.phantoms), (0, 0, 0), "{self:?}");
        assert_eq!((self.unrecorded, self.recorded_twice), (0, 0), "{self:?}");
        assert!(self.findings.is_empty(), "{self:?}");
    }
}

impl Load {
    /// Gives the four clients of the fixture credit, and an invoice each that is too large to be paid in full.
    pub async fn prepare(server: &Router) -> Load {
        let mut load = Load::default();
        for client in 1..=4 {
            let call = async |request: String| {
                let (status, body) = post(server, &format!("{CREDENTIAL}&{request}")).await;
                assert!(status == 200 && body.contains("success"), "{request}: {body}");
                serde_json::from_str::<serde_json::Value>(&body).unwrap()
            };
            call(format!("action=AddCredit&clientid={client}&amount=100000&description=opening")).await;
            let line = "taxrate=0&taxrate2=0&itemdescription1=x&itemamount1=90000000000";
            let invoice = call(format!("action=CreateInvoice&userid={client}&{line}")).await;
            // A cluster skips ids.
            load.invoices.push(invoice["invoiceid"].as_i64().unwrap());
        }
        load
    }

    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// The longest time without an acknowledged call.
    pub fn longest_gap(&self) -> Duration {
        self.pace.lock().unwrap().1
    }

    /// Runs callers until `done`. `send` sends a request and returns the status and the body, if there was a response.
    /// With keys, a caller repeats a call until it knows the outcome.
    pub async fn run(
        &self,
        callers: usize,
        with_keys: bool,
        done: &AtomicBool,
        send: impl AsyncFn(usize, String) -> Option<(u16, String)>,
    ) {
        let send = &send;
        let calls = all((0..callers).map(|caller| async move {
            while !done.load(Ordering::Relaxed) {
                self.call(caller, with_keys, send).await;
            }
        }));
        timeout(LIMIT, calls).await.expect("the load does not end");
    }

    async fn call(&self, caller: usize, with_keys: bool, send: &impl AsyncFn(usize, String) -> Option<(u16, String)>) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let kind = [Kind::Add, Kind::Remove, Kind::Pay, Kind::Apply][id % 4];
        let (client, amount) = (1 + (id / 4) % 4, i64::try_from(1 + id % 97).unwrap());
        let invoice = self.invoices[client - 1];
        let money = format!("{}.{:02}", amount / 100, amount % 100);
        let mut request = match kind {
            Kind::Add => format!("action=AddCredit&clientid={client}&amount={money}&description=op+{id}"),
            Kind::Remove => {
                format!("action=AddCredit&clientid={client}&amount={money}&description=op+{id}&type=remove")
            }
            Kind::Pay => {
                format!("action=AddInvoicePayment&invoiceid={invoice}&amount={money}&gateway=paypal&transid=op-{id}")
            }
            Kind::Apply => format!("action=ApplyCredit&invoiceid={invoice}&amount={money}"),
        };
        if with_keys {
            request = format!("{request}&idempotencykey=op-{id}");
        }
        let start = Instant::now();
        let outcome = loop {
            let answer = send(caller, request.clone()).await;
            let outcome = match &answer {
                Some((200, body)) if body.contains(r#""result":"success""#) => Outcome::Acknowledged,
                Some((200 | 503, _)) => Outcome::Not,
                Some((504 | 409, _)) | None => Outcome::Unknown,
                Some(other) => panic!("{request}: {other:?}; the server's last errors: {:#?}", failures::last()),
            };
            let is_final = matches!(answer, Some((200, _)));
            if !with_keys || is_final {
                break outcome;
            }
            assert!(start.elapsed() < PATIENCE, "{request}: {answer:?}");
            sleep(Duration::from_millis(50)).await;
        };
        if outcome == Outcome::Acknowledged {
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
            let mut pace = self.pace.lock().unwrap();
            let gap = pace.0.map_or(Duration::ZERO, |last| last.elapsed());
            *pace = (Some(Instant::now()), pace.1.max(gap));
        }
        self.operations.lock().unwrap().push(Operation { id, kind, client, amount, outcome });
    }

    /// Compares the calls with the books.
    pub async fn judge(&self, books: &MySqlPool) -> Verdict {
        let mut verdict = Verdict::default();
        let entries = booked(
            books,
            "SELECT CAST(SUBSTRING(description, 4) AS SIGNED), CAST(amount * 100 AS SIGNED) FROM tblcredit \
             WHERE description LIKE 'op %'",
        )
        .await;
        let payments = booked(
            books,
            "SELECT CAST(SUBSTRING(transid, 4) AS SIGNED), CAST(amountin * 100 AS SIGNED) FROM tblaccounts \
             WHERE transid LIKE 'op-%'",
        )
        .await;
        let records = recorded(books).await;
        // These calls have no number of their own: each amount has a minimum and a maximum number of rows.
        let mut applied: BTreeMap<(usize, i64), (usize, usize)> = BTreeMap::new();
        for operation in self.operations.lock().unwrap().iter() {
            let Operation { id, kind, client, amount, outcome } = *operation;
            match outcome {
                Outcome::Acknowledged => verdict.acknowledged += 1,
                Outcome::Not => verdict.not += 1,
                Outcome::Unknown => verdict.unknown += 1,
            }
            let (found, amount) = match kind {
                Kind::Apply => {
                    let (least, most) = applied.entry((client, amount)).or_default();
                    *least += usize::from(outcome == Outcome::Acknowledged);
                    *most += usize::from(outcome != Outcome::Not);
                    continue;
                }
                Kind::Pay => (payments.get(&id), amount),
                Kind::Add => (entries.get(&id), amount),
                Kind::Remove => (entries.get(&id), -amount),
            };
            match records.get(&id) {
                None if outcome == Outcome::Acknowledged => verdict.unrecorded += 1,
                Some(2..) => verdict.recorded_twice += 1,
                _ => {}
            }
            match (outcome, found.map_or(&[][..], Vec::as_slice)) {
                (Outcome::Acknowledged, []) => verdict.lost += 1,
                (Outcome::Not | Outcome::Unknown, []) => {}
                (Outcome::Not, _) => verdict.phantoms += 1,
                (_, &[booked]) if booked == amount => {}
                _ => verdict.doubled += 1,
            }
        }
        for ((client, amount), (least, most)) in applied {
            let entries = "SELECT COUNT(*) FROM tblcredit WHERE clientid = ? AND amount = ? / -100 \
                           AND description LIKE 'Credit Applied to Invoice %'";
            let entries = sqlx::query_scalar::<_, i64>(entries).bind(client as u64).bind(amount);
            let entries = usize::try_from(entries.fetch_one(books).await.unwrap()).unwrap();
            verdict.lost += least.saturating_sub(entries);
            verdict.doubled += entries.saturating_sub(most);
        }
        for (client, invoice) in self.invoices.iter().enumerate() {
            let drift = "SELECT COUNT(*) FROM tblinvoices i WHERE id = ? AND credit <> \
                           (SELECT COALESCE(-SUM(amount), 0) FROM tblcredit \
                            WHERE clientid = ? AND description LIKE 'Credit Applied to Invoice %')";
            let drift = sqlx::query_scalar::<_, i64>(drift).bind(invoice).bind(client as u64 + 1);
            verdict.doubled += usize::try_from(drift.fetch_one(books).await.unwrap()).unwrap();
        }
        verdict.findings = findings(books).await;
        verdict
    }
}

/// What an audit finds.
pub async fn findings(books: &MySqlPool) -> Vec<String> {
    let mut connection = books.acquire().await.unwrap();
    let findings = audit::run(&mut connection, |_, _| {}).await.unwrap().findings;
    findings.into_iter().map(|finding| format!("{} {}", finding.subject, finding.violation)).collect()
}

/// Returns the number of records of each call in the API log, other than of repetitions, once all are there.
async fn recorded(books: &MySqlPool) -> HashMap<usize, usize> {
    eventually("the records of writes are in the API log", async || {
        let pending = "SELECT COUNT(*) FROM mod_whmcs_api_requests WHERE is_log_pending = 1";
        sqlx::query_scalar::<_, i64>(pending).fetch_one(books).await.unwrap() == 0
    })
    .await;
    let numbers = "SELECT CAST(SUBSTRING(COALESCE(JSON_VALUE(request, '$.transid'), JSON_VALUE(request, '$.description')), 4) AS SIGNED) \
                   FROM tblapilog WHERE action IN ('AddCredit', 'AddInvoicePayment') AND level = 200 \
                   AND response <> '(replayed)' AND request REGEXP '\"op[ -]'";
    let numbers: Vec<i64> = sqlx::query_scalar(numbers).fetch_all(books).await.unwrap();
    let mut records: HashMap<usize, usize> = HashMap::new();
    for number in numbers {
        *records.entry(usize::try_from(number).unwrap()).or_default() += 1;
    }
    records
}

/// Returns the amounts that are booked under each number, in cents.
async fn booked(books: &MySqlPool, statement: &'static str) -> HashMap<usize, Vec<i64>> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(statement).fetch_all(books).await.unwrap();
    let mut booked: HashMap<usize, Vec<i64>> = HashMap::new();
    for (id, amount) in rows {
        booked.entry(usize::try_from(id).unwrap()).or_default().push(amount);
    }
    booked
}
