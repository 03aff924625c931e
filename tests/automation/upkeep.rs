//! Tickets, commissions and clients.

use whmcs_api::audit;
use whmcs_api::config::{Affiliates, Percentage, Settings};
use whmcs_api::database::pool;
use whmcs_api::domain::tax::Rate;

use super::{api_with, run_task};
use crate::support::TestApi;

#[tokio::test]
async fn tickets_that_clients_do_not_answer_are_closed() {
    let api = api_with(|settings| settings.close_ticket_hours = 48).await;
    api.sql(
        "UPDATE tblclients SET overrideautoclose = 1 WHERE id = 3; \
         INSERT INTO tblticketstatuses (title, autoclose) VALUES ('Answered', 1), ('On Hold', 0), ('Closed', 0); \
         INSERT INTO tbltickets (id, tid, userid, status, lastreply, admin, prevent_client_closure, merged_ticket_id) VALUES \
           (1, '1', 1, 'Answered', '2026-11-18 10:00:00', '', 0, 0), \
           (2, '2', 1, 'Answered', '2026-11-18 10:00:01', '', 0, 0), \
           (3, '3', 1, 'On Hold', '2026-11-01 12:00:00', '', 0, 0), \
           (4, '4', 3, 'Answered', '2026-11-01 12:00:00', '', 0, 0), \
           (5, '5', 1, 'Answered', '2026-11-01 12:00:00', '', 0, 0), \
           (6, '6', 0, 'Answered', '2026-11-01 12:00:00', 'Alice', 0, 0), \
           (7, '7', 1, 'Answered', '2026-11-01 12:00:00', '', 1, 0), \
           (8, '8', 1, 'Answered', '2026-11-01 12:00:00', '', 0, 1); \
         INSERT INTO tblticketreplies (tid, date, admin) VALUES \
           (1, '2026-11-17 12:00:00', ''), (1, '2026-11-18 10:00:00', 'Alice'), (2, '2026-11-18 10:00:01', 'Alice'), \
           (3, '2026-11-01 12:00:00', 'Alice'), (4, '2026-11-01 12:00:00', 'Alice'), (5, '2026-10-01 12:00:00', 'Alice'), \
           (5, '2026-11-01 12:00:00', ''), (7, '2026-11-01 12:00:00', 'Alice'), (8, '2026-11-01 12:00:00', 'Alice')",
    )
    .await;
    assert_eq!(run_task(&api, "tickets", "2026-11-20").await, "closed 2");
    assert_eq!(api.rows("id", "tbltickets WHERE status = 'Closed' ORDER BY id").await, ["1", "6"]);
    let log = api.rows("tid, action", "tblticketlog ORDER BY tid").await;
    assert_eq!(log, ["1 | Status changed to Closed (by System)", "6 | Status changed to Closed (by System)"]);
    assert_eq!(run_task(&api, "tickets", "2026-11-20").await, "");
}

#[tokio::test]
async fn commissions_are_credited_when_they_clear_or_dropped() {
    let percentage = Percentage(Rate::parse("10").unwrap());
    let affiliates = Affiliates { percentage, delay_days: 5, ..Affiliates::default() };
    let api = TestApi::with_settings(Settings { affiliates, ..Settings::default() }).await;
    api.sql(
        "INSERT INTO tblaffiliates (id, clientid, balance) VALUES (7, 4, 1.00); \
         INSERT INTO tblproducts (id, name) VALUES (5, 'Hosting'); \
         INSERT INTO tblhosting (id, userid, packageid, domainstatus) VALUES (11, 1, 5, 'Active'), (12, 1, 5, 'Active'); \
         INSERT INTO tblaffiliatesaccounts (id, affiliateid, relid) VALUES (21, 7, 11), (22, 7, 12)",
    )
    .await;
    for service in [11, 12] {
        let invoice = format!(
            "action=CreateInvoice&userid=1&paymentmethod=paypal&itemdescription1=x&itemamount1=50&itemtype1=Hosting&itemrelid1={service}"
        );
        let id = &api.reply(&invoice).await["invoiceid"];
        api.reply(&format!("action=AddInvoicePayment&invoiceid={id}&gateway=paypal&transid=&amount=50")).await;
    }
    api.sql("UPDATE tblhosting SET domainstatus = 'Terminated' WHERE id = 12").await;
    assert_eq!(run_task(&api, "commissions", "2026-11-24").await, "", "they have not cleared");
    assert_eq!(run_task(&api, "commissions", "2026-11-25").await, "credited 1, dropped 1");
    assert_eq!(run_task(&api, "commissions", "2026-11-25").await, "");
    assert_eq!(api.rows("balance", "tblaffiliates").await, ["6.00"]);
    assert_eq!(api.rows("affaccid, amount", "tblaffiliateshistory").await, ["21 | 5.00"]);
    assert_eq!(api.rows("COUNT(*)", "tblaffiliatespending").await, ["0"]);
    let refund = "action=AddTransaction&invoiceid=2&paymentmethod=paypal&amountout=50";
    api.reply(refund).await;
    assert_eq!(api.rows("balance", "tblaffiliates").await, ["6.00"], "what was dropped is not taken back");
    let mut connection = pool::connect(api.database.options()).await.unwrap();
    let report = audit::run(&mut connection, |_, _| {}).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[tokio::test]
async fn clients_are_active_while_they_have_something() {
    let api = api_with(|settings| settings.client_status = true).await;
    api.sql(
        "UPDATE tblclients SET status = CASE id WHEN 2 THEN 'Inactive' WHEN 4 THEN 'Closed' ELSE 'Active' END; \
         INSERT INTO tblhosting (userid, domainstatus) VALUES (1, 'Terminated'), (2, 'Suspended'), (4, 'Active'); \
         INSERT INTO tblinvoices (userid, status) VALUES (1, 'Paid'), (3, 'Unpaid')",
    )
    .await;
    assert_eq!(run_task(&api, "client_status", "2026-11-20").await, "changed 2");
    let statuses = api.rows("id, status", "tblclients ORDER BY id").await;
    assert_eq!(statuses, ["1 | Inactive", "2 | Active", "3 | Active", "4 | Closed"]);
    assert_eq!(run_task(&api, "client_status", "2026-11-20").await, "");
}

#[tokio::test]
async fn clients_are_told_once_that_a_card_ends() {
    let api = api_with(|_| {}).await;
    api.sql(
        "UPDATE tblclients SET email = CONCAT(id, '@example.com') WHERE id < 4; \
         INSERT INTO tblpaymethods (id, userid, payment_type, gateway_name, description, contact_type, contact_id, order_preference) VALUES \
           (1, 1, 'RemoteCreditCard', 'stripe', '', 'Client', 1, 1), (2, 1, 'RemoteCreditCard', 'stripe', '', 'Client', 1, 2), \
           (3, 2, 'RemoteCreditCard', 'stripe', '', 'Client', 2, 1), (4, 3, 'CreditCard', '', '', 'Client', 3, 1); \
         UPDATE tblpaymethods SET deleted_at = '2026-11-01' WHERE id = 3; \
         INSERT INTO tblcreditcards (pay_method_id, card_type, last_four, expiry_date, card_data) VALUES \
           (1, 'Visa', '1111', '2026-12-01', ''), (2, 'Visa', '2222', '2027-01-01', ''), (3, 'Visa', '3333', '2026-12-01', ''), \
           (4, 'MasterCard', '4444', '2026-12-31', '')",
    )
    .await;
    assert_eq!(run_task(&api, "card_notices", "2026-11-25").await, "", "there is no template");
    api.sql(
        "INSERT INTO tblemailtemplates (type, name, subject, message) VALUES ('general', 'Credit Card Expiring Soon', \
           '{$client_cc_type} {$client_cc_number}', '{$client_cc_expiry}')",
    )
    .await;
    let mails = async || api.rows("subject, message", "tblemails ORDER BY id").await;
    for (day, told) in [
        ("2026-11-24", &[][..]),
        ("2026-11-26", &["Visa 1111 | 12/26", "MasterCard 4444 | 12/26"]),
        ("2026-11-30", &[]),
        ("2026-12-24", &[]),
        ("2026-12-25", &["Visa 2222 | 01/27"]),
        ("2026-12-26", &[]),
    ] {
        run_task(&api, "card_notices", day).await;
        assert_eq!(mails().await, told, "{day}");
        api.sql("DELETE FROM tblemails").await;
    }
    assert_eq!(api.rows("COUNT(*)", "tblcreditcards WHERE deleted_at IS NULL").await, ["4"], "no card is removed");
}
