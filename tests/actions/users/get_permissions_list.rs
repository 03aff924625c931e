use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetPermissionsList"], setup: "", writing: &[], every_parameter: "GetPermissionsList" };

#[tokio::test]
async fn lists_all_permissions() {
    let api = TestApi::new().await;
    api.check(
        "action=GetPermissionsList",
        r#"{"result":"success","status":"success","permissions":{"permission":["profile","contacts","products","manageproducts","productsso","domains","managedomains","invoices","quotes","tickets","affiliates","emails","orders"]}}"#,
    )
    .await;
}
