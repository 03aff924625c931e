use crate::support::{Calls, NOW, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateAdminNotes&notes=x"],
    setup: "",
    writing: &["UpdateAdminNotes&notes=x"],
    every_parameter: "UpdateAdminNotes&notes=x",
};

#[tokio::test]
async fn replaces_the_notes_of_the_caller() {
    let api = TestApi::new().await;
    api.sql("UPDATE tbladmins SET notes = 'Old'").await;
    for (sent, notes) in [("This is an admin note", "This is an admin note"), ("", "")] {
        api.check(&format!("action=UpdateAdminNotes&notes={sent}"), r#"{"result":"success"}"#).await;
        assert_eq!(api.rows("notes, updated_at", "tbladmins WHERE id = 1").await, [format!("{notes} | {NOW}")]);
        assert_eq!(api.reply("action=GetAdminDetails").await["notes"], notes);
    }
    assert_eq!(api.rows("notes", "tbladmins WHERE id = 2").await, ["Old"]);
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = TestApi::new().await;
    let long = format!("notes={}", "x".repeat(65_536));
    for (request, message) in [
        ("", "notes is required"),
        ("notes[]=x", "notes must be a text"),
        (&long, "notes is too long: at most 65535 bytes are allowed"),
    ] {
        api.refuse(&format!("action=UpdateAdminNotes&{request}"), message).await;
    }
}
