use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetProductsGroups"], every_parameter: "GetProductsGroups&gid=1", ..Calls::NONE };

#[tokio::test]
async fn lists_visible_groups_in_their_order() {
    let api = TestApi::new().await;
    api.check("action=GetProductsGroups", r#"{"result":"success","groups":[]}"#).await;
    api.sql(
        "INSERT INTO tblproductgroups (id, name, hidden, `order`) VALUES \
         (1, 'Servers', 0, 2), (2, 'Hidden', 1, 1), (3, 'Web Hosting - Linux', 0, 1), (4, 'Last & least', 0, 2)",
    )
    .await;
    for (request, groups) in [
        (
            "",
            r#"[{"id":3,"name":"Web Hosting - Linux"},{"id":1,"name":"Servers"},{"id":4,"name":"Last \u0026 least"}]"#,
        ),
        (
            "gid=",
            r#"[{"id":3,"name":"Web Hosting - Linux"},{"id":1,"name":"Servers"},{"id":4,"name":"Last \u0026 least"}]"#,
        ),
        ("gid=1", r#"[{"id":1,"name":"Servers"}]"#),
        ("gid=2", "[]"),
        ("gid=9", "[]"),
        ("gid=x", "[]"),
        ("gid=1abc", "[]"),
    ] {
        api.check(
            &format!("action=GetProductsGroups&{request}"),
            &format!(r#"{{"result":"success","groups":{groups}}}"#),
        )
        .await;
    }
}
