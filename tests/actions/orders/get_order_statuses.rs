use super::get_orders::with_orders;
use crate::support::Calls;

pub const CALLS: Calls = Calls { demo: &["GetOrderStatuses"], every_parameter: "GetOrderStatuses", ..Calls::NONE };

#[tokio::test]
async fn without_states_of_the_operators_there_are_four() {
    let api = with_orders().await;
    api.check(
        "action=GetOrderStatuses",
        concat!(
            r#"{"result":"success","totalresults":4,"statuses":{"status":[{"title":"Pending","count":1},"#,
            r#"{"title":"Active","count":1},{"title":"Fraud","count":1},{"title":"Cancelled","count":1}]}}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn the_operators_states_come_in_their_order() {
    let api = with_orders().await;
    api.sql(
        "INSERT INTO tblorderstatuses (title, sortorder) VALUES ('Under Review', 5), \
         ('active', 20), ('Pending', 10), ('On Hold', 30); UPDATE tblorders SET status = 'Pending' WHERE id = 4",
    )
    .await;
    api.check(
        "action=GetOrderStatuses",
        concat!(
            r#"{"result":"success","totalresults":4,"statuses":{"status":[{"title":"Under Review","count":1},"#,
            r#"{"title":"Pending","count":2},{"title":"active","count":1},{"title":"On Hold","count":0}]}}"#
        ),
    )
    .await;
}
