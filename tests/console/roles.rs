//! Roles of credentials on their page.

use super::browser::{Browser, console};

const LIST: &str = "/console/roles";

#[tokio::test]
async fn roles_are_made_changed_and_deleted() {
    let api = console().await;
    let alice = Browser::of(&api, "alice").await;
    alice.get(LIST).await.shows(&["All", "Readers", "getcredits getinvoice"]);
    let fields = [("name", "Shop"), ("description", "The shop"), ("patterns", "GetProducts, orders/* read-only")];
    alice.submit(LIST, LIST, &fields).await.leads_to(LIST);
    let id = api.rows("id", "tblapi_roles WHERE role = 'Shop'").await.remove(0);
    alice
        .submit(LIST, &format!("{LIST}/{id}/grant"), &[(format!("grant-{id}").as_str(), "AddOrder")])
        .await
        .leads_to(LIST);
    alice
        .submit(LIST, &format!("{LIST}/{id}/revoke"), &[(format!("revoke-{id}").as_str(), "orders/*")])
        .await
        .leads_to(LIST);
    alice.get(LIST).await.shows(&["Shop getproducts read-only addorder The shop"]);
    let before = (
        api.rows("id, role, description, permissions", "tblapi_roles").await,
        api.rows("COUNT(*)", "tblactivitylog").await,
    );
    let own = |verb: &str| format!("{LIST}/{id}/{verb}");
    let long = "x".repeat(256);
    for (path, fields, status, words) in [
        (LIST.to_owned(), vec![("name", "shop")], 422, "There is a role shop."),
        (LIST.to_owned(), vec![("name", "")], 422, "The role needs a name"),
        (LIST.to_owned(), vec![("name", &*long)], 422, "more than 255"),
        (LIST.to_owned(), vec![("name", "New"), ("patterns", "GetProduct")], 422, "No action fits GetProduct."),
        (own("grant"), vec![], 422, "Name at least one permission."),
        (own("revoke"), vec![], 422, "Name at least one permission."),
        (
            format!("{LIST}/2/revoke"),
            vec![("revoke-2", "AddCredit")],
            422,
            "Readers does not have the permission AddCredit.",
        ),
        (format!("{LIST}/1/delete"), vec![("sure", "yes")], 422, "All is used by the credential TestIdentifier."),
        (format!("{LIST}/99/delete"), vec![("sure", "yes")], 404, "There is nothing here."),
        (format!("{LIST}/x/delete"), vec![("sure", "yes")], 404, "There is nothing here."),
        (own("delete"), vec![], 422, "This cannot be undone. Tick the box"),
    ] {
        let answer = alice.submit(LIST, &path, &fields).await;
        assert_eq!(answer.status, status, "{path} {fields:?}");
        answer.shows(&[words]);
        assert_eq!(
            (
                api.rows("id, role, description, permissions", "tblapi_roles").await,
                api.rows("COUNT(*)", "tblactivitylog").await
            ),
            before,
            "{path}"
        );
    }
    // What was sent is shown again, with a token that was not used.
    let refused =
        alice.submit(LIST, LIST, &[("name", "New"), ("description", "Kept"), ("patterns", "GetProduct")]).await;
    assert_eq!(
        [refused.field("name"), refused.field("description"), refused.field("patterns")],
        ["New", "Kept", "GetProduct"]
    );
    alice.submit(LIST, &own("delete"), &[("sure", "yes")]).await.leads_to(LIST);
    let logged = api.rows("user, description", "tblactivitylog WHERE description LIKE '%API Role%'").await;
    assert_eq!(
        logged,
        [
            "alice | Created API Role Shop".to_owned(),
            format!("alice | Granted AddOrder - API Role ID: {id}"),
            format!("alice | Revoked orders/* - API Role ID: {id}"),
            format!("alice | Deleted API Role - API Role ID: {id}"),
        ]
    );
}
