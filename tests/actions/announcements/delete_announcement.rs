use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddAnnouncement&title=x", "DeleteAnnouncement&announcementid={announcementid}"],
    setup: "INSERT INTO tblannouncements (id, title) VALUES (1, 'x')",
    writing: &["DeleteAnnouncement&announcementid=1"],
    every_parameter: "DeleteAnnouncement&announcementid=1",
};

#[tokio::test]
async fn translations_go_along() {
    let api = TestApi::new().await;
    api.sql("INSERT INTO tblannouncements (id, parentid, title) VALUES (1, 0, 'x'), (2, 1, 'y'), (3, 0, 'z')").await;
    let reply = r#"{"result":"success","announcementid":1}"#;
    api.check("action=DeleteAnnouncement&announcementid=1", reply).await;
    assert_eq!(api.rows("id", "tblannouncements").await, ["3"]);
    for id in ["", "1", "x"] {
        let request = format!("action=DeleteAnnouncement&announcementid={id}");
        api.refuse(&request, "Announcement ID Not Found").await;
    }
}
