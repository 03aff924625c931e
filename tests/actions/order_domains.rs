//! Domains in an order: registered, transferred and renewed, at their price.

use whmcs_api::config::{Compat, DomainGroupColumn, PriceColumn};

use crate::actions::order_promotions::promotion;
use crate::actions::orders::add_order::{assert_in_order, lines, order, reply, shop, shop_with};
use crate::support::TestApi;

/// Places an order for a domain, and returns these columns of it.
async fn ordered(api: &TestApi, columns: &str, request: &str) -> Vec<String> {
    let reply = api.reply(&order(request)).await;
    let id = reply["domainids"].as_str().unwrap();
    api.rows(columns, &format!("tbldomains WHERE id IN ({id}) ORDER BY id")).await
}

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
        let columns = "type, firstpaymentamount, recurringamount, registrationperiod";
        let request = format!("clientid=1&domain=Example.com&{request}");
        assert_eq!(ordered(&api, columns, &request).await, [domain], "{request}");
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

/// Without a column for the client group, every list of prices is for all clients, and the oldest applies.
#[tokio::test]
async fn a_setting_says_which_column_has_the_client_group() {
    for (column, price) in [(DomainGroupColumn::Tsetupfee, "8.00"), (DomainGroupColumn::None, "12.00")] {
        let api = shop_with(Compat { domain_group_column: column, ..Compat::default() }).await;
        api.sql("UPDATE tblclients SET groupid = 7 WHERE id = 1").await;
        let request = "clientid=1&domain=example.com&domaintype=register";
        assert_eq!(ordered(&api, "firstpaymentamount", request).await, [price], "{column:?}");
    }
}

/// Each column of the row of addons has another price; rows that belong to an extension do not count.
#[tokio::test]
async fn settings_say_which_columns_have_the_prices_of_domain_addons() {
    use PriceColumn::{
        Annually, Asetupfee, Biennially, Bsetupfee, Monthly, Msetupfee, Qsetupfee, Quarterly, Semiannually, Ssetupfee,
        Triennially, Tsetupfee,
    };
    for (columns, prices) in [
        ([Msetupfee, Qsetupfee, Ssetupfee], ["1.00", "2.00", "3.00"]),
        ([Asetupfee, Bsetupfee, Tsetupfee], ["4.00", "5.00", "6.00"]),
        ([Monthly, Quarterly, Semiannually], ["7.00", "8.00", "9.00"]),
        ([Annually, Biennially, Triennially], ["10.00", "11.00", "12.00"]),
        ([Triennially, Triennially, Msetupfee], ["12.00", "12.00", "1.00"]),
    ] {
        let api = shop_with(Compat { domain_addon_columns: columns, ..Compat::default() }).await;
        api.sql(
            "DELETE FROM tblpricing WHERE type = 'domainaddons';
             INSERT INTO tblpricing (type, currency, relid, msetupfee, qsetupfee, ssetupfee, asetupfee, bsetupfee, tsetupfee, \
                                     monthly, quarterly, semiannually, annually, biennially, triennially) VALUES
               ('domainaddons', 1, 1, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50),
               ('domainaddons', 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)",
        )
        .await;
        for (addon, price) in ["dnsmanagement", "emailforwarding", "idprotection"].into_iter().zip(prices) {
            let request = format!("clientid=1&domain=example.com&domaintype=register&{addon}=1");
            let first = ordered(&api, "firstpaymentamount - 12", &request).await;
            assert_eq!(first, [price], "{columns:?} {addon}");
        }
    }
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
    // Each bills the term that begins when the one before ends.
    assert_eq!(api.rows("relid, duedate", "tblinvoiceitems ORDER BY id").await, ["1 | 2027-01-15", "5 | 2026-11-20"]);
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
    for status in
        ["Pending", "Pending Registration", "Pending Transfer", "Transferred Away", "Transferred", "Fraud", ""]
    {
        api.sql(&format!("UPDATE tbldomains SET status = '{status}' WHERE id = 2")).await;
        let message = format!("Domain status is set to '{status}' and cannot be renewed");
        api.refuse(&order("clientid=1&domainrenewals[old.com]=1"), &message).await;
    }
    api.refuse(&order("clientid=1&domainrenewals=mine.com"), "Expecting parameter 'domainrenewals' to be an array")
        .await;
    assert_in_order(&api).await;
}

/// The statements of an order are as many for one domain as for many.
#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_domains() {
    let api = shop().await;
    api.sql(
        "SET SESSION sql_mode = '';
         INSERT INTO tbldomains (id, userid, domain, status) VALUES (1, 1, 'mine.com', 'Active'), (2, 1, 'yours.com', 'Active'),
           (3, 1, 'ours.com', 'Active')",
    )
    .await;
    let renewals = |names: &[&str]| {
        let renewals: Vec<String> = names.iter().map(|name| format!("&domainrenewals[{name}]=1")).collect();
        order(&format!("clientid=1{}", renewals.concat()))
    };
    let one = api.statements(&renewals(&["mine.com"])).await;
    // Each further line of the invoice is a statement.
    let three = api.statements(&renewals(&["mine.com", "yours.com", "ours.com"])).await;
    assert_eq!(three - one, 2);
    let registrations = |count: usize| {
        let of = |at: usize| {
            format!(
                "&domaintype[{at}]=register&domain[{at}]=new{at}.com&idprotection[{at}]=1&domainfields[{at}][Tax ID]={at}\
                 &domainfields[{at}][Legal Type]=Individual&idnlanguage[{at}]=fre"
            )
        };
        order(&format!("clientid=1{}", (0..count).map(of).collect::<String>()))
    };
    let one = api.statements(&registrations(1)).await;
    let five = api.statements(&registrations(5)).await;
    assert_eq!(five - one, 8, "a domain and a line of the invoice for each");
    api.sql("INSERT INTO tblaffiliates (id, clientid) VALUES (5, 3)").await;
    let services = |count: usize| order(&format!("clientid=1&affid=5&pid[]=3{}", "&pid[]=3".repeat(count - 1)));
    let one = api.statements(&services(1)).await;
    let five = api.statements(&services(5)).await;
    assert_eq!(five - one, 8, "a service and a line of the invoice for each");
}

/// Domains that have expired, with fees of their extensions: `.com` has both, `.co.uk` none for the grace period and no
/// redemption, and `.org` none for the grace period.
const EXPIRED: &str = "
    UPDATE tbldomainpricing SET grace_period = 30, grace_period_fee = 5, redemption_grace_period = 30, \
      redemption_grace_period_fee = 80 WHERE id = 1;
    UPDATE tbldomainpricing SET grace_period = 30, grace_period_fee = 0, redemption_grace_period_fee = -1 WHERE id = 2;
    INSERT INTO tbldomainpricing (id, extension, grace_period_fee, redemption_grace_period_fee) VALUES (3, '.org', -1, 20);
    INSERT INTO tblpricing (type, currency, relid, msetupfee) VALUES
      ('domainrenew', 1, 2, 7), ('domainrenew', 2, 1, 12), ('domainrenew', 1, 3, 9);
    INSERT INTO tbldomains (id, userid, domain, status, nextduedate) VALUES
      (1, 1, 'late.com', 'Grace', '2026-11-01'), (2, 1, 'later.com', 'Redemption', '2026-10-01'),
      (3, 1, 'late.co.uk', 'Grace', '2026-11-01'), (4, 1, 'later.co.uk', 'Redemption', '2026-10-01'),
      (5, 2, 'euro.com', 'Redemption', '2026-10-01'), (6, 1, 'gone.com', 'Expired', '2026-01-01'),
      (7, 1, 'late.org', 'Grace', '2026-11-01'), (8, 1, 'later.org', 'Redemption', '2026-10-01')";

/// Returns the kinds, the ids and the amounts of the lines of an order's invoice.
async fn kinds_and_amounts(api: &TestApi, request: &str) -> Vec<String> {
    let reply = api.reply(&order(request)).await;
    let lines = format!("tblinvoiceitems WHERE invoiceid = {} ORDER BY id", reply["invoiceid"]);
    api.rows("type, relid, amount", &lines).await
}

/// Nobody pays for the same renewal twice: an unpaid invoice for it, such as one of the automation, is not for it any more.
#[tokio::test]
async fn a_renewal_that_is_ordered_is_taken_off_the_invoice_for_it() {
    let api = shop().await;
    api.sql(
        "INSERT INTO tbldomains (id, userid, domain, status, nextduedate) VALUES
           (1, 1, 'mine.com', 'Active', '2027-01-15'), (2, 1, 'other.com', 'Active', '2027-01-15');
         INSERT INTO tblinvoices (id, userid, duedate, subtotal, credit, total, status) VALUES
           (101, 1, '2027-01-15', 13.00, 0.00, 13.00, 'Unpaid'), (102, 1, '2027-01-15', 31.00, 25.00, 6.00, 'Unpaid'),
           (103, 1, '2027-01-15', 13.00, 4.00, 9.00, 'Unpaid'), (104, 1, '2027-01-15', 13.00, 0.00, 13.00, 'Unpaid'),
           (105, 1, '2027-01-15', 26.00, 0.00, 26.00, 'Unpaid'), (106, 1, '2026-01-15', 13.00, 0.00, 13.00, 'Paid');
         INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount) VALUES
           (101, 1, 'Domain', 1, 'x', 13.00), (102, 1, 'Domain', 1, 'x', 13.00), (102, 1, 'PromoDomain', 1, 'x', -2.00),
           (102, 1, '', 0, 'x', 20.00), (103, 1, 'Domain', 1, 'x', 13.00), (104, 1, 'Domain', 1, 'x', 13.00),
           (105, 1, 'Domain', 1, 'x', 13.00), (105, 1, 'Domain', 2, 'x', 13.00), (106, 1, 'Domain', 1, 'x', 13.00);
         INSERT INTO tblaccounts (userid, invoiceid, amountin) VALUES (1, 104, 1.00)",
    )
    .await;
    let credit = "tblclients WHERE id = 1";
    let before: f64 = api.rows("credit", credit).await.concat().parse().unwrap();
    let columns =
        "id, status, credit, total, (SELECT COUNT(*) FROM tblinvoiceitems l WHERE l.invoiceid = tblinvoices.id)";
    let invoices = "tblinvoices WHERE id BETWEEN 101 AND 106 ORDER BY id";
    let untouched = api.rows(columns, invoices).await;
    api.reply(&order("clientid=1&domainrenewals[mine.com]=1&noinvoice=1")).await;
    assert_eq!(api.rows(columns, invoices).await, untouched, "the order is not invoiced");

    api.reply(&order("clientid=1&domainrenewals[mine.com]=1")).await;
    let expected = [
        "101 | Cancelled | 0.00 | 13.00 | 1",
        // Credit beyond the rest is the client's again.
        "102 | Paid | 20.00 | 0.00 | 1",
        "103 | Cancelled | 0.00 | 13.00 | 1",
        // It was paid in part.
        "104 | Unpaid | 0.00 | 13.00 | 1",
        "105 | Unpaid | 0.00 | 13.00 | 1",
        "106 | Paid | 0.00 | 0.00 | 1",
    ];
    let mut expected = expected.map(str::to_owned);
    expected[5].clone_from(&untouched[5]);
    assert_eq!(api.rows(columns, invoices).await, expected);
    let after: f64 = api.rows("credit", credit).await.concat().parse().unwrap();
    assert!((after - before - 9.0).abs() < 0.001, "{before} {after}");
}

#[tokio::test]
async fn charges_fees_for_domains_that_have_expired() {
    let api = shop().await;
    api.sql(EXPIRED).await;
    api.reply(&order("clientid=1&domainrenewals[later.com]=2")).await;
    assert_eq!(
        lines(&api).await,
        [
            "Domain | 2 | Domain Renewal - later.com - 2 Year/s (01/10/2026 - 30/09/2028) | 24.00 | 0",
            "DomainGraceFee | 2 | Domain Grace Period Fee - later.com | 5.00 | 0",
            "DomainRedemptionFee | 2 | Domain Redemption Period Fee - later.com | 80.00 | 0",
        ]
    );
    assert_eq!(api.rows("renewals", "tblorders").await, ["2=2"]);
    for (request, expected) in [
        ("clientid=1&domainrenewals[late.com]=1", vec!["Domain | 1 | 13.00", "DomainGraceFee | 1 | 5.00"]),
        ("clientid=1&domainrenewals[late.co.uk]=1", vec!["Domain | 3 | 7.00"]),
        // A grace period without a fee, and one that is disabled, cost nothing.
        ("clientid=1&domainrenewals[late.org]=1", vec!["Domain | 7 | 9.00"]),
        ("clientid=1&domainrenewals[later.org]=1", vec!["Domain | 8 | 9.00", "DomainRedemptionFee | 8 | 20.00"]),
        // Fees are in the default currency.
        (
            "clientid=2&domainrenewals[euro.com]=1",
            vec!["Domain | 5 | 12.00", "DomainGraceFee | 5 | 4.50", "DomainRedemptionFee | 5 | 72.00"],
        ),
        ("clientid=1&domainrenewals[gone.com]=1", vec!["Domain | 6 | 13.00"]),
    ] {
        assert_eq!(kinds_and_amounts(&api, request).await, expected, "{request}");
    }
    api.refuse(
        &order("clientid=1&domainrenewals[later.co.uk]=1"),
        "Domain status is set to 'Redemption' and cannot be renewed",
    )
    .await;
    assert_in_order(&api).await;
    api.sql("UPDATE tblcurrencies SET rate = 0 WHERE id = 2").await;
    api.refuse(
        &order("clientid=2&domainrenewals[euro.com]=1"),
        "The fee for renewing euro.com cannot be converted to the client's currency",
    )
    .await;
}

#[tokio::test]
async fn neither_promotions_nor_the_discount_of_a_group_lower_fees() {
    let api = shop().await;
    api.sql(EXPIRED).await;
    api.sql(&promotion("HALF", "Percentage", "50", 0, "")).await;
    api.sql(&promotion("MUCH", "Fixed Amount", "50", 0, "")).await;
    api.sql(&promotion("NONE", "Price Override", "0", 0, "")).await;
    let fees = ["DomainGraceFee | 2 | 5.00", "DomainRedemptionFee | 2 | 80.00"];
    for (promotion, discount) in [
        ("promocode=HALF", "-6.50"),
        ("promocode=HALF&promooverride=1", "-6.50"),
        ("promocode=MUCH&promooverride=1", "-13.00"),
        ("promocode=NONE&promooverride=1", "-13.00"),
    ] {
        let request = format!("clientid=1&domainrenewals[later.com]=1&{promotion}");
        let discount = format!("PromoDomain | 2 | {discount}");
        let expected = ["Domain | 2 | 13.00", &discount, fees[0], fees[1]];
        assert_eq!(kinds_and_amounts(&api, &request).await, expected, "{promotion}");
    }
    // A discount of 10 %, on what the promotion leaves.
    api.sql("UPDATE tblclients SET groupid = 7 WHERE id = 1").await;
    for (promotion, expected) in [
        ("", vec!["Domain | 2 | 13.00", fees[0], fees[1], "GroupDiscount | 0 | -1.30"]),
        (
            "&promocode=HALF",
            vec!["Domain | 2 | 13.00", "PromoDomain | 2 | -6.50", fees[0], fees[1], "GroupDiscount | 0 | -0.65"],
        ),
    ] {
        let request = format!("clientid=1&domainrenewals[later.com]=1{promotion}");
        assert_eq!(kinds_and_amounts(&api, &request).await, expected, "{promotion}");
    }
    assert_in_order(&api).await;
}

#[tokio::test]
async fn a_setting_switches_late_fees_off() {
    let api = shop_with(Compat { domain_late_fees: false, ..Compat::default() }).await;
    api.sql(EXPIRED).await;
    for (renewal, line) in [
        ("domainrenewals[late.com]=1", "Domain | 1 | 13.00"),
        ("domainrenewals[later.com]=1", "Domain | 2 | 13.00"),
        ("domainrenewals[later.co.uk]=1", "Domain | 4 | 7.00"),
    ] {
        assert_eq!(kinds_and_amounts(&api, &format!("clientid=1&{renewal}")).await, [line], "{renewal}");
    }
    assert_in_order(&api).await;
}

const FIRST_AND_LATER: &str = "domain, firstpaymentamount, recurringamount, registrationperiod";

#[tokio::test]
async fn a_domain_is_free_with_a_product_that_says_so() {
    let api = shop().await;
    api.sql(
        "UPDATE tblproducts SET freedomain = 'once', freedomainpaymentterms = 'annually,Semi-Annually', \
           freedomaintlds = '.com, .net' WHERE id = 1;
         UPDATE tblproducts SET freedomain = 'on', freedomainpaymentterms = 'monthly', freedomaintlds = '.com' WHERE id = 4;
         UPDATE tblproducts SET freedomain = 'else', freedomainpaymentterms = 'onetime', freedomaintlds = '.com' WHERE id = 3",
    )
    .await;
    for (request, domain) in [
        ("pid=1&billingcycle=annually", "mine.com | 0.00 | 13.00 | 1"),
        ("pid=1&billingcycle=semiannually&domaintype=transfer", "mine.com | 0.00 | 13.00 | 1"),
        ("pid=4&billingcycle=monthly", "mine.com | 0.00 | 0.00 | 1"),
        // Addons are not free.
        ("pid=1&billingcycle=annually&idprotection=1", "mine.com | 4.00 | 17.00 | 1"),
        ("pid=4&billingcycle=monthly&idprotection=1", "mine.com | 4.00 | 4.00 | 1"),
        // An explicit price goes before.
        ("pid=1&billingcycle=annually&domainpriceoverride=3", "mine.com | 3.00 | 13.00 | 1"),
        ("pid=4&billingcycle=monthly&domainrenewoverride=6", "mine.com | 0.00 | 6.00 | 1"),
        // Another cycle, extension, name, number of years or word.
        ("pid=1&billingcycle=monthly", "mine.com | 12.00 | 13.00 | 1"),
        ("pid=1&billingcycle=annually&domain=mine.co.uk", "mine.co.uk | 6.00 | 6.00 | 1"),
        ("pid=1&billingcycle=annually&hostname=other.com", "mine.com | 12.00 | 13.00 | 1"),
        ("pid=1&billingcycle=annually&regperiod=2", "mine.com | 22.00 | 24.00 | 2"),
        ("pid=3", "mine.com | 12.00 | 13.00 | 1"),
    ] {
        let kind = if request.contains("domaintype") { "" } else { "&domaintype=register" };
        let name = if request.contains("domain=") { "" } else { "&domain=Mine.com" };
        let request = format!("clientid=1&{request}{kind}{name}");
        assert_eq!(ordered(&api, FIRST_AND_LATER, &request).await, [domain], "{request}");
    }
    // A product makes one domain free, in whichever row it is, and no other.
    let two = "clientid=1&domaintype[0]=register&domain[0]=a.com&domaintype[1]=register&domain[1]=b.com\
               &pid[2]=1&billingcycle[2]=annually&domain[2]=b.com&domaintype[3]=register&domain[3]=b.com";
    assert_eq!(
        ordered(&api, FIRST_AND_LATER, two).await,
        ["a.com | 12.00 | 13.00 | 1", "b.com | 0.00 | 13.00 | 1", "b.com | 12.00 | 13.00 | 1"]
    );
    assert_in_order(&api).await;
}

/// `.com` is sold in dollars only, `.net` for two years only, `.org` not at all, and `.biz` is not renewed.
#[tokio::test]
async fn a_domain_that_is_not_for_sale_is_not_free_either() {
    let api = shop().await;
    api.sql(
        "UPDATE tblproducts SET freedomain = 'once', freedomainpaymentterms = 'monthly', freedomaintlds = '.com,.net,.org,.biz' \
           WHERE id = 1;
         UPDATE tblproducts SET freedomain = 'on', freedomainpaymentterms = 'monthly', freedomaintlds = '.com,.net,.org,.biz' \
           WHERE id = 4;
         INSERT INTO tblpricing (type, currency, relid, monthly) VALUES ('product', 2, 4, 7);
         INSERT INTO tbldomainpricing (id, extension, idprotection) VALUES (3, '.net', 1), (4, '.org', 1), (5, '.biz', 1);
         INSERT INTO tblpricing (type, currency, relid, msetupfee, qsetupfee) VALUES
           ('domainregister', 1, 3, -1, 20), ('domainrenew', 1, 3, 15, 30), ('domainregister', 1, 4, -1, -1),
           ('domainregister', 1, 5, 11, -1), ('domainrenew', 1, 5, -1, -1)",
    )
    .await;
    for (client, domain) in [(2, "a.com"), (1, "a.net"), (1, "a.org")] {
        for product in [1, 4] {
            let request =
                format!("clientid={client}&pid={product}&billingcycle=monthly&domain={domain}&domaintype=register");
            let message = format!("Domain {domain} cannot be registered for 1 year(s)");
            api.refuse(&order(&request), &message).await;
            api.refuse(&order(&format!("{request}&domainrenewoverride=5")), &message).await;
        }
    }
    for (request, domain) in [
        // An explicit price sells it, and recurs if there is none for renewals.
        ("pid=1&domain=a.net&domainpriceoverride=3", "a.net | 3.00 | 15.00 | 1"),
        ("pid=1&domain=a.org&domainpriceoverride=3", "a.org | 3.00 | 3.00 | 1"),
        ("pid=1&domain=a.org&domainpriceoverride=3&domainrenewoverride=5", "a.org | 3.00 | 5.00 | 1"),
        ("pid=4&domain=a.org&domainpriceoverride=3", "a.org | 3.00 | 0.00 | 1"),
        // Without a price for renewals, the one that the first year would have had recurs, with addons.
        ("pid=1&domain=a.biz", "a.biz | 0.00 | 11.00 | 1"),
        ("pid=1&domain=a.biz&idprotection=1", "a.biz | 4.00 | 15.00 | 1"),
        ("pid=1&domain=a.biz&domainpriceoverride=3", "a.biz | 3.00 | 3.00 | 1"),
        ("pid=4&domain=a.biz&idprotection=1", "a.biz | 4.00 | 4.00 | 1"),
    ] {
        let request = format!("clientid=1&billingcycle=monthly&domaintype=register&{request}");
        assert_eq!(ordered(&api, FIRST_AND_LATER, &request).await, [domain], "{request}");
    }
    assert_in_order(&api).await;
}

#[tokio::test]
async fn settings_say_which_words_mean_a_free_domain() {
    let api = shop_with(Compat {
        free_domain_once: vec!["1".to_owned()],
        free_domain_always: vec!["2".to_owned()],
        ..Compat::default()
    })
    .await;
    for (word, domain) in [
        ("1", "a.com | 0.00 | 13.00 | 1"),
        ("2", "a.com | 0.00 | 0.00 | 1"),
        ("once", "a.com | 12.00 | 13.00 | 1"),
        ("", "a.com | 12.00 | 13.00 | 1"),
    ] {
        api.sql(&format!(
            "UPDATE tblproducts SET freedomain = '{word}', freedomainpaymentterms = 'monthly', freedomaintlds = '.com'"
        ))
        .await;
        let request = "clientid=1&pid=1&domain=a.com&domaintype=register";
        assert_eq!(ordered(&api, FIRST_AND_LATER, request).await, [domain], "{word:?}");
    }
}

#[tokio::test]
async fn keeps_what_registries_ask_for() {
    let api = shop().await;
    let fields = async |id: &str| {
        let rest = format!("tbldomainsadditionalfields WHERE domainid = {id} ORDER BY name");
        api.rows("name, value, created_at", &rest).await
    };
    // a:2:{s:10:"Legal Type";s:10:"Individual";s:6:"Tax ID";s:0:"";}
    let php = "YToyOntzOjEwOiJMZWdhbCBUeXBlIjtzOjEwOiJJbmRpdmlkdWFsIjtzOjY6IlRheCBJRCI7czowOiIiO30%3D";
    for (request, expected) in [
        ("domainfields[0][Legal Type]=Individual&domainfields[0][Tax ID]=", vec!["Legal Type | Individual"]),
        (&*format!("domainfields[0]={php}"), vec!["Legal Type | Individual"]),
        (&*format!("domainfields={php}&idnlanguage=fre"), vec!["idnLanguage | fre", "Legal Type | Individual"]),
        ("idnlanguage[0]=fre", vec!["idnLanguage | fre"]),
        ("idnlanguage[0]=&domainfields[0]=", vec![]),
        ("domainfields[0][N%C3%A4me]=%22%E2%82%AC%5C%F0%9F%98%80'", vec!["N\u{e4}me | \"\u{20ac}\\\u{1f600}'"]),
        ("", vec![]),
    ] {
        let reply = api.reply(&order(&format!("clientid=1&domaintype[0]=register&domain[0]=a.com&{request}"))).await;
        let expected: Vec<String> = expected.iter().map(|field| format!("{field} | 2026-11-20 12:30:00")).collect();
        assert_eq!(fields(reply["domainids"].as_str().unwrap()).await, expected, "{request}");
    }
    let two = "clientid=1&domaintype[0]=register&domain[0]=a.com&domainfields[0][x]=1&idnlanguage[0]=fre\
               &domaintype[1]=register&domain[1]=b.com&domaintype[2]=register&domain[2]=c.com&domainfields[2][x]=3";
    let reply = api.reply(&order(two)).await;
    let of_each = format!(
        "tbldomains d JOIN tbldomainsadditionalfields f ON f.domainid = d.id WHERE d.orderid = {} ORDER BY f.id",
        reply["orderid"]
    );
    let expected = ["a.com | idnLanguage | fre", "a.com | x | 1", "c.com | x | 3"];
    assert_eq!(api.rows("d.domain, f.name, f.value", &of_each).await, expected);
}

#[tokio::test]
async fn services_are_those_of_the_affiliate() {
    let api = shop().await;
    api.sql("SET SESSION sql_mode = ''; INSERT INTO tblaffiliates (id, clientid) VALUES (5, 3), (6, 1)").await;
    let accounts = "affiliateid, relid, lastpaid, created_at";
    for (affiliate, is_kept, why) in [
        ("5", true, ""),
        ("6", false, "Affiliate ID 6 not applied, as the client is this affiliate - Order ID: "),
        ("7", false, "Affiliate ID 7 not applied, as there is no such affiliate - Order ID: "),
        ("x", false, "Affiliate ID x not applied, as there is no such affiliate - Order ID: "),
        ("-1", false, "Affiliate ID -1 not applied, as there is no such affiliate - Order ID: "),
        ("0", false, ""),
        ("", false, ""),
    ] {
        let request = "clientid=1&pid[0]=4&pid[1]=1&qty[1]=2&domaintype[2]=register&domain[2]=a.com";
        let reply = api.reply(&order(&format!("{request}&affid={affiliate}"))).await;
        let services: Vec<&str> = reply["serviceids"].as_str().unwrap().split(',').collect();
        let of_order = format!("tblaffiliatesaccounts WHERE relid IN ({})", services.join(","));
        let kept: Vec<String> =
            services.iter().map(|id| format!("5 | {id} | 0000-00-00 | 2026-11-20 12:30:00")).collect();
        assert_eq!(api.rows(accounts, &of_order).await, if is_kept { kept } else { Vec::new() }, "{affiliate}");
        let log = format!("tblactivitylog WHERE description LIKE 'Affiliate%Order ID: {}'", reply["orderid"]);
        let expected = if why.is_empty() { Vec::new() } else { vec![format!("{why}{}", reply["orderid"])] };
        assert_eq!(api.rows("description", &log).await, expected, "{affiliate}");
    }
    assert_in_order(&api).await;
}
