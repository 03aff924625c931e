//! What PHP may read differently from this server is not passed: what was checked here is what is executed there.

use axum::body::Body;
use axum::http::Request;
use whmcs_api::config::Upstream;

use super::{passing, respond};
use crate::support::{CREDENTIAL, ScriptedUpstream, post};

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

fn multipart(parts: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    parts.iter().map(part).collect::<String>() + "--b--\r\n"
}

#[tokio::test]
async fn what_may_be_read_differently_is_rejected() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(Upstream { actions: vec!["GetCredits".to_owned()], ..upstream.settings() }).await;
    let call = &*format!("{CREDENTIAL}&action=GetOdd");
    let query = &*format!("?{call}");
    // Three parameters are those of the call.
    let most = &*format!("{call}{}", "&a[]=1".repeat(997));
    let parts = [("action", "GetOdd"), ("identifier", "TestIdentifier"), ("secret", "TestSecret")];
    let with_part = |name, value| multipart(&[&parts[..], &[(name, value)]].concat());
    let with_file = multipart(&parts).replacen(
        "--b\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"action\"; filename=\"x\"\r\n\r\n\r\n--b\r\n",
        1,
    );
    let json =
        |more: &str| format!(r#"{{"action":"GetOdd","identifier":"TestIdentifier","secret":"TestSecret"{more}}}"#);
    let many_in_json = json(&format!(r#","a":[{}1]"#, "1,".repeat(999)));
    let several =
        |name: &str| format!("The parameter `{name}` has several values, of which WHMCS may take another one");
    let no_text = |name: &str| format!("The value of `{name}` must be a text in UTF-8");
    let too_many = || "WHMCS reads 1000 parameters of a request at most".to_owned();
    let two = || {
        "The request has a credential in `identifier` and `secret` and another one in `username` and `password`"
            .to_owned()
    };
    let unread = || {
        "WHMCS reads a body only of a POST request, and as application/x-www-form-urlencoded or multipart/form-data"
            .to_owned()
    };
    let unusual = || "The multipart form is written in a way that WHMCS may read differently".to_owned();
    for (method, query, content_type, body, rejection) in [
        ("POST", "", FORM, call, None),
        ("POST", query, FORM, call, None),
        ("POST", query, "", "", None),
        ("GET", query, "text/x", "", None),
        ("POST", "", FORM, &format!("{call}&action=GetOdd&username=&password="), None),
        ("POST", "", FORM, &format!("{call}&username=TestIdentifier&password=TestSecret"), None),
        ("POST", "", FORM, &format!("{call}&actions=x&xaction=y&a[action]=z"), None),
        ("POST", "", FORM, most, None),
        ("POST", "", MULTIPART, &with_part("note", "x--b"), Some(unusual())),
        ("POST", "", MULTIPART, &with_part("note", "--c"), None),
        ("POST", "", MULTIPART, &with_file, None),
        ("POST", "", "application/json", &json(r#","a":[1],"action ":"x""#), None),
        // This server prefers the action that it has.
        (
            "POST",
            "",
            FORM,
            &format!("action=AddOdd&action=GetCredits&action=AddOdd&{CREDENTIAL}"),
            Some(several("action")),
        ),
        ("POST", "?action=AddOdd", FORM, call, Some(several("action"))),
        ("POST", "", FORM, &format!("{call}&+action=AddOdd"), Some(several("action"))),
        ("POST", "", FORM, &format!("{call}&%20%20action=AddOdd"), Some(several("action"))),
        ("POST", "", FORM, &format!("{call}&action%00x=AddOdd"), Some(several("action"))),
        ("POST", "", FORM, &format!("{call}&action="), Some(several("action"))),
        ("POST", "", FORM, &format!("{call}&action[x]=AddOdd"), Some(no_text("action"))),
        ("POST", "", FORM, &format!("identifier=Other&{call}"), Some(several("identifier"))),
        ("POST", "?secret=x", FORM, call, Some(several("secret"))),
        ("POST", "", FORM, &format!("{call}&accesskey=a&accesskey=b"), Some(several("accesskey"))),
        ("POST", "", FORM, &format!("{call}&password=%FF"), Some(no_text("password"))),
        ("POST", "", FORM, &format!("{call}&username=Other&password=x"), Some(two())),
        ("POST", "", FORM, &format!("{call}&username=Other"), Some(two())),
        ("POST", "", FORM, &format!("{most}&a=1"), Some(too_many())),
        ("POST", "?a=1", FORM, most, Some(too_many())),
        ("GET", query, FORM, "x=1", Some(unread())),
        ("POST", "", "", call, Some(unread())),
        ("POST", "", "text/plain", call, Some(unread())),
        ("POST", "", &format!("{FORM}, text/plain"), call, Some(unread())),
        ("POST", "", MULTIPART, &with_part("action", "AddOdd"), Some(several("action"))),
        ("POST", "", MULTIPART, &with_part(" secret", "x"), Some(several("secret"))),
        (
            "POST",
            "",
            MULTIPART,
            &multipart(&parts).replace("name=\"secret\"", "name=\"secret\"; name=\"x\""),
            Some(unusual()),
        ),
        ("POST", "", "application/json", &json(r#"," secret":"x""#), Some(several("secret"))),
        ("POST", "", "application/json", &json(r#","username":"x""#), Some(two())),
        ("POST", "?action=AddOdd", "application/json", &json(""), Some(several("action"))),
        ("POST", "", "application/json", &many_in_json, Some(too_many())),
    ] {
        let request = Request::builder().method(method).uri(format!("/includes/api.php{query}"));
        let request = request.header("accept", "application/json").header("content-type", content_type);
        let (status, _, reply) = respond(&api.router, request.body(Body::from(body.to_owned())).unwrap()).await;
        let context = format!("{method} {query} {content_type} {body}: {}", String::from_utf8_lossy(&reply));
        assert_eq!(upstream.received().len(), usize::from(rejection.is_none()), "{context}");
        match rejection {
            None => assert_eq!(status, 200, "{context}"),
            Some(reason) => {
                let expected = format!(r#"{{"result":"error","message":"{reason}"}}"#);
                assert_eq!((status, str::from_utf8(&reply).unwrap()), (400, &*expected), "{context}");
            }
        }
    }
    let request = Request::post("/v1/GetOdd").header("authorization", "Bearer TestIdentifier:TestSecret");
    let request = request.header("content-type", "application/json").body(r#"{"action":"AddOdd"}"#.into());
    assert_eq!(respond(&api.router, request.unwrap()).await.0, 400);
    assert_eq!(upstream.received(), []);
    // What this server answers itself has only one reader.
    let twice = format!("action=create&{CREDENTIAL}&action=GetInvoices&action=create");
    assert_eq!(post(&api.router, &twice).await.0, 200);
}
