//! The refusals of orders, and their sequence.

use super::{order, shop};

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = shop().await;
    api.sql(
        "UPDATE tblclients SET status = 'Closed' WHERE id = 4; \
         INSERT INTO tblcontacts (id, userid) VALUES (1, 1), (2, 3); \
         INSERT INTO tblhosting (id, userid, packageid, domainstatus) VALUES (1, 1, 1, 'Active'), (2, 3, 1, 'Active')",
    )
    .await;
    let gateways = "Invalid Payment Method. Valid options include paypal,stripe,banktransfer,mailin";
    let amount = "Amount must be in decimal format: ### or ###.##";
    let quantity = "Quantity must be a whole number from 1";
    let nothing = "No items added to cart so order cannot proceed";
    let not_owned = "Service ID not owned by Client ID provided";
    let no_array = |name: &str| format!("Expecting parameter '{name}' to be an array");
    for (request, message) in [
        ("", "Client ID Not Found"),
        ("clientid=9&paymentmethod=x", "Client ID Not Found"),
        ("clientid=4&paymentmethod=x", "Unable to add order when client status is Closed"),
        ("clientid=1&pid=1", gateways),
        ("clientid=1&paymentmethod=cash&pid=1", gateways),
    ] {
        api.refuse(&format!("action=AddOrder&{request}"), message).await;
    }
    for (request, message) in [
        ("", nothing),
        ("pid=&domain=example.com&billingcycle=monthly", nothing),
        ("pid[]=", nothing),
        ("addonid=9&serviceid=1", "Addon ID invalid"),
        ("addonid=x&serviceid=1", "Addon ID invalid"),
        ("addonids[]=1&addonids[]=x&serviceids[]=1", "Addon ID invalid"),
        ("addonid=1", not_owned),
        ("addonid=1&serviceid=2", not_owned),
        ("addonid=9&serviceid=2", "Addon ID invalid"),
        ("addonids[]=1&addonids[]=1&serviceids[]=1", not_owned),
        ("addonid=1&serviceid=1&addonidqty=2", "Addon ID 1 cannot be ordered more than once at a time"),
        ("pid=1&addons=9", "Addon ID invalid"),
        ("pid=1&addons=1,", "Addon ID invalid"),
        ("pid=1&addons=2&addonsqty=0", quantity),
        ("servicerenewals[]=3&servicerenewals[]=4&pid=1", "Service ID 3 can not be renewed at this time."),
        ("addonrenewals=5", "Addon ID 5 can not be renewed at this time."),
        ("pid=99", "Product ID Not Found: 99"),
        ("pid=x", "Product ID Not Found"),
        ("pid[0]=1&pid[1]=x", "Product ID Not Found"),
        ("pid=1&qty=0", quantity),
        ("pid=1&qty=x", quantity),
        ("pid=4&qty=3000000000", quantity),
        ("pid=1&qty=501", "An order can have at most 500 items"),
        ("pid=3&qty=2", "Product ID 3 cannot be ordered more than once at a time"),
        ("pid=1&billingcycle=quarterly", "Product ID 1 is not available with the billing cycle Quarterly"),
        ("pid=1&billingcycle=weekly", "Product ID 1 is not available with the billing cycle weekly"),
        ("pid=1&billingcycle=free", "Product ID 1 is not available with the billing cycle free"),
        ("pid=7", "Product ID 7 has no price in the client's currency"),
        ("pid=6", "Product ID 6 is billed pro rata, which this server cannot work out"),
        ("pid=1&priceoverride=-1", amount),
        ("pid=1&priceoverride=ten", amount),
        ("pid=8&qty=2", amount),
        ("pid=1&configoptions[0][9]=1", "Product ID 1 has no configurable option 9"),
        ("pid=1&configoptions[0][1]=20", "Product ID 1 has no choice 20 for its configurable option 1"),
        ("pid=1&configoptions[0][3]=5", "Product ID 1 needs a whole number from 1 to 4 for its configurable option 3"),
        ("pid=1&configoptions[0][x]=1", "configoptions must be values by ids"),
        ("pid=1&configoptions[0][1][0]=1", "configoptions must be values by ids"),
        ("pid=1&configoptions=nonsense!", "configoptions: not base64"),
        ("pid=1&customfields[0][2]=x", "Product ID 1 has no custom field 2"),
        ("pid[5]=1&qty[4]=9", "qty[4] belongs to no item: pid or domaintype has no entry 4"),
        ("addonids[]=1&serviceids[1]=1", "serviceids[1] belongs to no item: addonids has no entry 1"),
        ("pid=1&contactid=2", "Contact ID Not Found"),
        ("pid=1&contactid=x", "Contact ID Not Found"),
        ("pid=1&clientip=here", "clientip must be an IP address"),
        ("domaintype=register", "Domain Name is not Valid: "),
        ("domaintype=register&domain=a b.com", "Domain Name is not Valid: a b.com"),
        ("domaintype=register&domain=127.0.0.1", "Domain Name is not Valid: 127.0.0.1"),
        ("domaintype=register&domain=xn--a.com", "Domain Name is not Valid: xn--a.com"),
        ("domaintype=steal&domain=a.com", "domaintype can only be register or transfer"),
        ("domaintype=register&domain=a.com&regperiod=11", "Registration Period must be 1 to 10 years"),
        ("domaintype=register&domain=a.com&regperiod=3", "Domain a.com cannot be registered for 3 year(s)"),
        ("domaintype=transfer&domain=a.com&regperiod=2", "Domain a.com cannot be transferred for 2 year(s)"),
        ("domaintype=register&domain=a.org", "The extension .org is not offered"),
        ("domaintype=register&domain=a.co.uk&idprotection=1", "ID Protection is not offered for the extension .co.uk"),
        ("domaintype=register&domain=a.com&domainpriceoverride=x", amount),
        ("domaintype=register&domain=a.com&domainrenewoverride=-5", amount),
        (
            "domaintype=register&domain=a.com&domainfields[0][0]=1",
            "domainfields must be values by the names of fields, not by numbers",
        ),
        // a:1:{i:0;s:1:"x";}
        (
            "domaintype=register&domain=a.com&domainfields=YToxOntpOjA7czoxOiJ4Ijt9",
            "domainfields must be values by the names of fields, not by numbers",
        ),
        ("domaintype=register&domain=a.com&domainfields=nonsense!", "domainfields: not base64"),
    ] {
        api.refuse(&order(&format!("clientid=1&{request}")), message).await;
    }
    // A single value may replace an array only if one thing is ordered.
    for (request, name) in [
        ("pid[]=1&pid[]=1&billingcycle=monthly", "billingcycle"),
        ("pid[1]=1&qty=2", "qty"),
        ("domaintype[0]=register&domaintype[1]=register&domain=a.com", "domain"),
        ("domaintype[0]=register&domaintype[1]=register&domain[0]=a.com&domain[1]=b.com&regperiod=1", "regperiod"),
        ("pid[0]=1&domaintype[1]=register&domain[1]=a.com&idprotection=1", "idprotection"),
        ("pid=1&hostname[0][0]=x", "hostname"),
        ("pid=1&domaintype[1]=register&domain[1]=a.com", "pid"),
    ] {
        api.refuse(&order(&format!("clientid=1&{request}")), &no_array(name)).await;
    }
    let long = "x".repeat(256);
    api.refuse(&order(&format!("clientid=1&pid=1&rootpw={long}")), "rootpw is too long: at most 255 bytes are allowed")
        .await;
    api.refuse(
        &order(&format!("clientid=1&pid=1&nameserver4={long}")),
        "nameserver4 is too long: at most 255 bytes are allowed",
    )
    .await;
    // Valid requests that look wrong.
    for request in ["pid=1&contactid=1", "pid=1&contactid=0&affid=0", "pid[5]=1&billingcycle[5]=monthly&qty[5]=1"] {
        api.reply(&order(&format!("clientid=1&{request}"))).await;
    }
}
