//! Who runs the automation, when, and what is recorded of it.

use tokio_util::sync::CancellationToken;
use whmcs_api::automation::{Refused, Request};
use whmcs_api::config::{AutomationRun, Settings};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::domain::time::{Clock, parse_date};

use super::{counted, morning, run};
use crate::support::{TestApi, demo, rows};

const DUE: &str = "\
    INSERT INTO tblproducts (id, gid, name) VALUES (1, 1, 'Small'); \
    INSERT INTO tblhosting (id, userid, packageid, qty, regdate, amount, billingcycle, nextduedate, nextinvoicedate, domainstatus) \
      VALUES (1, 1, 1, 1, '2026-11-01', 10.00, 'Monthly', '2026-12-01', '2026-12-01', 'Active');";

pub async fn scheduled(api: &TestApi, time: &str) -> Result<Vec<&'static str>, Refused> {
    let now = Clock::fixed_at(time, chrono_tz::Tz::UTC).unwrap().now();
    let automation = api.api.automation().unwrap();
    let ran = automation.run_scheduled(now, &CancellationToken::new()).await.unwrap();
    ran.map(|results| results.into_iter().map(|(name, _)| name).collect())
}

/// The tasks of the day run once on it, from the hour on; the others at each run.
#[tokio::test]
async fn the_day_begins_at_the_operators_hour() {
    for (setting, hour, other) in [(None, "9", "9"), (None, "", "9"), (Some(5), "9", "5"), (None, "23", "23")] {
        let mut settings = Settings::default();
        settings.automation.hour = setting;
        let api = TestApi::with_settings(settings).await;
        api.sql(DUE).await;
        api.sql(&format!("INSERT INTO tblconfiguration (setting, value) VALUES ('DailyCronExecutionHour', '{hour}')"))
            .await;
        let hour: u32 = other.parse().unwrap();
        let before = scheduled(&api, &format!("2026-11-20 {:02}:59:00", hour - 1)).await.unwrap();
        assert!(before.contains(&"unsuspensions") && !before.contains(&"invoices"), "{hour}: {before:?}");
        let after = scheduled(&api, &format!("2026-11-20 {hour:02}:00:00")).await.unwrap();
        assert!(after.contains(&"invoices") && after.contains(&"unsuspensions"), "{hour}: {after:?}");
        let again = scheduled(&api, &format!("2026-11-20 {hour:02}:05:00")).await.unwrap();
        // Reminders that waited for a charge are sent.
        let reminders = again.iter().position(|task| *task == "reminders").unwrap();
        assert_eq!([&again[..reminders], &again[reminders + 1..]].concat(), before, "{hour}");
        assert_eq!(api.rows("COUNT(*)", "tblinvoices").await, ["1"]);
    }
}

#[tokio::test]
async fn what_was_done_is_recorded() {
    let api = TestApi::new().await;
    api.sql(DUE).await;
    let results = run(&api, "2026-11-20").await;
    assert_eq!(counted(&results, "invoices"), "created 1");
    // What is run again adds nothing, and what is found then is added.
    assert_eq!(counted(&run(&api, "2026-11-20").await, "invoices"), "");
    api.sql("INSERT INTO tblbillableitems (userid, description, amount, recurcycle, invoiceaction) VALUES (1, 'x', 1, '', 1)").await;
    assert_eq!(counted(&run(&api, "2026-11-20").await, "invoices"), "created 1");
    let runs = "mod_whmcs_api_automation_runs WHERE task IN ('invoices', 'day') ORDER BY task DESC";
    assert_eq!(
        api.rows("day, task, finished_at, failures, counts", runs).await,
        [
            r#"2026-11-20 | invoices | 2026-11-20 10:00:00 | 0 | {"created":2}"#,
            r#"2026-11-20 | day | 2026-11-20 10:00:00 | 0 | {"marker":"2026-11-20 10:00:00"}"#
        ]
    );
    let reply = api.reply("action=GetAutomationLog&namespace=invoices.created").await;
    assert_eq!(reply["statistics"]["2026-11-20"]["invoices.created"], "2");
    assert_eq!(reply["lastDailyCronInvocationTime"], "2026-11-20 10:00:00");
}

/// What a dry run reports is what a run does then, and nothing was written.
#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let api = TestApi::new().await;
    api.sql(DUE).await;
    let before = api.checksums().await;
    let dry = super::run_with(&api, "2026-11-20", &Request { is_dry: true, ..Request::default() }).await;
    assert_eq!(api.checksums().await, before);
    let ran = run(&api, "2026-11-20").await;
    assert_eq!(dry, ran);
    assert_eq!(counted(&dry, "invoices"), "created 1");
}

/// Beside a WHMCS it runs only if it is told to, and if the cron job of that does not.
#[tokio::test]
async fn a_whmcs_has_its_own() {
    let cron = |at: &str| Err(Refused::CronRuns { at: at.to_owned() });
    let (own, in_place, never) = (AutomationRun::OnOwnDatabase, AutomationRun::InPlaceOfWhmcs, AutomationRun::Never);
    for (setting, is_whmcs, marker, allowed) in [
        (own, false, "2026-11-20 09:00:00", Ok(())),
        (never, false, "", Err(Refused::Off)),
        (own, true, "", Err(Refused::OfWhmcs)),
        (in_place, true, "", Ok(())),
        (in_place, true, "2026-11-19 07:59:00", Ok(())),
        (in_place, true, "2026-11-19 08:01:00", cron("2026-11-19 08:01:00")),
    ] {
        let mut settings = Settings::default();
        settings.automation.run = setting;
        let api = TestApi::with_settings(settings).await;
        if is_whmcs {
            api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('Version', '8.13.1-release.1')").await;
        }
        api.sql(&format!(
            "INSERT INTO tblconfiguration (setting, value) VALUES ('lastDailyCronInvocationTime', '{marker}')"
        ))
        .await;
        let automation = api.api.automation().unwrap();
        assert_eq!(automation.check(morning("2026-11-20")).await.unwrap(), allowed, "{setting:?} {marker}");
        if allowed == Ok(()) && is_whmcs {
            // Its own marker does not keep it from running again.
            run(&api, "2026-11-20").await;
            assert_eq!(automation.check(morning("2026-11-20")).await.unwrap(), Ok(()), "{setting:?} {marker}");
        }
    }
}

/// Before the day on which it starts nothing runs by itself, and commands run it.
#[tokio::test]
async fn it_starts_on_the_day_that_is_set() {
    let api =
        super::api_with(|automation| automation.starts_on = Some("2026-11-20".to_owned().try_into().unwrap())).await;
    api.sql(DUE).await;
    let before = api.checksums().await;
    let first = parse_date("2026-11-20").unwrap();
    assert_eq!(scheduled(&api, "2026-11-19 23:59:59").await, Err(Refused::Before(first)));
    assert_eq!(Refused::Before(first).to_string(), "it starts on 2026-11-20 (automation.starts_on)");
    assert_eq!(api.checksums().await, before);
    assert!(scheduled(&api, "2026-11-20 00:00:00").await.unwrap().contains(&"unsuspensions"));
    assert_eq!(counted(&run(&api, "2026-11-19").await, "invoices"), "created 1");
}

/// The history of the demo's data is what a run of that day leaves: another one finds the same tasks, and nothing to do.
#[tokio::test]
async fn the_demo_has_the_history_of_a_day() {
    let (database, _folder, mut settings) = demo("automation-history").await;
    settings.automation.run = AutomationRun::InPlaceOfWhmcs;
    let hosts = Hosts::open(vec![database.options()], 4).await.unwrap();
    let (api, _) = crate::support::api_with(hosts, None, &settings);
    let pool = sqlx::MySqlPool::connect_lazy_with(database.options());
    let recorded =
        async || rows(&pool, "day, task, failures, counts", "mod_whmcs_api_automation_runs ORDER BY task").await;
    let registered =
        async || rows(&pool, "name, namespace, namespace_value", "tbllog_register ORDER BY namespace").await;
    let (runs, register) = (recorded().await, registered().await);
    let six = Clock::fixed_at("2026-11-20 06:00:00", chrono_tz::Tz::UTC).unwrap().now();
    let (request, stopping) = (Request::default(), CancellationToken::new());
    let results = api.automation().unwrap().run_day(six, &request, &stopping, &|_, _, _| {}).await.unwrap().unwrap();
    assert!(results.iter().all(|(_, result)| result.counts.values().all(|count| *count == 0)), "{results:?}");
    assert_eq!((recorded().await, registered().await), (runs, register));
    let today = "WHERE DATE(created_at) = '2026-11-20' AND TIME(created_at) = '06:00:00'";
    assert_eq!(rows(&pool, "id", &format!("tblinvoices {today}")).await, ["128"]);
    assert_eq!(
        rows(&pool, "subject", &format!("tblemails {today} ORDER BY id")).await,
        ["Invoice 128 of 20/11/2026", "Invoice 127 is overdue"]
    );
}

/// Another server has the lease until it gives it back, or has not been seen for a while.
#[tokio::test]
async fn one_server_runs_at_a_time() {
    let api = TestApi::new().await;
    let lease = |time: &str| {
        format!(
            "REPLACE INTO mod_whmcs_api_automation_lease VALUES ('daily', REPEAT('x', 16), UTC_TIMESTAMP() + INTERVAL {time})"
        )
    };
    api.sql(&lease("5 MINUTE")).await;
    assert_eq!(scheduled(&api, "2026-11-20 10:00:00").await, Err(Refused::OnAnotherServer));
    api.sql(&lease("-1 SECOND")).await;
    assert!(scheduled(&api, "2026-11-20 10:00:00").await.is_ok());
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_automation_lease").await, ["0"], "it was given back");
}
