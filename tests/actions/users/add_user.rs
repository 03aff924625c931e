use whmcs_api::config::{PasswordStorage, Settings};

use crate::support::{Calls, NOW, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddUser&firstname=A&lastname=B&email=new@example.com&password2=x"],
    setup: "",
    writing: &["AddUser&firstname=A&lastname=B&email=new@example.com&password2=x&language=english"],
    every_parameter: "AddUser&firstname=A&lastname=B&email=new@example.com&password2=x&language=english",
};

#[tokio::test]
async fn adds_a_user_who_can_log_in_and_acts_for_nobody() {
    let api = TestApi::new().await;
    let request =
        "action=AddUser&firstname=Rita&lastname=Sousa&email=Rita@example.com&password2=A+%26+b&language=french";
    api.check(request, r#"{"result":"success","user_id":1}"#).await;
    let columns =
        "first_name, last_name, email, language, password LIKE '$argon2id$%', second_factor, created_at, updated_at";
    let expected = format!("Rita | Sousa | Rita@example.com | french | 1 |  | {NOW} | {NOW}");
    assert_eq!(api.rows(columns, "tblusers").await, [expected]);
    assert_eq!(api.rows("COUNT(*)", "tblusers_clients").await, ["0"]);
    assert_eq!(api.rows("COUNT(*)", "tblemails").await, ["0"]);
    assert_eq!(api.rows("description, userid", "tblactivitylog").await, ["Created User - User ID: 1 | 0"]);
    let login = api.reply("action=ValidateLogin&email=rita@example.com&password2=A+%26+b").await;
    assert_eq!(login["userid"], 1);
}

/// A WHMCS on the same database may run on a PHP that knows no Argon2.
#[tokio::test]
async fn a_user_of_a_whmcs_has_a_password_that_php_verifies() {
    let mut settings = Settings::default();
    settings.crypto.mode = PasswordStorage::Whmcs;
    let api = TestApi::with_settings(settings).await;
    api.reply("action=AddUser&firstname=A&lastname=B&email=a@example.com&password2=A+%26+b").await;
    api.reply(
        "action=AddClient&firstname=John&lastname=Doe&email=john@example.com&address1=x&city=x&state=x&postcode=x&country=US\
         &phonenumber=800-555-1234&password2=A+%26+b",
    )
    .await;
    let hashed =
        api.rows("email", "tblusers WHERE password LIKE '$2y$10$%' AND LENGTH(password) = 60 ORDER BY id").await;
    assert_eq!(hashed, ["a@example.com", "john@example.com"]);
    for email in hashed {
        api.reply(&format!("action=ValidateLogin&email={email}&password2=A+%26+b")).await;
        api.refuse(&format!("action=ValidateLogin&email={email}&password2=A"), "Email or Password Invalid").await;
    }
}

#[tokio::test]
async fn refuses_bad_input_in_the_documented_order() {
    let api = TestApi::new().await;
    api.sql("INSERT INTO tblusers (id, email) VALUES (7, 'taken@example.com')").await;
    let whole = [("firstname", "A"), ("lastname", "B"), ("email", "c@example.com"), ("password2", "x")];
    let without = |missing: &str| {
        let pairs = whole.iter().filter(|(name, _)| *name != missing).map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    };
    let long = format!("{}&firstname={}", without("firstname"), "x".repeat(256));
    for (request, message) in [
        (String::new(), "You did not enter a first name"),
        (without("firstname"), "You did not enter a first name"),
        (without("lastname"), "You did not enter a last name"),
        (without("email"), "You did not enter an email address"),
        (without("password2"), "You did not enter a password"),
        ("firstname=A&lastname=B&email=nonsense".to_owned(), "You did not enter a password"),
        (format!("{}&email=nonsense", without("email")), "The email address entered is not valid"),
        (format!("{}&email=TAKEN@example.com", without("email")), "A user already exists with that email address"),
        (long, "firstname is too long: at most 255 bytes are allowed"),
    ] {
        api.refuse(&format!("action=AddUser&{request}"), message).await;
    }
    assert_eq!(api.api.password_hashes(), 0, "nothing is hashed for a rejected call");
}

#[tokio::test]
async fn the_address_of_a_client_or_contact_is_free() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    for email in ["one@example.com", "cora@example.com"] {
        api.reply(&format!("action=AddUser&firstname=A&lastname=B&email={email}&password2=x")).await;
    }
}
