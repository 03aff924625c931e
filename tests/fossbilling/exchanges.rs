//! Exchanges as FOSSBilling has them: statuses, numbers and texts.

use axum::http::Method;
use serde_json::{Value, json};

use super::{ADMIN, CLIENT, Desk};

#[tokio::test]
async fn exchanges_are_those_of_fossbilling() {
    let desk = Desk::open("fossbilling-exchanges").await;
    let list = "/api/admin/client/get_list";
    let failed = (401, "Authentication Failed");
    let too_many = "The number of items per page (per_page) is too large. Please specify a smaller number.";
    for (method, path, login, body, (status, text), code) in [
        (
            "GET",
            "/api/guest/client/nosuch",
            None,
            "",
            (404, "Guest API call nosuch does not exist in module client"),
            740,
        ),
        ("GET", "/api/guest/nosuch/get", None, "", (200, "FOSSBilling module nosuch is not installed/activated"), 715),
        ("GET", "/api/guest/profile/get", None, "", (404, "Guest API call get does not exist in module profile"), 740),
        ("GET", "/api/foo/client/get", None, "", (400, "Unknown API call foo/client/get"), 879),
        ("GET", "/api/guest/client/get/1", None, "", (400, "Unknown API call guest/client/get/1"), 879),
        ("POST", list, None, "{}", failed, 201),
        ("POST", "/api/admin/client/nosuch", None, "{}", failed, 201),
        ("POST", list, Some("root:key"), "{}", failed, 201),
        ("POST", list, CLIENT, "{}", failed, 203),
        ("POST", "/api/client/profile/get", ADMIN, "{}", failed, 203),
        ("POST", "/api/client/profile/get", Some("client:wrong"), "{}", failed, 204),
        // A key is of one kind.
        ("POST", "/api/client/profile/get", Some("client:DemoAdminKey00000000000000000001"), "{}", failed, 204),
        ("POST", list, Some("admin:DemoClientKey0000000000000000001"), "{}", failed, 205),
        ("POST", list, Some("admin:wrong"), "{}", failed, 205),
        ("POST", list, Some("admin"), "{}", failed, 202),
        ("POST", list, Some("admin:"), "{}", failed, 206),
        (
            "POST",
            "/api/admin/client/nosuch",
            ADMIN,
            "{}",
            (404, "Admin API call nosuch does not exist in module client"),
            740,
        ),
        ("POST", list, ADMIN, r#"{"per_page":501}"#, (200, too_many), 9999),
        (
            "POST",
            list,
            ADMIN,
            r#"{"date_from":"yesterday"}"#,
            (200, "Invalid date format for date_from: yesterday"),
            9999,
        ),
        ("POST", list, ADMIN, "{bad", (200, "Malformed JSON input: Syntax error"), 400),
        (
            "GET",
            "/api/admin/currency/create",
            ADMIN,
            "",
            (403, "You do not have permission to perform this action"),
            403,
        ),
    ] {
        let (got, headers, answer) = desk.send(method.parse().unwrap(), path, login, body).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let expected = json!({"result": null, "error": {"message": text, "code": code}});
        assert_eq!((got, answer), (status, expected), "{method} {path} {login:?}");
        assert!(!headers.contains_key("www-authenticate"), "{path}");
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["cache-control"], "must-revalidate, no-cache, private");
    }
    // An array is parameters without names.
    let (status, _, answer) = desk.send(Method::POST, list, ADMIN, " [1]").await;
    assert!(status == 200 && answer.contains(r#""page":1"#), "{status} {answer}");
    // Pages and ids of a list that is read from several tables.
    let orders = desk.result("admin/order/get_list", ADMIN, json!({})).await["list"].clone();
    for (sent, expected) in [
        (json!({"page": 2, "per_page": 2}), &orders.as_array().unwrap()[2..4]),
        (json!({"ids": [orders[0]["id"], orders[1]["id"]]}), &orders.as_array().unwrap()[..2]),
    ] {
        let listed = desk.result("admin/order/get_list", ADMIN, sent.clone()).await;
        assert_eq!(listed["list"].as_array().unwrap(), expected, "{sent}");
    }
    // Guests log in and sign up only so often, whatever they send.
    for (method, most) in [("guest/client/login", 10), ("guest/client/create", 5)] {
        for _ in 0..most {
            assert!(desk.error(method, None, json!({})).await.starts_with("9999 "), "{method}");
        }
        let (status, headers, _) = desk.send(Method::POST, &format!("/api/{method}"), None, "{}").await;
        assert_eq!((status, headers.contains_key("retry-after")), (429, true), "{method}");
    }
    let (status, headers, _) = desk.send(Method::PUT, "/api/admin/client/get", ADMIN, "").await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (404, "text/html; charset=utf-8"));
    // Nothing is found, in JSON and in a form, with the page in the body, in the query or in neither.
    let nothing = |page| json!({"pages": 0, "page": page, "per_page": 100, "total": 0, "list": []});
    for (method, path, body, page) in [
        (Method::POST, "?search=nobody", r#"{"search":"nobody"}"#, 1),
        (Method::POST, "?page=3", r#"{"search":"nobody"}"#, 3),
        (Method::GET, "?search=nobody&page=2", "", 2),
    ] {
        let (status, _, answer) = desk.send(method, &format!("{list}{path}"), ADMIN, body).await;
        let expected = json!({"result": nothing(page), "error": null});
        assert_eq!((status, serde_json::from_str::<Value>(&answer).unwrap()), (200, expected), "{path}");
    }
    // The description for programs.
    let description = "/fossbilling/openapi.json";
    let (status, headers, document) = desk.send(Method::GET, description, None, "").await;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!((status, &headers["content-type"]), (200, &"application/json".parse().unwrap()));
    assert!(document["paths"]["/api/client/cart/checkout"]["post"]["responses"].is_object());
    assert_eq!(desk.send(Method::POST, description, None, "{}").await.0, 405);
    // Without rewriting, and with a module in another case.
    for path in [
        "/index.php?_url=/api/guest/product/get_list",
        "/api/guest/Product/get_list",
        "/shop/api/guest/product/get_list",
    ] {
        let (status, _, answer) = desk.send(Method::GET, path, Some("client:wrong"), "").await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(status == 200 && answer["result"]["total"].as_i64() > Some(2), "{path}: {answer}");
    }
}
