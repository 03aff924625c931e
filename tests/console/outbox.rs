//! The page of the outbox: what it shows, and what an operator can do about an entry.

use super::browser::{Browser, console};

const OUTBOX: &str = "/console/outbox";
/// The box of what cannot be undone.
const SURE: (&str, &str) = ("sure", "yes");
const MAIL: &str =
    "<p>1 < 2</p><script>alert(1)</script><img src=https://example.com/x.png><LINK rel=preconnect href=//example.com>";

async fn entries() -> crate::support::TestApi {
    let api = console().await;
    api.sql(&format!(
        "INSERT INTO tblemails (id, userid, subject, message, `to`, failed, failure_reason) VALUES \
           (1, 1, 'A <b>subject</b>', '{MAIL}', 'ada@example.com', 1, 'No'), (2, 1, 'Plain', '<b>plain</b>', 'x@example.com', 0, ''); \
         INSERT INTO mod_whmcs_api_charges (id, kind, client_id, invoice_id, gateway, amount, state, open_subject, created_at, updated_at) \
           VALUES (7, 'capture', 1, 0, 'x', 5, 'unknown', 'invoice:1', '2026-01-01', '2026-01-01'); \
         INSERT INTO mod_whmcs_api_webhooks (id, kind, url, events, secret, previous_secret, created_at, updated_at) \
           VALUES (3, 'push', 'https://hooks.example.com/', '*', 'canary-of-a-secret', '', '2026-01-01', '2026-01-01'); \
         INSERT INTO mod_whmcs_api_events (id, event_id, sequence, name, data, created_at) \
           VALUES (9, 'evt_1', 1, 'ClientAdd', '{{\"userid\":1,\"password\":\"canary-of-a-secret\"}}', '2026-01-01'); \
         INSERT INTO mod_whmcs_api_outbox_entries \
           (id, kind, target, subject, subject_id, record_id, summary, payload, state, attempts, is_unanswered, last_error, due_at, created_at) VALUES \
           (1, 'mail', '', 'client', 1, 1, 'ada@example.com: A <b>subject</b>', \
            '{{\"sender_name\":\"\",\"sender_address\":\"\",\"is_plain\":false,\"token\":\"canary-of-a-secret\"}}', \
            'failed', 4, 0, 'The server said <i>no</i>', '2026-11-01', '2026-11-01'), \
           (2, 'mail', '', '', 0, 2, 'x', '{{\"sender_name\":\"\",\"sender_address\":\"\",\"is_plain\":true}}', \
            'pending', 1, 0, '', '2026-11-20 13:00:00', '2026-11-01'), \
           (3, 'module', 'panel', 'service', 3, 0, 'Change Password', \
            '{{\"function\":\"ChangePassword\",\"order\":0,\"arguments\":{{\"password\":\"canary-of-a-secret\"}},\"admin\":1,\"user\":\"x\",\"address\":\"\"}}', \
            'pending', 0, 0, '', '2026-11-20 13:00:00', '2026-11-01'), \
           (4, 'registrar', 'reg', 'domain', 1, 0, 'Transfer', '{{\"function\":\"TransferDomain\",\"epp_code\":\"canary-of-a-secret\"}}', \
            'unknown', 1, 0, 'no answer', '2026-11-01', '2026-11-01'), \
           (5, 'gateway', 'x', 'client', 1, 7, 'Capture', '{{\"id\":\"command-1\"}}', 'unknown', 1, 0, 'no answer', '2026-11-01', '2026-11-01'), \
           (6, 'webhook', '3', 'client', 1, 0, 'ClientAdd', '{{\"event\":9}}', 'failed', 12, 0, '500', '2026-11-01', '2026-11-01'), \
           (7, 'module', 'panel', 'service', 3, 0, 'Create', '', 'done', 1, 0, '', '2026-11-01', '2026-11-01'), \
           (8, 'module', 'panel', 'service', 4, 0, 'Create', '', 'failed', 1, 0, 'x', '2026-11-01', '2026-11-01'), \
           (9, 'module', 'panel', 'service', 5, 0, 'Create', '{{}}', 'running', 1, 0, '', '2026-11-20 13:00:00', '2026-11-01'), \
           (10, 'module', 'panel', 'service', 6, 0, 'Create', '{{}}', 'unknown', 1, 1, '', '2026-11-01', '2026-11-01')"
    ))
    .await;
    api
}

#[tokio::test]
async fn entries_are_shown_with_what_they_send_but_no_secret() {
    let api = entries().await;
    let lara = Browser::of(&api, "lara").await;
    for (query, parts, count) in [
        (
            "",
            &[
                "1 mail failed",
                "2 gateway",
                "mail client 1 ada@example.com: A &lt;b&gt;subject&lt;/b&gt; failed 4 The server said &lt;i&gt;no&lt;/i&gt;",
            ][..1],
            9,
        ),
        ("?kind=mail", &["pending 1 2026-11-20 13:00:00"], 2),
        ("?state=unknown", &["no answer"], 3),
        ("?state=all&kind=module", &["done 1"], 5),
        // What is not in the lists filters nothing.
        ("?state=nothing&kind=%F0%9F%98%80", &[], 9),
        ("?state=done&kind=mail", &["There is nothing."], 0),
        ("?before=4", &[], 3),
    ] {
        let page = lara.get(&format!("{OUTBOX}{query}")).await;
        page.shows(parts);
        assert_eq!(page.body.matches("<tr><th scope=\"row\">").count(), count, "{query}: {}", page.text());
    }
    for (id, parts) in [
        (
            1,
            &[
                "failed has certainly not happened",
                "To ada@example.com",
                "Subject A &lt;b&gt;subject&lt;/b&gt;",
                "The server said &lt;i&gt;no&lt;/i&gt;",
            ][..],
        ),
        (2, &["What a mail says is for those who may operate"]),
        (3, &["\"function\": \"ChangePassword\"", "\"password\": \"***\""]),
        (4, &["\"epp_code\": \"***\""]),
        (5, &["command-1"]),
        (6, &["https://hooks.example.com/", "ClientAdd", "\"userid\": 1"]),
        (7, &["It is not kept any more."]),
    ] {
        let page = lara.get(&format!("{OUTBOX}/{id}")).await;
        page.shows(parts);
        assert!(!page.body.contains("canary"), "{id} shows a secret: {}", page.text());
        assert!(!page.body.contains("What to do"), "who looks can do nothing");
    }
    // The module queue, which a WHMCS on the same database fills, too.
    let queue = "Failed commands of modules and registrars";
    assert!(!lara.get(OUTBOX).await.text().contains(queue));
    api.sql(
        "INSERT INTO tblmodulequeue (service_type, service_id, module_name, module_action, last_attempt, last_attempt_error, \
           num_retries, completed) VALUES ('service', 7, 'proxmox', 'ChangePassword', '2026-11-20 06:00:00', 'No <b>agent</b>', 2, 0), \
           ('service', 8, 'proxmox', 'Create', '2026-11-20 06:00:00', 'Out of memory', 2, 1)",
    )
    .await;
    let page = lara.get(OUTBOX).await;
    page.shows(&[queue, "service 7 proxmox ChangePassword 2026-11-20 06:00:00 2 No &lt;b&gt;agent&lt;/b&gt;"]);
    assert!(!page.text().contains("Out of memory"), "it is completed");
    // A mail can have a password.
    let page = lara.get(&format!("{OUTBOX}/1")).await;
    assert!(!page.body.contains("<iframe") && lara.get(&format!("{OUTBOX}/1/mail")).await.status == 403);
    let oscar = Browser::of(&api, "oscar").await;
    oscar.get(&format!("{OUTBOX}/2")).await.shows(&["&lt;b&gt;plain&lt;/b&gt;"]);
    let page = oscar.get(&format!("{OUTBOX}/1")).await;
    assert!(
        page.body.contains("<iframe class=\"mail\" sandbox=\"\" title=\"The mail\" src=\"/console/outbox/1/mail\">")
    );
    let mail = oscar.get(&format!("{OUTBOX}/1/mail")).await;
    // A browser connects to the host of such an element whatever the policy says.
    assert_eq!((mail.status, mail.body.clone()), (200, MAIL.replace("<LINK", "<x-LINK")));
    let policy = mail.header("content-security-policy");
    assert!(
        policy.starts_with("sandbox; default-src 'none'; img-src data:;") && policy.ends_with("frame-ancestors 'self'"),
        "{policy}"
    );
    assert_eq!((mail.header("x-frame-options"), mail.header("cache-control")), ("SAMEORIGIN", "no-store"));
    for path in ["/console/outbox/99", "/console/outbox/99/mail", "/console/outbox/3/mail", "/console/outbox/x"] {
        assert_eq!(oscar.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_operator_decides_and_the_activity_log_says_so() {
    let api = entries().await;
    let oscar = Browser::of(&api, "oscar").await;
    let state = async |id: i64| {
        api.rows("state, attempts", &format!("mod_whmcs_api_outbox_entries WHERE id = {id}")).await.remove(0)
    };
    for (id, what, fields, after, said) in [
        (1, "retry", &[][..], "pending | 0", ""),
        (1, "retry", &[], "pending | 0", "has failed or has an unknown outcome"),
        (1, "give-up", &[], "pending | 0", "This cannot be undone. Tick the box"),
        (1, "give-up", &[SURE], "superseded | 0", ""),
        (2, "give-up", &[SURE], "superseded | 1", ""),
        (4, "give-up", &[SURE], "unknown | 1", "may have carried it out"),
        (5, "give-up", &[SURE], "unknown | 1", "may have carried it out"),
        (
            5,
            "resolve",
            &[SURE, ("outcome", "done"), ("transaction", " ")],
            "unknown | 1",
            "the gateway&#39;s id of that",
        ),
        (5, "resolve", &[SURE], "unknown | 1", "Say whether it was carried out."),
        (5, "resolve", &[("outcome", "not-done")], "unknown | 1", "This cannot be undone. Tick the box"),
        (5, "resolve", &[SURE, ("outcome", "not-done")], "failed | 1", ""),
        (6, "resolve", &[SURE, ("outcome", "done")], "failed | 12", "has an unknown outcome"),
        (6, "retry", &[], "pending | 0", ""),
        (8, "retry", &[], "failed | 1", "contained a password"),
        (9, "give-up", &[SURE], "running | 1", "being attempted at this moment"),
        (99, "give-up", &[SURE], "", "no entry 99"),
        (10, "retry", &[], "unknown | 1", "This cannot be undone. Tick the box"),
        (10, "retry", &[SURE], "pending | 0", ""),
    ] {
        let path = format!("{OUTBOX}/{id}");
        let answer = oscar.submit(OUTBOX, &format!("{path}/{what}"), fields).await;
        match said {
            "" => answer.leads_to(&path),
            said => {
                assert_eq!(answer.status, 422, "{id} {what}: {}", answer.text());
                let text = answer.text();
                assert!(text.contains(said) || text.contains(&said.replace("&#39;", "'")), "{id} {what}: {text}");
            }
        }
        if !after.is_empty() {
            assert_eq!(state(id).await, after, "{id} {what}");
        }
    }
    let lines = api
        .rows("description, user, admin_id, ipaddr", "tblactivitylog WHERE description LIKE 'Outbox%' ORDER BY id")
        .await;
    let line = |what: &str, id: i64| format!("Outbox Entry {what} - Outbox ID: {id} | oscar | 11 | 127.0.0.1");
    assert_eq!(
        lines,
        [
            line("Retried", 1),
            line("Given Up", 1),
            line("Given Up", 2),
            line("Resolved as Not Done", 5),
            line("Retried", 6),
            line("Retried", 10),
        ]
    );
    oscar.get(&format!("{OUTBOX}/4")).await.shows(&["What to do", "looks that up first", "It was not carried out"]);
    let token = oscar.get(OUTBOX).await.token();
    oscar.post(&format!("{OUTBOX}/4/retry"), &token, &[]).await.leads_to(&format!("{OUTBOX}/4"));
    let again = oscar.post(&format!("{OUTBOX}/4/retry"), &token, &[]).await;
    assert_eq!(again.status, 409, "a form is sent once");
    api.sql("INSERT INTO mod_whmcs_api_holds (name, reason, last_entry, created_at) VALUES ('outbox', 'restored', 8, '2026-11-01')").await;
    oscar.get(OUTBOX).await.shows(&[
        "The outbox is held (restored)",
        "whmcs-api outbox release",
        "single entries can be given up",
    ]);
}
