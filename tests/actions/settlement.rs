//! What holds after any change of an invoice's lines, totals, credit, payments or status: its status, and what its
//! lines gave. `docs/settlement.md` has the rules.

use whmcs_api::audit;
use whmcs_api::database::pool;
use whmcs_api::domain::settlement::transitions;

use crate::support::TestApi;

const SOLD: &str = "type, relid, amount";

/// Sends requests, each of which succeeds.
async fn all(api: &TestApi, requests: &[&str]) {
    for request in requests {
        api.reply(&format!("action={request}")).await;
    }
}

/// Expects this status, what is left to pay, and this balance of client 2, who has none at first.
#[track_caller]
fn holds(api: &TestApi, invoice: i64, status: &str, due: &str, balance: &str) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    let expected = format!("{status} | {due} | {balance}");
    async move {
        let columns = "i.status, i.total - COALESCE((SELECT SUM(amountin - amountout) FROM tblaccounts WHERE invoiceid = i.id), 0), \
                       (SELECT credit FROM tblclients WHERE id = 2)";
        let rows = api.rows(columns, &format!("tblinvoices i WHERE id = {invoice}")).await;
        assert_eq!(rows, [expected], "at {caller}");
    }
}

async fn findings(api: &TestApi) -> Vec<String> {
    let mut connection = pool::connect(api.database.options()).await.unwrap();
    let report = audit::run(&mut connection, |_, _| {}).await.unwrap();
    report.findings.into_iter().map(|finding| format!("{} {}", finding.subject, finding.violation)).collect()
}

async fn in_order(api: &TestApi) {
    assert_eq!(findings(api).await, [""; 0]);
}

const PAY: &str = "AddInvoicePayment&invoiceid=1&gateway=paypal&amount=50";
const CHARGE_BACK: &str = "AddTransaction&paymentmethod=paypal&invoiceid=1&amountout=50";

#[tokio::test]
async fn what_a_charge_back_reversed_is_given_again() {
    let api = TestApi::new().await;
    all(&api, &["AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal", PAY]).await;
    holds(&api, 1, "Paid", "0.00", "50.00").await;
    all(&api, &[CHARGE_BACK]).await;
    // It stays with the client until somebody takes it back.
    holds(&api, 1, "Paid", "50.00", "50.00").await;
    assert_eq!(
        findings(&api).await,
        ["client 2 has 50.00 of credit for payments that were paid back, of which 0.00 was removed"]
    );
    all(&api, &["AddCredit&clientid=2&description=Charged+back&amount=50&type=remove"]).await;
    in_order(&api).await;
    all(&api, &["UpdateInvoice&invoiceid=1&status=Unpaid", PAY]).await;
    holds(&api, 1, "Paid", "0.00", "50.00").await;
    in_order(&api).await;
    let entries = "kind, amount, credited, payment_id, reverses_id";
    assert_eq!(
        api.rows(entries, "mod_whmcs_api_settlements ORDER BY id").await,
        ["AddFunds | 50.00 | 50.00 | 1 | 0", "AddFunds | -50.00 | 0.00 | 2 | 1", "AddFunds | 50.00 | 50.00 | 3 | 0"]
    );
}

#[tokio::test]
async fn an_invoice_that_was_set_paid_gives_once_it_is_paid() {
    let api = TestApi::new().await;
    all(&api, &["AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal", "UpdateInvoice&invoiceid=1&status=Paid"])
        .await;
    holds(&api, 1, "Paid", "50.00", "0.00").await;
    in_order(&api).await;
    all(&api, &[PAY]).await;
    holds(&api, 1, "Paid", "0.00", "50.00").await;
    // Setting it once more gives nothing more.
    all(&api, &["UpdateInvoice&invoiceid=1&status=Paid", "UpdateInvoice&invoiceid=1&status=Unpaid"]).await;
    holds(&api, 1, "Paid", "0.00", "50.00").await;
    in_order(&api).await;
}

#[tokio::test]
async fn a_line_that_is_raised_after_its_payment_gives_the_difference() {
    let api = TestApi::new().await;
    all(
        &api,
        &[
            "AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal",
            PAY,
            "UpdateInvoice&invoiceid=1&itemdescription[1]=x&itemamount[1]=80&itemtaxed[1]=0",
        ],
    )
    .await;
    holds(&api, 1, "Unpaid", "30.00", "50.00").await;
    in_order(&api).await;
    all(&api, &["AddInvoicePayment&invoiceid=1&gateway=paypal"]).await;
    holds(&api, 1, "Paid", "0.00", "80.00").await;
    in_order(&api).await;
}

/// Two invoices of 30 and 20, and a third whose lines pay them and whatever else is named.
async fn mass_payment(api: &TestApi, more: &str) {
    all(
        api,
        &[
            "CreateInvoice&userid=2&itemamount1=30",
            "CreateInvoice&userid=2&itemamount1=20",
            &format!("CreateInvoice&userid=2&itemamount1=30&itemamount2=20{more}"),
        ],
    )
    .await;
    api.sql("UPDATE tblinvoiceitems SET type = 'Invoice', relid = id - 2 WHERE invoiceid = 3").await;
}

#[tokio::test]
async fn an_invoice_pays_others_through_credit() {
    let api = TestApi::new().await;
    mass_payment(&api, "").await;
    assert_eq!(
        api.rows(SOLD, "tblinvoiceitems WHERE invoiceid = 3").await,
        ["Invoice | 1 | 30.00", "Invoice | 2 | 20.00"]
    );
    all(&api, &["AddInvoicePayment&invoiceid=3&gateway=paypal&transid=T"]).await;
    assert_eq!(
        api.rows("id, status, credit, total", "tblinvoices").await,
        ["1 | Paid | 30.00 | 0.00", "2 | Paid | 20.00 | 0.00", "3 | Paid | 0.00 | 50.00"]
    );
    assert_eq!(api.rows("invoiceid, amountin", "tblaccounts").await, ["3 | 50.00"]);
    assert_eq!(
        api.rows("description, amount", "tblcredit WHERE clientid = 2 ORDER BY id").await,
        [
            "Mass Payment by Invoice #3 | 30.00",
            "Credit Applied to Invoice #1 | -30.00",
            "Mass Payment by Invoice #3 | 20.00",
            "Credit Applied to Invoice #2 | -20.00",
        ]
    );
    in_order(&api).await;
}

#[tokio::test]
async fn what_other_invoices_do_not_need_becomes_credit() {
    let api = TestApi::new().await;
    // Invoice 4 is another client's, and there is no invoice 5.
    mass_payment(&api, "&itemamount3=7&itemamount4=5").await;
    all(&api, &["CreateInvoice&userid=3&itemamount1=7"]).await;
    api.sql(
        "UPDATE tblinvoiceitems SET relid = 4 WHERE invoiceid = 3 AND amount = 7; \
             UPDATE tblinvoiceitems SET relid = 5 WHERE invoiceid = 3 AND amount = 5",
    )
    .await;
    all(
        &api,
        &[
            "AddInvoicePayment&invoiceid=1&gateway=paypal&amount=10",
            "AddInvoicePayment&invoiceid=2&gateway=paypal",
            "AddInvoicePayment&invoiceid=3&gateway=paypal",
        ],
    )
    .await;
    assert_eq!(
        api.rows("id, status, credit", "tblinvoices").await,
        ["1 | Paid | 20.00", "2 | Paid | 0.00", "3 | Paid | 0.00", "4 | Unpaid | 0.00"]
    );
    // 10 of invoice 1, 20 of invoice 2, 7 and 5.
    assert_eq!(api.rows("credit", "tblclients WHERE id IN (2, 3)").await, ["42.00", "30.00"]);
    in_order(&api).await;
}

#[tokio::test]
async fn invoices_that_pay_each_other_become_credit() {
    let api = TestApi::new().await;
    all(&api, &["CreateInvoice&userid=2&itemamount1=30", "CreateInvoice&userid=2&itemamount1=30"]).await;
    api.sql("UPDATE tblinvoiceitems SET type = 'Invoice', relid = 3 - invoiceid").await;
    all(&api, &["AddInvoicePayment&invoiceid=1&gateway=paypal"]).await;
    // The second is paid by the first, and cannot pay it back.
    assert_eq!(api.rows("id, status, credit", "tblinvoices").await, ["1 | Paid | 0.00", "2 | Paid | 30.00"]);
    holds(&api, 1, "Paid", "0.00", "30.00").await;
    in_order(&api).await;
    all(&api, &["CreateInvoice&userid=2&itemamount1=5"]).await;
    api.sql("UPDATE tblinvoiceitems SET type = 'Invoice', relid = 3 WHERE invoiceid = 3").await;
    all(&api, &["AddInvoicePayment&invoiceid=3&gateway=paypal"]).await;
    holds(&api, 3, "Paid", "0.00", "35.00").await;
    in_order(&api).await;
}

#[tokio::test]
async fn an_invoice_whose_credit_is_given_back_demands_it_again() {
    let api = TestApi::new().await;
    all(
        &api,
        &[
            "AddCredit&clientid=2&description=x&amount=50",
            "CreateInvoice&userid=2&itemamount1=50&autoapplycredit=1",
            "UpdateInvoice&invoiceid=1&credit=0",
        ],
    )
    .await;
    holds(&api, 1, "Unpaid", "50.00", "50.00").await;
    in_order(&api).await;
}

#[tokio::test]
async fn the_status_follows_from_lines_that_change() {
    let api = TestApi::new().await;
    all(
        &api,
        &[
            "CreateInvoice&userid=2&itemamount1=50",
            PAY,
            "UpdateInvoice&invoiceid=1&newitemdescription[]=More&newitemamount[]=10&newitemtaxed[]=0",
        ],
    )
    .await;
    holds(&api, 1, "Unpaid", "10.00", "0.00").await;
    all(&api, &["UpdateInvoice&invoiceid=1&deletelineids=2"]).await;
    holds(&api, 1, "Paid", "0.00", "0.00").await;
    all(&api, &["CreateInvoice&userid=2&itemamount1=5", "UpdateInvoice&invoiceid=2&deletelineids=3"]).await;
    holds(&api, 2, "Paid", "0.00", "0.00").await;
    all(&api, &["CreateInvoice&userid=2"]).await;
    holds(&api, 3, "Paid", "0.00", "0.00").await;
    in_order(&api).await;
}

#[tokio::test]
async fn drafts_keep_payments_and_refunded_invoices_return_them() {
    let api = TestApi::new().await;
    all(&api, &["CreateInvoice&userid=2&itemamount1=50&draft=1", PAY]).await;
    holds(&api, 1, "Draft", "0.00", "0.00").await;
    all(&api, &["UpdateInvoice&invoiceid=1&publish=1"]).await;
    holds(&api, 1, "Paid", "0.00", "0.00").await;
    all(&api, &[CHARGE_BACK, "UpdateInvoice&invoiceid=1&status=Refunded", PAY]).await;
    // The payment is the client's credit, and the invoice keeps nothing of it.
    holds(&api, 1, "Refunded", "0.00", "50.00").await;
    in_order(&api).await;
}

/// As servers of 0.1.0 left it, which wrote no entries.
#[tokio::test]
async fn what_was_given_without_entries_counts() {
    let forget = "DELETE FROM mod_whmcs_api_settlements";
    let bought = "AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal";
    let take_back = "AddCredit&clientid=2&description=x&amount=50&type=remove";
    let again = ["UpdateInvoice&invoiceid=1&status=Unpaid", PAY];

    let api = TestApi::new().await;
    all(&api, &[bought, PAY]).await;
    api.sql(forget).await;
    all(&api, &[PAY]).await;
    holds(&api, 1, "Paid", "-50.00", "100.00").await;
    all(&api, &[CHARGE_BACK, CHARGE_BACK, take_back, take_back]).await;
    all(&api, &again).await;
    holds(&api, 1, "Paid", "0.00", "50.00").await;
    in_order(&api).await;

    let api = TestApi::new().await;
    all(&api, &[bought, PAY, CHARGE_BACK, take_back]).await;
    api.sql(forget).await;
    all(&api, &again).await;
    holds(&api, 1, "Paid", "0.00", "50.00").await;
    in_order(&api).await;

    // Another program gave the credit, and describes it in words of its own.
    let api = TestApi::new().await;
    all(&api, &[bought, PAY]).await;
    api.sql(&format!("{forget}; UPDATE tblcredit SET description = 'Funds'")).await;
    all(&api, &[PAY]).await;
    holds(&api, 1, "Paid", "-50.00", "100.00").await;
}

#[tokio::test]
async fn books_without_entries_can_be_audited() {
    let api = TestApi::new().await;
    all(&api, &["AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal", PAY]).await;
    api.sql("DROP TABLE mod_whmcs_api_settlements").await;
    in_order(&api).await;
    api.sql("DELETE FROM tblcredit WHERE clientid = 2; UPDATE tblclients SET credit = 0 WHERE id = 2").await;
    assert_eq!(findings(&api).await, ["invoice 1 sells 50.00 of credit and gave 0.00"]);
}

/// Numbers that look random, and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn pick<'p>(&mut self, of: &[&'p str]) -> &'p str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn call(&mut self) -> String {
        let (invoice, amount) = (1 + self.below(6), 1 + self.below(60));
        let line = 1 + self.below(10);
        let edit = format!("itemdescription[{line}]=x&itemamount[{line}]={amount}&itemtaxed[{line}]=0");
        let calls = [
            format!("AddInvoicePayment&invoiceid={invoice}&gateway=paypal"),
            format!("AddInvoicePayment&invoiceid={invoice}&gateway=paypal&amount={amount}"),
            format!("AddTransaction&paymentmethod=paypal&invoiceid={invoice}&amountin={amount}"),
            format!("ApplyCredit&invoiceid={invoice}&amount={amount}"),
            format!("ApplyCredit&invoiceid={invoice}&amount=full"),
            format!("UpdateInvoice&invoiceid={invoice}&credit={amount}"),
            format!("UpdateInvoice&invoiceid={invoice}&credit=0"),
            format!("UpdateInvoice&invoiceid={invoice}&{edit}"),
            format!(
                "UpdateInvoice&invoiceid={invoice}&newitemdescription[]=x&newitemamount[]={amount}&newitemtaxed[]=0"
            ),
            format!("UpdateInvoice&invoiceid={invoice}&deletelineids={line}"),
            format!("UpdateInvoice&invoiceid={invoice}&status=Paid"),
            format!("UpdateInvoice&invoiceid={invoice}&status=Unpaid"),
            format!(
                "UpdateInvoice&invoiceid={invoice}&status={}",
                self.pick(&["Draft", "Refunded", "Cancelled", "Collections", "Payment Pending"])
            ),
            format!("AddCredit&clientid=2&description=x&amount={amount}"),
        ];
        calls[usize::try_from(self.below(calls.len() as u64)).unwrap()].clone()
    }
}

/// The audit finds nothing after any sequence of calls. What a charge back gave is taken back here as staff would.
#[tokio::test]
async fn any_sequence_of_calls_leaves_the_books_in_order() {
    for seed in 1..=6 {
        let api = TestApi::new().await;
        let mut numbers = Numbers(seed);
        mass_payment(&api, "").await;
        all(
            &api,
            &[
                "AddCredit&clientid=2&description=x&amount=100",
                "AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal",
                "CreateInvoice&userid=2&itemamount1=20&itemamount2=10",
                "CreateInvoice&userid=2&itemamount1=50&itemamount2=5",
            ],
        )
        .await;
        api.sql(
            "UPDATE tblinvoiceitems SET type = 'AddFunds' WHERE invoiceid = 5 AND amount = 20; \
                 UPDATE tblinvoiceitems SET type = 'Invoice', relid = 3 WHERE invoiceid = 6 AND amount = 50",
        )
        .await;
        let mut calls = Vec::new();
        for _ in 0..40 {
            let call = numbers.call();
            let (status, body) = api.send(&format!("action={call}")).await;
            assert_eq!(status, 200, "{call}: {body} after {calls:#?}");
            calls.push(call);
            assert_eq!(findings(&api).await, [""; 0], "seed {seed}, after {calls:#?}");
        }
    }
}

/// Charge backs at any time: what they gave is all that the audit finds, and it finds nothing once staff took it back.
#[tokio::test]
async fn what_is_charged_back_is_all_that_is_left_to_staff() {
    for seed in 11..=14 {
        let api = TestApi::new().await;
        let mut numbers = Numbers(seed);
        all(&api, &["AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal"]).await;
        for _ in 0..15 {
            let amount = 1 + numbers.below(60);
            let paid = api.rows("CAST(SUM(amountin - amountout) AS SIGNED)", "tblaccounts").await;
            let paid: u64 = paid[0].parse().unwrap_or(0);
            let request = match numbers.below(3) {
                0 if paid > 0 => {
                    format!("AddTransaction&paymentmethod=paypal&invoiceid=1&amountout={}", amount.min(paid))
                }
                1 => "UpdateInvoice&invoiceid=1&status=Unpaid".to_owned(),
                _ => format!("AddInvoicePayment&invoiceid=1&gateway=paypal&amount={amount}"),
            };
            all(&api, &[&request]).await;
            let expected = findings(&api).await;
            assert!(expected.iter().all(|finding| finding.starts_with("client 2 has")), "{request}: {expected:?}");
        }
        let left = api
            .rows(
                "COALESCE(SUM(credited - amount), 0)",
                "mod_whmcs_api_settlements WHERE kind IN ('AddFunds', 'Overpayment')",
            )
            .await;
        if left[0] != "0.00" {
            all(&api, &[&format!("AddCredit&clientid=2&description=x&amount={}&type=remove", left[0])]).await;
        }
        in_order(&api).await;
    }
}

#[test]
fn the_documents_show_the_table_of_transitions() {
    let document = include_str!("../../docs/settlement.md");
    let table = transitions::markdown();
    assert!(document.contains(&table), "docs/settlement.md is stale; the tables are:\n\n{table}");
}
