use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetStats&timeline_days=7"], every_parameter: "GetStats&timeline_days=7", ..Calls::NONE };

/// Creates an API with the data for statistics; the time is 2026-11-20, 12:30.
async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(
        "\
         INSERT INTO tblaccounts (userid, date, amountin, fees, amountout, rate) VALUES \
           (1, '2026-11-20 00:00:00', 10, 1, 0, 1), (2, '2026-11-20 23:59:59', 9, 0, 0, 0.9), \
           (1, '2026-11-21 00:00:00', 1000, 0, 0, 1), (1, '2026-11-19 23:59:59', 5, 0, 0, 1), \
           (1, '2026-11-01 00:00:00', 0, 0, 2.5, 1), (1, '2026-10-31 23:59:59', 7, 0, 0, 1), \
           (1, '2026-01-01 00:00:00', 1, 0, 0, 1), (1, '2025-12-31 23:59:59', 100, 0, 0, 1); \
         INSERT INTO tblorders (userid, date, status) VALUES \
           (1, '2026-11-20 01:00:00', 'Pending'), (1, '2026-11-20 02:00:00', 'Active'), \
           (1, '2026-11-20 03:00:00', 'Active'), (1, '2026-11-20 04:00:00', 'Fraud'), \
           (1, '2026-11-20 05:00:00', 'Cancelled'), (1, '2026-11-20 06:00:00', 'Custom'), \
           (1, '2026-11-19 01:00:00', 'Pending'), (1, '2026-11-19 01:00:00', 'Active'), \
           (1, '2026-11-02 01:00:00', 'Pending'), (1, '2026-02-02 01:00:00', 'Active'), (1, '2025-11-20 01:00:00', 'Pending'); \
         INSERT INTO tblticketstatuses (title, showactive, showawaiting) VALUES \
           ('Open', 1, 1), ('Answered', 1, 0), ('Customer-Reply', 1, 1), ('Closed', 0, 0), ('On Hold', 1, 0), \
           ('In Progress', 1, 0); \
         INSERT INTO tbltickets (status, flag, date, merged_ticket_id) VALUES \
           ('Open', 1, '2026-11-20 01:00:00', 0), ('Open', 2, '2026-11-20 01:00:00', 0), \
           ('Answered', 1, '2026-11-18 01:00:00', 0), ('Customer-Reply', 0, '2026-10-18 01:00:00', 0), \
           ('Closed', 1, '2026-10-18 01:00:00', 0), ('On Hold', 0, '2026-10-18 01:00:00', 0), \
           ('In Progress', 0, '2026-10-18 01:00:00', 0), ('Waiting', 0, '2026-10-18 01:00:00', 0), \
           ('Open', 1, '2026-11-20 01:00:00', 5); \
         INSERT INTO tblhosting (id, userid, domainstatus) VALUES (1, 1, 'Active'), (2, 1, 'Cancelled'); \
         INSERT INTO tblcancelrequests (relid) VALUES (1), (2), (3); \
         INSERT INTO tblbillableitems (userid, invoicecount) VALUES (1, 0), (1, 2); \
         INSERT INTO tblquotes (userid, stage, validuntil) VALUES \
           (1, 'Delivered', '2026-11-20'), (1, 'Draft', '2027-01-01'), (1, 'Accepted', '2027-01-01'), (1, 'Draft', '2026-11-19'); \
         INSERT INTO tbltodolist (title, status, duedate) VALUES ('a', 'New', '2026-11-20'), ('b', 'Pending', '2026-11-19'), \
           ('c', 'Completed', '2026-11-19'), ('d', 'New', '2026-11-21'), ('e', 'New', '0000-00-00'); \
         INSERT INTO tbladminlog (adminusername, lastvisit, logouttime) VALUES \
           ('alice', '2026-11-20 12:20:00', '0000-00-00 00:00:00'), ('alice', '2026-11-20 12:29:00', '0000-00-00 00:00:00'), \
           ('bob', '2026-11-20 12:29:00', '2026-11-20 12:29:30'), ('gone', '2026-11-20 12:00:00', '0000-00-00 00:00:00')",
    )
    .await;
    api
}

#[tokio::test]
async fn counts_and_sums() {
    let api = api().await;
    api.check(
        "action=GetStats",
        r#"{"result":"success","income_today":"$19.00 USD","income_thismonth":"$21.50 USD","income_thisyear":"$29.50 USD","income_alltime":"$1129.50 USD","orders_pending":4,"orders_today_cancelled":1,"orders_today_pending":1,"orders_today_fraud":1,"orders_today_active":2,"orders_today_total":6,"orders_yesterday_cancelled":0,"orders_yesterday_pending":1,"orders_yesterday_fraud":0,"orders_yesterday_active":1,"orders_yesterday_total":2,"orders_thismonth_total":9,"orders_thisyear_total":10,"tickets_allactive":6,"tickets_awaitingreply":3,"tickets_flaggedtickets":2,"tickets_open":2,"tickets_answered":1,"tickets_customerreply":1,"tickets_closed":1,"tickets_onhold":1,"tickets_inprogress":1,"cancellations_pending":1,"todoitems_due":2,"networkissues_open":0,"billableitems_uninvoiced":1,"quotes_valid":2,"staff_online":1}"#,
    )
    .await;
}

#[tokio::test]
async fn tells_of_days() {
    let api = api().await;
    let reply = api.reply("action=GetStats&timeline_days=3").await;
    assert_eq!(
        reply["timeline_data"].to_string(),
        r#"{"new_orders":{"2026-11-20":6,"2026-11-19":2,"2026-11-18":0},"accepted_orders":{"2026-11-20":2,"2026-11-19":1,"2026-11-18":0},"income":{"2026-11-20":"19.00","2026-11-19":"5.00","2026-11-18":"0.00"},"expenditure":{"2026-11-20":"0.00","2026-11-19":"0.00","2026-11-18":"0.00"},"new_tickets":{"2026-11-20":2,"2026-11-19":0,"2026-11-18":1}}"#
    );
    for (days, told) in
        [("1", Some(1)), ("90", Some(90)), ("4000000000", Some(90)), ("0", None), ("-1", None), ("x", None)]
    {
        let reply = api.reply(&format!("action=GetStats&timeline_days={days}")).await;
        assert_eq!(reply["timeline_data"]["income"].as_object().map(serde_json::Map::len), told, "{days}");
    }
    assert_eq!(
        reply_in_xml(&api).await.matches("<_2026-11-20>").count(),
        5,
        "an element's name cannot begin with a digit"
    );
}

async fn reply_in_xml(api: &TestApi) -> String {
    api.send("action=GetStats&timeline_days=2&responsetype=xml").await.1
}

#[tokio::test]
async fn an_empty_database_has_figures_too() {
    let api = TestApi::new().await;
    api.sql("DELETE FROM tblcurrencies").await;
    api.sql(
        "SET SESSION sql_mode = ''; DELETE FROM tblticketstatuses; \
         INSERT INTO tbltickets (status, flag) VALUES ('open', 1), ('On Hold', 1), ('Closed', 1)",
    )
    .await;
    let reply = api.reply("action=GetStats").await;
    let tickets =
        ["allactive", "awaitingreply", "flaggedtickets", "open"].map(|name| &reply[format!("tickets_{name}")]);
    assert_eq!(tickets, [1; 4], "in the states that WHMCS comes with");
    assert_eq!((&reply["income_alltime"], &reply["orders_pending"]), (&"0.00".into(), &0.into()));
}
