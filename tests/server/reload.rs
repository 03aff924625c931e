//! Settings that are read again while the server runs.

use std::fs;
use std::path::PathBuf;

use whmcs_api::config::{Secret, Settings};
use whmcs_api::keyring;

use super::process::{Running, eventually, stderr, stdout, whmcs_api};
use crate::support::{CREDENTIAL, Scratch, SmtpServer, TestApi, post, post_from};

/// A server on a test's database, with a file of settings.
struct Configured {
    server: Running,
    folder: Scratch,
}

impl Configured {
    fn start(api: &TestApi, name: &str, settings: &str) -> Configured {
        let folder = Scratch::new(name);
        fs::create_dir_all(&*folder).unwrap();
        fs::write(folder.join("config.toml"), settings).unwrap();
        let mut command = whmcs_api(&["serve", "--listen", "127.0.0.1:0", "--config"]);
        command.arg(folder.join("config.toml")).arg("--data-dir").arg(&*folder);
        command.env("WHMCS_API_DATABASE_URL", api.database.url());
        Configured { server: Running::start(command), folder }
    }

    fn config(&self) -> PathBuf {
        self.folder.join("config.toml")
    }

    fn write(&self, settings: &str) {
        fs::write(self.config(), settings).unwrap();
    }

    /// Runs `whmcs-api reload`; returns what it printed, or its error.
    fn reload(&self) -> Result<String, String> {
        let mut command = whmcs_api(&["reload", "--data-dir"]);
        let output = command.arg(&*self.folder).output().unwrap();
        if output.status.success() { Ok(stdout(&output)) } else { Err(stderr(&output)) }
    }

    fn status(&self) -> String {
        let call = format!("{CREDENTIAL}&action=GetCredits&clientid=1");
        let request = format!(
            "POST /includes/api.php HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{call}",
            call.len()
        );
        self.server.exchange(&request).split(' ').nth(1).unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_read_again_as_a_whole_or_not_at_all() {
    let api = TestApi::new().await;
    tokio::task::block_in_place(|| {
        let mut configured = Configured::start(&api, "reload", "");
        assert_eq!(configured.status(), "200");
        assert_eq!(configured.reload().unwrap(), "nothing has changed\n");

        configured.write("time_zone = 'Europe/Berlin'\n[access]\nallow = ['192.0.2.1']\naccess_key = 'quiet-canary'\n");
        let told = configured.reload().unwrap();
        assert_eq!(told, "changed: access.access_key, access.allow\nneeds a restart: time_zone\n");
        assert_eq!(configured.status(), "403");
        assert_eq!(configured.reload().unwrap(), "nothing has changed\nneeds a restart: time_zone\n");

        // One mistake, and nothing is applied.
        configured.write("[access]\nallow = ['127.0.0.1']\nfailures_per_address = 0\n");
        let told = configured.reload().unwrap_err();
        assert!(told.contains("not applied") && told.contains("access.failures_per_address"), "{told}");
        configured.server.signal("HUP");
        let is_told = || configured.server.says().matches("not applied: ").count() == 2;
        eventually("the log tells that the settings were not applied", is_told);
        assert_eq!(configured.status(), "403");

        configured.write("log = 'debug'\n[access]\nallow = ['127.0.0.1']\n");
        configured.server.signal("HUP");
        eventually("the signal lets this machine in again", || configured.status() == "200");
        eventually("the log has more lines", || configured.server.says().contains("DEBUG"));
        let log = configured.server.says();
        assert!(log.contains("changed: access.access_key, access.allow, log"), "{log}");
        assert!(!log.contains("quiet-canary"), "{log}");
        configured.server.stop();

        let told = configured.reload().unwrap_err();
        assert!(told.contains("no server runs on this machine that uses the data directory"), "{told}");
        let left = fs::read_dir(configured.folder.join("control")).unwrap().count();
        assert_eq!(left, 0, "its socket is gone");
    });
}

/// Its socket is removed, and that of a server on another machine with the same data directory stays: connecting to
/// either is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_is_not_asked() {
    let api = TestApi::new().await;
    tokio::task::block_in_place(|| {
        let mut configured = Configured::start(&api, "reload-killed", "");
        assert_eq!(configured.status(), "200");
        let control = configured.folder.join("control");
        let foreign = control.join("00000000-1-00000000.socket");
        drop(std::os::unix::net::UnixListener::bind(&foreign).unwrap());
        assert_eq!(configured.reload().unwrap(), "nothing has changed\n");
        configured.server.signal("KILL");
        configured.server.ends();
        assert_eq!(fs::read_dir(&control).unwrap().count(), 2);
        let told = configured.reload().unwrap_err();
        assert!(told.contains("no server runs on this machine"), "{told}");
        assert!(foreign.exists());
        assert_eq!(fs::read_dir(&control).unwrap().count(), 1);
    });
}

/// Each row: what is changed, a call from an address, and its status before and after.
#[tokio::test]
async fn changes_hold_for_the_next_call() {
    type Change = fn(&mut Settings);
    let credits = "action=GetCredits&clientid=1";
    let rows: [(Change, &str, String, u16, u16); 7] = [
        (|new| new.access.allow.clear(), "127.0.0.1", format!("{CREDENTIAL}&{credits}"), 200, 403),
        (
            |new| new.access.access_key = Secret("sesame".to_owned()),
            "192.0.2.1",
            format!("{CREDENTIAL}&{credits}&accesskey=sesame"),
            403,
            200,
        ),
        (|new| new.access.owner_permission = 9999, "127.0.0.1", format!("{CREDENTIAL}&{credits}"), 200, 403),
        (
            |new| new.access.failures_per_identifier = 1,
            "127.0.0.1",
            format!("identifier=x&secret=y&{credits}"),
            403,
            403,
        ),
        (
            |new| new.limits.request_bytes = 100,
            "127.0.0.1",
            format!("{CREDENTIAL}&{credits}&more={}", "x".repeat(100)),
            200,
            413,
        ),
        (
            |new| new.compat.unknown_action_status = serde_json::from_str("\"403\"").unwrap(),
            "127.0.0.1",
            format!("{CREDENTIAL}&action=None"),
            200,
            403,
        ),
        (|new| new.limits.calls_per_minute = 1, "127.0.0.1", format!("{CREDENTIAL}&{credits}"), 200, 200),
    ];
    for (number, (change, address, request, before, after)) in rows.into_iter().enumerate() {
        let api = TestApi::new().await;
        let status = async || post_from(&api.router, address, &[], &request).await.0;
        assert_eq!(status().await, before, "{number}, before");
        let mut settings = Settings::default();
        change(&mut settings);
        api.api.reload(&settings).unwrap();
        assert_eq!(status().await, after, "{number}, after");
        // Limits hold from the next call on.
        if settings.access.failures_per_identifier == 1 || settings.limits.calls_per_minute == 1 {
            assert_eq!(status().await, 429, "{number}");
        }
        api.api.reload(&Settings::default()).unwrap();
        assert_eq!(status().await, before, "{number}, back again");
    }
}

/// Who was blocked before stays blocked, unless the limits have changed; who was right before is still known.
#[tokio::test]
async fn failures_are_not_forgotten() {
    let mut settings = Settings::default();
    settings.access.failures_per_identifier = 1;
    let api = TestApi::with_settings(settings.clone()).await;
    let status = async || post(&api.router, "identifier=x&secret=y&action=GetCredits").await.0;
    assert_eq!((status().await, status().await), (403, 429));
    settings.docs = false;
    api.api.reload(&settings).unwrap();
    assert_eq!(status().await, 429);
}

/// Another mail server gets the mails that are sent from then on, and those that had waited.
#[tokio::test]
async fn another_outbox_takes_over() {
    let smtp = SmtpServer::start().await;
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/mail.sql")).await;
    let stopping = tokio_util::sync::CancellationToken::new();
    let outbox = tokio::spawn({
        let (api, stopping) = (std::sync::Arc::clone(&api.api), stopping.clone());
        async move { api.run_outbox(stopping).await }
    });
    let mail = "action=SendEmail&id=1&customtype=general&customsubject=one&custommessage=x";
    api.reply(mail).await;
    let settings = Settings { mail: smtp.settings(), ..Settings::default() };
    api.api.reload(&settings).unwrap();
    api.reply(mail).await;
    crate::support::eventually("both mails arrive", async || smtp.received().len() == 2).await;
    stopping.cancel();
    crate::support::ends("the outbox", outbox).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_read_again_from_the_same_file() {
    let api = TestApi::new().await;
    let folder = Scratch::new("reloaded-keys");
    let keys = folder.join("keys");
    keyring::create(&keys).unwrap();
    tokio::task::block_in_place(|| {
        let configured = Configured::start(&api, "reload-keys", &format!("[keys]\nfile = '{}'\n", keys.display()));
        assert_eq!(configured.reload().unwrap(), "nothing has changed\n");
        keyring::add(&keys).unwrap();
        assert_eq!(configured.reload().unwrap(), "changed: keys.file\n");
        assert_eq!(configured.reload().unwrap(), "nothing has changed\n");
        fs::write(&keys, "not a key").unwrap();
        let told = configured.reload().unwrap_err();
        assert!(told.contains("not applied") && told.contains("line 1") && !told.contains("not a key"), "{told}");
        assert_eq!(configured.status(), "200");
    });
}
