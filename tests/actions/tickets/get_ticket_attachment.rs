use crate::support::Calls;
use crate::support::desk::Desk;

pub const CALLS: Calls = Calls {
    demo: &["GetTicketAttachment&relatedid=11&type=ticket&index=0"],
    every_parameter: "GetTicketAttachment&relatedid=1&type=ticket&index=0",
    ..Calls::NONE
};

#[tokio::test]
async fn returns_files_under_the_names_that_their_authors_gave_them() {
    let desk = Desk::open().await;
    desk.sql("UPDATE tblticketnotes SET attachments_removed = 0").await;
    for (request, name, data) in [
        ("relatedid=1&type=ticket&index=0", "fire_1.png", "ZmlyZV8xLnBuZw=="),
        ("relatedid=1&type=Ticket&index=1", "fire.txt", "ZmlyZS50eHQ="),
        ("relatedid=2&type=reply&index=0", "ash.txt", "YXNoLnR4dA=="),
        ("relatedid=1&type=note&index=0", "map.pdf", "bWFwLnBkZg=="),
    ] {
        let reply = format!(r#"{{"result":"success","filename":"{name}","data":"{data}"}}"#);
        desk.check(&format!("action=GetTicketAttachment&{request}"), &reply).await;
    }
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let desk = Desk::open().await;
    desk.remove_file("000001_ash.txt");
    desk.sql("UPDATE tblticketreplies SET attachment = '../../etc/passwd' WHERE id = 3").await;
    for (request, message) in [
        ("type=x", "Related ID Required"),
        ("relatedid=1", "Invalid Type. Must be one of ticket, reply, note"),
        ("relatedid=1&type=invoice", "Invalid Type. Must be one of ticket, reply, note"),
        ("relatedid=0&type=ticket&index=0", "Related ID Not Found"),
        ("relatedid=99&type=ticket", "Related ID Not Found"),
        ("relatedid=99&type=reply&index=0", "Related ID Not Found"),
        ("relatedid=99&type=note&index=0", "Related ID Not Found"),
        ("relatedid=x&type=note&index=0", "Related ID Not Found"),
        ("relatedid=4&type=ticket", "Attachment Index Required"),
        ("relatedid=4&type=ticket&index=", "Attachment Index Required"),
        ("relatedid=4&type=ticket&index=0", "No Attachments Found"),
        ("relatedid=4&type=ticket&index=x", "No Attachments Found"),
        ("relatedid=1&type=note&index=0", "Attachments Deleted"),
        ("relatedid=1&type=ticket&index=2", "Invalid Attachment Index"),
        ("relatedid=1&type=ticket&index=x", "Invalid Attachment Index"),
        // The file is missing, or its name leads out of the folder.
        ("relatedid=2&type=reply&index=0", "No Attachments Found"),
        ("relatedid=3&type=reply&index=0", "No Attachments Found"),
    ] {
        desk.refuse(&format!("action=GetTicketAttachment&{request}"), message).await;
    }
}

#[tokio::test]
async fn files_in_departments_of_others_do_not_exist() {
    let desk = Desk::open().await;
    desk.assign("2").await;
    for request in
        ["relatedid=1&type=ticket&index=0", "relatedid=2&type=reply&index=0", "relatedid=1&type=note&index=0"]
    {
        desk.refuse(&format!("action=GetTicketAttachment&{request}"), "Related ID Not Found").await;
    }
}
