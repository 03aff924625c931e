//! Domains in an order: registered, transferred and renewed, at their price.

use crate::actions::orders::add_order::{assert_in_order, lines, order, reply, shop};

#[tokio::test]
async fn prices_domains_by_years_extension_and_group() {
    let api = shop().await;
    for (request, domain) in [
        ("domaintype=register", "Register | 12.00 | 13.00 | 1"),
        ("domaintype=register&regperiod=5", "Register | 50.00 | 50.00 | 5"),
        ("domaintype=register&regperiod=6", "Register | 60.00 | 60.00 | 6"),
        ("domaintype=register&regperiod=10", "Register | 99.00 | 99.00 | 10"),
        ("domaintype=transfer", "Transfer | 9.00 | 13.00 | 1"),
        ("domaintype=register&emailforwarding=1&regperiod=2", "Register | 26.00 | 28.00 | 2"),
        ("domaintype=register&domainpriceoverride=1.50&idprotection=1", "Register | 1.50 | 17.00 | 1"),
        ("domaintype=register&domainrenewoverride=7", "Register | 12.00 | 7.00 | 1"),
        ("domaintype=register&regperiod=3&domainpriceoverride=30", "Register | 30.00 | 30.00 | 3"),
    ] {
        let reply = api.reply(&order(&format!("clientid=1&domain=Example.com&{request}"))).await;
        let columns = "type, firstpaymentamount, recurringamount, registrationperiod";
        let id = &reply["domainids"].as_str().unwrap();
        assert_eq!(api.rows(columns, &format!("tbldomains WHERE id = {id}")).await, [domain], "{request}");
    }
    api.sql("UPDATE tblclients SET groupid = 7 WHERE id = 1").await;
    api.reply(&order("clientid=1&domain=example.com&domaintype=register")).await;
    assert_eq!(
        lines(&api).await,
        [
            "DomainRegister | 10 | Domain Registration - example.com - 1 Year/s (20/11/2026 - 19/11/2027) | 8.00 | 0",
            "GroupDiscount | 0 | Client Group Discount - 10% | -0.80 | 0",
        ]
    );
    api.reply(&order("clientid=1&domain=example.co.uk&domaintype=register")).await;
    assert_in_order(&api).await;
}

#[tokio::test]
async fn renews_domains_of_the_client() {
    let api = shop().await;
    api.sql(
        "SET SESSION sql_mode = '';
         INSERT INTO tbldomains (id, userid, domain, status, idprotection, nextduedate) VALUES
           (1, 1, 'mine.com', 'Active', 1, '2027-01-15'), (2, 1, 'old.com', 'Cancelled', 0, '2026-01-01'),
           (3, 3, 'theirs.com', 'Active', 0, '2027-01-01'), (4, 1, 'mine.com', 'Pending', 0, '2026-01-01'),
           (5, 1, 'gone.com', 'Expired', 0, '0000-00-00'), (6, 1, 'mine.co.uk', 'Active', 0, '2027-01-01')",
    )
    .await;
    api.check(&order("clientid=1&domainrenewals[mine.com]=2&domainrenewals[gone.com]=1"), &reply(1, "", "", "", 1))
        .await;
    assert_eq!(api.rows("renewals, amount", "tblorders").await, ["1=2,5=1 | 45.00"]);
    assert_eq!(
        lines(&api).await,
        [
            "Domain | 1 | Domain Renewal - mine.com - 2 Year/s (15/01/2027 - 14/01/2029) | 32.00 | 0",
            "Domain | 5 | Domain Renewal - gone.com - 1 Year/s (20/11/2026 - 19/11/2027) | 13.00 | 0",
        ]
    );
    // The database may compare letters with and without accents as equal.
    let not_owned = "Domain not owned by Client ID provided";
    api.refuse(&order("clientid=1&domainrenewals[m%C3%ADne.com]=1"), not_owned).await;
    for name in ["a.c%C3%B6m", "a.C%C3%96M"] {
        let request = order(&format!("clientid=1&domaintype=register&domain={name}"));
        api.refuse(&request, "The extension .cöm is not offered").await;
    }
    for (renewal, message) in [
        ("theirs.com]=1", not_owned),
        ("nobodys.com]=1", not_owned),
        ("x]=1", not_owned),
        ("old.com]=1", "Domain status is set to 'Cancelled' and cannot be renewed"),
        ("mine.com]=0", "Registration Period must be 1 to 10 years"),
        ("mine.com]=x", "Registration Period must be 1 to 10 years"),
        ("mine.com]=3", "Domain mine.com cannot be renewed for 3 year(s)"),
        ("mine.co.uk]=1", "Domain mine.co.uk cannot be renewed for 1 year(s)"),
    ] {
        api.refuse(&order(&format!("clientid=1&domainrenewals[{renewal}")), message).await;
    }
    api.refuse(&order("clientid=1&domainrenewals=mine.com"), "Expecting parameter 'domainrenewals' to be an array")
        .await;
    assert_in_order(&api).await;
}
