use crate::support::{Calls, NOW, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &["AddContact&clientid=1&firstname=x&email=contact@example.com"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &["AddContact&clientid=1001&firstname=x&email=new@example.com&email_preferences[domain]=1"],
    every_parameter: "AddContact&clientid=1&firstname=A&lastname=B&companyname=C&email=new@example.com&address1=D&address2=E&city=F&state=G&postcode=H&country=US&phonenumber=555&tax_id=I&email_preferences[general]=1&email_preferences[product]=1&email_preferences[domain]=1&email_preferences[invoice]=1&email_preferences[support]=1&email_preferences[affiliate]=1",
};

const COLUMNS: &str = "userid, firstname, lastname, companyname, email, address1, address2, city, state, postcode, country, \
                       phonenumber, tax_id, generalemails, productemails, domainemails, invoiceemails, supportemails, \
                       affiliateemails, password, subaccount, created_at, updated_at";

async fn with_contacts() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api
}

#[tokio::test]
async fn adds_what_is_given() {
    let api = with_contacts().await;
    for (id, request, row) in [
        (
            4,
            "firstname=Jane&lastname=Doe&email=jane.doe@example.com",
            "1 | Jane | Doe |  | jane.doe@example.com |  |  |  |  |  |  |  |  | 0 | 0 | 0 | 0 | 0 | 0 |  | 0",
        ),
        (
            5,
            "companyname=C&address1=D&address2=E&city=F&state=G&postcode=H&country=pt&phonenumber=%2B351.21+1&tax_id=I\
             &email_preferences[general]=1&email_preferences[domain]=true&email_preferences[support]=0&password2=x&subaccount=1",
            "1 |  |  | C |  | D | E | F | G | H | PT | +351.211 | I | 1 | 0 | 1 | 0 | 0 | 0 |  | 0",
        ),
        // Several contacts may have no address.
        (
            6,
            "email_preferences[product]=1&email_preferences[invoice]=1&email_preferences[support]=1&email_preferences[affiliate]=1",
            "1 |  |  |  |  |  |  |  |  |  |  |  |  | 0 | 1 | 0 | 1 | 1 | 1 |  | 0",
        ),
        // A contact of another client may have the address.
        (
            7,
            "email=cleo@example.com",
            "1 |  |  |  | cleo@example.com |  |  |  |  |  |  |  |  | 0 | 0 | 0 | 0 | 0 | 0 |  | 0",
        ),
    ] {
        let reply = format!(r#"{{"result":"success","contactid":{id}}}"#);
        api.check(&format!("action=AddContact&clientid=1&{request}"), &reply).await;
        let stored = api.rows(COLUMNS, &format!("tblcontacts WHERE id = {id}")).await;
        assert_eq!(stored, [format!("{row} | {NOW} | {NOW}")], "{request}");
    }
    let log = api.rows("description, userid", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Added Contact - Contact ID: 4 | 1"]);
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = with_contacts().await;
    for (request, message) in [
        ("firstname=x", "Client ID Not Found"),
        ("clientid=9", "Client ID Not Found"),
        ("clientid=1&email=CORA@example.com", "Duplicate Email Address"),
        ("clientid=1&email=cora", "The email address entered is not valid"),
        ("clientid=1&country=Portugal", "Valid country required"),
        ("clientid=1&email_preferences=general", "email_preferences must be an array"),
    ] {
        api.refuse(&format!("action=AddContact&{request}"), message).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_with_one_address_one_is_added() {
    let api = with_contacts().await;
    let answers = all((0..5).map(|_| api.send("action=AddContact&clientid=1&email=new@example.com"))).await;
    let refused = answers.iter().filter(|(_, body)| body.contains("Duplicate Email Address")).count();
    assert_eq!(refused, 4, "{answers:?}");
    assert_eq!(api.rows("COUNT(*)", "tblcontacts WHERE email = 'new@example.com'").await, ["1"]);
}
