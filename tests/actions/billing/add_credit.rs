use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddCredit&clientid=1&description=x&amount=1"],
    writing: &[
        "AddCredit&clientid=1&amount=50&description=x&adminid=1",
        "AddCredit&clientid=1&amount=50&description=x&idempotencykey=1",
    ],
    every_parameter: "AddCredit&clientid=1&description=x&amount=1.00&date=2026-11-20&adminid=1&type=add",
    ..Calls::NONE
};

#[tokio::test]
async fn adds_and_removes() {
    let api = TestApi::new().await;
    for (request, reply) in [
        ("clientid=1&description=Goodwill&amount=10.00", r#"{"result":"success","newbalance":"110.00"}"#),
        ("clientid=1&description=Half&amount=0.5&type=add", r#"{"result":"success","newbalance":"110.50"}"#),
        (
            "clientid=1&description=Taken&amount=10&type=remove&adminid=2&date=2024-02-29",
            r#"{"result":"success","newbalance":"100.50"}"#,
        ),
        ("clientid=1&description=All&amount=100.50&type=remove", r#"{"result":"success","newbalance":"0.00"}"#),
        // Empty values count as not given.
        ("clientid=1&description=&amount=1&type=&date=&adminid=", r#"{"result":"success","newbalance":"1.00"}"#),
    ] {
        api.check(&format!("action=AddCredit&{request}"), reply).await;
    }
    let history = api
        .rows("clientid, admin_id, date, description, amount, relid", "tblcredit WHERE clientid = 1 ORDER BY id")
        .await;
    assert_eq!(
        history[1..],
        [
            "1 | 1 | 2026-11-20 | Goodwill | 10.00 | 0",
            "1 | 1 | 2026-11-20 | Half | 0.50 | 0",
            "1 | 2 | 2024-02-29 | Taken | -10.00 | 0",
            "1 | 1 | 2026-11-20 | All | -100.50 | 0",
            "1 | 1 | 2026-11-20 |  | 1.00 | 0",
        ]
    );
    assert_eq!(api.rows("id, credit", "tblclients WHERE id = 1").await, ["1 | 1.00"]);
    let log = api.rows("date, description, user, userid, admin_id", "tblactivitylog ORDER BY id LIMIT 1").await;
    assert_eq!(
        log,
        ["2026-11-20 12:30:00 | Added Credit - Client ID: 1 - Amount: 10.00 - New Balance: 110.00 | alice | 1 | 1"]
    );
}

#[tokio::test]
async fn keeps_the_words_of_the_description() {
    let api = TestApi::new().await;
    let words = "Łódź & <b>'quotes'</b> \"double\" \\ 😀\r\n\0end";
    let sent = serde_urlencoded::to_string([("description", words)]).unwrap();
    api.reply(&format!("action=AddCredit&clientid=2&amount=1&{sent}")).await;
    let credits = api.reply("action=GetCredits&clientid=2").await;
    assert_eq!(credits["credits"]["credit"][0]["description"], words);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    let too_long = format!("clientid=1&amount=1&description={}", "x".repeat(65_536));
    for (request, message) in [
        // Each error comes before those below it.
        ("type=lend&clientid=9&adminid=9&amount=x&date=x", "Type can only be add or remove"),
        ("type=Remove&clientid=1&amount=1", "Type can only be add or remove"),
        ("clientid=9&adminid=9&amount=x&date=x", "Client ID Not Found"),
        ("amount=1&description=x", "Client ID Not Found"),
        ("clientid=&amount=1", "Client ID Not Found"),
        ("clientid=0&amount=1", "Client ID Not Found"),
        ("clientid=-1&amount=1", "Client ID Not Found"),
        ("clientid=1abc&amount=1", "Client ID Not Found"),
        ("clientid=99999999999999999999&amount=1", "Client ID Not Found"),
        ("clientid=1 OR 1=1&amount=1", "Client ID Not Found"),
        ("clientid=1&adminid=9&amount=x&date=x", "Admin ID Not Found"),
        ("clientid=1&adminid=3&amount=1", "Admin ID Not Found"),
        ("clientid=1&adminid=alice&amount=1", "Admin ID Not Found"),
        ("clientid=1&date=x", "No Amount Provided"),
        ("clientid=1&amount=&date=x", "No Amount Provided"),
        ("clientid=1&amount=0", "No Amount Provided"),
        ("clientid=1&amount=0.00", "No Amount Provided"),
        ("clientid=1&amount=ten&date=x", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=-5", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=%2B5", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=10.005", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=1,000.00", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=1e3", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=NaN", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=INF", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=0x1F", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=100000000000000.00", "Amount must be in decimal format: ### or ###.##"),
        // Together with the balance that is there, more than the column holds.
        ("clientid=1&amount=99999999999999.99", "Amount must be in decimal format: ### or ###.##"),
        ("clientid=1&amount=1&date=2023-02-30", "Date Format is not Valid"),
        ("clientid=1&amount=1&date=01/02/2023", "Date Format is not Valid"),
        ("clientid=1&amount=100.01&type=remove", "Amount exceeds customer credit balance"),
        ("clientid=2&amount=0.01&type=remove", "Amount exceeds customer credit balance"),
        (&too_long, "description is too long: at most 65535 bytes are allowed"),
    ] {
        api.refuse(&format!("action=AddCredit&{request}"), message).await;
    }
}

#[tokio::test]
async fn reaches_the_limit_of_the_column_and_no_further() {
    let api = TestApi::new().await;
    api.check(
        "action=AddCredit&clientid=1&description=x&amount=99999999999899.99",
        r#"{"result":"success","newbalance":"99999999999999.99"}"#,
    )
    .await;
    api.refuse(
        "action=AddCredit&clientid=1&description=x&amount=0.01",
        "Amount must be in decimal format: ### or ###.##",
    )
    .await;
}

#[tokio::test]
async fn a_balance_that_is_below_zero_already_may_rise() {
    let api = TestApi::new().await;
    api.sql("UPDATE tblclients SET credit = -20 WHERE id = 2").await;
    api.check("action=AddCredit&clientid=2&description=x&amount=5", r#"{"result":"success","newbalance":"-15.00"}"#)
        .await;
    api.refuse(
        "action=AddCredit&clientid=2&description=x&amount=1&type=remove",
        "Amount exceeds customer credit balance",
    )
    .await;
}

/// Many at once: each removal is either refused or in the books, and there is money for just ten.
#[tokio::test(flavor = "multi_thread")]
async fn removals_at_once_never_take_more_than_there_is() {
    let api = TestApi::new().await;
    let removals = (0..40).map(|_| api.send("action=AddCredit&clientid=1&description=x&amount=10&type=remove"));
    let answers = crate::support::all(removals).await;
    let accepted = answers.iter().filter(|(_, body)| body.contains("success")).count();
    let refused = answers.iter().filter(|(_, body)| body.contains("Amount exceeds customer credit balance")).count();
    assert_eq!((accepted, refused), (10, 30));
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["0.00"]);
    assert_eq!(api.rows("SUM(amount), COUNT(*)", "tblcredit WHERE clientid = 1").await, ["0.00 | 11"]);
}
