use serde_json::Value;
use tokio_util::sync::CancellationToken;
use whmcs_api::actions::Access;
use whmcs_api::config::Settings;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::database::migrations;
use whmcs_api::demo;

use super::{WHMCS_9, checksums, codes, examine, of_whmcs, sql};
use crate::server::process::{Running, whmcs_api};
use crate::support::{HANG, Scratch, User, api_with, documented_calls, post, settings_with_keys};

fn settings() -> Settings {
    let mut settings = Settings { read_only: true, ..settings_with_keys() };
    // With this setting, everything that can be written would be.
    "127.0.0.1".clone_into(&mut settings.mail.smtp_host);
    settings
}

/// Creates a user who may only read, beside a WHMCS to which nothing was added.
async fn reader() -> User {
    let user = User::create(of_whmcs(WHMCS_9).await).await;
    let (name, host) = (&user.name, &user.host);
    sql(&user.database, &format!("GRANT SELECT ON `{}`.* TO '{name}'@'{host}'", user.database.name())).await;
    user
}

#[tokio::test]
async fn what_reads_works_with_rights_to_read_and_without_our_tables() {
    let user = reader().await;
    let before = checksums(&user.database).await;
    let (mut settings, folder) = (settings(), Scratch::new("read-only"));
    settings.attachments.dir = folder.to_path_buf();
    demo::write_attachments(&folder).unwrap();
    demo::add_stand_ins(&mut settings).await.unwrap();
    let report = examine(user.options(), &settings).await;
    assert_eq!(codes(&report.problems), Vec::<&str>::new(), "{:?}", report.problems);

    let hosts = Hosts::open_to_read(vec![user.options()], 4).await.unwrap();
    let (api, router) = api_with(hosts, None, &settings);
    for (request, status, reply) in documented_calls(&router).await {
        let action = api.catalogue().find(request.split('&').next().unwrap()).unwrap();
        match action.access {
            Access::Read if request.contains('{') => {}
            // Without tables of ours, there are no webhooks.
            Access::Read if action.group == "webhooks" => assert_eq!(reply["result"], "error", "{request}"),
            Access::Read => assert!(status == 200 && reply["result"] == "success", "{request}: {reply}"),
            Access::Write => {
                let message = "The API is read-only: nothing can be changed through it";
                assert_eq!((status, &reply["message"]), (403, &Value::from(message)), "{request}");
            }
        }
    }
    // Maintenance starts with its writes, before it checks whether to stop.
    let stopping = CancellationToken::new();
    stopping.cancel();
    api.run_maintenance(stopping).await;
    api.run_outbox_once().await;
    api.shut_down(HANG).await;
    assert_eq!(checksums(&user.database).await, before, "something was written");
}

/// The session is read-only, so that even an accidental write would fail.
#[tokio::test]
async fn its_connections_cannot_write() {
    let database = of_whmcs(WHMCS_9).await;
    let hosts = Hosts::open_to_read(vec![database.options()], 1).await.unwrap();
    let error = sqlx::query("DELETE FROM tblcredit")
        .execute(&mut *hosts.acquire().await.unwrap().connection)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("READ ONLY"), "{error}");
}

/// If the own tables exist but may not be read, it is unknown whether a credential is disabled.
#[tokio::test]
async fn it_does_not_start_where_it_cannot_tell_who_may_call() {
    let user = User::create(of_whmcs(WHMCS_9).await).await;
    migrations::run(user.database.options()).await.unwrap();
    sql(
        &user.database,
        &format!("GRANT SELECT ON `{}`.tbldeviceauth TO '{}'@'{}'", user.database.name(), user.name, user.host),
    )
    .await;
    let Err(error) = Hosts::open_to_read(vec![user.options()], 1).await else { panic!("it opened") };
    assert!(error.to_string().contains("mod_whmcs_api_credentials"), "{error}");
}

#[tokio::test]
async fn the_program_serves_so() {
    let user = reader().await;
    // The rest of the URL is that of the tests' own user.
    let url = user.database.url();
    let (_, place) = url.split_once('@').unwrap();
    let mut serve = whmcs_api(&["serve", "--listen", "127.0.0.1:0"]);
    serve.env("WHMCS_API_DATABASE_URL", format!("mysql://{}:x@{place}", user.name)).env("WHMCS_API_READ_ONLY", "true");
    let mut running = tokio::task::spawn_blocking(|| Running::start(serve)).await.unwrap();
    assert!(running.call("action=GetCurrencies").contains("success"), "{}", running.says());
    assert!(running.call("action=AddCredit").contains("read-only"), "{}", running.says());
    running.stop();
    assert!(!running.says().contains("WARN"), "{}", running.says());
    let (api, router) = api_with(Hosts::open_to_read(vec![user.options()], 1).await.unwrap(), None, &settings());
    let call = format!("identifier={}&secret={}&action=GetCurrencies", demo::IDENTIFIER, demo::SECRET);
    assert_eq!(post(&router, &call).await.0, 200);
    drop(api);
}
