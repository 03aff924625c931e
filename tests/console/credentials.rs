//! Credentials and roles on their pages: what they show, what they do, and what is refused.

use super::browser::{Browser, console};
use crate::support::post;

const LIST: &str = "/console/credentials";

#[tokio::test]
async fn a_credential_is_made_changed_rotated_disabled_and_deleted() {
    let api = console().await;
    let alice = Browser::of(&api, "alice").await;
    let fields = [
        ("admin", "11"),
        ("role", "2"),
        ("role", "3"),
        ("allowed", "127.0.0.1 10.0.0.0/8"),
        ("expires", "2027-01-31"),
        ("per_minute", "30"),
        ("per_day", "0"),
        ("description", "Book<keeping>"),
    ];
    let made = alice.submit(LIST, LIST, &fields).await;
    assert_eq!(made.status, 200);
    made.shows(&["only a hash of it is stored"]);
    let text = made.text();
    let words: Vec<&str> = text.split(' ').collect();
    let after = |word: &str| words[words.iter().position(|known| *known == word).unwrap() + 1].to_owned();
    let (identifier, secret) = (after("Identifier"), after("Secret"));
    let id = api.rows("id", &format!("tbldeviceauth WHERE identifier = '{identifier}'")).await.remove(0);
    let calls = async |secret: &str, action: &str| {
        post(&api.router, &format!("identifier={identifier}&secret={secret}&action={action}&clientid=1")).await.0
    };
    assert_eq!([calls(&secret, "GetCredits").await, calls(&secret, "GetClients").await], [200, 403]);
    let page = format!("{LIST}/{id}");
    let shown = alice.get(&page).await;
    shown.shows(&[
        &identifier,
        "State active",
        "Belongs to oscar",
        "Roles Readers, Billers",
        "127.0.0.1 10.0.0.0/8",
        "Expires 2027-01-31 00:00:00",
        "Limits 30/minute none/day",
        "Book&lt;keeping&gt;",
    ]);
    assert!(!shown.body.contains(&secret) && !alice.get(LIST).await.body.contains(&secret), "it is shown once");
    for (action, judged) in [
        ("getcredits", "yes GetCredits is permitted by the role Readers. A call can still be rejected for the address"),
        ("AddCredit", "yes AddCredit is permitted by the role Billers."),
        ("CreateInvoice", "no None of its roles permits CreateInvoice ."),
        ("Nothing", "unknown There is no action Nothing ."),
    ] {
        alice.get(&format!("{page}?action={action}")).await.shows(&[judged]);
    }
    // A rotation keeps the old secret for as long as it says.
    let rotated = alice.submit(&page, &format!("{page}/rotate"), &[("keep_hours", "24")]).await;
    let text = rotated.text();
    let new = text.split(' ').skip_while(|word| *word != "Secret").nth(1).unwrap().to_owned();
    assert_eq!([calls(&secret, "GetCredits").await, calls(&new, "GetCredits").await], [200, 200]);
    alice.get(&page).await.shows(&["State rotating", "Old secret accepted until 2026-11-21 12:30:00"]);
    let at_once = [("keep_hours", "0"), ("sure", "yes")];
    alice.submit(&page, &format!("{page}/rotate"), &at_once[..1]).await.shows(&["This cannot be undone. Tick the box"]);
    assert_eq!(calls(&secret, "GetCredits").await, 200);
    alice.submit(&page, &format!("{page}/rotate"), &at_once).await.shows(&["The new secret"]);
    assert_eq!(calls(&secret, "GetCredits").await, 403);
    // What a form leaves out is emptied, as the form shows it; but not what somebody has changed since it was shown.
    let stale = alice.get(&page).await;
    let fields = [("role", "2"), ("role", "3"), ("description", "Stale"), ("version", &*stale.field("version"))];
    api.sql(&format!("UPDATE tbldeviceauth SET role_ids = '[2]' WHERE id = {id}")).await;
    let refused = alice.post(&page, &stale.token(), &fields).await;
    assert_eq!((refused.status, &*refused.field("description")), (422, "Book&lt;keeping&gt;"));
    refused.shows(&["Somebody has changed this credential meanwhile. Nothing was changed now"]);
    assert_eq!(api.rows("role_ids", &format!("tbldeviceauth WHERE id = {id}")).await, ["[2]"]);
    api.sql(&format!("UPDATE tbldeviceauth SET role_ids = '[2,3]' WHERE id = {id}")).await;
    alice.post(&page, &stale.token(), &[("role", "2"), ("version", &stale.field("version"))]).await.leads_to(&page);
    alice.get(&page).await.shows(&["Roles Readers", "Allowed addresses anywhere", "Expires never", "Limits default"]);
    alice.submit(&page, &format!("{page}/disable"), &[]).await.leads_to(&page);
    alice.get(&format!("{page}?action=GetCredits")).await.shows(&["no The credential is disabled"]);
    alice.submit(&page, &format!("{page}/enable"), &[]).await.leads_to(&page);
    assert_eq!(alice.submit(&page, &format!("{page}/delete"), &[]).await.status, 422);
    alice.submit(&page, &format!("{page}/delete"), &[("sure", "yes")]).await.leads_to(LIST);
    assert_eq!(alice.get(&page).await.status, 404);
    assert!(!alice.get(LIST).await.text().contains(&identifier));
    alice.get(&format!("{LIST}?deleted=1")).await.shows(&[&identifier, "deleted"]);
    let logged =
        api.rows("user, admin_id, ipaddr, description", "tblactivitylog WHERE description NOT LIKE 'Console%'").await;
    let line = |what: &str| format!("alice | 1 | 127.0.0.1 | {what} - Credential ID: {id}");
    assert_eq!(
        logged,
        [
            line(
                "Created API Credential - Staff: oscar - Roles: Readers, Billers - Addresses: 127.0.0.1 10.0.0.0/8 - \
                 Expires: 2027-01-31 00:00 UTC - Limits: 30/minute none/day - Description: Book<keeping>",
            ),
            line("Rotated the Secret of API Credential - Old Secret Accepted until 2026-11-21 12:30 UTC"),
            line("Rotated the Secret of API Credential - Old Secret Accepted until now"),
            line(
                "Changed API Credential - Roles: Readers (before: Readers, Billers) - Addresses: any (before: 127.0.0.1 10.0.0.0/8) - \
                 Expires: never (before: 2027-01-31 00:00 UTC) - Limits: default (before: 30/minute none/day) - \
                 Description: none (before: Book<keeping>)",
            ),
            line("Disabled API Credential"),
            line("Enabled API Credential"),
            line("Deleted API Credential"),
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_about_a_credential_is_refused() {
    let api = console().await;
    let alice = Browser::of(&api, "alice").await;
    let state = async || {
        (
            api.rows("id, identifier, secret, role_ids, description", "tbldeviceauth").await,
            api.rows("COUNT(*)", "mod_whmcs_api_credentials").await,
            api.rows("COUNT(*)", "tblactivitylog").await,
        )
    };
    let before = state().await;
    let long = "x".repeat(256);
    for (path, fields, status, words) in [
        (LIST, &[("admin", "3")][..], 422, "There is no such member of staff, or they are disabled."),
        (LIST, &[("admin", "99")], 422, "no such member of staff"),
        (LIST, &[("admin", "x")], 422, "no such member of staff"),
        (LIST, &[("admin", "1"), ("role", "9")], 422, "There is no such role."),
        (LIST, &[("admin", "1"), ("role", "x")], 422, "There is no such role."),
        (LIST, &[("admin", "1"), ("allowed", "10.0.0.0/8 here")], 422, "`here` is neither an address"),
        (LIST, &[("admin", "1"), ("expires", "2027-02-30")], 422, "The expiry must be a day"),
        (LIST, &[("admin", "1"), ("expires", "2027-02-03 25:00")], 422, "The expiry must be a day"),
        (LIST, &[("admin", "1"), ("per_minute", "-1")], 422, "from 0 to 2147483647"),
        (LIST, &[("admin", "1"), ("per_day", "2147483648")], 422, "from 0 to 2147483647"),
        (LIST, &[("admin", "1"), ("description", &long)], 422, "more than 255 characters"),
        ("/console/credentials/1/rotate", &[("keep_hours", "745")], 422, "from 0 to 744"),
        ("/console/credentials/1/rotate", &[("keep_hours", "x")], 422, "from 0 to 744"),
        ("/console/credentials/99/rotate", &[("keep_hours", "1")], 404, "There is nothing here."),
        ("/console/credentials/99/disable", &[], 404, "There is nothing here."),
        ("/console/credentials/99/delete", &[("sure", "yes")], 404, "There is nothing here."),
        ("/console/credentials/x", &[], 404, "There is nothing here."),
    ] {
        let answer = alice.submit("/console", path, fields).await;
        assert_eq!(answer.status, status, "{path} {fields:?}");
        answer.shows(&[words]);
        assert_eq!(state().await, before, "{path} {fields:?}");
    }
    // What was sent is shown again.
    let fields = [("admin", "11"), ("role", "3"), ("expires", "soon"), ("description", "Kept \"text\"")];
    let refused = alice.submit(LIST, LIST, &fields).await;
    assert_eq!([refused.field("expires"), refused.field("description")], ["soon", "Kept &quot;text&quot;"]);
    for kept in ["value=\"3\" checked", "value=\"11\" selected"] {
        assert!(refused.body.contains(kept), "{kept}: {}", refused.body);
    }
    let fields = [("role", "3"), ("expires", "soon"), ("version", "x")];
    let refused = alice.submit("/console", &format!("{LIST}/1"), &fields).await;
    assert_eq!(refused.status, 422);
    refused.shows(&["The expiry must be a day"]);
    assert_eq!(alice.get("/console/credentials/99").await.status, 404);
}
