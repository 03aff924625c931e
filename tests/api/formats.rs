//! Requests and responses byte by byte: the encodings that clients may send, and the formats of responses.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;
use whmcs_api::config::{Compat, CreditsOrder, DefaultFormat, ProductUrl, Slashes, UnknownActionStatus};

use crate::support::{CREDENTIAL, TestApi, replica};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const XML: &str = "application/xml";
const NVP: &str = "text/plain; charset=utf-8";
/// The second product group of [`with_groups`].
const GROUPS: &str = r#"{"result":"success","groups":[{"id":2,"name":"Caf\u00e9 / 5 \u20ac"}]}"#;

/// A request: method, path with query, headers, body.
type SubmittedFields<'s> = (&'s str, &'s str, &'s [(&'s str, &'s str)], &'s str);

async fn exchange(router: &axum::Router, sent: SubmittedFields<'_>) -> (u16, String, String) {
    let (method, path, headers, body) = sent;
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, content_type, String::from_utf8(body.to_vec()).unwrap())
}

fn form(body: &str) -> String {
    format!("{CREDENTIAL}&{body}")
}

async fn with_groups() -> TestApi {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblproductgroups (id, name, hidden, `order`) VALUES \
         (1, 'Fish & <b>\"Chips\"</b>', 0, 1), (2, 'Café / 5 €', 0, 2); \
         INSERT INTO tblcredit (clientid, date, description, amount) VALUES (2, '2026-01-02', 'It''s a line\r\nand a tab\t', 5)",
    )
    .await;
    api
}

#[tokio::test]
async fn each_format_says_the_same() {
    let api = with_groups().await;
    let credits = |format: &str| form(&format!("action=GetCredits&clientid=2&responsetype={format}"));
    let groups = |format: &str| form(&format!("action=getproductsgroups&responsetype={format}"));
    for (sent, content_type, reply) in [
        (
            credits("json"),
            JSON,
            r#"{"result":"success","totalresults":1,"clientid":"2","credits":{"credit":[{"id":"3","date":"2026-01-02","description":"It\u0027s a line\r\nand a tab\t","amount":"5.00","relid":"0"}]}}"#,
        ),
        (
            credits("JSON"),
            JSON,
            r#"{"result":"success","totalresults":1,"clientid":"2","credits":{"credit":[{"id":"3","date":"2026-01-02","description":"It\u0027s a line\r\nand a tab\t","amount":"5.00","relid":"0"}]}}"#,
        ),
        (
            credits("xml"),
            XML,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"8.13.1\">\n<action>getcredits</action>\n\
             <result>success</result>\n<totalresults>1</totalresults>\n<clientid>2</clientid>\n<credits>\n<credit>\n\
             <id>3</id>\n<date>2026-01-02</date>\n<description>It's a line&#13;\nand a tab\t</description>\n\
             <amount>5.00</amount>\n<relid>0</relid>\n</credit>\n</credits>\n</whmcsapi>\n",
        ),
        (
            credits("nvp"),
            NVP,
            "result=success;totalresults=1;clientid=2;credits[credit][0][id]=3;credits[credit][0][date]=2026-01-02;\
             credits[credit][0][description]=It's a line%0D%0Aand a tab\t;credits[credit][0][amount]=5.00;credits[credit][0][relid]=0",
        ),
        (
            groups("json"),
            JSON,
            r#"{"result":"success","groups":[{"id":1,"name":"Fish \u0026 \u003Cb\u003E\u0022Chips\u0022\u003C/b\u003E"},{"id":2,"name":"Caf\u00e9 / 5 \u20ac"}]}"#,
        ),
        (
            groups("xml"),
            XML,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"8.13.1\">\n<action>getproductsgroups</action>\n\
             <result>success</result>\n<groups>\n<group>\n<id>1</id>\n<name>Fish &amp; &lt;b&gt;&quot;Chips&quot;&lt;/b&gt;</name>\n\
             </group>\n<group>\n<id>2</id>\n<name>Café / 5 €</name>\n</group>\n</groups>\n</whmcsapi>\n",
        ),
        // Without a requested format: name=value pairs for flat replies, XML for nested ones.
        (form("action=AddCredit&clientid=2&amount=1"), NVP, "result=success;newbalance=1.00"),
        (form("action=GetCredits&clientid=9"), NVP, "result=error;message=Client ID Not Found"),
        (
            form("action=GetProductsGroups&gid=9&responsetype=yaml"),
            XML,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"8.13.1\">\n<action>getproductsgroups</action>\n\
             <result>success</result>\n<groups>\n</groups>\n</whmcsapi>\n",
        ),
    ] {
        let answer = exchange(&api.router, ("POST", "/includes/api.php", &[("content-type", FORM)], &sent)).await;
        assert_eq!(answer, (200, content_type.to_owned(), reply.to_owned()), "{sent}");
    }
}

#[tokio::test]
async fn refusals_come_in_the_format_that_was_asked_for() {
    let api = TestApi::new().await;
    for (sent, status, json, xml, nvp) in [
        (
            "action=GetCredits",
            403,
            r#"{"result":"error","message":"Authentication Failed"}"#,
            "<action>getcredits</action>\n<result>error</result>\n<message>Authentication Failed</message>\n",
            "result=error;message=Authentication Failed",
        ),
        (
            "identifier=TestIdentifier&secret=TestSecret&clientid=1",
            400,
            r#"{"result":"error","message":"Empty action request"}"#,
            "<action></action>\n<result>error</result>\n<message>Empty action request</message>\n",
            "result=error;message=Empty action request",
        ),
        (
            "identifier=TestIdentifier&secret=TestSecret&action=AddPromotion",
            200,
            r#"{"result":"error","message":"Invalid API Action: \u0022addpromotion\u0022 is not a valid API action"}"#,
            "<action>addpromotion</action>\n<result>error</result>\n<message>Invalid API Action: &quot;addpromotion&quot; is not a valid API action</message>\n",
            "result=error;message=Invalid API Action: \"addpromotion\" is not a valid API action",
        ),
    ] {
        let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"8.13.1\">\n";
        let xml = format!("{head}{xml}</whmcsapi>\n");
        for (format, content_type, reply) in
            [("json", JSON, json), ("xml", XML, &*xml), ("nvp", NVP, nvp), ("", NVP, nvp)]
        {
            let body = format!("{sent}&responsetype={format}");
            let answer = exchange(&api.router, ("POST", "/includes/api.php", &[("content-type", FORM)], &body)).await;
            assert_eq!(answer, (status, content_type.to_owned(), reply.to_owned()), "{body}");
        }
    }
}

#[tokio::test]
async fn every_way_to_send_a_request_is_understood() {
    let api = with_groups().await;
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nGetProductsGroups\r\n\
                     --x\r\nContent-Disposition: form-data; name=\"gid\"\r\n\r\n2\r\n\
                     --x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nTestIdentifier\r\n\
                     --x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nTestSecret\r\n\
                     --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nignored\r\n--x--\r\n";
    let json = r#"{"identifier":"TestIdentifier","secret":"TestSecret","action":"GetProductsGroups","gid":2}"#;
    let query = "/includes/api.php?identifier=TestIdentifier&secret=TestSecret&responsetype=json";
    let sent: [SubmittedFields<'_>; 9] = [
        ("GET", &format!("{query}&action=GetProductsGroups&gid=2"), &[], ""),
        ("POST", &format!("{query}&action=GetProductsGroups&gid=2"), &[], ""),
        ("POST", query, &[("content-type", FORM)], "action=GetProductsGroups&gid=2"),
        // The body takes precedence over the query string.
        ("POST", &format!("{query}&action=GetProductsGroups&gid=1"), &[("content-type", FORM)], "gid=2"),
        ("POST", &format!("{query}&action=GetCredits"), &[("content-type", FORM)], "action=GetProductsGroups&gid=2"),
        (
            "POST",
            "/a/b/includes/api.php?responsetype=json",
            &[("content-type", "multipart/form-data; boundary=x")],
            multipart,
        ),
        ("POST", "/includes/api.php", &[("content-type", "application/json; charset=utf-8")], json),
        (
            "POST",
            "/includes/api.php",
            &[("content-type", FORM), ("accept", "application/json, */*")],
            &form("action=GetProductsGroups&gid=2"),
        ),
        // A client that sends no content type, and superfluous parameters.
        (
            "POST",
            "/includes/api.php",
            &[],
            &form("action=GetProductsGroups&responsetype=json&gid=2&json=json&endpoint=&accesskey="),
        ),
    ];
    for sent in sent {
        let answer = exchange(&api.router, sent).await;
        assert_eq!(answer, (200, JSON.to_owned(), GROUPS.to_owned()), "{sent:?}");
    }
}

#[tokio::test]
async fn lists_may_be_sent_as_php_does_or_in_json() {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/products.sql")).await;
    for request in ["pid[]=1&pid[]=3", "pid[0]=1&pid[1]=3", "pid[x]=1&pid[y]=3", "pid[]=1,3"] {
        let reply = api.reply(&format!("action=GetProducts&{request}")).await;
        assert_eq!(crate::actions::orders::get_products::ids(&reply), [3, 1], "{request}");
    }
    for lines in [
        "itemdescription[0]=a&itemamount[0]=1&itemdescription[1]=b&itemamount[1]=2&itemtaxed[1]=1",
        "itemdescription[]=a&itemamount[]=1&itemdescription[]=b&itemamount[]=2&itemtaxed[1]=1",
    ] {
        api.reply(&format!("action=CreateInvoice&userid=2&{lines}")).await;
    }
    let json = r#"{"identifier":"TestIdentifier","secret":"TestSecret","action":"CreateInvoice","userid":2,"notify":null,
                   "itemdescription":["a","b"],"itemamount":[1,2.00],"itemtaxed":{"1":true}}"#;
    let answer = exchange(&api.router, ("POST", "/includes/api.php", &[("content-type", JSON)], json)).await;
    assert_eq!(answer.2, r#"{"result":"success","invoiceid":3,"status":"Unpaid"}"#);
    for invoice in 1..=3 {
        let lines = api
            .rows("description, amount, taxed", &format!("tblinvoiceitems WHERE invoiceid = {invoice} ORDER BY id"))
            .await;
        assert_eq!(lines, ["a | 1.00 | 0", "b | 2.00 | 1"]);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told() {
    let api = TestApi::new().await;
    let deep = form(&format!("action=GetCredits&a{}=1", "[x]".repeat(17)));
    let many = form(&"a=1&".repeat(10_001));
    for (content_type, body, message) in [
        (JSON, "[1]", "The body is no JSON object: invalid type: sequence, expected a map at line 1 column 0"),
        ("multipart/form-data", "x", "The body is no multipart form: multipart boundary not found in Content-Type"),
        (FORM, &deep, "A parameter may be nested 16 levels deep at most"),
        (FORM, &many, "A request may have 10000 parameters at most"),
    ] {
        let answer =
            exchange(&api.router, ("POST", "/includes/api.php", &[("content-type", content_type)], body)).await;
        let reply = format!(r#"{{"result":"error","message":"{message}"}}"#);
        assert_eq!(answer, (400, JSON.to_owned(), reply));
    }
    // The body is malformed, so only the query string can select a format.
    let answer =
        exchange(&api.router, ("POST", "/includes/api.php?responsetype=nvp", &[("content-type", JSON)], "[")).await;
    assert!(answer.2.starts_with("result=error;message=The body is no JSON object"), "{}", answer.2);
}

/// What a client sent comes back as a value, and adds no pair.
#[tokio::test]
async fn separators_in_values_add_no_pairs() {
    let api = TestApi::new().await;
    for (sent, returned) in [
        ("a%3Bresult%3Derror", "a%3Bresult=error"),
        ("two%0D%0Alines%3D2", "two%0D%0Alines=2"),
        ("10%25+off%2C+%253B", "10% off, %253B"),
    ] {
        api.sql("DELETE FROM tblcredit").await;
        api.reply(&format!("action=AddCredit&clientid=2&amount=1&description={sent}")).await;
        let call = form("action=GetCredits&clientid=2&responsetype=nvp");
        let (_, _, body) = exchange(&api.router, ("POST", "/includes/api.php", &[], &call)).await;
        let pairs: Vec<&str> = body.split(';').collect();
        assert_eq!((pairs.len(), pairs[0]), (8, "result=success"), "{body}");
        assert_eq!(pairs[5], format!("credits[credit][0][description]={returned}"), "{body}");
    }
    // In a message, where they are of no use, they are replaced.
    let call = form("action=ModuleCreate%3Bresult%3Dsuccess&responsetype=nvp");
    let (_, _, body) = exchange(&api.router, ("POST", "/includes/api.php", &[], &call)).await;
    assert_eq!(
        body,
        "result=error;message=Invalid API Action: \"modulecreate,result=success\" is not a valid API action"
    );
}

/// A compressed body is rejected in the requested format; it would otherwise be read as a form without a credential.
#[tokio::test]
async fn encoded_bodies_are_rejected() {
    let api = with_groups().await;
    let message =
        "The body has a Content-Encoding, such as gzip, which this server does not decode. Send it without one";
    for (path, encoding, status, reply) in [
        ("/includes/api.php", "gzip", 415, format!(r#"{{"result":"error","message":"{message}"}}"#)),
        ("/includes/api.php?responsetype=nvp", "BR", 415, format!("result=error;message={message}")),
        (
            "/includes/api.php?responsetype=json",
            "identity, gzip",
            415,
            format!(r#"{{"result":"error","message":"{message}"}}"#),
        ),
        (
            "/v1/GetProductsGroups",
            "gzip",
            415,
            format!(
                r#"{{"type":"urn:whmcs-api:unsupported_encoding","title":"Unsupported Media Type","status":415,"detail":"{message}","code":"unsupported_encoding"}}"#
            ),
        ),
        ("/includes/api.php", "identity", 200, GROUPS.to_owned()),
        ("/includes/api.php", "", 200, GROUPS.to_owned()),
    ] {
        let body = form("action=GetProductsGroups&gid=2&responsetype=json");
        let request = Request::post(path).header("content-encoding", encoding);
        let response = api.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let accepted = response.headers().get("accept-encoding").map(|value| value.to_str().unwrap());
        assert_eq!(accepted, (status == 415).then_some("identity"), "{path} {encoding}");
        let answer = (response.status().as_u16(), to_bytes(response.into_body(), 1000).await.unwrap());
        assert_eq!((answer.0, std::str::from_utf8(&answer.1).unwrap()), (status, &*reply), "{path} {encoding}");
    }
    let query = format!("/includes/api.php?{}", form("action=GetProductsGroups&gid=2&responsetype=json"));
    let answer = exchange(&api.router, ("GET", &query, &[("content-encoding", "gzip")], "")).await;
    assert_eq!(answer, (200, JSON.to_owned(), GROUPS.to_owned()), "there is nothing to decode");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_replaced() {
    let api = TestApi::new().await;
    let body = [
        form("action=AddCredit&clientid=2&amount=1&responsetype=json&description=caf").into_bytes(),
        b"\xe9%E9".to_vec(),
    ];
    let request = Request::post("/includes/api.php")
        .header("content-type", "application/x-www-form-urlencoded; charset=iso-8859-1");
    let response = api.router.clone().oneshot(request.body(Body::from(body.concat())).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(api.rows("description", "tblcredit WHERE clientid = 2").await, ["caf\u{fffd}\u{fffd}"]);
    api.check(
        "action=GetCredits&clientid=2",
        r#"{"result":"success","totalresults":1,"clientid":"2","credits":{"credit":[{"id":"3","date":"2026-11-20","description":"caf\ufffd\ufffd","amount":"1.00","relid":"0"}]}}"#,
    )
    .await;
}

/// A reply that is repeated after a lost COMMIT is in the format in which it was first encoded.
#[tokio::test]
async fn a_stored_reply_keeps_its_format() {
    let api = TestApi::new().await;
    for format in ["json", "xml", "nvp"] {
        api.send(&format!("action=AddCredit&clientid=2&amount=1&responsetype={format}")).await;
    }
    let stored = api.rows("format, LEFT(reply, 6)", "mod_whmcs_api_requests ORDER BY format").await;
    assert_eq!(stored, ["json | {\"resu", "nvp | result", "xml | <?xml "]);
}

#[tokio::test]
async fn what_the_evidence_leaves_open_can_be_set() {
    let api = with_groups().await;
    api.sql(
        include_str!("../support/fixtures/products.sql")
            .replace("(1, 'Hosting', 'hosting', 0, 2), (2,", "(3, 'x', 'x', 0, 3), (4,")
            .as_str(),
    )
    .await;
    let flat = form("action=AddCredit&clientid=2&amount=0");
    let refused = "result=error;message=No Amount Provided";
    let json = r#"{"result":"error","message":"No Amount Provided"}"#;
    let xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"9.0.0\">\n<action>addcredit</action>\n\
               <result>error</result>\n<message>No Amount Provided</message>\n</whmcsapi>\n";
    let unknown = form("action=x&responsetype=nvp");
    let unknown_reply = "result=error;message=Invalid API Action: \"x\" is not a valid API action";
    let groups = form("action=GetProductsGroups&gid=2&responsetype=json");
    let plain = r#"{"result":"success","groups":[{"id":2,"name":"Caf\u00e9 / 5 \u20ac"}]}"#;
    let escaped = r#"{"result":"success","groups":[{"id":2,"name":"Caf\u00e9 \/ 5 \u20ac"}]}"#;
    for (compat, sent, status, reply) in [
        (Compat::default(), &flat, 200, refused),
        (Compat { default_format: DefaultFormat::Json, ..Compat::default() }, &flat, 200, json),
        (Compat { default_format: DefaultFormat::Nvp, ..Compat::default() }, &flat, 200, refused),
        (
            Compat { default_format: DefaultFormat::Xml, xml_version: "9.0.0".into(), ..Compat::default() },
            &flat,
            200,
            xml,
        ),
        (Compat::default(), &unknown, 200, unknown_reply),
        (
            Compat { unknown_action_status: UnknownActionStatus::Forbidden, ..Compat::default() },
            &unknown,
            403,
            unknown_reply,
        ),
        (Compat::default(), &groups, 200, plain),
        (Compat { slashes: Slashes::Escaped, ..Compat::default() }, &groups, 200, escaped),
    ] {
        let (_pool, router) = replica(&api.database, compat.clone()).await;
        let answer = exchange(&router, ("POST", "/includes/api.php", &[("content-type", FORM)], sent)).await;
        assert_eq!((answer.0, answer.2.as_str()), (status, reply), "{compat:?}");
    }
    api.sql("INSERT INTO tblcredit (clientid, date, description, amount) VALUES (2, '2026-01-03', 'Newer', 5)").await;
    for (credits_order, first) in [(CreditsOrder::OldestFirst, "2026-01-02"), (CreditsOrder::NewestFirst, "2026-01-03")]
    {
        let (_pool, router) = replica(&api.database, Compat { credits_order, ..Compat::default() }).await;
        let sent = form("action=GetCredits&clientid=2&responsetype=nvp");
        let answer = exchange(&router, ("POST", "/includes/api.php", &[("content-type", FORM)], &sent)).await;
        assert!(answer.2.contains(&format!("credits[credit][0][date]={first}")), "{}", answer.2);
    }
    for (product_url, key) in [(ProductUrl::Underscore, "product_url"), (ProductUrl::Hyphen, "product-url")] {
        let (_pool, router) = replica(&api.database, Compat { product_url, ..Compat::default() }).await;
        let sent = form("action=GetProducts&pid=3&responsetype=nvp");
        let answer = exchange(&router, ("POST", "/includes/api.php", &[("content-type", FORM)], &sent)).await;
        assert!(
            answer.2.contains(&format!("products[product][0][{key}]=https://www.example.com/whmcs/")),
            "{}",
            answer.2
        );
        assert_eq!(answer.2.matches("product_url").count() + answer.2.matches("product-url").count(), 1);
    }
}
