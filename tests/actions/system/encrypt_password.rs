use crate::support::{Calls, TestApi, settings_with_keys};

pub const CALLS: Calls = Calls {
    demo: &["EncryptPassword&password2=teststring"],
    setup: "",
    writing: &[],
    every_parameter: "EncryptPassword&password2=teststring",
};

#[tokio::test]
async fn differs_each_time_and_does_not_show_the_text() {
    let api = TestApi::with_settings(settings_with_keys()).await;
    let encrypt = async |text: &str| {
        let reply = api.reply(&format!("action=EncryptPassword&password2={text}")).await;
        reply["password"].as_str().unwrap().to_owned()
    };
    let (one, other) = (encrypt("teststring").await, encrypt("teststring").await);
    assert_ne!(one, other);
    assert!(!one.contains("teststring"), "{one}");
}

#[tokio::test]
async fn without_keys_it_says_so() {
    let api = TestApi::new().await;
    let message = "This server has no key file (keys.file), so it can seal nothing";
    api.refuse("action=EncryptPassword&password2=x", message).await;
}
