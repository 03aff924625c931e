//! The documented receivers, in Python and PHP, and the table of events.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use whmcs_api::events::EVENTS;

use super::{DELIVERIES, Webhooks};
use crate::support::python::DocumentedEndpoint;
use crate::support::{Scratch, eventually};

const PAGE: &str = include_str!("../../docs/webhooks.md");

#[test]
fn the_page_lists_the_events() {
    for event in EVENTS {
        let parameters: Vec<String> = event.parameters.iter().map(|parameter| format!("`{parameter}`")).collect();
        let line = format!("\n| `{}` | {} | {} |\n", event.name, event.when.trim(), parameters.join(", "));
        assert!(PAGE.contains(&line), "docs/webhooks.md lacks{line}");
    }
    assert_eq!(PAGE.lines().filter(|line| line.starts_with("| `")).count(), EVENTS.len());
}

/// The documented program in PHP, which is killed when the value is dropped.
struct PhpReceiver {
    child: Child,
    port: u16,
    folder: Scratch,
}

impl PhpReceiver {
    async fn start() -> PhpReceiver {
        let program = PAGE.split("```php\n").nth(1).unwrap().split("```").next().unwrap();
        let folder = Scratch::new("php-receiver");
        fs::write(folder.join("hook.php"), program).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("php")
            .args(["-S", &format!("127.0.0.1:{port}"), "hook.php"])
            .current_dir(&*folder)
            .env("SECRET", DocumentedEndpoint::SECRET)
            .env("HANDLED", &*folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let receiver = PhpReceiver { child, port, folder };
        eventually("PHP listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        receiver
    }
}

impl Drop for PhpReceiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_documented_receivers_take_what_is_genuine_once() {
    let webhooks = Webhooks::start("ClientClose").await;
    let python = DocumentedEndpoint::start(PAGE);
    let php = PhpReceiver::start().await;
    let api = &webhooks.api;
    // Endpoints with the secret of the receivers, in addition to the one that has another secret.
    let urls = [python.url(), format!("http://127.0.0.1:{}/", php.port)];
    for url in &urls {
        let id = api.reply(&format!("action=AddWebhook&url={url}&events=ClientAdd")).await["webhookid"].clone();
        let sealed = Webhooks::sealed(id.as_i64().unwrap(), DocumentedEndpoint::SECRET);
        api.sql(&format!("UPDATE mod_whmcs_api_webhooks SET secret = '{sealed}' WHERE id = {id}")).await;
        api.reply(&format!("action=AddWebhook&url={url}&events=ClientAdd")).await;
    }
    webhooks.read_listeners().await;
    let add = "action=AddClient&firstname=A&lastname=B&email=ab@example.com&address1=x&city=x&state=x&postcode=1&country=US\
               &phonenumber=1&password2=x&noemail=1&skipvalidation=1";
    api.reply(add).await;
    webhooks.deliver().await;
    let states = async || api.rows("target, state, last_error", &format!("{DELIVERIES} ORDER BY id")).await;
    assert_eq!(
        states().await,
        ["2 | done | ", "3 | pending | HTTP status 401", "4 | done | ", "5 | pending | HTTP status 401"]
    );
    let log = || fs::read_to_string(php.folder.join("log")).unwrap();
    assert_eq!(log(), "1 ClientAdd\n");
    // The same event again has the same id.
    api.reply("action=ReplayWebhook&webhookid=4&after=0").await;
    webhooks.deliver().await;
    assert_eq!(states().await.last().unwrap(), "4 | done | ");
    assert_eq!(log(), "1 ClientAdd\n");
}
