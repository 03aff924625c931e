use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;

use crate::support::{Calls, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &["AddProduct&gid=1&name=New"],
    setup: include_str!("../../support/fixtures/product_to_be.sql"),
    writing: &["AddProduct&gid=1000&name=x&welcomeemail=1000&pricing[1][monthly]=5&recommendations[0][id]=1000"],
    every_parameter: "AddProduct&name=x&gid=1&slug=y&type=other&stockcontrol=1&qty=5&paytype=recurring&hidden=0&showdomainoptions=0&tax=1&isFeatured=0&proratabilling=0&description=x&shortdescription=x&tagline=x&color=abcdef&welcomeemail=0&proratadate=0&proratachargenextmonth=0&subdomain=.example.com&autosetup=on&module=cpanel&servergroupid=0&configoption1=x&configoption24=x&order=1&pricing[1][monthly]=5.00&recommendations[0][id]=1&ondemandrenewalconfigurationoverride=1&ondemandrenewalsenabled=1&ondemandrenewalperiodmonthly=7&ondemandrenewalperiodquarterly=7&ondemandrenewalperiodsemiannually=7&ondemandrenewalperiodannually=7&ondemandrenewalperiodbiennially=7&ondemandrenewalperiodtriennially=7",
};

async fn with_products() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/products.sql")).await;
    api.sql(
        "INSERT INTO tblemailtemplates (id, type, name, subject, message) VALUES \
         (5, 'product', 'Welcome', '', ''), (6, 'invoice', 'Invoice Created', '', '')",
    )
    .await;
    api
}

const PRICES: &str = "currency, monthly, msetupfee, quarterly, qsetupfee, semiannually, ssetupfee, annually, asetupfee, \
                      biennially, bsetupfee, triennially, tsetupfee";

#[tokio::test]
async fn adds_the_documented_example() {
    let api = with_products().await;
    let cycles = [
        ("monthly", "m"),
        ("quarterly", "q"),
        ("semiannually", "s"),
        ("annually", "a"),
        ("biennially", "b"),
        ("triennially", "t"),
    ];
    let prices: Vec<String> = (1..)
        .zip(cycles)
        .map(|(price, (cycle, fee))| format!(r#"s:{}:"{cycle}";d:{price};s:9:"{fee}setupfee";d:1.99;"#, cycle.len()))
        .collect();
    let pricing = BASE64.encode(format!("a:1:{{i:1;a:12:{{{}}}}}", prices.concat())).replace('+', "%2B");
    let reply = r#"{"result":"success","pid":5}"#;
    api.check(
        &format!("action=AddProduct&type=other&gid=1&name=Sample+Product&welcomeemail=5&paytype=recurring&pricing={pricing}\
                  &recommendations[0][id]=1&recommendations[0][order]=0&recommendations[1][id]=2&recommendations[1][order]=1"),
        reply,
    )
    .await;
    assert_eq!(
        api.rows(PRICES, "tblpricing WHERE type = 'product' AND relid = 5 ORDER BY currency").await,
        [
            "1 | 1.00 | 1.99 | 2.00 | 1.99 | 3.00 | 1.99 | 4.00 | 1.99 | 5.00 | 1.99 | 6.00 | 1.99",
            "2 | -1.00 | 0.00 | -1.00 | 0.00 | -1.00 | 0.00 | -1.00 | 0.00 | -1.00 | 0.00 | -1.00 | 0.00",
        ]
    );
    assert_eq!(
        api.rows("product_id, group_id, group_slug, slug, active, created_at", "tblproducts_slugs").await,
        ["5 | 1 | hosting | sample-product | 1 | 2026-11-20 12:30:00"]
    );
    assert_eq!(
        api.rows("description, userid", "tblactivitylog").await,
        ["Created Product - Product ID: 5 - Sample Product | 0"]
    );
}

#[tokio::test]
async fn what_was_added_can_be_read() {
    let api = with_products().await;
    api.reply(
        "action=AddProduct&type=Server&gid=2&name=VPS&paytype=recurring&description=Fast&module=proxmox&stockcontrol=on&qty=4\
         &pricing[1][monthly]=8.00&pricing[1][msetupfee]=1&pricing[1][annually]=-1&pricing[2][annually]=80",
    )
    .await;
    let reply = api.reply("action=GetProducts&pid=5").await;
    let product = &reply["products"]["product"][0];
    for (key, value) in [
        ("type", "server"),
        ("name", "VPS"),
        ("slug", "vps-2"),
        ("product_url", "https://www.example.com/whmcs/servers/vps-2"),
        ("description", "Fast"),
        ("module", "proxmox"),
        ("paytype", "recurring"),
    ] {
        assert_eq!(product[key], value, "{key}");
    }
    assert_eq!((&product["gid"], &product["quantity_available"]), (&2.into(), &4.into()));
    let price = |currency: &str, name: &str| product["pricing"][currency][name].as_str().unwrap().to_owned();
    assert_eq!(
        [price("USD", "monthly"), price("USD", "msetupfee"), price("USD", "annually")],
        ["8.00", "1.00", "-1.00"]
    );
    assert_eq!(
        [price("EUR", "monthly"), price("EUR", "msetupfee"), price("EUR", "annually")],
        ["-1.00", "0.00", "80.00"]
    );
    assert_eq!(api.reply("action=GetProducts&pid=5&module=proxmox&gid=2").await["totalresults"], 1);
}

#[tokio::test]
async fn writes_what_is_named_and_nothing_else() {
    let api = with_products().await;
    let columns = "type, paytype, autosetup, hidden, showdomainoptions, tax, is_featured, stockcontrol, qty, proratabilling, \
                   proratadate, proratachargenextmonth, welcomeemail, servertype, servergroup, subdomain, color, tagline, \
                   short_description, `order`, configoption1, configoption6, configoption24, retired, updated_at";
    for (request, written) in [
        (
            "",
            "other | free |  | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |  | 0 |  |  |  |  | 0 |  |  |  | 0 | 2026-11-20 12:30:00",
        ),
        (
            "type=hostingaccount&paytype=onetime&autosetup=payment&hidden=1&showdomainoptions=true&tax=on&isFeatured=1\
             &stockcontrol=1&qty=7&proratabilling=1&proratadate=15&proratachargenextmonth=20&welcomeemail=5&module=cpanel\
             &servergroupid=3&subdomain=.example.com&color=9ABB3a&tagline=T&shortdescription=S&order=4&configoption1=one\
             &configoption6=0&configoption24=last&configoption25=none&configoption=x",
            "hostingaccount | onetime | payment | 1 | 1 | 1 | 1 | 1 | 7 | 1 | 15 | 20 | 5 | cpanel | 3 | .example.com | \
             #9ABB3a | T | S | 4 | one | 0 | last | 0 | 2026-11-20 12:30:00",
        ),
    ] {
        api.reply(&format!("action=AddProduct&gid=1&name=x&{request}")).await;
        assert_eq!(api.rows(columns, "tblproducts ORDER BY id DESC LIMIT 1").await, [written], "{request}");
    }
}

/// A cycle without a price must not be on offer, unless the product is free.
#[tokio::test]
async fn prices_that_are_not_named() {
    let api = with_products().await;
    for (request, monthly_and_annually) in [
        ("paytype=free", ["0.00 | 0.00", "0.00 | 0.00"]),
        ("paytype=onetime&pricing[1][monthly]=60", ["60.00 | -1.00", "-1.00 | -1.00"]),
        ("paytype=recurring", ["-1.00 | -1.00", "-1.00 | -1.00"]),
        ("paytype=recurring&pricing[2][annually]=0&pricing[2][monthly]=", ["-1.00 | -1.00", "-1.00 | 0.00"]),
    ] {
        let id = &api.reply(&format!("action=AddProduct&gid=1&name=x&{request}")).await["pid"];
        let prices = format!("tblpricing WHERE type = 'product' AND relid = {id} ORDER BY currency");
        assert_eq!(api.rows("monthly, annually", &prices).await, monthly_and_annually, "{request}");
    }
}

#[tokio::test]
async fn slugs_are_unique_within_a_group() {
    let api = with_products().await;
    for (request, slug) in [
        ("gid=2&name=VPS", "vps-2"),
        ("gid=2&name=Vps!", "vps-3"),
        ("gid=1&name=VPS", "vps"),
        ("gid=1&name=Alojamento+B%C3%A1sico", "alojamento-basico"),
        ("gid=1&name=%E4%B8%BB%E6%9C%BA", "product"),
        ("gid=1&name=%E4%B8%BB%E6%9C%BA", "product-2"),
        ("gid=1&name=x&slug=My+Own+Slug", "my-own-slug"),
        ("gid=2&name=x&slug=my-own-slug", "my-own-slug"),
    ] {
        api.reply(&format!("action=AddProduct&{request}")).await;
        assert_eq!(api.rows("slug", "tblproducts ORDER BY id DESC LIMIT 1").await, [slug], "{request}");
    }
    let taken = "A product of this group has the slug my-own-slug already";
    api.refuse("action=AddProduct&gid=1&name=y&slug=My-Own-Slug", taken).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn products_of_one_name_that_are_added_at_once_get_slugs_of_their_own() {
    let api = with_products().await;
    all((0..6).map(|_| api.reply("action=AddProduct&gid=1&name=Cloud&paytype=free"))).await;
    assert_eq!(
        api.rows("slug", "tblproducts WHERE name = 'Cloud' ORDER BY id").await,
        ["cloud", "cloud-2", "cloud-3", "cloud-4", "cloud-5", "cloud-6"]
    );
    assert_eq!(
        api.rows(
            "COUNT(*)",
            "tblpricing p JOIN tblproducts t ON t.id = p.relid WHERE t.name = 'Cloud' AND p.type = 'product'"
        )
        .await,
        ["12"]
    );
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_products().await;
    let group = "You must supply a valid Product Group ID";
    let email = "You must supply a valid welcome email ID";
    let kind = "Invalid product type. Must be one of \"hostingaccount\", \"reselleraccount\", \"server\" or \"other\"";
    let pay_type = "Invalid pay type. Must be one of \"free\", \"onetime\" or \"recurring\"";
    let auto_setup = "Invalid autosetup value. Must be one of \"\", \"on\", \"order\" or \"payment\"";
    let color = "The color must be a valid hexadecimal value.";
    let recommendation = "The recommendation product ID is invalid. This must be an existing product ID.";
    let prices = "pricing must be an array of amounts by currency and cycle, in decimal format: ### or ###.##";
    let too_long = format!("gid=1&name={}", "x".repeat(65_536));
    for (request, message) in [
        ("gid=9&type=x", "You must supply a name for the product"),
        ("name=x&welcomeemail=9", group),
        ("name=x&gid=9&welcomeemail=9", group),
        ("name=x&gid=one", group),
        ("name=x&gid=1&welcomeemail=9&type=x", email),
        ("name=x&gid=1&welcomeemail=6", email),
        ("name=x&gid=1&welcomeemail=Welcome", email),
        ("name=x&gid=1&type=domain&paytype=x", kind),
        ("name=x&gid=1&paytype=yearly&autosetup=x", pay_type),
        ("name=x&gid=1&autosetup=never&color=x", auto_setup),
        ("name=x&gid=1&color=red&recommendations[0][id]=9", color),
        ("name=x&gid=1&color=%2312345", color),
        ("name=x&gid=1&color=%23%C3%A9%C3%A9%C3%A9", color),
        ("name=x&gid=1&recommendations[0][id]=1&recommendations[1][id]=9", recommendation),
        ("name=x&gid=1&recommendations[0][order]=1", recommendation),
        ("name=x&gid=1&recommendations[0]=1", recommendation),
        ("name=x&gid=1&recommendations=!", "recommendations: not base64"),
        ("name=x&gid=1&pricing=5", "pricing: not base64"),
        ("name=x&gid=1&pricing[1]=5", prices),
        ("name=x&gid=1&pricing[1][monthly]=five", prices),
        ("name=x&gid=1&pricing[1][monthly]=1,005", prices),
        ("name=x&gid=1&pricing[1][monthly]=-2", prices),
        ("name=x&gid=1&pricing[1][msetupfee]=-1", prices),
        ("name=x&gid=1&pricing[1][monthly][0]=1", prices),
        ("name=x&gid=1&pricing[9][monthly]=1", "pricing: there is no currency 9"),
        ("name=x&gid=1&pricing[USD][monthly]=1", "pricing: there is no currency USD"),
        ("name=x&gid=1&slug=%E4%B8%BB", "The slug must have letters or digits of ASCII"),
        ("name=x&gid=1&slug=best-hosting-plan", "A product of this group has the slug best-hosting-plan already"),
        ("name=x&gid=1&qty=-1", "qty must be a whole number"),
        ("name=x&gid=1&order=2147483648", "order must be a whole number"),
        (&too_long, "name is too long: at most 65535 bytes are allowed"),
    ] {
        api.refuse(&format!("action=AddProduct&{request}"), message).await;
    }
}
