use crate::support::{Calls, TestApi, all, post};

pub const CALLS: Calls = Calls {
    demo: &["DeleteInvoice&invoiceid=129"],
    writing: &[
        "CreateInvoice&userid=1&itemdescription1=x&itemamount1=10",
        "DeleteInvoice&invoiceid={invoiceid}",
        "CreateInvoice&userid=1&itemdescription1=x&itemamount1=10",
        "AddInvoicePayment&invoiceid={invoiceid}&amount=1&gateway=mailin",
        "DeleteInvoice&invoiceid={invoiceid}",
    ],
    every_parameter: "DeleteInvoice&invoiceid=129",
    ..Calls::NONE
};

const DELETE: &str = "action=DeleteInvoice&invoiceid=1";
const DELETED: &str = r#"{"result":"success","invoiceid":1,"status":"Deleted"}"#;
const CANCELLED: &str = r#"{"result":"success","invoiceid":1,"status":"Cancelled"}"#;

/// An API with an invoice of client 1 over 60.00, after these calls.
async fn api_with(calls: &[&str]) -> TestApi {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=60").await;
    for call in calls {
        api.reply(&format!("action={call}")).await;
    }
    api
}

#[tokio::test]
async fn what_has_no_history_is_deleted_with_its_lines() {
    let draft = "CreateInvoice&userid=1&draft=1&itemdescription1=x&itemamount1=60";
    let cancelled = "UpdateInvoice&invoiceid=1&status=Cancelled";
    for (calls, id) in [(&[][..], 1), (&[cancelled], 1), (&[draft], 2)] {
        let api = api_with(calls).await;
        let reply = format!(r#"{{"result":"success","invoiceid":{id},"status":"Deleted"}}"#);
        api.check(&format!("action=DeleteInvoice&invoiceid={id}"), &reply).await;
        let left = format!("tblinvoices WHERE id = {id}");
        assert_eq!(api.rows("COUNT(*)", &left).await, ["0"], "{calls:?}");
        assert_eq!(api.rows("COUNT(*)", &format!("tblinvoiceitems WHERE invoiceid = {id}")).await, ["0"], "{calls:?}");
        let log = api.rows("description, userid", "tblactivitylog ORDER BY id DESC LIMIT 1").await;
        assert_eq!(log, [format!("Deleted Invoice - Invoice ID: {id} | 1")]);
        api.refuse(&format!("action=DeleteInvoice&invoiceid={id}"), "Invoice ID Not Found").await;
    }
}

#[tokio::test]
async fn what_has_a_history_is_cancelled() {
    let payment = "AddInvoicePayment&invoiceid=1&amount=20&gateway=mailin";
    let credit = "ApplyCredit&invoiceid=1&amount=10";
    // What was canceled has no credit any more, so that it can be deleted.
    for (call, again) in [(payment, "Cancelled"), (credit, "Deleted")] {
        let api = api_with(&[call]).await;
        api.check(DELETE, CANCELLED).await;
        assert_eq!(
            api.rows("status, date_cancelled", "tblinvoices").await,
            ["Cancelled | 2026-11-20 12:30:00"],
            "{call}"
        );
        assert_eq!(api.rows("COUNT(*)", "tblinvoiceitems").await, ["1"], "{call}");
        assert_eq!(api.rows("credit", "tblinvoices").await, ["0.00"], "{call}");
        api.check(DELETE, &format!(r#"{{"result":"success","invoiceid":1,"status":"{again}"}}"#)).await;
    }
}

#[tokio::test]
async fn what_was_paid_or_is_being_paid_stays() {
    let not_deletable = "Only drafts, unpaid and cancelled invoices can be deleted";
    let busy = "A payment of this invoice is being captured, and its outcome is not known yet";
    for (statement, message) in [
        ("UPDATE tblinvoices SET status = 'Paid'", not_deletable),
        ("UPDATE tblinvoices SET status = 'Refunded'", not_deletable),
        ("UPDATE tblinvoices SET status = 'Collections'", not_deletable),
        ("UPDATE tblinvoices SET status = 'Payment Pending'", not_deletable),
        (
            "INSERT INTO mod_whmcs_api_charges (kind, client_id, invoice_id, gateway, state, open_subject) \
             VALUES ('capture', 1, 1, 'stripe', 'unknown', 'invoice:1')",
            busy,
        ),
        ("DELETE FROM tblinvoices", "Invoice ID Not Found"),
    ] {
        let api = api_with(&[]).await;
        api.sql(statement).await;
        api.refuse(DELETE, message).await;
    }
    let api = api_with(&[]).await;
    for bad in ["", "&invoiceid=0", "&invoiceid=x", "&invoiceid=99"] {
        api.refuse(&format!("action=DeleteInvoice{bad}"), "Invoice ID Not Found").await;
    }
}

/// A payment that comes at the same moment is never lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_at_the_same_time_is_kept_or_rejected() {
    let api = api_with(&[]).await;
    let credential = crate::support::CREDENTIAL;
    let requests = [DELETE, "action=AddInvoicePayment&invoiceid=1&amount=60&gateway=mailin"];
    let requests = requests.map(|request| format!("{credential}&{request}"));
    let answers = all(requests.iter().map(|request| post(&api.router, request))).await;
    let is_deleted = answers[0].1 == DELETED;
    let is_paid = answers[1].1.contains("success");
    assert_ne!(is_deleted, is_paid, "{answers:?}");
    assert_eq!(api.rows("COUNT(*)", "tblaccounts").await, [if is_paid { "1" } else { "0" }]);
    assert_eq!(api.rows("COUNT(*)", "tblinvoices").await, [if is_deleted { "0" } else { "1" }]);
}
