use crate::support::{Calls, NOW, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &["UpdateClient&clientid=1&firstname=Ana"],
    setup: concat!(
        include_str!("../../support/fixtures/people/people.sql"),
        "INSERT INTO tblusers_clients (auth_user_id, client_id, owner) VALUES (1001, 1001, 1)"
    ),
    writing: &[
        "UpdateClient&clientid=1001&email=first@example.com&currency=2&groupid=1001&customfields[1001]=x&paymentmethod=paypal&email_preferences[domain]=0&clearcreditcard=1",
        "UpdateClient&clientemail=two@example.com&firstname=x&customfields[1001]=x",
        "UpdateClient&clientid=1001&email=second@example.com&updateowner=1",
    ],
    every_parameter: "UpdateClient&clientid=1&clientemail=one@example.com&firstname=A&lastname=B&companyname=C&email=new@example.com&address1=D&address2=E&city=F&state=G&postcode=H&country=US&phonenumber=555&tax_id=I&currency=1&groupid=0&customfields=YTowOnt9&language=english&clientip=1.2.3.4&notes=x&status=Active&paymentmethod=paypal&email_preferences[general]=1&email_preferences[product]=1&email_preferences[domain]=1&email_preferences[invoice]=1&email_preferences[support]=1&email_preferences[affiliate]=1&marketingoptin=1&clearcreditcard=1&skipvalidation=1&latefeeoveride=1&overideduenotices=1&taxexempt=1&separateinvoices=1&disableautocc=1&overrideautoclose=1&cardtype=Visa&cardnum=4111111111111111&expdate=0130&startdate=0120&issuenumber=1&cvv=123&bankcode=1&bankacct=1&updateowner=1",
};

async fn with_clients() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.sql("INSERT INTO tblcustomfieldsvalues (fieldid, relid, value) VALUES (1001, 1, 'Radio')").await;
    api
}

#[tokio::test]
async fn changes_what_is_named_and_leaves_the_rest() {
    let api = with_clients().await;
    let columns = "id, firstname, lastname, companyname, email, credit, currency, status, country, updated_at";
    let others = "tblclients WHERE id <> 1 ORDER BY id";
    let before = api.rows(columns, others).await;
    api.check(
        "action=UpdateClient&clientid=1&firstname=John&lastname=Doe&email=john.doe@example.com",
        r#"{"result":"success","clientid":"1"}"#,
    )
    .await;
    assert_eq!(
        api.rows(columns, "tblclients WHERE id = 1").await,
        [format!("1 | John | Doe | Acme | john.doe@example.com | 100.00 | 1 | Active | US | {NOW}")]
    );
    assert_eq!(api.rows("first_name, email", "tblusers WHERE id = 1").await, ["Una | una@example.com"]);
    assert_eq!(api.rows("description, userid", "tblactivitylog").await, ["Modified Client - Client ID: 1 | 1"]);
    // The client is found by the new address.
    api.check(
        "action=UpdateClient&clientemail=John.Doe@example.com&email=one@example.com",
        r#"{"result":"success","clientid":"1"}"#,
    )
    .await;
    assert_eq!(api.rows("email", "tblclients WHERE id = 1").await, ["one@example.com"]);
    assert_eq!(api.rows(columns, others).await, before);
}

#[tokio::test]
async fn changes_each_of_the_columns() {
    let api = with_clients().await;
    for (request, column, value) in [
        ("companyname=Ltd", "companyname", "Ltd"),
        (
            "address1=A&address2=B&city=C&state=D&postcode=E",
            "CONCAT(address1, address2, city, state, postcode)",
            "ABCDE",
        ),
        ("country=pt", "country", "PT"),
        ("phonenumber=%2B351.211+234", "phonenumber", "+351.211234"),
        ("phonenumber=%2B1+(418)+555-0199", "phonenumber", "+1.4185550199"),
        ("phonenumber=(418)+555-0199", "phonenumber", "4185550199"),
        ("phonenumber=555-0199+ext+5", "phonenumber", "55501995"),
        ("tax_id=123", "tax_id", "123"),
        ("currency=2", "currency", "2"),
        ("currency=0", "currency", "2"),
        ("groupid=2", "groupid", "2"),
        ("groupid=", "groupid", "2"),
        ("groupid=0", "groupid", "0"),
        ("language=french", "language", "french"),
        ("clientip=::1", "ip", "::1"),
        ("notes=VIP", "notes", "VIP"),
        ("status=closed", "status", "Closed"),
        ("paymentmethod=stripe", "defaultgateway", "stripe"),
        ("marketingoptin=1", "CONCAT(marketing_emails_opt_in, emailoptout)", "10"),
        ("marketingoptin=0", "CONCAT(marketing_emails_opt_in, emailoptout)", "01"),
        ("latefeeoveride=1", "latefeeoveride", "1"),
        ("overideduenotices=true", "overideduenotices", "1"),
        ("taxexempt=on", "taxexempt", "1"),
        ("taxexempt=", "taxexempt", "1"),
        ("taxexempt=false", "taxexempt", "0"),
        ("separateinvoices=1", "separateinvoices", "1"),
        ("disableautocc=1", "disableautocc", "1"),
        ("overrideautoclose=1", "overrideautoclose", "1"),
        ("credit=999", "credit", "100.00"),
        ("password2=x&securityqid=1&cardnum=4111111111111111", "CONCAT(password, securityqid, cardnum)", "0"),
    ] {
        api.reply(&format!("action=UpdateClient&clientid=1&{request}")).await;
        assert_eq!(api.rows(column, "tblclients WHERE id = 1").await, [value], "{request}");
    }
}

#[tokio::test]
async fn sets_the_custom_fields_that_are_named() {
    let api = with_clients().await;
    for (request, values) in [
        ("customfields[1002]=42", ["1001 | Radio", "1002 | 42"]),
        ("customfields[1001]=Press&customfields[1003]=x&customfields[1099]=x", ["1001 | Press", "1002 | 42"]),
        ("customfields[1002]=", ["1001 | Press", "1002 | "]),
        ("customfields[1001]=&skipvalidation=1", ["1001 | ", "1002 | "]),
    ] {
        api.reply(&format!("action=UpdateClient&clientid=1&{request}")).await;
        assert_eq!(
            api.rows("fieldid, value", "tblcustomfieldsvalues WHERE relid = 1 ORDER BY fieldid").await,
            values,
            "{request}"
        );
    }
}

#[tokio::test]
async fn somebody_must_get_the_mails_about_domains() {
    let api = with_clients().await;
    let told = "You must have at least one email address enabled to receive domain related notifications as required by \
                ICANN. To disable domain notifications, please create an alternative contact that is set to receive them";
    let stored = "COALESCE(email_preferences, '-')";
    // The contact of client 2 gets no mails about domains, that of client 1 does.
    api.refuse("action=UpdateClient&clientid=2&email_preferences[domain]=0", told).await;
    api.reply("action=UpdateClient&clientid=2&email_preferences[domain]=1&email_preferences[general]=0").await;
    assert_eq!(
        api.rows(stored, "tblclients WHERE id = 2").await,
        [r#"{"general":"0","product":"1","domain":"1","invoice":"1","support":"1","affiliate":"1"}"#]
    );
    api.reply("action=UpdateClient&clientid=1&email_preferences[domain]=false&email_preferences[other]=0").await;
    api.reply("action=UpdateClient&clientid=1&email_preferences[invoice]=0").await;
    assert_eq!(
        api.rows(stored, "tblclients WHERE id = 1").await,
        [r#"{"general":"1","product":"1","domain":"0","invoice":"0","support":"1","affiliate":"1"}"#]
    );
    api.reply("action=UpdateClient&clientid=3&firstname=x").await;
    assert_eq!(api.rows(stored, "tblclients WHERE id = 3").await, ["-"]);
}

#[tokio::test]
async fn forgets_the_one_card() {
    let api = with_clients().await;
    api.sql(
        "INSERT INTO tblpaymethods (id, userid, payment_type) VALUES \
           (1, 1, 'RemoteCreditCard'), (2, 1, 'BankAccount'), (3, 2, 'CreditCard'), (4, 2, 'RemoteCreditCard'); \
         UPDATE tblclients SET cardnum = 'x', cardlastfour = '1111', gatewayid = 'tok' WHERE id = 1",
    )
    .await;
    api.reply("action=UpdateClient&clientid=1&clearcreditcard=1").await;
    assert_eq!(api.rows("id", "tblpaymethods WHERE deleted_at IS NULL ORDER BY id").await, ["2", "3", "4"]);
    assert_eq!(api.rows("CONCAT(cardnum, cardlastfour, gatewayid)", "tblclients WHERE id = 1").await, [""]);
    api.refuse("action=UpdateClient&clientid=2&clearcreditcard=1", "Multiple Credit Card Pay Methods Found").await;
    api.reply("action=UpdateClient&clientid=2&clearcreditcard=0").await;
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = with_clients().await;
    let not_found = "Client ID Not Found";
    let gateways = "Invalid Payment Method. Valid options include paypal,stripe,banktransfer,mailin";
    let long = format!("clientid=1&firstname={}", "x".repeat(256));
    for (request, message) in [
        ("", not_found),
        ("firstname=x", not_found),
        ("clientid=9", not_found),
        ("clientid=one&clientemail=one@example.com", not_found),
        ("clientemail=nobody@example.com", not_found),
        ("clientid=1&email=two@example.com", "Duplicate Email Address"),
        ("clientid=1&email=TWO@example.com", "Duplicate Email Address"),
        ("clientid=1&email=two", "The email address entered is not valid"),
        ("clientid=1&country=XX", "Valid country required"),
        ("clientid=1&currency=9", "Currency ID Not Found"),
        ("clientid=1&groupid=9", "Client Group ID Not Found"),
        ("clientid=1&status=Lost", "Invalid status Lost"),
        ("clientid=1&paymentmethod=cash", gateways),
        ("clientid=1&email_preferences=1", "email_preferences must be an array"),
        ("clientid=1&customfields[1001]=", "You did not provide required custom field value for Heard of us"),
        ("clientid=1&customfields=x", "customfields: not base64"),
        (&long, "firstname is too long: at most 255 bytes are allowed"),
    ] {
        api.refuse(&format!("action=UpdateClient&{request}"), message).await;
    }
}

/// Two clients that have had the same address since before this was rejected can still be changed.
#[tokio::test]
async fn who_keeps_an_address_needs_no_other() {
    let api = with_clients().await;
    api.sql("UPDATE tblclients SET email = 'one@example.com' WHERE id = 2").await;
    api.reply("action=UpdateClient&clientid=2&email=One@example.com&city=Faro").await;
    assert_eq!(api.rows("email, city", "tblclients WHERE id = 2").await, ["One@example.com | Faro"]);
    api.refuse("action=UpdateClient&clientid=3&email=one@example.com", "Duplicate Email Address").await;
    // By their common address, the older client is found.
    api.check("action=UpdateClient&clientemail=one@example.com&city=Faro", r#"{"result":"success","clientid":"1"}"#)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_one_address_one_gets_it() {
    let api = with_clients().await;
    let requests: Vec<_> =
        (1..=4).map(|client| format!("action=UpdateClient&clientid={client}&email=new@example.com")).collect();
    let answers = all(requests.iter().map(|request| api.send(request))).await;
    let changed = answers.iter().filter(|(_, body)| body.contains("success")).count();
    let refused = answers.iter().filter(|(_, body)| body.contains("Duplicate Email Address")).count();
    assert_eq!((changed, refused), (1, 3), "{answers:?}");
    assert_eq!(api.rows("COUNT(*)", "tblclients WHERE email = 'new@example.com'").await, ["1"]);
}

/// Users 1 and 2 act for client 1, which 1 owns.
#[tokio::test]
async fn the_owner_gets_the_new_address_only_if_asked() {
    let api = with_clients().await;
    let owner = "tblusers WHERE id = 1";
    let others = api.rows("id, email, password", "tblusers WHERE id <> 1 ORDER BY id").await;
    api.reply("action=UpdateClient&clientid=1&email=new@example.com").await;
    api.reply("action=UpdateClient&clientid=1&email=newer@example.com&updateowner=0").await;
    api.reply("action=UpdateClient&clientid=1&firstname=x&updateowner=1").await;
    assert_eq!(api.rows("email", owner).await, ["una@example.com"]);
    api.reply("action=UpdateClient&clientid=1&email=newest@example.com&updateowner=1").await;
    assert_eq!(api.rows("email, updated_at", owner).await, [format!("newest@example.com | {NOW}")]);
    api.reply("action=UpdateClient&clientid=1&email=Newest@example.com&updateowner=1").await;
    assert_eq!(api.rows("email", owner).await, ["Newest@example.com"]);
    // The client has the address already, and its owner another one.
    api.sql("UPDATE tblusers SET email = 'una@example.com' WHERE id = 1").await;
    api.reply("action=UpdateClient&clientid=1&email=Newest@example.com&updateowner=1").await;
    assert_eq!(api.rows("email", owner).await, ["Newest@example.com"]);
    // An address that is no valid one any more can be written back.
    api.sql("UPDATE tblclients SET email = 'root@localhost' WHERE id = 1").await;
    api.reply("action=UpdateClient&clientid=1&email=root@localhost&updateowner=1").await;
    api.refuse(
        "action=UpdateClient&clientid=1&email=x@localhost&updateowner=1",
        "The email address entered is not valid",
    )
    .await;
    assert_eq!(api.rows("email", owner).await, ["Newest@example.com"]);
    api.sql("UPDATE tblclients SET email = 'Newest@example.com' WHERE id = 1").await;
    // An address of another user, which no client has.
    api.sql("INSERT INTO tblusers (id, email) VALUES (1009, 'taken@example.com')").await;
    let taken = "action=UpdateClient&clientid=1&firstname=y&email=Taken@example.com&updateowner=1";
    api.refuse(taken, "Duplicate Email Address").await;
    assert_eq!(api.rows("email", owner).await, ["Newest@example.com"]);
    assert_eq!(api.rows("firstname, email", "tblclients WHERE id = 1").await, ["x | Newest@example.com"]);
    api.sql("DELETE FROM tblusers WHERE id = 1009; UPDATE tblusers_clients SET owner = 0 WHERE client_id = 1").await;
    let no_owner = "The client has no owner whose address could be changed";
    api.refuse("action=UpdateClient&clientid=1&email=z@example.com&updateowner=1", no_owner).await;
    assert_eq!(api.rows("email", "tblclients WHERE id = 1").await, ["Newest@example.com"]);
    assert_eq!(api.rows("id, email, password", "tblusers WHERE id <> 1 ORDER BY id").await, others);
}
