//! Attachments, which clients send as arrays, as JSON, as base64 of either, and as files of a multipart form.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD as BASE64, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use whmcs_api::actions::CATALOGUE;

use super::base;
use crate::actions::CALLS;
use crate::actions::support::open_ticket::{Folder, upload};
use crate::support::{DOCUMENT, TestApi};

/// Its base64 has the digits `+` and `/`, and its JSON's base64 does, too.
const CONTENT: &[u8] = b"\xfb\xef\xff and so on, in more than one line of a mail: \xfb\xef\xff\xfb\xef\xff??>>\n";

fn encoded(json: &Value) -> String {
    BASE64.encode(json.to_string())
}

fn in_lines(base64: &str) -> String {
    base64.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line) + "\r\n").collect()
}

/// Writes one pair of a form.
fn pair(name: &str, value: &str) -> String {
    serde_urlencoded::to_string([(name, value)]).unwrap()
}

/// The parameters that send one file, `log.txt`, in each form.
fn forms() -> Vec<String> {
    let data = BASE64.encode(CONTENT);
    let (name, filename) = (json!({"name": "log.txt", "data": data}), json!({"filename": "log.txt", "data": data}));
    let both = json!({"filename": "log.txt", "data": data, "name": "log.txt", "type": "text/plain", "size": 77});
    let serialized = format!(r#"a:1:{{i:0;a:2:{{s:4:"name";s:7:"log.txt";s:4:"data";s:{}:"{data}";}}}}"#, data.len());
    let texts = [
        encoded(&json!([name])),
        encoded(&json!([filename])),
        encoded(&json!([both])),
        encoded(&filename),
        encoded(&json!({"0": filename})),
        json!([name]).to_string(),
        json!([filename]).to_string(),
        serde_json::to_string_pretty(&filename).unwrap(),
        BASE64_URL_SAFE_NO_PAD.encode(json!([filename]).to_string()),
        in_lines(&encoded(&json!([filename]))),
        encoded(&json!([{"name": "log.txt", "data": in_lines(&data)}])),
        encoded(&json!([{"name": "log.txt", "data": BASE64_URL_SAFE_NO_PAD.encode(CONTENT)}])),
        encoded(&json!([{"name": "log.txt", "data": format!("data:text/plain;base64,{data}")}])),
        BASE64.encode(serialized),
    ];
    let mut forms: Vec<String> = texts.iter().map(|text| pair("attachments", text)).collect();
    for (name, data_name) in [
        ("attachments[0][name]", "attachments[0][data]"),
        ("attachments[0][filename]", "attachments[0][data]"),
        ("attachments[a][filename]", "attachments[a][data]"),
        ("attachments[filename]", "attachments[data]"),
    ] {
        forms.push(format!("{}&{}", pair(name, "log.txt"), pair(data_name, &data)));
    }
    // Not percent-encoded: a `+` becomes a blank.
    forms.push(format!("attachments={}", encoded(&json!([filename]))));
    forms.push(format!("attachments[0][name]=log.txt&attachments[0][data]={data}"));
    forms
}

/// Returns a call of each action that takes attachments, without attachments.
fn calls() -> Vec<(&'static str, String)> {
    let takes_attachments = |action: &str| {
        let schema = &DOCUMENT["paths"][format!("/v1/{action}")]["post"]["requestBody"];
        schema["content"]["application/json"]["schema"]["properties"]["attachments"].is_object()
    };
    let call = |action: &str| {
        let (_, calls) = CALLS.iter().find(|(name, _)| *name == action).unwrap();
        let own = calls.writing.iter().rfind(|call| call.split('&').next() == Some(action)).unwrap();
        let others: Vec<_> =
            own.split('&').filter(|pair| base(pair.split('=').next().unwrap()) != "attachments").collect();
        (calls.setup, others.join("&"))
    };
    CATALOGUE.iter().filter(|entry| takes_attachments(&entry.name)).map(|entry| call(&entry.name)).collect()
}

#[tokio::test]
async fn are_stored_in_every_form() {
    let calls = calls();
    assert!(calls.len() >= 3, "{calls:?}");
    for (setup, call) in calls {
        let folder = Folder::new(&format!("forms-{}", call.split('&').next().unwrap()));
        let api = TestApi::with_settings(folder.settings()).await;
        api.sql(setup).await;
        for form in forms() {
            let (_, body) = api.send(&format!("action={call}&{form}")).await;
            assert!(body.contains(r#""result":"success""#), "{call}&{form}: {body}");
            assert_eq!(folder.take(), [("log.txt".to_owned(), CONTENT.to_vec())], "{call}&{form}");
        }
        for field in ["attachments", "attachments[]", "attachments[0]", "attachment", "attachment[]", "files[]", "file"]
        {
            let (_, body) = upload(&api, &format!("action={call}"), &[(field, "log.txt", "x")]).await;
            assert!(body.contains(r#""result":"success""#), "{call} {field}: {body}");
            assert_eq!(folder.take(), [("log.txt".to_owned(), b"x".to_vec())], "{call} {field}");
        }
        for (form, message) in [
            ("attachments=%5B", "attachments: not JSON"),
            ("attachments=x", "attachments: not base64"),
            ("attachments=eA==", "attachments: not base64 of JSON"),
            ("attachments[data]=eA==", "attachments: each file must have a name, and data in base64"),
            ("attachments[0][filename]=log.txt", "attachments: each file must have a name, and data in base64"),
        ] {
            api.refuse(&format!("action={call}&{form}"), message).await;
        }
        assert!(folder.take().is_empty());
    }
}
