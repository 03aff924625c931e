//! Domains that expire, and those that are due.

use super::{api_with, run_task};

#[tokio::test]
async fn domains_expire_by_the_periods_of_their_extension() {
    let api = api_with(|_| {}).await;
    api.sql(
        "INSERT INTO tbldomainpricing (extension, grace_period, grace_period_fee, redemption_grace_period, redemption_grace_period_fee) \
           VALUES ('.com', 10, 5.00, 20, 80.00), ('.net', -1, 0.00, -1, -1.00); \
         INSERT INTO tbldomains (id, userid, domain, status, expirydate, nextduedate) VALUES \
           (1, 1, 'today.com', 'Active', '2026-11-20', '2026-11-19'), \
           (2, 1, 'grace.com', 'Active', '2026-11-19', '2026-11-19'), \
           (3, 1, 'late.com', 'Grace', '2026-11-09', '2026-11-09'), \
           (4, 1, 'gone.com', 'Redemption', '2026-10-20', '2026-10-20'), \
           (5, 1, 'paid.com', 'Active', '2026-11-19', '2027-11-19'), \
           (6, 1, 'none.net', 'Active', '2026-11-19', '2026-11-19'), \
           (7, 1, 'undated.com', 'Active', '0000-00-00', '2026-11-19'), \
           (8, 1, 'back.com', 'Redemption', '2026-11-19', '2026-11-19'), \
           (9, 2, 'credit.net', 'Active', '2026-11-19', '2026-11-19'), \
           (10, 2, 'all.net', 'Active', '2026-11-19', '2026-11-19'); \
         INSERT INTO tblinvoices (id, userid, duedate, subtotal, total, status) VALUES \
           (1, 1, '2026-11-19', 12.00, 12.00, 'Unpaid'), (2, 1, '2026-11-19', 10.00, 10.00, 'Unpaid'), \
           (3, 1, '2026-11-19', 32.00, 32.00, 'Unpaid'); \
         INSERT INTO tblinvoices (id, userid, duedate, subtotal, credit, total, status) VALUES \
           (4, 2, '2026-11-19', 32.00, 25.00, 7.00, 'Unpaid'), (5, 2, '2026-11-19', 12.00, 4.00, 8.00, 'Unpaid'); \
         UPDATE tblclients SET credit = 1.00 WHERE id = 2; \
         INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount) VALUES \
           (1, 1, 'Domain', 3, 'x', 12.00), (2, 1, 'Domain', 4, 'x', 12.00), (2, 1, 'GroupDiscount', 0, 'x', -2.00), \
           (3, 1, 'Domain', 6, 'x', 12.00), (3, 1, 'Hosting', 9, 'x', 20.00), \
           (4, 2, 'Domain', 9, 'x', 12.00), (4, 2, '', 0, 'x', 20.00), (5, 2, 'Domain', 10, 'x', 12.00)",
    )
    .await;
    assert_eq!(run_task(&api, "domain_status", "2026-11-20").await, "expired 4, grace 1, redemption 1");
    assert_eq!(run_task(&api, "domain_status", "2026-11-20").await, "");
    let statuses = api.rows("id, status", "tbldomains ORDER BY id").await;
    let expected = [
        "1 | Active",
        "2 | Grace",
        "3 | Redemption",
        "4 | Expired",
        "5 | Active",
        "6 | Expired",
        "7 | Active",
        "8 | Redemption",
        "9 | Expired",
        "10 | Expired",
    ];
    assert_eq!(statuses, expected);
    let invoices = [
        "1 | Unpaid | 0.00 | 97.00",
        "2 | Cancelled | 0.00 | 10.00",
        "3 | Unpaid | 0.00 | 20.00",
        "4 | Paid | 20.00 | 0.00",
        "5 | Cancelled | 0.00 | 12.00",
    ];
    assert_eq!(api.rows("id, status, credit, total", "tblinvoices ORDER BY id").await, invoices);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["10.00"], "what is not needed any more");
    assert_eq!(
        api.rows(
            "type, relid, amount, description",
            "tblinvoiceitems WHERE invoiceid = 1 AND type <> 'Domain' ORDER BY id"
        )
        .await,
        [
            "DomainGraceFee | 3 | 5.00 | Domain Grace Period Fee - late.com",
            "DomainRedemptionFee | 3 | 80.00 | Domain Redemption Period Fee - late.com",
        ],
    );
}

#[tokio::test]
async fn clients_are_told_once_that_a_domain_is_due() {
    let api = api_with(|settings| settings.domain_notice_days = vec![30, 7, -5]).await;
    api.sql(
        "UPDATE tblclients SET email = CONCAT(id, '@example.com') WHERE id < 4; \
         INSERT INTO tbldomains (id, userid, domain, status, recurringamount, donotrenew, expirydate, nextduedate) VALUES \
           (1, 1, 'one.com', 'Active', 12.00, 0, '2026-12-22', '2026-12-20'), \
           (2, 1, 'two.com', 'Active', 12.00, 1, '2026-12-20', '2026-12-20'), \
           (3, 1, 'free.com', 'Active', 0.00, 0, '2026-12-20', '2026-12-20'), \
           (4, 1, 'gone.com', 'Expired', 12.00, 0, '2026-12-20', '2026-12-20'), \
           (5, 4, 'nobody.com', 'Active', 12.00, 0, '2026-12-20', '2026-12-20')",
    )
    .await;
    assert_eq!(run_task(&api, "domain_notices", "2026-11-20").await, "", "there is no template");
    api.sql(
        "INSERT INTO tblemailtemplates (type, name, subject, message) VALUES ('domain', 'Upcoming Domain Renewal Notice', \
           '{$domain_name} {$domain_days_until_nextdue} {$domain_days_until_expiry}', '{$domain_next_due_date}')",
    )
    .await;
    for (day, mails) in [
        ("2026-11-19", &[][..]),
        ("2026-11-21", &["one.com 29 31 | 20/12/2026"]),
        ("2026-11-22", &[]),
        ("2026-12-13", &["one.com 7 9 | 20/12/2026"]),
        ("2026-12-24", &[]),
        ("2026-12-25", &["one.com -5 -3 | 20/12/2026"]),
        ("2026-12-25", &[]),
    ] {
        run_task(&api, "domain_notices", day).await;
        assert_eq!(api.rows("subject, message", "tblemails ORDER BY id").await, mails, "{day}");
        api.sql("DELETE FROM tblemails").await;
    }
    let recorded = api.rows("subject_id, notice", "mod_whmcs_api_notices ORDER BY subject_id, sent_on").await;
    let expected =
        ["1 | days_30", "1 | days_7", "1 | days_-5", "5 | days_30:nobody", "5 | days_7:nobody", "5 | days_-5:nobody"];
    assert_eq!(recorded, expected);
}

#[tokio::test]
async fn a_renewal_that_was_ordered_is_not_billed_again() {
    for is_continuous in [false, true] {
        let api = api_with(|settings| settings.continuous_invoices = is_continuous).await;
        api.sql(include_str!("../support/fixtures/shop.sql")).await;
        api.sql(
            "INSERT INTO tbldomains (id, userid, type, domain, recurringamount, registrationperiod, status, registrationdate, \
                                     expirydate, nextduedate, nextinvoicedate, paymentmethod) \
               VALUES (1, 1, 'Register', 'mine.com', 13.00, 1, 'Active', '2025-12-01', '2026-12-01', '2026-12-01', '2026-12-01', 'paypal')",
        )
        .await;
        let ordered = api.reply("action=AddOrder&paymentmethod=paypal&clientid=1&domainrenewals[mine.com]=1").await;
        let billed = async || api.rows("invoiceid, duedate", "tblinvoiceitems WHERE type = 'Domain' ORDER BY id").await;
        let of_order = format!("{} | 2026-12-01", ordered["invoiceid"]);
        for day in ["2026-11-20", "2026-11-30"] {
            run_task(&api, "invoices", day).await;
            assert_eq!(billed().await, [of_order.as_str()], "{is_continuous} {day}");
        }
        // If the order comes to nothing, the domain is still to be renewed.
        api.reply(&format!("action=CancelOrder&orderid={}", ordered["orderid"])).await;
        run_task(&api, "invoices", "2026-11-30").await;
        let billed = billed().await;
        assert!(billed.len() == 2 && billed[1].ends_with(" | 2026-12-01"), "{is_continuous} {billed:?}");
    }
}
