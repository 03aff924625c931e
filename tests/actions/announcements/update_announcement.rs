use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateAnnouncement&announcementid=1&published=0"],
    setup: "INSERT INTO tblannouncements (id, title) VALUES (1, 'x')",
    writing: &["UpdateAnnouncement&announcementid=1&title=y"],
    every_parameter: "UpdateAnnouncement&announcementid=1&title=y&announcement=y&date=2026-11-20&published=1",
};

const ROW: &str = "date, title, announcement, published, updated_at";

#[tokio::test]
async fn changes_what_is_named_and_nothing_else() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblannouncements (id, date, title, announcement, published) VALUES \
         (1, '2026-01-01 10:00:00', 'Old', '<p>Old</p>', 1), (2, '2026-01-02 10:00:00', 'Other', '', 0)",
    )
    .await;
    for (request, row) in [
        ("title=New", "2026-01-01 10:00:00 | New | <p>Old</p> | 1 | 2026-11-20 12:30:00"),
        ("title=&published=0", "2026-01-01 10:00:00 | New | <p>Old</p> | 0 | 2026-11-20 12:30:00"),
        ("announcement=<b>", "2026-01-01 10:00:00 | New | <b> | 0 | 2026-11-20 12:30:00"),
        ("date=1969-07-11+10:00:00&published=1", "1969-07-11 10:00:00 | New | <b> | 1 | 2026-11-20 12:30:00"),
    ] {
        let reply = r#"{"result":"success","announcementid":1}"#;
        api.check(&format!("action=UpdateAnnouncement&announcementid=1&{request}"), reply).await;
        assert_eq!(api.rows(ROW, "tblannouncements WHERE id = 1").await, [row], "{request}");
    }
    let other = "2026-01-02 10:00:00 | Other |  | 0 | 0000-00-00 00:00:00";
    assert_eq!(api.rows(ROW, "tblannouncements WHERE id = 2").await, [other]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    api.sql("INSERT INTO tblannouncements (id, title) VALUES (1, 'x')").await;
    for (request, message) in [
        ("title=y", "Announcement ID Not Found"),
        ("announcementid=x&title=y", "Announcement ID Not Found"),
        ("announcementid=9&title=y", "Announcement ID Not Found"),
        ("announcementid=1&date=x", "Invalid Date Format"),
    ] {
        api.refuse(&format!("action=UpdateAnnouncement&{request}"), message).await;
    }
}
