//! Links with which staff set up their log-in.

use whmcs_api::auth::secret;
use whmcs_api::operations::authentication::console::{ConsoleRefusal, Invitee};

use super::browser::{Browser, NOW, PASSWORD, code_of, console, console_with};
use crate::support::TestApi;

/// Invites somebody, and returns the path of the link.
async fn invite(api: &TestApi, user_name: &str, sets_password: bool) -> String {
    let invitee = match user_name {
        "" => Invitee::First,
        name => Invitee::Staff { user_name: name.to_owned(), sets_password },
    };
    format!("/console/welcome/{}", api.api.invite_to_console(invitee).await.unwrap().unwrap())
}

/// The secret that a page shows, and a code of it.
fn factor(page: &super::browser::Answer) -> (Vec<u8>, String) {
    let text = page.text();
    let shown = text.split(' ').skip_while(|word| *word != "Secret:").nth(1).unwrap();
    let secret = totp_rs::Secret::try_from_base32(shown).unwrap().as_bytes().to_vec();
    let code = code_of(&secret, NOW);
    (secret, code)
}

#[tokio::test]
async fn staff_set_up_a_second_factor_with_their_password() {
    let api = console().await;
    api.sql("DELETE FROM mod_whmcs_api_console_factors WHERE id = 1").await;
    let link = invite(&api, "alice", false).await;
    let browser = Browser::new(&api.router);
    let page = browser.get(&link).await;
    page.shows(&["For alice", "Your password", "Scan this with an app"]);
    assert!(page.body.contains("<svg class=\"qr\" role=\"img\""));
    let (sealed, (secret, code)) = (page.field("factor"), factor(&page));
    assert!(sealed.starts_with("sealed:"));
    let fields = |password: &'static str, code: &str, sealed: &str| {
        [("password", password.to_owned()), ("code", code.to_owned()), ("factor", sealed.to_owned())]
    };
    let other = Browser::new(&api.router).get(&invite(&api, "lara", false).await).await.field("factor");
    let rows = async || api.rows("HEX(token_hash), admin_id", "mod_whmcs_api_console_invitations").await;
    let before = rows().await;
    for (password, code, sealed, words) in [
        ("wrong", &*code, &*sealed, "The password is wrong."),
        ("", &code, &sealed, "The password is wrong."),
        (PASSWORD, "000000", &sealed, "The code is wrong."),
        (PASSWORD, "", &sealed, "The code is wrong."),
        (PASSWORD, &code, "", "The code is wrong."),
        // Nobody chooses a secret for somebody else.
        (PASSWORD, &code, &other, "This form is too old."),
        (PASSWORD, &code, "sealed:x", "This form is too old."),
    ] {
        let fields = fields(password, code, sealed);
        let sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        let answer = browser.post(&link, &browser.get("/console/login").await.token(), &sent).await;
        assert_eq!(answer.status, 422, "{words}");
        answer.shows(&[words]);
    }
    assert_eq!(rows().await, before);
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_console_factors WHERE id = 1").await, ["0"]);
    let fields = fields(PASSWORD, &code, &sealed);
    let sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
    browser.submit("/console/login", &link, &sent).await.leads_to("/console");
    browser.get("/console").await.shows(&["alice may administer"]);
    // The link is used up, and so is the code; the next one lets in.
    assert_eq!(browser.get(&link).await.status, 404);
    let another = Browser::new(&api.router);
    assert_eq!(another.try_log_in("alice", PASSWORD, &code).await.status, 403);
    another.try_log_in("alice", PASSWORD, &code_of(&secret, NOW + 30)).await.leads_to("/console");
    let stored = api.rows("secret", "mod_whmcs_api_console_factors WHERE id = 1").await;
    assert!(stored[0].starts_with("sealed:"), "{stored:?}");
    let logged = api.rows("user, description", "tblactivitylog ORDER BY id").await;
    assert_eq!(
        logged,
        [
            "System | Console: Invited alice",
            "System | Console: Invited lara",
            "alice | Console: Accepted an Invitation",
            "alice | Console: Logged In",
            "System | Console: Log-in Refused - User Name: alice",
            "alice | Console: Logged In",
        ]
    );
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let api = console_with(|settings| settings.access.admin_login = true).await;
    let first = async || api.api.invite_to_console(Invitee::First).await.unwrap();
    assert_eq!(first().await.unwrap_err(), ConsoleRefusal::NameTaken, "somebody can log in");
    api.sql("UPDATE tbladmins SET passwordhash = ''").await;
    let (old, link) = (invite(&api, "", true).await, invite(&api, "", true).await);
    let browser = Browser::new(&api.router);
    assert_eq!(browser.get(&old).await.status, 404, "a later link takes the place of an earlier one");
    let page = browser.get(&link).await;
    page.shows(&["Nobody can log in yet"]);
    let (sealed, (_, code)) = (page.field("factor"), factor(&page));
    let password = "correct horse battery";
    let base =
        [("user_name", "owner"), ("password", password), ("again", password), ("code", &*code), ("factor", &*sealed)];
    for (name, value, words) in [
        ("password", "short", "The password needs at least 12 characters."),
        ("again", "correct horse batter", "The two passwords differ."),
        ("user_name", "", "The user name needs 1 to 60 characters."),
        ("user_name", "alice", "Somebody has this user name."),
        ("code", "000000", "The code is wrong."),
    ] {
        let fields: Vec<_> =
            base.iter().map(|&(known, sent)| (known, if known == name { value } else { sent })).collect();
        let answer = browser.submit(&link, &link, &fields).await;
        assert_eq!(answer.status, 422, "{name} {value}");
        answer.shows(&[words]);
    }
    assert_eq!(api.rows("COUNT(*)", "tbladmins WHERE username = 'owner'").await, ["0"]);
    browser.submit(&link, &link, &base).await.leads_to("/console");
    browser.get("/console").await.shows(&["owner may administer"]);
    let stored =
        api.rows("passwordhash", "tbladmins WHERE username = 'owner' AND roleid = 1 AND disabled = 0").await.remove(0);
    // As WHMCS stores it, so that the member of staff can call the API as well.
    assert!(secret::matches(&stored, &secret::md5_hex(password)));
    assert_eq!(browser.get(&link).await.status, 404);
    assert_eq!(first().await.unwrap_err(), ConsoleRefusal::NameTaken);
}

#[tokio::test]
async fn invitations_expire_and_set_passwords_only_if_they_say_so() {
    let api = console_with(|settings| settings.access.failures_per_address = 8).await;
    let browser = Browser::of(&api, "lara").await;
    // One that sets a password replaces what there was, and ends the sessions.
    let link = invite(&api, "lara", true).await;
    let page = browser.get(&link).await;
    page.shows(&["New password", "The same password again"]);
    let (sealed, (secret, code)) = (page.field("factor"), factor(&page));
    let fields =
        [("password", "another password"), ("again", "another password"), ("code", &*code), ("factor", &*sealed)];
    let fresh = Browser::new(&api.router);
    fresh.submit(&link, &link, &fields).await.leads_to("/console");
    browser.get("/console").await.leads_to("/console/login");
    browser.try_log_in("lara", "another password", &code_of(&secret, NOW + 30)).await.leads_to("/console");
    // A role without a right gets no further.
    let link = invite(&api, "nora", false).await;
    let page = browser.get(&link).await;
    let (sealed, (_, code)) = (page.field("factor"), factor(&page));
    let fields = [("password", PASSWORD), ("code", &*code), ("factor", &*sealed)];
    browser.submit(&link, &link, &fields).await.shows(&["your role may not use the console"]);
    // After an hour, or once the member of staff is disabled, nobody can use the link. Guesses are counted.
    let link = invite(&api, "oscar", false).await;
    api.sql("UPDATE tbladmins SET disabled = 1 WHERE username = 'oscar'").await;
    assert_eq!(browser.get(&link).await.status, 404);
    api.sql("UPDATE tbladmins SET disabled = 0 WHERE username = 'oscar'").await;
    assert_eq!(browser.get(&link).await.status, 200);
    api.sql("UPDATE mod_whmcs_api_console_invitations SET expires_at = '2026-11-20 12:30:00'").await;
    let mut last = 0;
    for _ in 0..8 {
        last = browser.get(&link).await.status;
    }
    assert_eq!(last, 429);
    for (user_name, refusal) in [("nobody", ConsoleRefusal::StaffNotFound), ("gone", ConsoleRefusal::StaffNotFound)] {
        let invitee = Invitee::Staff { user_name: user_name.to_owned(), sets_password: false };
        assert_eq!(api.api.invite_to_console(invitee).await.unwrap().unwrap_err(), refusal);
    }
}

/// Without keys there can be no second factor: a link sets a password, and lets in only where none is required.
#[tokio::test]
async fn without_keys_a_password_can_be_set() {
    for requires in [true, false] {
        let api = console_with(|settings| {
            settings.console.second_factor = requires;
            settings.keys.file = std::path::PathBuf::new();
        })
        .await;
        let link = invite(&api, "bob", false).await;
        api.sql("UPDATE tbladmins SET roleid = 1 WHERE username = 'bob'").await;
        let browser = Browser::new(&api.router);
        browser.get(&link).await.shows(&["For bob", "this server has no key file", "New password"]);
        let fields = [("password", "another password"), ("again", "another password")];
        let answer = browser.submit(&link, &link, &fields).await;
        match requires {
            true => answer.shows(&["it asks for a second factor"]),
            false => answer.leads_to("/console"),
        }
    }
}
