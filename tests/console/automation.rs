//! The page of the automation: the calendar, the tasks of a day, and dry runs.

use super::browser::{Browser, console};
use crate::support::until_ok;

const PAGE: &str = "/console/automation";

#[tokio::test]
async fn the_calendar_tells_of_each_day_and_a_dry_run_of_now() {
    let api = console().await;
    api.sql(
        "INSERT INTO mod_whmcs_api_automation_runs (day, task, started_at, finished_at, failures, counts) VALUES \
           ('2026-11-18', 'day', '2026-11-18 06:00:00', '2026-11-18 06:01:00', 0, '{}'), \
           ('2026-11-18', 'invoices', '2026-11-18 06:00:00', '2026-11-18 06:00:10', 0, '{\"invoices\":3,\"others\":0}'), \
           ('2026-11-19', 'invoices', '2026-11-19 06:00:00', NULL, 0, '{}'), \
           ('2026-11-20', 'reminders', '2026-11-20 06:00:00', '2026-11-20 06:00:10', 2, '{}'), \
           ('2026-10-31', 'tickets', '2026-10-31 06:00:00', '2026-10-31 06:00:10', 0, '{}')",
    )
    .await;
    let lara = Browser::of(&api, "lara").await;
    let page = lara.get(PAGE).await;
    page.shows(&[
        "Runs in November 2026",
        "18 done 19 not finished 20 2 failed 21",
        "What each task did on 2026-11-20",
        "reminders 2 failed",
    ]);
    assert!(page.body.contains("aria-label=\"18 November 2026, done\"") && page.body.contains("aria-current=\"date\""));
    assert!(!page.text().contains("Start a dry run"));
    lara.get(&format!("{PAGE}?month=2026-11&day=2026-11-18"))
        .await
        .shows(&["invoices done 2026-11-18 06:00:10 3 invoices"]);
    let october = lara.get(&format!("{PAGE}?month=2026-10&day=2026-10-01")).await;
    october.shows(&["Runs in October 2026", "31 in part", "There is no result yet."]);
    for wrong in ["month=x&day=y", "month=9999-12&day=9999-12-31", "day=0000-00-00", "month=1000-01"] {
        assert_eq!(lara.get(&format!("{PAGE}?{wrong}")).await.status, 200, "{wrong}");
    }

    api.sql("UPDATE tblhosting SET domainstatus = 'Active', nextduedate = '2026-11-25', nextinvoicedate = '2026-11-25', billingcycle = 'Monthly', amount = 5").await;
    let oscar = Browser::of(&api, "oscar").await;
    let before = (api.rows("id", "tblinvoices").await, api.rows("id", "tblinvoiceitems").await);
    assert_eq!(oscar.submit(PAGE, &format!("{PAGE}/dry-run"), &[("task", "nothing")]).await.status, 422);
    let started = oscar.submit(PAGE, &format!("{PAGE}/dry-run"), &[("task", "invoices")]).await;
    assert_eq!((started.status, started.header("location")), (303, "/console/automation#dry-run"));
    until_ok(async || {
        let page = lara.get(PAGE).await;
        let text = page.text();
        if text.contains("Result of 2026-11-20 12:30:00") { Ok(()) } else { Err(text) }
    })
    .await;
    let page = lara.get(PAGE).await;
    page.shows(&["started by oscar", "What the dry run would have done"]);
    assert!(!page.body.contains("data-refresh"), "what has ended is not loaded again");
    assert_eq!(
        (api.rows("id", "tblinvoices").await, api.rows("id", "tblinvoiceitems").await),
        before,
        "nothing was done"
    );
    let lines = api.rows("description, user", "tblactivitylog WHERE description LIKE 'Dry Run%'").await;
    assert_eq!(lines, ["Dry Run of the Automation Started - Task: invoices | oscar"]);

    // One runs at a time, and one whose server was killed is in nobody's way.
    api.sql(
        "UPDATE mod_whmcs_api_console_jobs SET finished_at = NULL, step = 'invoices', done = 3, total = 9, result = ''",
    )
    .await;
    let page = lara.get(PAGE).await;
    page.shows(&["Running since 2026-11-20 12:30:00", "Now: invoices.", "Progress: 3 of 9"]);
    assert!(page.body.contains("id=\"dry-run-result\" data-refresh=\"2\""));
    let refused = oscar.submit(PAGE, &format!("{PAGE}/dry-run"), &[]).await;
    assert_eq!(refused.status, 422);
    refused.shows(&["One is running already."]);
    api.sql("UPDATE mod_whmcs_api_console_jobs SET seen_at = '2026-11-20 12:29:00'").await;
    lara.get(PAGE).await.shows(&["has not ended: its server stopped"]);
    assert_eq!(oscar.submit(PAGE, &format!("{PAGE}/dry-run"), &[]).await.status, 303);
}
