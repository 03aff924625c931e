use crate::support::{Calls, NOW, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateContact&contactid=1&firstname=x"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &["UpdateContact&contactid=1001&email=other@example.com&email_preferences[domain]=0"],
    every_parameter: "UpdateContact&contactid=1&firstname=A&lastname=B&companyname=C&email=new@example.com&address1=D&address2=E&city=F&state=G&postcode=H&country=US&phonenumber=555&tax_id=I&email_preferences[general]=1&email_preferences[product]=1&email_preferences[domain]=1&email_preferences[invoice]=1&email_preferences[support]=1&email_preferences[affiliate]=1",
};

async fn with_contacts() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api
}

#[tokio::test]
async fn changes_what_is_named_and_leaves_the_rest() {
    let api = with_contacts().await;
    let columns = "firstname, lastname, email, address1, city, state, postcode, country, phonenumber, tax_id, generalemails, \
                   domainemails, invoiceemails, updated_at";
    let others = api.rows(columns, "tblcontacts WHERE id <> 1 ORDER BY id").await;
    for (request, row) in [
        ("firstname=John&lastname=Doe", "John | Doe | cora@example.com |  |  |  |  |  |  |  | 0 | 1 | 1"),
        (
            "firstname=&email=Cora@example.com&address1=A&city=B&state=C&postcode=D&country=de&phonenumber=030-1&tax_id=E",
            "John | Doe | Cora@example.com | A | B | C | D | DE | 0301 | E | 0 | 1 | 1",
        ),
        (
            "email_preferences[general]=1&email_preferences[invoice]=0&email_preferences[domain]=",
            "John | Doe | Cora@example.com | A | B | C | D | DE | 0301 | E | 1 | 1 | 0",
        ),
    ] {
        api.check(&format!("action=UpdateContact&contactid=1&{request}"), r#"{"result":"success","contactid":"1"}"#)
            .await;
        assert_eq!(api.rows(columns, "tblcontacts WHERE id = 1").await, [format!("{row} | {NOW}")], "{request}");
    }
    assert_eq!(api.rows(columns, "tblcontacts WHERE id <> 1 ORDER BY id").await, others);
    let log = api.rows("description, userid", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Modified Contact - Contact ID: 1 | 1"]);
}

#[tokio::test]
async fn somebody_must_get_the_mails_about_domains() {
    let api = with_contacts().await;
    let told = "You must have at least one email address enabled to receive domain related notifications as required by \
                ICANN. To disable domain notifications, please enable domain notifications for the primary account holder \
                or another contact";
    let request = "action=UpdateContact&contactid=1&email_preferences[domain]=0";
    api.sql("UPDATE tblclients SET email_preferences = '{\"domain\":\"0\"}' WHERE id = 1").await;
    api.refuse(request, told).await;
    api.reply("action=UpdateContact&contactid=2&email_preferences[domain]=1").await;
    api.reply(request).await;
    api.refuse("action=UpdateContact&contactid=2&email_preferences[domain]=0", told).await;
    api.sql("UPDATE tblclients SET email_preferences = NULL WHERE id = 1").await;
    api.reply("action=UpdateContact&contactid=2&email_preferences[domain]=0").await;
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = with_contacts().await;
    for (request, message) in [
        ("firstname=x", "Contact ID Not Found"),
        ("contactid=9&email=x", "Contact ID Not Found"),
        ("contactid=one", "Contact ID Not Found"),
        ("contactid=1&email=carl@example.com", "Duplicate Email Address"),
        ("contactid=1&email=carl", "The email address entered is not valid"),
        ("contactid=1&country=XX", "Valid country required"),
    ] {
        api.refuse(&format!("action=UpdateContact&{request}"), message).await;
    }
    api.sql("UPDATE tblcontacts SET email = 'cora@example.com' WHERE id = 2").await;
    api.reply("action=UpdateContact&contactid=1&email=cora@example.com").await;
    // A contact whose client was deleted can still be corrected.
    api.sql("UPDATE tblcontacts SET userid = 99 WHERE id = 3").await;
    api.reply("action=UpdateContact&contactid=3&firstname=x").await;
}
