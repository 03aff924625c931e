//! `CapturePayment`: what becomes of charges is tested in payment_gateways.rs.

use super::add_pay_method::api_with;
use crate::support::module::Module;
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["CapturePayment&invoiceid=95"],
    setup: include_str!("../../support/fixtures/invoice_numbers.sql"),
    writing: &[
        "AddPayMethod&clientid=2&type=CreditCard&card_number=4242424242424242&card_expiry=0428",
        "CreateInvoice&userid=2&paymentmethod=stripe&itemdescription1=x&itemamount1=10",
        "CapturePayment&invoiceid={invoiceid}",
    ],
    every_parameter: "CapturePayment&invoiceid=1&cvv=123",
};

#[tokio::test]
async fn what_cannot_be_charged_is_refused() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, true).await;
    api.reply("action=CreateInvoice&userid=2&paymentmethod=stripe&itemdescription1=x&itemamount1=10").await;
    api.reply("action=CreateInvoice&userid=2&paymentmethod=mailin&itemdescription1=x&itemamount1=10").await;
    let not_unpaid = "Invoice Not Found or Not Unpaid";
    for (request, message) in [
        ("", not_unpaid),
        ("&invoiceid=x", not_unpaid),
        ("&invoiceid=99", not_unpaid),
        // No card, and a gateway that is not set up.
        ("&invoiceid=1", "Payment Attempt Failed"),
        ("&invoiceid=2", "Payment Attempt Failed"),
    ] {
        api.refuse(&format!("action=CapturePayment{request}"), message).await;
    }
    for status in ["Draft", "Paid", "Cancelled", "Refunded", "Collections", "Payment Pending"] {
        api.sql(&format!("UPDATE tblinvoices SET status = '{status}'")).await;
        api.refuse("action=CapturePayment&invoiceid=1", not_unpaid).await;
    }
    assert!(gateway.received().is_empty());
    let api = TestApi::new().await;
    api.refuse("action=CapturePayment&invoiceid=1", not_unpaid).await;
}
