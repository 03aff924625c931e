use crate::support::{Calls, NOW, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &[
        "AddClient&firstname=Rita&lastname=Sousa&email=rita@example.com&address1=x&city=x&state=x&postcode=1&country=PT&phonenumber=351912000000&password2=x",
    ],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &[
        "AddClient&firstname=J&lastname=D&email=j@example.com&address1=x&city=x&state=x&postcode=x&country=US&phonenumber=1&password2=x&groupid=1001&customfields[1001]=Radio",
        "AddClient&owner_user_id=1001&skipvalidation=1&customfields[1001]=Radio",
    ],
    every_parameter: "AddClient&owner_user_id=1&firstname=A&lastname=B&companyname=C&email=new@example.com&address1=D&address2=E&city=F&state=G&postcode=H&country=US&phonenumber=555&tax_id=I&password2=x&currency=1&groupid=0&customfields=YTowOnt9&language=english&clientip=1.2.3.4&notes=x&marketingoptin=1&noemail=1&skipvalidation=1&securityqid=1&securityqans=x&cardtype=Visa&cardnum=4111111111111111&expdate=0130&startdate=0120&issuenumber=1&cvv=123",
};

/// All required parameters except the e-mail address and the custom field.
const PLACE: &str =
    "address1=123+Main+Street&city=Anytown&state=State&postcode=12345&country=us&phonenumber=800-555-1234";
const COLUMNS: &str = "firstname, lastname, email, country, phonenumber, password, currency, groupid, language, ip, \
                       notes, status, datecreated, emailoptout, marketing_emails_opt_in, created_at, updated_at";

async fn with_people() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api
}

fn request(email: &str, rest: &str) -> String {
    format!("action=AddClient&firstname=John&lastname=Doe&email={email}&{PLACE}&customfields[1001]=Radio&{rest}")
}

#[tokio::test]
async fn adds_the_documented_example() {
    let api = TestApi::new().await;
    api.check(
        "action=AddClient&firstname=John&lastname=Doe&email=john.doe@example.com&address1=123+Main+Street&city=Anytown\
         &state=State&postcode=12345&country=US&phonenumber=800-555-1234&password2=password&clientip=1.2.3.4",
        r#"{"result":"success","clientid":5,"owner_id":1}"#,
    )
    .await;
    assert_eq!(
        api.rows(COLUMNS, "tblclients WHERE id = 5").await,
        [format!(
            "John | Doe | john.doe@example.com | US | 8005551234 |  | 1 | 0 |  | 1.2.3.4 |  | Active | 2026-11-20 | 0 | 0 | {NOW} | {NOW}"
        )]
    );
    let user = "first_name, last_name, email, SUBSTRING_INDEX(password, '$', 3), last_ip, created_at";
    assert_eq!(
        api.rows(user, "tblusers").await,
        [format!("John | Doe | john.doe@example.com | $argon2id$v=19 | 1.2.3.4 | {NOW}")]
    );
    let owner = api.rows("auth_user_id, client_id, owner, created_at", "tblusers_clients").await;
    assert_eq!(owner, [format!("1 | 5 | 1 | {NOW}")]);
    let log = api.rows("description, userid", "tblactivitylog").await;
    assert_eq!(log, ["Created Client - Client ID: 5 - Owner User ID: 1 | 5"]);
    assert_eq!(
        api.rows("email_preferences", "tblclients WHERE id = 5").await,
        [r#"{"general":"1","product":"1","domain":"1","invoice":"1","support":"1","affiliate":"1"}"#]
    );
    let uuid = "tblclients WHERE id = 5 AND uuid REGEXP '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'";
    assert_eq!(api.rows("COUNT(*)", uuid).await, ["1"]);
}

#[tokio::test]
async fn the_password_is_found_again_and_nowhere_in_clear() {
    let api = TestApi::new().await;
    let password = "p%26ss+w%C3%B6rd";
    let request =
        request("j@example.com", &format!("password2={password}&securityqans=Rex&cardnum=4111111111111111&cvv=999"));
    api.reply(&request).await;
    api.reply(&format!("action=ValidateLogin&email=j@example.com&password2={password}")).await;
    for clear in ["%ss w%rd%", "%Rex%", "%4111111111111111%"] {
        for (column, table) in [
            ("password", "tblusers"),
            ("security_question_answer", "tblusers"),
            ("CONCAT(password, securityqans, cardnum)", "tblclients"),
            ("CONCAT(request, response)", "tblapilog"),
            ("reply", "mod_whmcs_api_requests"),
            ("description", "tblactivitylog"),
        ] {
            assert_eq!(api.rows("COUNT(*)", &format!("{table} WHERE {column} LIKE '{clear}'")).await, ["0"], "{table}");
        }
    }
}

#[tokio::test]
async fn an_existing_user_may_own_another_client() {
    let api = with_people().await;
    // The password of an existing user stays unchanged, and the user's own address may be that of the client.
    let before = api.rows("password", "tblusers ORDER BY id").await;
    api.check(
        &request("una@example.com", "owner_user_id=1&password2=other"),
        r#"{"result":"success","clientid":5,"owner_id":1}"#,
    )
    .await;
    assert_eq!(api.rows("password", "tblusers ORDER BY id").await, before);
    assert_eq!(api.rows("auth_user_id, owner", "tblusers_clients WHERE client_id = 5").await, ["1 | 1"]);
    // A client with an existing owner needs no e-mail address, and several clients may have none.
    for client in [6, 7] {
        let reply = format!(r#"{{"result":"success","clientid":{client},"owner_id":2}}"#);
        api.check("action=AddClient&owner_user_id=2&skipvalidation=1", &reply).await;
    }
}

#[tokio::test]
async fn takes_what_else_may_be_said() {
    let api = with_people().await;
    for (number, (rest, expected)) in [
        (
            "currency=2&groupid=1&language=portuguese&notes=VIP&marketingoptin=true",
            "US | 8005551234 | 2 | 1 | portuguese | VIP | 0 | 1",
        ),
        ("currency=0&groupid=0&marketingoptin=0", "US | 8005551234 | 1 | 0 |  |  | 1 | 0"),
        ("country=GB&phonenumber=%2B44.20+7946+0958", "GB | +44.2079460958 | 1 | 0 |  |  | 0 | 0"),
        ("country=pt&phonenumber=%2B351+211-234-567", "PT | +351.211234567 | 1 | 0 |  |  | 0 | 0"),
        ("phonenumber=call+5+me&skipvalidation=1", "US | 5 | 1 | 0 |  |  | 0 | 0"),
    ]
    .into_iter()
    .enumerate()
    {
        api.reply(&request(&format!("j{number}@example.com"), &format!("password2=x&{rest}"))).await;
        let columns = "country, phonenumber, currency, groupid, language, notes, emailoptout, marketing_emails_opt_in";
        assert_eq!(api.rows(columns, "tblclients ORDER BY id DESC LIMIT 1").await, [expected], "{rest}");
    }
}

#[tokio::test]
async fn stores_custom_fields_of_clients_alone() {
    let api = with_people().await;
    let serialized = "YToyOntpOjEwMDE7czo1OiJSYWRpbyI7aToxMDAyO2k6NDI7fQ=="; // a:2:{i:1001;s:5:"Radio";i:1002;i:42;}
    for (number, fields) in [
        &format!("customfields={serialized}"),
        "customfields[1001]=Radio&customfields[1002]=42&customfields[1003]=x&customfields[1009]=y",
    ]
    .into_iter()
    .enumerate()
    {
        let client = 5 + number;
        let request =
            format!("action=AddClient&firstname=J&lastname=D&email=j{number}@example.com&{PLACE}&password2=x");
        api.reply(&format!("{request}&{fields}")).await;
        let stored =
            api.rows("fieldid, value", &format!("tblcustomfieldsvalues WHERE relid = {client} ORDER BY fieldid")).await;
        assert_eq!(stored, ["1001 | Radio", "1002 | 42"], "{fields}");
    }
}

#[tokio::test]
async fn welcomes_unless_told_not_to() {
    let api = with_people().await;
    for (number, (rest, mails)) in
        [("", 1), ("noemail=0", 2), ("noemail=1", 2), ("noemail=true", 2)].into_iter().enumerate()
    {
        api.reply(&request(&format!("j{number}@example.com"), &format!("password2=x&{rest}"))).await;
        assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_outbox_entries").await, [mails.to_string()], "{rest}");
    }
    assert_eq!(
        api.rows("userid, subject, message, `to`", "tblemails ORDER BY id LIMIT 1").await,
        ["5 | Welcome, John | You are client 5: John Doe, j0@example.com | j0@example.com"]
    );
}

/// A sign-up form as PHP's `http_build_query` encodes it: false is 0, and fields that were not filled in are empty.
#[tokio::test]
async fn a_sign_up_form_is_understood() {
    let api = with_people().await;
    let form = request("j@example.com", "password2=secret&skipvalidation=0&noemail=0");
    api.refuse(&form.replace("800-555-1234", ""), "You did not enter your phone number").await;
    api.reply(&form).await;
    let form = request("k@example.com", "password2=secret&skipvalidation=1&noemail=0");
    api.reply(&form.replace("800-555-1234", "")).await;
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_people().await;
    let taken = "A user already exists with that email address";
    let client_taken = "The email address entered is not available for use.";
    let invalid = "The email address you entered was not valid";
    let mut given = "owner_user_id=9&skipvalidation=0".to_owned();
    // Each further parameter leads to the next error.
    for (next, message) in [
        ("owner_user_id=", "Invalid Owner User ID"),
        ("firstname=John", "You did not enter your first name"),
        ("lastname=Doe", "You did not enter your last name"),
        ("email=john", "You did not enter your email address"),
        ("email=una@example.com", invalid),
        ("address1=Main+Street", "You did not enter your  address line 1"),
        ("city=Anytown", "You did not enter your city"),
        ("state=State", "You did not enter your state"),
        ("postcode=12345", "You did not enter your postcode"),
        ("country=XX", "Valid country required"),
        ("country=US", "Valid country required"),
        ("phonenumber=none", "You did not enter your phone number"),
        ("phonenumber=1", "Invalid telephone phone number"),
        ("customfields[1002]=41", "You did not provide required custom field value for Heard of us"),
        ("customfields[1001]=Radio", "You did not provide required custom field value for Heard of us"),
        ("email=UNA@example.com", taken),
        ("email=one@example.com", taken),
        ("email=new@example.com", client_taken),
    ] {
        api.refuse(&format!("action=AddClient&{given}"), message).await;
        given = format!("{given}&{next}");
    }
    for (rest, message) in [
        ("", "The Password field is required."),
        ("currency=9", "Currency ID Not Found"),
        ("currency=x", "Currency ID Not Found"),
        ("currency=1&groupid=9", "Client Group ID Not Found"),
        ("currency=1&groupid=", "The Password field is required."),
        ("currency=1&password2=", "The Password field is required."),
        ("currency=1&owner_user_id=x", "Invalid Owner User ID"),
        ("currency=1&owner_user_id=1&email=one@example.com", client_taken),
        ("currency=1&skipvalidation=1&email=", "You did not enter your email address"),
        ("currency=1&skipvalidation=1&country=XX", "Valid country required"),
        ("currency=1&password2=x&clientip=1.2.3.4%3Cb%3E", "clientip must be an IP address"),
        ("currency=1&password2=x&customfields=x", "customfields: not base64"),
        ("currency=1&password2=x&email=a@example.com%0ABcc:b@example.com", invalid),
    ] {
        api.refuse(&format!("action=AddClient&{given}&{rest}"), message).await;
    }
    for (name, limit) in
        [("firstname", 255), ("tax_id", 128), ("language", 255), ("notes", 65_535), ("password2", 65_535)]
    {
        let long = "x".repeat(limit + 1);
        let message = format!("{name} is too long: at most {limit} bytes are allowed");
        let password = if name == "password2" { "" } else { "&password2=x" };
        api.refuse(&format!("action=AddClient&{given}&currency=1&{name}={long}{password}"), &message).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_with_one_address_one_is_added() {
    let api = TestApi::new().await;
    let addresses = ["j@example.com", "J@example.com", "j@EXAMPLE.com", "+j@example.com", "j@Example.Com"];
    let requests: Vec<_> = addresses.iter().map(|email| request(email, "password2=x")).collect();
    let answers = all(requests.iter().map(|request| api.send(request))).await;
    let added = answers.iter().filter(|(_, body)| body.contains("success")).count();
    let taken =
        answers.iter().filter(|(_, body)| body.contains("A user already exists with that email address")).count();
    assert_eq!((added, taken), (1, 4), "{answers:?}");
    assert_eq!(api.rows("COUNT(*)", "tblclients WHERE id > 4").await, ["1"]);
    assert_eq!(api.rows("COUNT(*)", "tblusers").await, ["1"]);
    // The owner exists already, so only the clients could have the same address.
    let requests: Vec<_> = (0..5).map(|_| request("k@example.com", "owner_user_id=1")).collect();
    let answers = all(requests.iter().map(|request| api.send(request))).await;
    let added = answers.iter().filter(|(_, body)| body.contains("success")).count();
    assert_eq!(added, 1, "{answers:?}");
    assert_eq!(api.rows("COUNT(*)", "tblclients WHERE email = 'k@example.com'").await, ["1"]);
}
