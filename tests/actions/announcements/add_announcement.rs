use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddAnnouncement&date=2026-11-20+12:30:00&title=News&announcement=x&published=1"],
    writing: &["AddAnnouncement&title=x"],
    every_parameter: "AddAnnouncement&date=2026-11-20&title=x&announcement=x&published=1",
    ..Calls::NONE
};

const ROW: &str = "date, title, announcement, published, parentid, language, created_at, updated_at";

#[tokio::test]
async fn keeps_what_was_sent() {
    let api = TestApi::new().await;
    for (id, (request, row)) in [
        (
            "date=1969-07-11&title=It's+here&announcement=<p>It's+here.</p>&published=true",
            "1969-07-11 00:00:00 | It's here | <p>It's here.</p> | 1 | 0 |  | 2026-11-20 12:30:00 | 2026-11-20 12:30:00",
        ),
        (
            "date=2026-12-01+08:00:00&title=x&announcement=x&published=0",
            "2026-12-01 08:00:00 | x | x | 0 | 0 |  | 2026-11-20 12:30:00 | 2026-11-20 12:30:00",
        ),
        ("title=x", "2026-11-20 12:30:00 | x |  | 0 | 0 |  | 2026-11-20 12:30:00 | 2026-11-20 12:30:00"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = id + 1;
        let reply = format!(r#"{{"result":"success","announcementid":{id}}}"#);
        api.check(&format!("action=AddAnnouncement&{request}"), &reply).await;
        assert_eq!(api.rows(ROW, &format!("tblannouncements WHERE id = {id}")).await, [row], "{request}");
    }
    let line = "Added Announcement - Announcement ID: 1 | alice";
    assert_eq!(api.rows("description, user", "tblactivitylog LIMIT 1").await, [line]);
}

#[tokio::test]
async fn refuses_what_nobody_could_read() {
    let api = TestApi::new().await;
    for (request, message) in [
        ("announcement=x", "Title is required"),
        ("title=+", "Title is required"),
        ("title=x&date=x", "Invalid Date Format"),
    ] {
        api.refuse(&format!("action=AddAnnouncement&{request}"), message).await;
    }
}
