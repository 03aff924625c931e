//! A typed client from crates.io, unmodified, against the demo: every method that it has, its generic method with types as
//! the documentation shows them, and its errors. A field of another type than expected is an error of the client.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use whmcs::models::auth::ValidateLoginParams;
use whmcs::models::clients::{
    ClientOrderBy, ClientStatus, GetClientDetailsParams, GetClientParams, GetClientPasswordParams,
};
use whmcs::{WhmcsBuilder, WhmcsClient, WhmcsError, WhmcsSorting};

#[derive(Serialize)]
struct AddCredit {
    clientid: u32,
    description: &'static str,
    amount: f64,
}

#[derive(Deserialize)]
struct CreditAdded {
    newbalance: String,
}

#[derive(Deserialize)]
struct Credits {
    totalresults: u32,
    clientid: String,
    credits: List<Credit>,
}

#[derive(Deserialize)]
struct Credit {
    id: String,
    date: String,
    description: String,
    amount: String,
    relid: String,
}

#[derive(Serialize)]
struct CreateInvoice {
    userid: u32,
    paymentmethod: &'static str,
    itemdescription1: &'static str,
    itemamount1: f64,
    itemtaxed1: bool,
}

#[derive(Deserialize)]
struct InvoiceCreated {
    invoiceid: u32,
    status: String,
}

#[derive(Deserialize)]
struct Invoice {
    invoiceid: u32,
    userid: u32,
    subtotal: String,
    total: String,
    balance: String,
    status: String,
    ccgateway: bool,
    items: List<Item>,
    /// Empty text if there are none.
    transactions: String,
}

#[derive(Deserialize)]
struct Item {
    id: u32,
    relid: u32,
    description: String,
    amount: String,
    taxed: u32,
}

#[derive(Deserialize)]
struct Products {
    totalresults: u32,
    products: List<Product>,
}

#[derive(Deserialize)]
struct Product {
    pid: u32,
    gid: u32,
    name: String,
    pricing: BTreeMap<String, BTreeMap<String, String>>,
}

/// The inner level of a list such as `{"credits": {"credit": [...]}}`.
#[derive(Deserialize)]
struct List<T> {
    #[serde(alias = "credit", alias = "item", alias = "product")]
    entries: Vec<T>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), WhmcsError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, identifier, secret] = &arguments[..] else { panic!("usage: clients ENDPOINT IDENTIFIER SECRET") };
    let connect =
        |secret: &str| WhmcsBuilder::new().url(endpoint).api_identifier(identifier).api_secret(secret).build();
    let client = connect(secret)?;
    clients(&client).await?;
    password(&client).await?;
    println!("its own methods ... ok");
    billing(&client).await?;
    println!("its generic method ... ok");
    errors(&client, &connect("wrong")?).await;
    println!("errors ... ok");
    println!("3 passed, 0 failed");
    Ok(())
}

async fn clients(client: &WhmcsClient) -> Result<(), WhmcsError> {
    let all = client.get_clients(None).await?;
    assert_eq!((all.start_number, all.number_returned), (0, all.total_results));
    let parameters = GetClientParams::default().limit_start(1).limit_num(2).status(ClientStatus::Active);
    let page = client.get_clients(parameters.sorting(WhmcsSorting::Descending).order_by(ClientOrderBy::Id)).await?;
    assert_eq!((page.start_number, page.number_returned, page.clients.len()), (1, 2, 2));
    assert!(page.clients[0].id.as_u32() > page.clients[1].id.as_u32());
    let nobody = client.get_clients(GetClientParams::default().search("nobody")).await?;
    assert_eq!((nobody.total_results, nobody.clients.len()), (0, 0));

    for listed in &all.clients {
        let parameters = GetClientDetailsParams::default().client_id(listed.id).include_stats(true);
        let details = client.get_client_details(parameters).await?;
        assert_eq!((details.client.client_id, &details.client.email), (listed.id, &listed.email));
        assert_eq!(details.client.users.iter().filter(|user| user.is_owner).count(), 1);
        assert!(details.stats.is_some());
        let found = client.get_client_details(GetClientDetailsParams::default().email(&listed.email)).await?;
        assert_eq!((found.client.client_id, found.stats.is_none()), (listed.id, true));
        // A telephone number begins with its calling code.
        let phone = &found.client;
        let code = format!("+{}.", phone.phone_country_code);
        assert!(phone.phone_number.is_empty() || phone.phone_number_formatted.starts_with(&code));
    }

    let login = ValidateLoginParams::default().email("ana.ferreira@example.com").password("DemoPassword");
    let session = client.validate_login(login).await?;
    assert_eq!((session.user_id.as_u32(), session.two_factor_enabled), (1, false));

    // Version 0.1.1 looks for the groups below another name than the documented one, and finds none.
    assert_eq!(client.get_client_groups().await?.total_results, 3);
    Ok(())
}

/// The hash of the owner's password, whichever way it was made.
async fn password(client: &WhmcsClient) -> Result<(), WhmcsError> {
    #[allow(deprecated)]
    let found = client.get_client_password(GetClientPasswordParams::default().client_id(1)).await?;
    assert!(found.password.starts_with('$'));
    Ok(())
}

async fn billing(client: &WhmcsClient) -> Result<(), WhmcsError> {
    let by_client = BTreeMap::from([("clientid", 2)]);
    let before: Credits = client.request("GetCredits", &by_client).await?;
    let credit = AddCredit { clientid: 2, description: "a;result=error", amount: 12.5 };
    let added: CreditAdded = client.request("AddCredit", credit).await?;
    assert_eq!(added.newbalance.split_once('.').map(|(_, cents)| cents.len()), Some(2));
    let after: Credits = client.request("GetCredits", &by_client).await?;
    assert_eq!((after.totalresults, after.clientid.as_str()), (before.totalresults + 1, "2"));
    let last = after.credits.entries.iter().max_by_key(|credit| credit.id.parse::<u32>().unwrap()).unwrap();
    assert_eq!((&*last.description, &*last.amount, &*last.relid), ("a;result=error", "12.50", "0"));
    assert_eq!(last.date.len(), "2026-01-31".len());

    let new = CreateInvoice {
        userid: 2,
        paymentmethod: "paypal",
        itemdescription1: "Advice",
        itemamount1: 40.0,
        itemtaxed1: false,
    };
    let created: InvoiceCreated = client.request("CreateInvoice", new).await?;
    assert_eq!(created.status, "Unpaid");
    let invoice: Invoice = client.request("GetInvoice", BTreeMap::from([("invoiceid", created.invoiceid)])).await?;
    assert_eq!((invoice.invoiceid, invoice.userid, &*invoice.status), (created.invoiceid, 2, "Unpaid"));
    assert_eq!([&invoice.subtotal, &invoice.total, &invoice.balance], ["40.00"; 3]);
    assert!(!invoice.ccgateway && invoice.transactions.is_empty());
    let [item] = &invoice.items.entries[..] else { panic!("{} lines", invoice.items.entries.len()) };
    assert_eq!((&*item.description, &*item.amount, item.taxed, item.relid), ("Advice", "40.00", 0, 0));
    assert!(item.id > 0);

    let products: Products = client.request("GetProducts", ()).await?;
    assert_eq!(products.totalresults as usize, products.products.entries.len());
    let is_whole = |product: &Product| product.pid > 0 && product.gid > 0 && !product.name.is_empty();
    assert!(products.products.entries.iter().all(is_whole));
    let mut prices = products.products.entries.iter().flat_map(|product| product.pricing.values());
    assert!(prices.all(|prices| prices["monthly"].split_once('.').is_some_and(|(_, cents)| cents.len() == 2)));
    Ok(())
}

async fn errors(client: &WhmcsClient, wrong: &WhmcsClient) {
    let message = |error: WhmcsError| match error {
        WhmcsError::ApiError(message) => message,
        other => panic!("{other:?}"),
    };
    let login = ValidateLoginParams::default().email("ana.ferreira@example.com").password("wrong");
    assert_eq!(message(client.validate_login(login).await.unwrap_err()), "Email or Password Invalid");
    let nobody = GetClientDetailsParams::default().client_id(9999);
    assert_eq!(message(client.get_client_details(nobody).await.unwrap_err()), "Client Not Found");
    assert_eq!(message(wrong.get_clients(None).await.unwrap_err()), "Authentication Failed");
}
