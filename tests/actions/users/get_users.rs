use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetUsers&limitnum=2", "GetUsers&search=james+carter"],
    setup: "",
    writing: &[],
    every_parameter: "GetUsers&limitstart=0&limitnum=1&sorting=desc&search=a",
};

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.sql(
        "INSERT INTO tblusers (id, first_name, last_name, email, created_at) VALUES \
           (3, '50%', 'Of_All', 'z@example.com', '2020-12-15 15:29:49')",
    )
    .await;
    api
}

#[tokio::test]
async fn lists_users_with_their_clients() {
    let api = api().await;
    api.check(
        "action=GetUsers&limitstart=1&limitnum=25",
        &[
            r#"{"result":"success","totalresults":3,"startnumber":1,"numreturned":2,"users":["#,
            r#"{"id":2,"firstname":"Ben","lastname":"Both","email":"ben@example.com","datecreated":"0000-00-00 00:00:00","#,
            r#""validationdata":"","clients":[{"id":1,"isOwner":false},{"id":2,"isOwner":true}]},"#,
            r#"{"id":3,"firstname":"50%","lastname":"Of_All","email":"z@example.com","datecreated":"2020-12-15 15:29:49","#,
            r#""validationdata":"","clients":[]}]}"#,
        ]
        .concat(),
    )
    .await;
}

#[tokio::test]
async fn finds_by_the_beginning_of_names_and_address() {
    let api = api().await;
    for (request, expected) in [
        ("", vec![1, 2, 3]),
        ("sorting=DESC", vec![3, 2, 1]),
        ("sorting=sideways", vec![1, 2, 3]),
        ("search=una@example.com", vec![1]),
        ("search=UNA", vec![1]),
        ("search=owner", vec![1]),
        ("search=ben+bo", vec![2]),
        ("search=ben+x", vec![]),
        ("search=example.com", vec![]),
        ("search=50%25", vec![3]),
        ("search=5_%25", vec![]),
        ("limitstart=9", vec![]),
        ("limitnum=0", vec![]),
    ] {
        let reply = api.reply(&format!("action=GetUsers&{request}")).await;
        let ids: Vec<i64> =
            reply["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, expected, "{request}");
        assert_eq!(reply["numreturned"], expected.len(), "{request}");
    }
}
