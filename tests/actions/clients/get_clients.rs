use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetClients"],
    every_parameter: "GetClients&limitstart=0&limitnum=5&sorting=DESC&status=Active&search=a&email=x@example.com&orderby=id&updatedsince=2026-01-01",
    ..Calls::NONE
};

/// Adds clients to the four of the fixture, which have neither a status nor an address nor a last name.
async fn with_clients() -> TestApi {
    let api = TestApi::new().await;
    api.sql(
        "DELETE FROM tblclients; \
         INSERT INTO tblclients (id, firstname, lastname, companyname, email, datecreated, groupid, status, updated_at) VALUES \
           (1, 'Price', 'Beier', '', 'cecelia99@example.com', '2016-01-01', 2, 'Active', '2026-01-01 00:00:00'), \
           (2, 'Angelica', 'Mohr', 'Mohr & Sons', 'price.ima@example.com', '2016-01-15', 0, 'Active', '2026-01-02 12:00:00'), \
           (3, 'Mary Ann', 'Mohr', '', 'mary_ann@example.com', '2015-01-15', 1, 'Inactive', '2026-01-03 00:00:00'), \
           (4, 'Mary', 'Annson', '100% Hosting', 'maryXann@example.com', '0000-00-00', 1, 'Closed', '0000-00-00 00:00:00')",
    )
    .await;
    api
}

async fn ids(api: &TestApi, request: &str) -> (i64, Vec<i64>) {
    let reply = api.reply(&format!("action=GetClients&{request}")).await;
    let ids: Vec<i64> =
        reply["clients"]["client"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(reply["numreturned"], ids.len(), "{request}");
    (reply["totalresults"].as_i64().unwrap(), ids)
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_clients().await;
    api.check(
        "action=GetClients&status=Active&sorting=DESC",
        concat!(
            r#"{"result":"success","totalresults":2,"startnumber":0,"numreturned":2,"clients":{"client":[{"id":2,"#,
            r#""firstname":"Angelica","lastname":"Mohr","companyname":"Mohr \u0026 Sons","email":"price.ima@example.com","#,
            r#""datecreated":"2016-01-15","groupid":0,"status":"Active"},{"id":1,"firstname":"Price","lastname":"Beier","#,
            r#""companyname":"","email":"cecelia99@example.com","datecreated":"2016-01-01","groupid":2,"status":"Active"}]}}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn filters_sorts_and_pages() {
    let api = with_clients().await;
    for (request, total, expected) in [
        ("", 4, vec![1, 2, 3, 4]),
        ("limitstart=1&limitnum=2", 4, vec![2, 3]),
        ("limitstart=4", 4, vec![]),
        ("limitstart=x&limitnum=-1&sorting=up&orderby=password", 4, vec![1, 2, 3, 4]),
        ("sorting=desc", 4, vec![4, 3, 2, 1]),
        ("status=active", 2, vec![1, 2]),
        ("status=Lost", 0, vec![]),
        ("status=&search=", 4, vec![1, 2, 3, 4]),
        // The search matches prefixes of an address or a name, and not other parts of it.
        ("email=Mary_Ann@example.com", 1, vec![3]),
        ("email=+mary_ann@example.com+&status=Active", 0, vec![]),
        ("email=mary", 0, vec![]),
        ("email=mary%25", 0, vec![]),
        ("email=", 4, vec![1, 2, 3, 4]),
        ("search=price", 2, vec![1, 2]),
        ("search=MOHR", 2, vec![2, 3]),
        ("search=example", 0, vec![]),
        ("search=cecelia99@example.com", 1, vec![1]),
        ("search=mohr+%26", 1, vec![2]),
        ("search=Price+B", 1, vec![1]),
        ("search=Mary+A", 2, vec![3, 4]),
        ("search=Mary+Ann+M", 1, vec![3]),
        ("search=Mary+Anns", 1, vec![4]),
        ("search=ary+Ann", 0, vec![]),
        ("search=+Mary", 0, vec![]),
        // Wildcards of LIKE are escaped.
        ("search=mary_ann", 1, vec![3]),
        ("search=100%25", 1, vec![4]),
        ("search=%25", 0, vec![]),
        ("search=|", 0, vec![]),
        ("search=%5C", 0, vec![]),
        ("search='+OR+1=1", 0, vec![]),
        ("search=mary&status=Closed", 1, vec![4]),
        ("orderby=firstname", 4, vec![2, 4, 3, 1]),
        ("orderby=lastname", 4, vec![4, 1, 2, 3]),
        ("orderby=lastname&sorting=DESC", 4, vec![3, 2, 1, 4]),
        ("orderby=companyname&limitnum=2", 4, vec![1, 3]),
        ("orderby=email", 4, vec![1, 3, 4, 2]),
        ("orderby=groupid", 4, vec![2, 3, 4, 1]),
        ("orderby=datecreated", 4, vec![4, 3, 1, 2]),
        ("orderby=status", 4, vec![1, 2, 4, 3]),
        ("orderby=id&sorting=ASC", 4, vec![1, 2, 3, 4]),
        ("updatedsince=2026-01-02", 2, vec![2, 3]),
        ("updatedsince=2026-01-02+12:00:01", 1, vec![3]),
        ("updatedsince=", 4, vec![1, 2, 3, 4]),
    ] {
        assert_eq!(ids(&api, request).await, (total, expected), "{request}");
    }
    for malformed in ["yesterday", "2026-02-30", "2026-01-02+25:00:00"] {
        api.refuse(&format!("action=GetClients&updatedsince={malformed}"), "Date Format is not Valid").await;
    }
    assert_eq!(api.statements("action=GetClients&search=Mary+A").await, 2, "credential and page");
}

/// A caller that keeps a copy sees every change that an action makes.
#[tokio::test]
async fn what_changes_is_told_since_then() {
    let api = with_clients().await;
    assert_eq!(ids(&api, "updatedsince=2026-11-20").await.1, Vec::<i64>::new());
    api.reply("action=UpdateClient&clientid=4&firstname=x").await;
    api.reply("action=AddClient&skipvalidation=1&email=j@example.com&password2=x").await;
    api.reply("action=AddCredit&clientid=2&amount=1").await;
    assert_eq!(ids(&api, "updatedsince=2026-11-20+12:30:00").await.1, [2, 4, 5]);
}
