use crate::support::{Calls, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &["AddPromoCode&code=NEW&type=percentage&value=10"],
    writing: &[
        "AddPromoCode&promoaction=create&code=C&type=Percentage&value=10",
        "AddPromoCode&promoaction=update&promotionid=1&code=C&type=Percentage&value=20",
    ],
    every_parameter: "AddPromoCode&promoaction=create&promotionid=1&code=C1&type=Percentage&value=10&cycles=Monthly&appliesto=1&expirationdate=2027-01-01&maxuses=5",
    ..Calls::NONE
};

const COLUMNS: &str =
    "id, code, type, value, cycles, appliesto, startdate, COALESCE(expirationdate, '-'), maxuses, uses";

async fn with_products() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/products.sql")).await;
    api
}

fn created(id: i64) -> String {
    format!(r#"{{"result":"success","message":"Promotion code created successfully","promotionid":{id}}}"#)
}

fn updated(id: i64) -> String {
    format!(r#"{{"result":"success","message":"Promotion code updated successfully","promotionid":{id}}}"#)
}

#[tokio::test]
async fn creates_whichever_way_it_is_asked() {
    let api = with_products().await;
    for (number, request) in [
        // As documented, with the same name for the command and its parameter.
        "action=AddPromoCode&action=create&code=PROMO1&type=percentage&value=10&cycles=Monthly&appliesto=1,2,3&expirationdate=2023-12-31&maxuses=50",
        "action=create&action=addPromoCode&code=PROMO2&type=Fixed&value=5.50",
        "action=AddPromoCode&promoaction=create&code=+PROMO3+&type=percentage&value=100&cycles=semi-annually,one+time,2years",
        "action=AddPromoCode&code=PROMO4&type=fixed&value=250&appliesto=+3+&maxuses=0&promotionid=&cycles=",
        "action=AddPromoCode&promoaction=Create&action=&code=PROMO5&type=percentage&value=0",
    ]
    .into_iter()
    .enumerate()
    {
        api.check(request, &created(i64::try_from(number).unwrap() + 1)).await;
    }
    assert_eq!(
        api.rows(COLUMNS, "tblpromotions ORDER BY id").await,
        [
            "1 | PROMO1 | Percentage | 10.00 | Monthly | 1,2,3 | 0000-00-00 | 2023-12-31 | 50 | 0",
            "2 | PROMO2 | Fixed Amount | 5.50 |  |  | 0000-00-00 | - | 0 | 0",
            "3 | PROMO3 | Percentage | 100.00 | Semi-Annually,One Time,2Years |  | 0000-00-00 | - | 0 | 0",
            "4 | PROMO4 | Fixed Amount | 250.00 |  | 3 | 0000-00-00 | - | 0 | 0",
            "5 | PROMO5 | Percentage | 0.00 |  |  | 0000-00-00 | - | 0 | 0",
        ]
    );
    let log = api.rows("description, userid, admin_id", "tblactivitylog ORDER BY id LIMIT 1").await;
    assert_eq!(log, ["Created Promotion - Promotion ID: 1 - Code: PROMO1 | 0 | 1"]);
}

#[tokio::test]
async fn updates_what_is_named_and_leaves_the_rest() {
    let api = with_products().await;
    api.reply("action=AddPromoCode&code=A&type=percentage&value=10&cycles=Monthly&appliesto=1&maxuses=5&expirationdate=2030-01-01").await;
    api.sql("UPDATE tblpromotions SET uses = 3").await;
    for (request, row) in [
        ("promotionid=1&value=20", "1 | A | Percentage | 20.00 | Monthly | 1 | 0000-00-00 | 2030-01-01 | 5 | 3"),
        (
            "promotionid=1&promoaction=update&code=B&maxuses=9",
            "1 | B | Percentage | 20.00 | Monthly | 1 | 0000-00-00 | 2030-01-01 | 9 | 3",
        ),
        (
            "action=update&promotionid=1&type=fixed&value=500&cycles=Annually",
            "1 | B | Fixed Amount | 500.00 | Annually | 1 | 0000-00-00 | 2030-01-01 | 9 | 3",
        ),
        // A promotion may keep its own code.
        (
            "promotionid=1&code=b&appliesto=3&expirationdate=2031-01-01",
            "1 | b | Fixed Amount | 500.00 | Annually | 3 | 0000-00-00 | 2031-01-01 | 9 | 3",
        ),
        ("promotionid=1", "1 | b | Fixed Amount | 500.00 | Annually | 3 | 0000-00-00 | 2031-01-01 | 9 | 3"),
    ] {
        api.check(&format!("action=AddPromoCode&{request}"), &updated(1)).await;
        assert_eq!(api.rows(COLUMNS, "tblpromotions").await, [row], "{request}");
    }
}

#[tokio::test]
async fn leaves_other_kinds_of_promotions_as_they_are() {
    let api = with_products().await;
    api.sql("INSERT INTO tblpromotions (id, code, type, value) VALUES (7, 'FREE', 'Price Override', 999)").await;
    api.check("action=AddPromoCode&promotionid=7&maxuses=1", &updated(7)).await;
    assert_eq!(api.rows("type, value, maxuses", "tblpromotions").await, ["Price Override | 999.00 | 1"]);
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = with_products().await;
    api.reply("action=AddPromoCode&code=TAKEN&type=percentage&value=50").await;
    api.reply("action=AddPromoCode&code=OTHER&type=fixed&value=500").await;
    let value = "Value must be in decimal format: ### or ###.##";
    let percentage = "Value must be between 0 and 100 for a percentage";
    let cycles = "Cycles can only be One Time, Monthly, Quarterly, Semi-Annually, Annually, Biennially, Triennially or 1Years to 10Years";
    let too_long = format!("type=fixed&value=1&code={}", "x".repeat(256));
    for (request, message) in [
        ("promoaction=delete&code=x", "Invalid action. Use either \"create\" or \"update\"."),
        ("action=remove&code=x", "Invalid action. Use either \"create\" or \"update\"."),
        ("type=percentage&value=10", "No Code Provided"),
        ("code=++&type=percentage&value=10", "No Code Provided"),
        ("code=x&value=10", "No Type Provided"),
        ("code=x&type=half&value=10", "Type can only be percentage or fixed"),
        ("code=x&type=fixed", "No Value Provided"),
        ("code=x&type=fixed&value=much", value),
        ("code=x&type=fixed&value=-1", value),
        ("code=x&type=fixed&value=1,005", value),
        ("code=x&type=percentage&value=100.01", percentage),
        ("code=x&type=percentage&value=-1", percentage),
        ("code=x&type=fixed&value=1&cycles=Weekly", cycles),
        ("code=x&type=fixed&value=1&cycles=,", cycles),
        ("code=x&type=fixed&value=1&appliesto=1,9", "Product ID Not Found: 9"),
        ("code=x&type=fixed&value=1&appliesto=1,two", "Product ID Not Found"),
        ("code=x&type=fixed&value=1&appliesto=,", "Product ID Not Found"),
        ("code=x&type=fixed&value=1&expirationdate=2023-02-30", "Date Format is not Valid"),
        ("code=x&type=fixed&value=1&maxuses=some", "Max Uses must be a whole number"),
        ("code=x&type=fixed&value=1&maxuses=-1", "Max Uses must be a whole number"),
        (
            "code=x&type=fixed&value=1&maxuses=4294967295",
            "A value is too large, too long or has characters that the database cannot hold",
        ),
        ("code=TAKEN&type=fixed&value=1", "A promotion with this code already exists"),
        ("code=taken&type=fixed&value=1", "A promotion with this code already exists"),
        ("promoaction=update&code=x", "Promotion ID Not Found"),
        ("promotionid=9&code=x", "Promotion ID Not Found"),
        ("promotionid=x&code=x", "Promotion ID Not Found"),
        ("promotionid=1&code=OTHER", "A promotion with this code already exists"),
        ("promotionid=1&value=101", percentage),
        ("promotionid=2&type=percentage", percentage),
        (&too_long, "code is too long: at most 255 bytes are allowed"),
    ] {
        api.refuse(&format!("action=AddPromoCode&{request}"), message).await;
    }
}

/// The table has no unique index, so concurrent writers are serialized by a lock.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_want_one_code_one_gets_it() {
    let api = with_products().await;
    let answers = all((0..20).map(|_| api.send("action=AddPromoCode&code=ONLY&type=fixed&value=1"))).await;
    let created = answers.iter().filter(|(_, body)| body.contains("created successfully")).count();
    let refused = answers.iter().filter(|(_, body)| body.contains("already exists")).count();
    assert_eq!((created, refused), (1, 19));
    assert_eq!(api.rows("COUNT(*)", "tblpromotions").await, ["1"]);
}
