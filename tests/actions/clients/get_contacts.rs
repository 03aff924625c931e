use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetContacts&userid=4"],
    every_parameter: "GetContacts&limitstart=0&limitnum=5&userid=1&firstname=A&lastname=B&companyname=C&email=D&address1=E&address2=F&city=G&state=H&postcode=I&country=US&phonenumber=5",
    ..Calls::NONE
};

async fn with_contacts() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.sql(
        "UPDATE tblcontacts SET lastname = 'L', companyname = 'M', address1 = 'A', address2 = 'B', city = 'C', state = 'S', \
           postcode = 'P', country = 'PT', phonenumber = '5', tax_id = 'T' WHERE id = 2",
    )
    .await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_contacts().await;
    api.check(
        "action=GetContacts&userid=1&limitstart=1",
        concat!(
            r#"{"result":"success","totalresults":2,"startnumber":1,"numreturned":1,"contacts":{"contact":[{"id":2,"userid":1,"#,
            r#""firstname":"Carl","lastname":"L","companyname":"M","email":"carl@example.com","address1":"A","address2":"B","#,
            r#""city":"C","state":"S","postcode":"P","country":"PT","phonenumber":"5","tax_id":"T","domainemails":false,"#,
            r#""generalemails":false,"invoiceemails":true,"productemails":false,"supportemails":false,"#,
            r#""affiliateemails":false,"created_at":"0000-00-00 00:00:00","updated_at":"0000-00-00 00:00:00"}]}}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn what_is_no_client_has_not_even_the_contacts_of_nobody() {
    let api = TestApi::new().await;
    api.sql("SET SESSION sql_mode = ''; INSERT INTO tblcontacts (userid) VALUES (0)").await;
    assert_eq!(api.reply("action=GetContacts&userid=x").await["totalresults"], 0);
}

#[tokio::test]
async fn filters_and_pages() {
    let api = with_contacts().await;
    for (request, total, expected) in [
        ("", 3, vec![1, 2, 3]),
        ("limitnum=1", 3, vec![1]),
        ("limitstart=3", 3, vec![]),
        ("userid=2", 1, vec![3]),
        ("userid=9", 0, vec![]),
        ("userid=x", 0, vec![]),
        ("userid=&firstname=", 3, vec![1, 2, 3]),
        ("firstname=cora", 1, vec![1]),
        ("firstname=C", 0, vec![]),
        ("email=cleo@example.com&userid=2", 1, vec![3]),
        ("email=cleo@example.com&userid=1", 0, vec![]),
        (
            "lastname=L&companyname=M&address1=A&address2=B&city=C&state=S&postcode=P&country=PT&phonenumber=5",
            1,
            vec![2],
        ),
        ("lastname=x", 0, vec![]),
        ("companyname=x", 0, vec![]),
        ("address1=x", 0, vec![]),
        ("address2=x", 0, vec![]),
        ("city=x", 0, vec![]),
        ("state=x", 0, vec![]),
        ("postcode=x", 0, vec![]),
        ("country=x", 0, vec![]),
        ("phonenumber=x", 0, vec![]),
        ("email='+OR+1=1", 0, vec![]),
    ] {
        let reply = api.reply(&format!("action=GetContacts&{request}")).await;
        let contacts = reply["contacts"]["contact"].as_array().unwrap();
        let ids: Vec<i64> = contacts.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!((reply["totalresults"].as_i64().unwrap(), &ids), (total, &expected), "{request}");
        assert_eq!(reply["numreturned"], ids.len(), "{request}");
    }
    assert_eq!(api.statements("action=GetContacts").await, 2, "credential and page");
}
