//! Commands that payments cause: what was paid for is sent once, and nothing is sent that was not paid for.

use crate::actions::registrar_commands::{ENTRIES, SUCCESS, api_with, attempt_later, domain};
use crate::support::TestApi;
use crate::support::module::{Module, ScriptedResponse};

use ScriptedResponse::{Json, Status};

const PAY_NEW: &str = "action=AddInvoicePayment&invoiceid=821&gateway=paypal&transid=";
const PAY_RENEWAL: &str = "action=AddInvoicePayment&invoiceid=822&gateway=paypal&transid=";
const REVERSE_NEW: &str = "action=AddTransaction&paymentmethod=paypal&invoiceid=821&amountout=20";
const REVERSE_RENEWAL: &str = "action=AddTransaction&paymentmethod=paypal&invoiceid=822&amountout=30";

async fn pay(api: &TestApi, invoice: &str, transaction: &str) {
    api.reply(&format!("{invoice}{transaction}")).await;
}

/// Runs the outbox until nothing is due, and returns what the registrar was asked.
async fn sent(api: &TestApi, registrar: &Module) -> Vec<String> {
    for _ in 0..3 {
        attempt_later(api).await;
    }
    let mut functions = registrar.domain_functions();
    functions.sort();
    functions
}

const RENEWAL: &str = "RenewDomain mine.com";
/// Another invoice for the same domain, for one year.
const SECOND_RENEWAL: &str = "INSERT INTO tblinvoices (id, userid, date, duedate, subtotal, total, status, paymentmethod) VALUES \
       (823, 1, '2026-11-19', '2026-11-19', 10.00, 10.00, 'Unpaid', 'paypal'); \
     INSERT INTO tblinvoiceitems (id, invoiceid, userid, type, relid, description, amount) VALUES \
       (834, 823, 1, 'Domain', 941, 'Domain Renewal - mine.com', 10.00)";

#[tokio::test]
async fn what_was_paid_again_is_sent_if_it_was_not_sent() {
    for (prepare, first, second) in [
        ("SELECT 1", vec![RENEWAL], vec![]),
        // The registrar has refused it.
        ("refused", vec![RENEWAL], vec![RENEWAL]),
        // The payment is reversed before the attempt.
        ("not attempted", vec![], vec![RENEWAL]),
        // Nobody knows what the registrar has done.
        ("unknown", vec![RENEWAL], vec![]),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        match prepare {
            "refused" => registrar.respond_with([Json(r#"{"error":"Insufficient funds"}"#)]),
            "unknown" => registrar.respond_with([Status(500), Status(500)]),
            _ => {}
        }
        pay(&api, PAY_RENEWAL, "a").await;
        if prepare != "not attempted" {
            api.api.run_outbox_once().await;
        }
        let renewals = |functions: Vec<String>| -> Vec<String> {
            functions.into_iter().filter(|function| function.starts_with("Renew")).collect()
        };
        assert_eq!(renewals(registrar.domain_functions()), first, "{prepare}");
        if prepare == "unknown" {
            api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'unknown'").await;
        }
        api.reply(REVERSE_RENEWAL).await;
        assert_eq!(renewals(sent(&api, &registrar).await), Vec::<String>::new(), "{prepare}");
        pay(&api, PAY_RENEWAL, "b").await;
        assert_eq!(renewals(sent(&api, &registrar).await), second, "{prepare}");
        // And once more.
        api.reply(REVERSE_RENEWAL).await;
        pay(&api, PAY_RENEWAL, "c").await;
        assert_eq!(renewals(sent(&api, &registrar).await), Vec::<String>::new(), "{prepare}");
    }
}

#[tokio::test]
async fn a_reversal_withdraws_what_its_line_has_caused() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql(SECOND_RENEWAL).await;
    registrar.respond_with(std::iter::repeat_n(Status(401), 10));
    pay(&api, PAY_RENEWAL, "a").await;
    api.reply("action=AddInvoicePayment&invoiceid=823&transid=b&gateway=paypal").await;
    api.api.run_outbox_once().await;
    // The second one waits while the first one is attempted.
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:00:00' WHERE id = 2").await;
    api.api.run_outbox_once().await;
    let queue = "tblmodulequeue q JOIN mod_whmcs_api_outbox_entries e ON e.record_id = q.id ORDER BY e.id";
    assert_eq!(api.rows("e.state, q.completed", queue).await, ["pending | 0", "pending | 0"]);
    api.reply(REVERSE_RENEWAL).await;
    assert_eq!(api.rows("e.state, q.completed", queue).await, ["superseded | 1", "pending | 0"]);
    registrar.received();
    registrar.will_say_what_is_usual();
    assert_eq!(sent(&api, &registrar).await, [RENEWAL]);
    // For one year, and not for the three of the order. The due date has moved with both payments.
    assert_eq!(domain(&api, 941).await, "Active | enom | 2020-03-01 | 2028-03-01 | 2031-03-01");
}

#[tokio::test]
async fn two_renewals_that_were_paid_are_sent_one_after_the_other() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql(SECOND_RENEWAL).await;
    pay(&api, PAY_RENEWAL, "a").await;
    api.reply("action=AddInvoicePayment&invoiceid=823&transid=b&gateway=paypal").await;
    assert_eq!(sent(&api, &registrar).await, [RENEWAL, RENEWAL]);
    assert_eq!(registrar.max_concurrent(), 1);
    assert_eq!(domain(&api, 941).await, "Active | enom | 2020-03-01 | 2031-03-01 | 2031-03-01");
}

#[tokio::test]
async fn a_paid_command_waits_for_one_whose_outcome_is_unknown() {
    for state in ["pending", "unknown"] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        registrar.respond_with([Status(500), Status(500)]);
        assert_eq!(api.send("action=DomainRenew&domainid=941").await.0, 504);
        api.sql(&format!("UPDATE mod_whmcs_api_outbox_entries SET state = '{state}'")).await;
        registrar.received();
        pay(&api, PAY_RENEWAL, "a").await;
        api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:00:00' WHERE id = 2").await;
        api.api.run_outbox_once().await;
        assert_eq!(registrar.domain_functions(), Vec::<String>::new(), "{state}");
        assert_eq!(api.rows("state, attempts", "mod_whmcs_api_outbox_entries WHERE id = 2").await, ["pending | 0"]);
        api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'done' WHERE id = 1").await;
        assert_eq!(sent(&api, &registrar).await, [RENEWAL], "{state}");
    }
}

#[tokio::test]
async fn a_paid_registration_is_withdrawn_if_the_domain_is_registered_meanwhile() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    pay(&api, PAY_NEW, "a").await;
    api.sql("UPDATE tbldomains SET status = 'Active' WHERE id IN (942, 943)").await;
    assert_eq!(sent(&api, &registrar).await, Vec::<String>::new());
    assert_eq!(api.rows("state", ENTRIES).await, ["superseded", "superseded"]);
}

/// Whoever sends the command for which a payment waits sends it with what was paid.
#[tokio::test]
async fn a_command_that_takes_the_place_of_a_paid_one_keeps_its_payment() {
    for (fails_first, request, after) in [
        (false, "DomainRenew&domainid=941", "2030-03-01 | 2030-03-01"),
        (true, "DomainRenew&domainid=941", "2030-03-01 | 2030-03-01"),
        (false, "DomainRenew&domainid=941&regperiod=0", "2030-03-01 | 2030-03-01"),
        (false, "DomainRenew&domainid=941&regperiod=2", "2029-03-01 | 2030-03-01"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        pay(&api, PAY_RENEWAL, "a").await;
        if fails_first {
            registrar.respond_with([Json(r#"{"error":"Insufficient funds"}"#)]);
            api.api.run_outbox_once().await;
            registrar.received();
        }
        api.check(&format!("action={request}"), SUCCESS).await;
        assert_eq!(sent(&api, &registrar).await, [RENEWAL], "{request}");
        let dates = api.rows("expirydate, nextduedate", "tbldomains WHERE id = 941").await;
        assert_eq!(dates, [after], "{request}");
        assert_eq!(api.rows("state", ENTRIES).await, ["superseded", "done"], "{request}");
        // It counts as what was paid for.
        api.reply(REVERSE_RENEWAL).await;
        pay(&api, PAY_RENEWAL, "b").await;
        assert_eq!(sent(&api, &registrar).await, Vec::<String>::new(), "{request}");
        // The payment is used up.
        api.check("action=DomainRenew&domainid=941&regperiod=1", SUCCESS).await;
        let due = api.rows("nextduedate", "tbldomains WHERE id = 941").await.concat();
        assert!(after.ends_with(&due), "{request}: {due}");
    }
}

/// The setting is about what payments cause by themselves.
#[tokio::test]
async fn a_command_with_a_payment_is_sent_although_payments_send_none() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |enom| enom.on_payment = false).await;
    pay(&api, PAY_RENEWAL, "a").await;
    api.check("action=DomainRenew&domainid=941", SUCCESS).await;
    assert_eq!(sent(&api, &registrar).await, [RENEWAL]);
}

#[tokio::test]
async fn a_release_leaves_what_was_paid_for_to_the_registrar() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    pay(&api, PAY_RENEWAL, "a").await;
    api.check("action=DomainRelease&domainid=941&newtag=x", SUCCESS).await;
    assert_eq!(sent(&api, &registrar).await, ["ReleaseDomain mine.com", RENEWAL]);
}

#[tokio::test]
async fn an_order_that_is_accepted_by_hand_waits_for_what_was_paid() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    pay(&api, PAY_NEW, "a").await;
    // One of them was attempted, and is on the queue.
    registrar.respond_with([Status(401)]);
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-21' WHERE id = 2").await;
    api.api.run_outbox_once().await;
    registrar.received();
    api.check("action=AcceptOrder&orderid=811", SUCCESS).await;
    let order = "tblorders WHERE id = 811";
    assert_eq!(api.rows("status", order).await, ["Pending"]);
    assert_eq!(api.rows("status", "tbldomains WHERE orderid = 811").await, ["Pending", "Pending"]);
    assert_eq!(sent(&api, &registrar).await, ["RegisterDomain new.com", "TransferDomain moved.com"]);
    assert_eq!(api.rows("status", order).await, ["Active"]);
    let statuses = api.rows("status", "tbldomains WHERE orderid = 811 ORDER BY id").await;
    assert_eq!(statuses, ["Active", "Pending Transfer"]);
    assert!(domain(&api, 942).await.ends_with("2028-11-19"), "the payment has moved the due date");
}

#[tokio::test]
async fn an_order_that_is_accepted_with_its_registrars_takes_payments_over() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    pay(&api, PAY_NEW, "a").await;
    api.check("action=AcceptOrder&orderid=811&sendregistrar=1", SUCCESS).await;
    assert_eq!(sent(&api, &registrar).await, ["RegisterDomain new.com", "TransferDomain moved.com"]);
    assert_eq!(api.rows("state", ENTRIES).await, ["superseded", "superseded", "done", "done"]);
    assert_eq!(api.rows("status", "tblorders WHERE id = 811").await, ["Active"]);
    assert!(domain(&api, 942).await.ends_with("2028-11-19"), "the payment has moved the due date");
}

/// A command takes one payment over, and leaves the others to their commands.
#[tokio::test]
async fn no_payment_is_lost() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql(SECOND_RENEWAL).await;
    pay(&api, PAY_RENEWAL, "a").await;
    api.reply("action=AddInvoicePayment&invoiceid=823&transid=b&gateway=paypal").await;
    api.check("action=DomainRenew&domainid=941", SUCCESS).await;
    assert_eq!(domain(&api, 941).await, "Active | enom | 2020-03-01 | 2030-03-01 | 2031-03-01");
    assert_eq!(sent(&api, &registrar).await, [RENEWAL, RENEWAL]);
    assert_eq!(domain(&api, 941).await, "Active | enom | 2020-03-01 | 2031-03-01 | 2031-03-01");
}

/// As commands to modules, those to registrars end with their order.
#[tokio::test]
async fn an_order_that_ends_withdraws_its_commands() {
    let (pending, cancelled) = ("SELECT 1", "UPDATE tblorders SET status = 'Cancelled' WHERE id = 811");
    for (request, prepare) in
        [("CancelOrder", pending), ("FraudOrder", pending), ("PendingOrder", pending), ("DeleteOrder", cancelled)]
    {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        pay(&api, PAY_NEW, "a").await;
        // One is on the queue and one has failed.
        registrar.respond_with([Status(401), Json(r#"{"error":"No"}"#)]);
        api.api.run_outbox_once().await;
        registrar.received();
        registrar.will_say_what_is_usual();
        api.sql(prepare).await;
        api.check(&format!("action={request}&orderid=811"), SUCCESS).await;
        assert_eq!(api.rows("state", ENTRIES).await, ["superseded", "superseded"], "{request}");
        assert_eq!(api.rows("completed", "tblmodulequeue").await, ["1", "1"], "{request}");
        assert_eq!(sent(&api, &registrar).await, Vec::<String>::new(), "{request}");
        // What is being carried out cannot be withdrawn.
        for state in [
            "state = 'running', due_at = '2026-11-20 13:00:00'",
            "state = 'unknown'",
            "state = 'pending', is_unanswered = 1",
        ] {
            let api = api_with(&registrar, |_| {}).await;
            pay(&api, PAY_NEW, "a").await;
            api.sql(prepare).await;
            api.sql(&format!("UPDATE mod_whmcs_api_outbox_entries SET {state} WHERE id = 1")).await;
            let busy = "The registrar is still busy with this domain, please try again later";
            api.refuse(&format!("action={request}&orderid=811"), busy).await;
        }
    }
}

#[tokio::test]
async fn the_reversal_of_a_new_domains_payment_withdraws_both_lines() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    pay(&api, PAY_NEW, "a").await;
    api.reply(REVERSE_NEW).await;
    assert_eq!(sent(&api, &registrar).await, Vec::<String>::new());
    pay(&api, PAY_NEW, "b").await;
    assert_eq!(sent(&api, &registrar).await, ["RegisterDomain new.com", "TransferDomain moved.com"]);
}
