//! What payment gateways tell by themselves, at `/gateways/NAME/callback`: a payment is booked once, however often it is told.
//!
//! A callback needs no credential: it is signed with the gateway's secret. Its transaction is run again as that of a call is,
//! and since the gateway's transaction id is booked once, a callback whose commit got no answer may be run again as well.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::time::timeout;
use tracing::{Instrument, debug_span, info, warn};

use super::Work;
use crate::api::Api;
use crate::database::lease::Lease;
use crate::database::writer::RequestKey;
use crate::domain::Author;
use crate::domain::id::{AdminId, InvoiceId};
use crate::domain::money::Money;
use crate::domain::time::Moment;
use crate::endpoint::SignedMessage;
use crate::error::Error;
use crate::operations::billing::{Ledger, Outcome, PaymentNotice, Refusal};
use crate::operations::{self, Refusal as _};
use crate::outbox::gateways::transaction_id;
use crate::redaction::{Hidden, redacted};

/// Maximum length of what is logged of a callback.
const LOGGED_BYTES: usize = 16 * 1024;

/// A callback as it was sent.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    pub gateway: String,
    /// The headers of Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    pub id: String,
    pub timestamp: String,
    pub signatures: String,
    pub body: String,
}

/// What a gateway is answered: an HTTP status and a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackAnswer {
    pub status: u16,
    pub body: String,
}

impl CallbackAnswer {
    fn done(result: &str) -> CallbackAnswer {
        CallbackAnswer { status: 200, body: format!(r#"{{"result":"success","message":"{result}"}}"#) }
    }

    /// The answer to a callback that was not booked.
    pub fn error(status: u16, message: &str) -> CallbackAnswer {
        let body = serde_json::json!({"result": "error", "message": message}).to_string();
        CallbackAnswer { status, body }
    }
}

impl Api {
    /// Books what a gateway tells, in a task that continues if the gateway hangs up.
    pub async fn gateway_callback(self: &Arc<Self>, callback: Callback, address: IpAddr) -> CallbackAnswer {
        let Ok(slot) = Arc::clone(&self.call_slots).try_acquire_owned() else {
            return CallbackAnswer::error(503, &Error::Busy.message());
        };
        let api = Arc::clone(self);
        let booking = async move {
            let _slot = slot;
            api.answer_callback(&callback, address).await
        };
        let booked = self.tasks.spawn(booking.instrument(debug_span!("callback", part = "gateway"))).await;
        booked.unwrap_or_else(|_| CallbackAnswer::error(500, &Error::Internal("panic".into()).message()))
    }

    async fn answer_callback(&self, callback: &Callback, address: IpAddr) -> CallbackAnswer {
        let config = self.config();
        let Callback { gateway, id, timestamp, signatures, body } = callback;
        if !config.gateways.has(gateway) {
            return CallbackAnswer::error(404, "No such gateway is set up");
        }
        let now = self.clock.now();
        let message = SignedMessage { id, timestamp, signatures, body, now: chrono::Utc::now().timestamp() };
        if !config.gateways.has_signed(gateway, &message) {
            warn!(gateway, %address, "a callback without a valid signature was rejected");
            return CallbackAnswer::error(401, "The signature is missing, wrong or too old");
        }
        if self.is_read_only {
            return CallbackAnswer::error(503, &Error::ReadOnly.message());
        }
        let notice = match read(gateway, body, now) {
            Ok(notice) => notice,
            Err(message) => return CallbackAnswer::error(422, message),
        };
        let by = Author { admin: AdminId(0), name: format!("Gateway {gateway}"), address: address.to_string() };
        let booking = Booking { books: Ledger(config.settings.clone()), notice: &notice, by: &by, now };
        let booked = timeout(config.time_limit, self.commit(&booking, now)).await;
        match booked.unwrap_or(Err(Error::Busy)) {
            Ok(Ok(outcome)) => {
                config.outbox.wake();
                info!(gateway, invoice = notice.invoice.0, ?outcome, "a gateway told of a payment");
                CallbackAnswer::done(outcome.name())
            }
            Ok(Err(refusal)) => {
                warn!(gateway, invoice = notice.invoice.0, refusal = refusal.code(), "a callback was rejected");
                CallbackAnswer::error(422, message_of(&refusal))
            }
            Err(error) => {
                warn!(gateway, %error, "a callback was not booked");
                CallbackAnswer::error(error.http_status(), &error.message())
            }
        }
    }
}

/// The booking of what a gateway tells.
struct Booking<'b> {
    books: Ledger,
    notice: &'b PaymentNotice,
    by: &'b Author,
    now: Moment,
}

impl Work for Booking<'_> {
    type Done = Outcome;
    type Refusal = Refusal;

    async fn run(&self, lease: &mut Lease, _key: &RequestKey) -> operations::Result<Outcome, Refusal> {
        self.books.book_notice(lease, self.notice, self.by, self.now).await
    }
}

fn message_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::InvoiceNotFound => "Invoice ID Not Found",
        Refusal::NothingToPay => "Nothing is left to pay on this invoice, and no amount was told",
        _ => "The payment cannot be booked",
    }
}

/// Reads a callback: `invoiceid`, `transid`, and, if they are there, `amount`, `fee` and `status`.
fn read(gateway: &str, body: &str, now: Moment) -> std::result::Result<PaymentNotice, &'static str> {
    let fields: Map<String, Value> = serde_json::from_str(body).map_err(|_| "The body must be a JSON object")?;
    let text = |name: &str| match fields.get(name) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let invoice = InvoiceId::parse(&text("invoiceid")).ok_or("invoiceid must be the ID of an invoice")?;
    let transaction = transaction_id(&text("transid"));
    if transaction.is_empty() {
        return Err("transid is missing: the gateway's id of the payment");
    }
    let amount = match text("amount") {
        none if none.is_empty() => None,
        amount => Some(Money::parse(&amount).filter(|amount| *amount >= Money::ZERO).ok_or("amount must be ###.##")?),
    };
    let fee = Money::parse(&text("fee")).filter(|fee| fee.is_positive()).unwrap_or(Money::ZERO);
    let outcome = match &*text("status").to_lowercase() {
        "" | "success" => Outcome::Paid,
        "pending" => Outcome::Pending,
        "declined" | "error" | "failed" => Outcome::Declined,
        _ => return Err("status must be success, pending or declined"),
    };
    Ok(PaymentNotice {
        gateway: gateway.to_owned(),
        invoice,
        // As WHMCS's gateway modules do, 0.00 stands for all that is left to pay.
        amount: amount.filter(|amount| amount.is_positive()),
        fee,
        transaction,
        outcome,
        at: now.local(),
        log: redacted(&fields, &Hidden::default(), LOGGED_BYTES),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{Clock, parse_date_time};

    #[test]
    fn callbacks_are_read() {
        let now = Clock::fixed(parse_date_time("2026-11-20 12:30:00").unwrap()).now();
        let read = |body: &str| match read("stripe", body, now) {
            Ok(notice) => {
                let amount = notice.amount.map_or("all".to_owned(), |amount| amount.to_string());
                format!("{} {} {amount} {} {:?}", notice.invoice, notice.transaction, notice.fee, notice.outcome)
            }
            Err(message) => message.to_owned(),
        };
        for (body, understood) in [
            (r#"{"invoiceid":5,"transid":"ch_1","amount":"10.00","fee":"0.30"}"#, "5 ch_1 10.00 0.30 Paid"),
            (r#"{"invoiceid":"5","transid":17,"amount":10.5,"status":"Success"}"#, "5 17 10.50 0.00 Paid"),
            (r#"{"invoiceid":5,"transid":"ch_1"}"#, "5 ch_1 all 0.00 Paid"),
            (r#"{"invoiceid":5,"transid":"ch_1","amount":"0"}"#, "5 ch_1 all 0.00 Paid"),
            (r#"{"invoiceid":5,"transid":"ch_1","status":"declined"}"#, "5 ch_1 all 0.00 Declined"),
            (r#"{"invoiceid":5,"transid":"ch_1","amount":"-1"}"#, "amount must be ###.##"),
            (r#"{"invoiceid":5,"transid":"ch_1","amount":"1,5"}"#, "amount must be ###.##"),
            (r#"{"invoiceid":5,"transid":" "}"#, "transid is missing: the gateway's id of the payment"),
            (r#"{"invoiceid":"x","transid":"ch_1"}"#, "invoiceid must be the ID of an invoice"),
            (r#"{"invoiceid":5,"transid":"ch_1","status":"odd"}"#, "status must be success, pending or declined"),
            ("[]", "The body must be a JSON object"),
        ] {
            assert_eq!(read(body), understood, "{body}");
        }
    }
}
