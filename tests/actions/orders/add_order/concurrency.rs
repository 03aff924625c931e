//! Concurrent orders.

use std::collections::BTreeSet;

use whmcs_api::config::Compat;

use super::{assert_in_order, order, shop};
use crate::support::{CREDENTIAL, all, post, replica};

/// Orders on two servers at once: five are in stock, and every order is for one or two.
#[tokio::test(flavor = "multi_thread")]
async fn never_sells_what_is_not_in_stock() {
    let api = shop().await;
    let (_hosts, second) = replica(&api.database, Compat::default()).await;
    let answers = all((0..12).map(|number| {
        let router = if number % 2 == 0 { &api.router } else { &second };
        let request = order(&format!("clientid={}&pid[]=3&pid[]=5&qty[1]={}", [1, 3][number / 2 % 2], 1 + number % 2));
        async move { post(router, &format!("{CREDENTIAL}&{request}")).await }
    }))
    .await;
    let refused = r#"{"result":"error","message":"Product ID 5 is out of stock"}"#;
    let (sold, rest): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, body)| body.contains("success"));
    assert!(rest.iter().all(|answer| *answer == (200, refused.to_owned())), "{rest:?}");
    let left: usize = api.rows("qty", "tblproducts WHERE id = 5").await[0].parse().unwrap();
    let taken: usize = api.rows("SUM(qty)", "tblhosting WHERE packageid = 5").await[0].parse().unwrap();
    assert_eq!((left <= 1, left + taken), (true, 5), "{left} left, {taken} taken");
    // Rejected orders leave no rows behind.
    for (table, count) in
        [("tblorders", 1), ("tblhosting", 2), ("tblinvoices", 1), ("tblinvoiceitems", 2), ("tblemails", 2)]
    {
        assert_eq!(api.rows("COUNT(*)", table).await, [(sold.len() * count).to_string()], "{table}");
    }
    assert_in_order(&api).await;
}

/// Two orders lock the same products in opposite sequence.
#[tokio::test(flavor = "multi_thread")]
async fn orders_do_not_wait_for_each_other_in_a_circle() {
    let api = shop().await;
    api.sql("UPDATE tblproducts SET stockcontrol = 1, qty = 1000 WHERE id IN (3, 4)").await;
    let answers = all((0..24).map(|number| {
        let (api, client) = (&api, [1, 3][number % 2]);
        let products = if number % 2 == 0 { "pid[]=3&pid[]=4" } else { "pid[]=4&pid[]=3" };
        async move { api.send(&order(&format!("clientid={client}&{products}"))).await }
    }))
    .await;
    assert!(answers.iter().all(|(_, body)| body.contains("success")), "{answers:?}");
    assert_eq!(
        api.rows("qty, updated_at", "tblproducts WHERE id IN (3, 4)").await,
        ["976 | 2026-11-20 12:30:00", "976 | 2026-11-20 12:30:00"]
    );
    let numbers: BTreeSet<String> = api.rows("ordernum", "tblorders").await.into_iter().collect();
    assert_eq!(numbers.len(), 24);
}
