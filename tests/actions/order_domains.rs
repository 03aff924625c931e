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
        let of = |at: usize| format!("&domaintype[{at}]=register&domain[{at}]=new{at}.com&idprotection[{at}]=1");
        order(&format!("clientid=1{}", (0..count).map(of).collect::<String>()))
    };
    let one = api.statements(&registrations(1)).await;
    let five = api.statements(&registrations(5)).await;
    assert_eq!(five - one, 8, "a domain and a line of the invoice for each");
}

#[tokio::test]
async fn charges_fees_for_domains_that_have_expired() {
    let api = shop().await;
    api.sql(
        "SET SESSION sql_mode = '';
         UPDATE tbldomainpricing SET grace_period = 30, grace_period_fee = 5, redemption_grace_period = 30, \
           redemption_grace_period_fee = 80 WHERE id = 1;
         INSERT INTO tblpricing (type, currency, relid, msetupfee) VALUES ('domainrenew', 1, 2, 7), ('domainrenew', 2, 1, 12);
         INSERT INTO tbldomains (id, userid, domain, status, nextduedate) VALUES
           (1, 1, 'late.com', 'Grace', '2026-11-01'), (2, 1, 'later.com', 'Redemption', '2026-10-01'),
           (3, 1, 'late.co.uk', 'Grace', '2026-11-01'), (4, 1, 'later.co.uk', 'Redemption', '2026-10-01'),
           (5, 2, 'euro.com', 'Redemption', '2026-10-01'), (6, 1, 'gone.com', 'Expired', '2026-01-01')",
    )
    .await;
    // A promotion lowers the price of the renewal, and no fee.
    api.sql(&crate::actions::order_promotions::promotion("HALF", "Percentage", "50", 0, "")).await;
    for (request, expected) in [
        (
            "clientid=1&domainrenewals[late.com]=1",
            vec![
                "Domain | 1 | Domain Renewal - late.com - 1 Year/s (01/11/2026 - 31/10/2027) | 13.00 | 0",
                "DomainGraceFee | 1 | Domain Grace Period Fee - late.com | 5.00 | 0",
            ],
        ),
        (
            "clientid=1&domainrenewals[later.com]=2&promocode=HALF",
            vec![
                "Domain | 2 | Domain Renewal - later.com - 2 Year/s (01/10/2026 - 30/09/2028) | 24.00 | 0",
                "PromoDomain | 2 | Promotional Code: HALF - 50% Discount | -12.00 | 0",
                "DomainGraceFee | 2 | Domain Grace Period Fee - later.com | 5.00 | 0",
                "DomainRedemptionFee | 2 | Domain Redemption Period Fee - later.com | 80.00 | 0",
            ],
        ),
        (
            "clientid=1&domainrenewals[late.co.uk]=1",
            vec!["Domain | 3 | Domain Renewal - late.co.uk - 1 Year/s (01/11/2026 - 31/10/2027) | 7.00 | 0"],
        ),
        (
            // Fees are in the default currency.
            "clientid=2&domainrenewals[euro.com]=1",
            vec![
                "Domain | 5 | Domain Renewal - euro.com - 1 Year/s (01/10/2026 - 30/09/2027) | 12.00 | 0",
                "DomainGraceFee | 5 | Domain Grace Period Fee - euro.com | 4.50 | 0",
                "DomainRedemptionFee | 5 | Domain Redemption Period Fee - euro.com | 72.00 | 0",
            ],
        ),
        (
            "clientid=1&domainrenewals[gone.com]=1",
            vec!["Domain | 6 | Domain Renewal - gone.com - 1 Year/s (01/01/2026 - 31/12/2026) | 13.00 | 0"],
        ),
    ] {
        api.reply(&order(request)).await;
        assert_eq!(lines(&api).await, expected, "{request}");
    }
    assert_eq!(api.rows("renewals", "tblorders WHERE id <= 2").await, ["1=1", "2=2"]);
    api.refuse(
        &order("clientid=1&domainrenewals[later.co.uk]=1"),
        "Domain status is set to 'Redemption' and cannot be renewed",
    )
    .await;
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
        let reply = api.reply(&order(&format!("clientid=1&{request}{kind}{name}"))).await;
        let id = reply["domainids"].as_str().unwrap();
        assert_eq!(api.rows(FIRST_AND_LATER, &format!("tbldomains WHERE id = {id}")).await, [domain], "{request}");
    }
    // A product makes one domain free, in whichever row it is, and no other.
    let two = "clientid=1&domaintype[0]=register&domain[0]=a.com&domaintype[1]=register&domain[1]=b.com\
               &pid[2]=1&billingcycle[2]=annually&domain[2]=b.com&domaintype[3]=register&domain[3]=b.com";
    let reply = api.reply(&order(two)).await;
    let ids = reply["domainids"].as_str().unwrap();
    assert_eq!(
        api.rows(FIRST_AND_LATER, &format!("tbldomains WHERE id IN ({ids}) ORDER BY id")).await,
        ["a.com | 12.00 | 13.00 | 1", "b.com | 0.00 | 13.00 | 1", "b.com | 12.00 | 13.00 | 1"]
    );
    assert_in_order(&api).await;
}

#[tokio::test]
async fn settings_say_which_words_mean_a_free_domain() {
    let compat = whmcs_api::config::Compat {
        free_domain_once: vec!["1".to_owned()],
        free_domain_always: vec!["2".to_owned()],
        ..whmcs_api::config::Compat::default()
    };
    let api = crate::support::TestApi::with(compat).await;
    api.sql(include_str!("../support/fixtures/shop.sql")).await;
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
        let reply = api.reply(&order("clientid=1&pid=1&domain=a.com&domaintype=register")).await;
        let id = reply["domainids"].as_str().unwrap();
        assert_eq!(api.rows(FIRST_AND_LATER, &format!("tbldomains WHERE id = {id}")).await, [domain], "{word:?}");
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
        ("", vec![]),
    ] {
        let reply = api.reply(&order(&format!("clientid=1&domaintype[0]=register&domain[0]=a.com&{request}"))).await;
        let expected: Vec<String> = expected.iter().map(|field| format!("{field} | 2026-11-20 12:30:00")).collect();
        assert_eq!(fields(reply["domainids"].as_str().unwrap()).await, expected, "{request}");
    }
}

#[tokio::test]
async fn services_are_those_of_the_affiliate() {
    let api = shop().await;
    api.sql("SET SESSION sql_mode = ''; INSERT INTO tblaffiliates (id, clientid) VALUES (5, 3), (6, 1)").await;
    let accounts = "affiliateid, relid, lastpaid, created_at";
    for (affiliate, is_kept, why) in [
        ("5", true, ""),
        ("6", false, "Affiliate ID 6 not applied, as it is the client's own - Order ID: "),
        ("7", false, "Affiliate ID 7 not applied, as there is no such affiliate - Order ID: "),
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
