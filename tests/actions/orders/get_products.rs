use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetProducts&pid=7"], every_parameter: "GetProducts&pid=1&gid=1&module=cpanel", ..Calls::NONE };

pub async fn with_products() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/products.sql")).await;
    api
}

/// Returns the ids of the products in a reply.
pub fn ids(reply: &serde_json::Value) -> Vec<i64> {
    let products = reply["products"]["product"].as_array().unwrap();
    assert_eq!(reply["totalresults"], products.len());
    assert_eq!(reply["startnumber"], 0);
    assert_eq!(reply["numreturned"], products.len());
    products.iter().map(|product| product["pid"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_products().await;
    let zero = r#""qsetupfee":"0.00","ssetupfee":"0.00","asetupfee":"0.00","bsetupfee":"0.00","tsetupfee":"0.00""#;
    let choice = |id, name, raw, monthly| {
        format!(
            r#"{{"id":{id},"name":"{name}","rawName":"{raw}","recurring":0,"required":null,"pricing":{{"USD":{{"msetupfee":"0.00",{zero},"monthly":"{monthly}","quarterly":"0.00","semiannually":"0.00","annually":"0.00","biennially":"0.00","triennially":"0.00"}}}}}}"#
        )
    };
    let choices =
        [choice(1, "Include MultiPHP", "yes|Include MultiPHP", "2.99"), choice(2, "Second", "Second", "0.10")]
            .join(",");
    let reply = [
        r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"products":{"product":[{"pid":1,"gid":1,"#,
        r#""type":"hostingaccount","name":"Best Hosting Plan","slug":"best-hosting-plan","#,
        r#""product_url":"https://www.example.com/whmcs/hosting/best-hosting-plan","description":"All the bells","#,
        r#""module":"cpanel","paytype":"recurring","allowqty":2,"quantity_available":0,"#,
        r#""pricing":{"USD":{"prefix":"$","suffix":" USD","msetupfee":"0.00","#,
        zero,
        r#","monthly":"25.99","quarterly":"-1.00","semiannually":"-1.00","annually":"-1.00","biennially":"-1.00","triennially":"-1.00"},"#,
        r#""EUR":{"prefix":"\u20ac","suffix":"","msetupfee":"1.50","#,
        zero,
        r#","monthly":"24.99","quarterly":"-1.00","semiannually":"-1.00","annually":"240.00","biennially":"-1.00","triennially":"-1.00"}},"#,
        r#""customfields":{"customfield":[{"id":3,"name":"First","description":"","required":"on"},"#,
        r#"{"id":2,"name":"Secondary Contact","description":"Who else?","required":""}]},"#,
        r#""configoptions":{"configoption":[{"id":4,"name":"MultiPHP Services","type":"3","minqty":1,"maxqty":10,"options":{"option":["#,
        &choices,
        r"]}}]}}]}}",
    ];
    api.check("action=GetProducts&pid=1", &reply.concat()).await;
}

#[tokio::test]
async fn filters_by_product_group_and_module() {
    let api = with_products().await;
    for (request, expected) in [
        // Sorted by the order of the groups, then within the groups.
        ("", vec![3, 2, 1, 4]),
        ("pid=&gid=&module=", vec![3, 2, 1, 4]),
        ("pid=2", vec![2]),
        ("pid=4,3, 1", vec![3, 1, 4]),
        ("pid=1,1,9", vec![1]),
        ("gid=1", vec![2, 1, 4]),
        ("gid=1&pid=1,3", vec![1]),
        ("module=cpanel", vec![2, 1]),
        ("module=proxmox&gid=1", vec![]),
        // A malformed id matches no product.
        ("pid=9", vec![]),
        ("pid=abc", vec![]),
        ("pid=1abc", vec![]),
        ("pid=1,abc", vec![1]),
        ("pid=99999999999999999999", vec![]),
        ("pid=9999999999", vec![]),
        ("gid=abc", vec![]),
        ("gid=9", vec![]),
        ("module=x' OR '1'='1", vec![]),
    ] {
        assert_eq!(ids(&api.reply(&format!("action=GetProducts&{request}")).await), expected, "{request}");
    }
}

#[tokio::test]
async fn what_a_product_lacks_is_empty() {
    let api = with_products().await;
    let reply = api.reply("action=GetProducts&pid=3,4").await;
    let [server, retired] = &reply["products"]["product"].as_array().unwrap()[..] else { panic!("{reply}") };
    assert_eq!(server["quantity_available"], 7);
    assert_eq!(
        server["pricing"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["USD"],
        "no price in a deleted currency"
    );
    assert_eq!(
        server["configoptions"].to_string(),
        r#"{"configoption":[{"id":6,"name":"Empty","type":"1","minqty":0,"maxqty":0,"options":{"option":[]}}]}"#
    );
    assert_eq!(retired["pricing"].to_string(), "{}");
    assert_eq!(retired["customfields"].to_string(), r#"{"customfield":[]}"#);
    assert_eq!(retired["configoptions"].to_string(), r#"{"configoption":[]}"#);
}

/// The number of statements is the same for any number of products, prices, fields and options.
#[tokio::test]
async fn asks_the_database_a_fixed_number_of_questions() {
    let api = with_products().await;
    // The statements for the credential, the products, their fields and options, all prices, and the settings.
    assert_eq!(api.statements("action=GetProducts").await, 6);
    let more: Vec<String> = (100..160).map(|id| format!("({id}, 'other', 1, 'P{id}', 'recurring')")).collect();
    let links: Vec<String> = (100..160).map(|id| format!("(1, {id})")).collect();
    api.sql(&format!(
        "INSERT INTO tblproducts (id, type, gid, name, paytype) VALUES {}; \
         INSERT INTO tblproductconfiglinks (gid, pid) VALUES {}",
        more.join(", "),
        links.join(", ")
    ))
    .await;
    assert_eq!(api.reply("action=GetProducts").await["totalresults"], 64);
    assert_eq!(api.statements("action=GetProducts").await, 6);
}

/// A group of options may belong to several products. The reply is compared as text: in a map, one price would hide
/// another.
#[tokio::test]
async fn shared_options_are_priced_once() {
    let api = with_products().await;
    let alone = api.send("action=GetProducts&pid=1").await.1;
    api.sql("INSERT INTO tblproductconfiglinks (gid, pid) VALUES (1, 2)").await;
    let together = api.send("action=GetProducts&pid=1,2").await.1;
    let prices = |body: &str| body.matches(r#""monthly":"2.99""#).count();
    assert_eq!((prices(&alone), prices(&together)), (1, 2));
}

#[tokio::test]
async fn options_of_several_groups_are_in_one_order_and_each_is_there_once() {
    let api = with_products().await;
    api.sql(
        "SET SESSION sql_mode = ''; \
         DELETE FROM tblproductconfiglinks; DELETE FROM tblproductconfigoptions; DELETE FROM tblproductconfigoptionssub; \
         INSERT INTO tblproductconfiglinks (gid, pid) VALUES (1, 1), (2, 1), (1, 1), (2, 2), (9, 3); \
         INSERT INTO tblproductconfigoptions (id, gid, optionname, optiontype, `order`) VALUES \
             (1, 1, 'last', '1', 9), (2, 2, 'first', '1', 1), (3, 1, 'second', '1', 1), (4, 2, 'third', '1', 5); \
         INSERT INTO tblproductconfigoptionssub (id, configid, optionname, sortorder) VALUES \
             (1, 3, 'c', 2), (2, 3, 'b', 1), (3, 3, 'a', 1), (4, 1, 'x', 0)",
    )
    .await;
    let reply = api.reply("action=GetProducts").await;
    let options = |id: i64| {
        let products = reply["products"]["product"].as_array().unwrap();
        let product = products.iter().find(|product| product["pid"] == id).unwrap();
        let options = product["configoptions"]["configoption"].as_array().unwrap().iter();
        let choices = |option: &serde_json::Value| {
            let choices = option["options"]["option"].as_array().unwrap().iter();
            let names: Vec<_> = choices.map(|choice| choice["name"].as_str().unwrap()).collect();
            format!("{}: {}", option["name"].as_str().unwrap(), names.concat())
        };
        options.map(choices).collect::<Vec<_>>()
    };
    assert_eq!(options(1), ["first: ", "second: bac", "third: ", "last: x"]);
    assert_eq!(options(2), ["first: ", "third: "]);
    assert_eq!((options(3), options(4)), (vec![], vec![]));
}

#[tokio::test]
async fn those_without_a_group_are_first() {
    let api = with_products().await;
    api.sql("DELETE FROM tblproductgroups WHERE id = 1; UPDATE tblproducts SET gid = 8 WHERE id = 1").await;
    let orders = api.rows("id, `order`", "tblproducts WHERE id <> 3 ORDER BY `order`, id").await;
    let expected: Vec<i64> = orders.iter().map(|row| row.split(" | ").next().unwrap().parse().unwrap()).collect();
    assert_eq!(ids(&api.reply("action=GetProducts").await), [expected, vec![3]].concat());
}
