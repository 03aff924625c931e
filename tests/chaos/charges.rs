//! The server is killed while it charges cards and refunds payments. The gateway keeps its own list of what it did, which is
//! compared with the books at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use whmcs_api::config::Settings;
use whmcs_api::endpoint::signature;

use super::at_length;
use super::crashes::{exchange, exchange_raw};
use crate::server::process::{Running, kill, whmcs_api};
use crate::support::module::Module;
use crate::support::{HANG, TestApi, all, demo_keys, eventually, until_ok};

const CALLERS: usize = 16;
const SECRET: &str = "test gateway secret";

/// A gateway that repeats no command, and is asked what it did where its answer got lost.
#[derive(Default)]
struct Gateway {
    /// What each command did.
    commands: Mutex<BTreeMap<String, Done>>,
    begun: Mutex<BTreeSet<String>>,
    /// Charges of which it tells by itself until the server has taken it.
    untold: Mutex<Vec<Value>>,
    lost_answers: AtomicUsize,
}

#[derive(Clone)]
struct Done {
    answer: Value,
    /// `None` if no money moved.
    movement: Option<Movement>,
}

/// Money that moved, as the gateway and the books have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Movement {
    transid: String,
    invoice: i64,
    charged: String,
    refunded: String,
}

impl Gateway {
    async fn start() -> (Arc<Gateway>, SocketAddr) {
        let gateway = Arc::new(Gateway::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&gateway));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (gateway, address)
    }

    fn movements(&self) -> Vec<Movement> {
        let commands = self.commands.lock().unwrap();
        let mut movements: Vec<_> = commands.values().filter_map(|done| done.movement.clone()).collect();
        movements.sort();
        movements
    }

    /// Carries out a command. What happens to it depends on its number: most succeed.
    fn carry_out(&self, number: usize, function: &str, params: &Value) -> Done {
        let (invoice, amount) = (params["invoiceid"].as_i64().unwrap(), params["amount"].as_str().unwrap().to_owned());
        let none = "0.00".to_owned();
        let (prefix, charged, refunded) = match function {
            "capture" => ("ch", amount.clone(), none),
            _ => ("re", none, amount.clone()),
        };
        let transid = format!("{prefix}_{number}");
        let movement = Some(Movement { transid: transid.clone(), invoice, charged, refunded });
        match number % 7 {
            3 => Done { answer: json!({"status": "declined", "declinereason": "Insufficient funds"}), movement: None },
            5 if function == "capture" => {
                let told = json!({"invoiceid": invoice, "transid": transid, "amount": amount});
                self.untold.lock().unwrap().push(told);
                Done { answer: json!({"status": "pending", "transid": transid}), movement }
            }
            _ => Done { answer: json!({"status": "success", "transid": transid}), movement },
        }
    }

    /// Tells what the server does not know yet, again until it says that it does.
    async fn tell(&self, address: SocketAddr) {
        let untold = self.untold.lock().unwrap().clone();
        for told in untold {
            let (body, timestamp) = (told.to_string(), chrono::Utc::now().timestamp().to_string());
            let signed = signature(SECRET.as_bytes(), "msg_1", &timestamp, &body);
            let request = format!(
                "POST /gateways/stripe/callback HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\
                 webhook-id: msg_1\r\nwebhook-timestamp: {timestamp}\r\nwebhook-signature: {signed}\r\n\r\n{body}",
                body.len()
            );
            match exchange_raw(address, &request).await {
                Some((200, _)) => self.untold.lock().unwrap().retain(|other| *other != told),
                Some((503, _)) | None => {}
                Some(other) => panic!("{body}: {other:?}"),
            }
        }
    }
}

async fn answer(State(gateway): State<Arc<Gateway>>, body: String) -> (StatusCode, String) {
    let request: Value = serde_json::from_str(&body).unwrap();
    let (function, params) = (request["function"].as_str().unwrap(), &request["params"]);
    if function == "lookup" {
        let id = params["commandid"].as_str().unwrap();
        let done = gateway.commands.lock().unwrap().get(id).cloned();
        return match done {
            Some(done) => (StatusCode::OK, done.answer.to_string()),
            None if gateway.begun.lock().unwrap().contains(id) => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
            None => (StatusCode::OK, json!({"status": "error", "rawdata": "Never arrived"}).to_string()),
        };
    }
    let id = request["id"].as_str().unwrap().to_owned();
    let number = {
        let mut begun = gateway.begun.lock().unwrap();
        assert!(begun.insert(id.clone()), "{id} was sent twice");
        begun.len()
    };
    // A task of its own does not end when the server is killed, which closes the connection. It takes its time, so that a kill finds
    // some commands under way; nothing depends on how many.
    let (function, params) = (function.to_owned(), params.clone());
    let carrying_out = tokio::spawn(async move {
        sleep(Duration::from_millis(number as u64 % 4 * 15)).await;
        let done = gateway.carry_out(number, &function, &params);
        gateway.commands.lock().unwrap().insert(id, done.clone());
        if number.is_multiple_of(6) {
            gateway.lost_answers.fetch_add(1, Ordering::Relaxed);
            return (StatusCode::BAD_GATEWAY, String::new());
        }
        (StatusCode::OK, done.answer.to_string())
    });
    carrying_out.await.unwrap()
}

/// What the callers did.
#[derive(Default)]
struct Callers {
    next: AtomicUsize,
    ended: AtomicUsize,
    /// Invoices of which a caller was told that they were charged.
    charged: Mutex<BTreeSet<i64>>,
}

impl Callers {
    /// Makes an invoice, charges it twice at once, and refunds a part of some.
    async fn bill(&self, address: &Mutex<SocketAddr>) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let line = format!("itemdescription1=x&itemamount1={}.{:02}", 5 + number % 90, number % 100);
        let create = format!("CreateInvoice&userid=2&paymentmethod=stripe&taxrate=0&{line}&idempotencykey=i{number}");
        let invoice = insist(address, &create).await["invoiceid"].as_i64().unwrap();
        let captures = [1, 2].map(|which| {
            let capture = format!("CapturePayment&invoiceid={invoice}&idempotencykey=c{number}-{which}");
            async move { ask(address, &capture).await }
        });
        let is_charged = all(captures).await.iter().flatten().any(|reply| reply["result"] == "success");
        if is_charged {
            self.charged.lock().unwrap().insert(invoice);
        }
        if is_charged && number.is_multiple_of(3) {
            let payments = insist(address, &format!("GetTransactions&invoiceid={invoice}")).await;
            if let Some(payment) = payments["transactions"]["transaction"][0]["id"].as_i64() {
                let refund = format!("RefundPayment&transactionid={payment}&amount=2.50&idempotencykey=r{number}");
                ask(address, &refund).await;
            }
        }
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sends a call until its outcome is known, or known to be unknown (`None`).
async fn ask(address: &Mutex<SocketAddr>, request: &str) -> Option<Value> {
    until_ok(async || {
        let server = *address.lock().unwrap();
        match timeout(HANG, exchange(server, &format!("action={request}"))).await.ok().flatten() {
            Some((200, body)) => Ok(Some(serde_json::from_str(&body).unwrap())),
            Some((504, _)) => Ok(None),
            answer @ (Some((503 | 409, _)) | None) => Err(format!("{request}: {answer:?}")),
            Some(other) => panic!("{request}: {other:?}"),
        }
    })
    .await
}

/// Sends a call until it has succeeded.
async fn insist(address: &Mutex<SocketAddr>, request: &str) -> Value {
    until_ok(async || match ask(address, request).await {
        Some(reply) if reply["result"] == "success" => Ok(reply),
        other => Err(format!("{request}: {other:?}")),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_charged_twice_or_unbooked_when_the_server_is_killed() {
    let (invoices, kills) = (at_length(2_000, 40), at_length(20, 3));
    let (gateway, gateway_address) = Gateway::start().await;
    let api = api_with_card().await;
    let start_server = || {
        let mut command = whmcs_api(&["serve", "--listen", "127.0.0.1:0"]);
        command
            .env("WHMCS_API_DATABASE_URL", api.database.url())
            .env("WHMCS_API_KEYS_FILE", demo_keys())
            .env("WHMCS_API_GATEWAYS_STRIPE_URL", format!("http://{gateway_address}/"))
            .env("WHMCS_API_GATEWAYS_STRIPE_SECRET", SECRET)
            .env("WHMCS_API_MODULE_QUEUE_ATTEMPTS", "50");
        tokio::task::block_in_place(|| Running::start(command))
    };
    let mut server = start_server();
    let address = Mutex::new(server.address);
    let (callers, done, start) = (Callers::default(), AtomicBool::new(false), Instant::now());
    let load = all((0..CALLERS).map(|_| async {
        while !done.load(Ordering::Relaxed) {
            callers.bill(&address).await;
        }
    }));
    let reached = async |count: usize| {
        eventually("calls end", async || callers.ended.load(Ordering::Relaxed) >= count).await;
    };
    let killer = async {
        for kill_number in 1..=kills {
            reached(invoices * kill_number / (kills + 1)).await;
            kill("KILL", server.child.id());
            server.child.wait().unwrap();
            // Nobody is left who holds these claims.
            api.sql(&format!("{DUE_NOW} AND state = 'running'")).await;
            server = start_server();
            *address.lock().unwrap() = server.address;
        }
        reached(invoices).await;
        done.store(true, Ordering::Relaxed);
    };
    let teller = async {
        while !done.load(Ordering::Relaxed) {
            let server = *address.lock().unwrap();
            gateway.tell(server).await;
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::join!(load, killer, teller);
    eventually("every command has ended, and everything was told", async || {
        api.sql(&format!("{DUE_NOW} AND state = 'pending'")).await;
        gateway.tell(server.address).await;
        let open = "mod_whmcs_api_outbox_entries WHERE kind = 'gateway' AND state IN ('pending', 'running')";
        gateway.untold.lock().unwrap().is_empty() && api.rows("COUNT(*)", open).await == ["0"]
    })
    .await;

    let (moved, booked) = (gateway.movements(), booked(&api).await);
    println!(
        "server killed {kills} times in {:.0?}: {} invoices, {} charges and refunds, {} answers lost",
        start.elapsed(),
        callers.ended.load(Ordering::Relaxed),
        moved.len(),
        gateway.lost_answers.load(Ordering::Relaxed),
    );
    assert_eq!(booked, moved);
    let charged: Vec<i64> = moved.iter().filter(|movement| movement.refunded == "0.00").map(|m| m.invoice).collect();
    let invoices: BTreeSet<i64> = charged.iter().copied().collect();
    assert_eq!(invoices.len(), charged.len(), "an invoice was charged twice");
    assert!(callers.charged.lock().unwrap().is_subset(&invoices));
    let open = "mod_whmcs_api_charges c JOIN tblinvoices i ON i.id = c.invoice_id \
                WHERE c.state NOT IN ('succeeded', 'failed', 'superseded')";
    assert_eq!(api.rows("c.kind, c.state, c.transaction_id, c.amount, i.status", open).await, [""; 0]);
    assert_eq!(super::load::findings(&api.pool).await, [""; 0]);
}

const DUE_NOW: &str = "UPDATE mod_whmcs_api_outbox_entries SET due_at = '2000-01-01' WHERE kind = 'gateway'";

/// A database in which client 2 has a card at the gateway.
async fn api_with_card() -> TestApi {
    let registration = Module::start().await;
    let mut settings = Settings::default();
    settings.gateways.insert("stripe".to_owned(), registration.gateway());
    settings.keys.file = demo_keys();
    let api = TestApi::with_settings(settings).await;
    let token = crate::support::module::ScriptedResponse::Json(r#"{"status":"success","gatewayid":"tok_1"}"#);
    registration.respond_with([token]);
    api.reply("action=AddPayMethod&clientid=2&card_number=4242424242424242&card_expiry=0450").await;
    api
}

async fn booked(api: &TestApi) -> Vec<Movement> {
    let columns = "transid, invoiceid, amountin, amountout";
    let rows = api.rows(columns, "tblaccounts WHERE gateway = 'stripe'").await;
    let mut booked: Vec<Movement> = rows
        .iter()
        .map(|row| {
            let [transid, invoice, charged, refunded] = row.split(" | ").collect::<Vec<_>>().try_into().unwrap();
            let (charged, refunded) = (charged.to_owned(), refunded.to_owned());
            Movement { transid: transid.to_owned(), invoice: invoice.parse().unwrap(), charged, refunded }
        })
        .collect();
    booked.sort();
    booked
}
