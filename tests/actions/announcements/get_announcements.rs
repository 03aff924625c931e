use whmcs_api::config::Compat;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetAnnouncements&limitstart=0&limitnum=1"],
    every_parameter: "GetAnnouncements&limitstart=0&limitnum=1",
    ..Calls::NONE
};

const ROWS: &str = "INSERT INTO tblannouncements (id, date, title, announcement, published, parentid, language, created_at) VALUES \
                    (1, '2026-01-01 10:00:00', 'Old', '<p>A &amp; B</p>', 1, 0, '', '2026-01-01 09:00:00'), \
                    (2, '2026-01-02 10:00:00', 'New', '', 0, 0, '', 0), (3, '2026-01-03 10:00:00', 'Neu', '', 1, 2, 'german', 0)";

#[tokio::test]
async fn has_the_documented_shape() {
    let api = TestApi::new().await;
    api.sql(ROWS).await;
    api.check(
        "action=GetAnnouncements&limitstart=1&limitnum=1",
        concat!(
            r#"{"result":"success","totalresults":2,"startnumber":1,"numreturned":1,"announcements":{"announcement":[{"id":1,"#,
            r#""date":"2026-01-01 10:00:00","title":"Old","announcement":"\u003Cp\u003EA \u0026amp; B\u003C/p\u003E","published":"1","parentid":"0","#,
            r#""language":"","created_at":"2026-01-01 09:00:00","updated_at":"0000-00-00 00:00:00"}]}}"#,
        ),
    )
    .await;
    let reply = api.reply("action=GetAnnouncements&limitstart=9").await;
    assert_eq!((&reply["totalresults"], &reply["numreturned"]), (&2.into(), &0.into()));
}

#[tokio::test]
async fn the_operator_decides_on_what_is_not_published() {
    for (unpublished_announcements, titles) in [(true, vec!["New", "Old"]), (false, vec!["Old"])] {
        let api = TestApi::with(Compat { unpublished_announcements, ..Compat::default() }).await;
        api.sql(ROWS).await;
        let reply = api.reply("action=GetAnnouncements").await;
        let announcements = reply["announcements"]["announcement"].as_array().unwrap();
        let found: Vec<&str> = announcements.iter().filter_map(|row| row["title"].as_str()).collect();
        assert_eq!(found, titles);
    }
}
