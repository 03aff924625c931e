use whmcs_api::config::{Compat, ProductsShape};

use crate::actions::orders::get_products::{ids, with_products};
use crate::support::{Calls, replica};

pub const CALLS: Calls = Calls {
    demo: &["GetProductsActive&pid=7"],
    every_parameter: "GetProductsActive&pid=1&gid=1&module=cpanel",
    ..Calls::NONE
};

#[tokio::test]
async fn leaves_out_hidden_products_however_they_are_asked_for() {
    let api = with_products().await;
    for (request, expected) in [
        ("", vec![3, 1, 4]),
        ("pid=2", vec![]),
        ("pid=1,2,4", vec![1, 4]),
        ("gid=1", vec![1, 4]),
        ("gid=1&pid=2,4", vec![4]),
        ("module=cpanel", vec![1]),
        ("pid=abc", vec![]),
        ("gid=abc", vec![]),
    ] {
        assert_eq!(ids(&api.reply(&format!("action=GetProductsActive&{request}")).await), expected, "{request}");
    }
}

#[tokio::test]
async fn shows_products_as_get_products_does() {
    let api = with_products().await;
    let (_, products) = api.send("action=GetProducts&pid=1,3").await;
    api.check("action=GetProductsActive&pid=1,2,3", &products).await;
}

#[tokio::test]
async fn can_be_the_bare_list_of_the_original() {
    let api = with_products().await;
    let (_pool, flat) =
        replica(&api.database, Compat { products_active: ProductsShape::Flat, ..Compat::default() }).await;
    let request = format!("{}&action=GetProductsActive&pid=1,2", crate::support::CREDENTIAL);
    let (_, body) = crate::support::post(&flat, &request).await;
    let flat: serde_json::Value = serde_json::from_str(&body).unwrap();
    let wrapped = api.reply("action=GetProductsActive&pid=1,2").await;
    assert_eq!(flat["products"], wrapped["products"]["product"]);
    assert_eq!(flat["numreturned"], 1);
}
