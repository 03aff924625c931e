//! A registry on ports of this machine: an RDAP server and a WHOIS server. The first label of a name tells how they answer
//! about it: `taken.both`, or `late-free.both` for an RDAP server that hangs and a WHOIS server that says that it is free.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::{fs, thread};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use whmcs_api::config::{Settings, Whois};
use whmcs_api::demo::stand_in_registry;

use super::Scratch;

/// The list with the demo's stand-in for all registries, which runs as long as there are tests.
static STAND_IN: LazyLock<PathBuf> = LazyLock::new(|| {
    let (tell, list) = mpsc::channel();
    thread::spawn(move || {
        let folder = Scratch::new("stand-in-registry");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tell.send(stand_in_registry::start(&folder).await.unwrap()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    list.recv().unwrap()
});

/// Returns settings with which no registry outside is asked by RDAP.
pub fn with_stand_in(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    if settings.whois.rdap_file.as_os_str().is_empty() {
        settings.whois.rdap_file.clone_from(&STAND_IN);
    }
    settings
}

pub struct Registry {
    folder: Scratch,
    shared: Arc<Shared>,
}

struct Shared {
    rdap_address: String,
    asked: Mutex<Vec<String>>,
    /// One permit for each answer about a name with `hold` that may be sent now.
    may_answer: Semaphore,
}

impl Registry {
    /// Starts a registry of names below `both`, of which the RDAP server alone serves `rdap` and `zz`, and the WHOIS server
    /// alone `port` and `co.port`. For the WHOIS server as a web page, there is `web`.
    pub async fn start(name: &str) -> Registry {
        let rdap = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port43 = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rdap_address = rdap.local_addr().unwrap().to_string();
        let folder = Scratch::new(name);
        let whois = json!([
            {
                "extensions": ".both,.port,.co.port",
                "uri": format!("socket://{}", port43.local_addr().unwrap()),
                "available": "No match for",
            },
            {"extensions": ".web", "uri": format!("http://{rdap_address}/page/"), "available": "No match for"},
        ]);
        fs::write(folder.join("whois.json"), whois.to_string()).unwrap();
        let shared = Shared { rdap_address, asked: Mutex::default(), may_answer: Semaphore::new(0) };
        let registry = Registry { folder, shared: Arc::new(shared) };
        registry.serve_by_rdap(&["both", "rdap", "zz"]);
        let router = Router::new().fallback(answer_by_rdap).with_state(Arc::clone(&registry.shared));
        tokio::spawn(async move { axum::serve(rdap, router).await });
        let shared = Arc::clone(&registry.shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = port43.accept().await {
                tokio::spawn(answer_on_port43(client, Arc::clone(&shared)));
            }
        });
        registry
    }

    /// Writes the list of RDAP servers.
    pub fn serve_by_rdap(&self, extensions: &[&str]) {
        let url = format!("http://{}/v1", self.shared.rdap_address);
        let list = json!({"version": "1.0", "services": [[extensions, [url]]]});
        fs::write(self.folder.join("rdap.json"), list.to_string()).unwrap();
    }

    pub fn settings(&self) -> Settings {
        let whois = Whois {
            rdap_file: self.folder.join("rdap.json"),
            servers_file: self.folder.join("whois.json"),
            // The longest that is allowed.
            timeout_seconds: 60,
            ..Whois::default()
        };
        Settings { whois, ..Settings::default() }
    }

    /// Returns the questions that were asked since the last call of this function, such as `rdap taken.both`.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.asked.lock().unwrap())
    }

    /// Number of questions that were asked since the last call of [`Registry::asked`].
    pub fn asked_count(&self) -> usize {
        self.shared.asked.lock().unwrap().len()
    }

    /// Sends this number of answers about names with `hold`.
    pub fn answer(&self, answers: usize) {
        self.shared.may_answer.add_permits(answers);
    }
}

impl Shared {
    fn record(&self, server: &str, question: &str) {
        self.asked.lock().unwrap().push(format!("{server} {question}"));
    }
}

async fn answer_by_rdap(State(shared): State<Arc<Shared>>, uri: Uri) -> (StatusCode, HeaderMap, String) {
    let mut headers =
        HeaderMap::from_iter([("content-type".parse().unwrap(), "application/rdap+json".parse().unwrap())]);
    if let Some(name) = uri.path().strip_prefix("/page/") {
        shared.record("web", name);
        return (StatusCode::OK, headers, text_about(name, label(name)));
    }
    let name = uri.path().strip_prefix("/v1/domain/").unwrap_or("not found").to_owned();
    shared.record("rdap", &name);
    let domain = json!({"objectClassName": "domain", "ldhName": name, "status": ["active"]});
    let mut redirect = |target: String| {
        headers.insert("location", HeaderValue::try_from(target).unwrap());
        (StatusCode::FOUND, headers.clone(), String::new())
    };
    let taken = "taken.rdap";
    match label(&name) {
        "free" => (StatusCode::NOT_FOUND, headers, json!({"errorCode": 404}).to_string()),
        "limited" => (StatusCode::TOO_MANY_REQUESTS, headers, String::new()),
        "broken" => (StatusCode::INTERNAL_SERVER_ERROR, headers, domain.to_string()),
        "lost" => (StatusCode::NOT_FOUND, HeaderMap::new(), "<html>Not Found</html>".to_owned()),
        "garbage" => (StatusCode::OK, headers, "<html>Welcome</html>".to_owned()),
        "other" => (StatusCode::OK, headers, domain.to_string().replace("other", "another")),
        "long" => (StatusCode::OK, headers, domain.to_string() + &" ".repeat(1 << 20)),
        "clear" => redirect(format!("http://{}/v1/domain/{taken}", shared.rdap_address)),
        "relative" => redirect(format!("/v1/domain/{taken}")),
        "private" => redirect(format!("https://{}/v1/domain/{taken}", shared.rdap_address)),
        "local" => redirect(format!("https://localhost/v1/domain/{taken}")),
        "late" => std::future::pending().await,
        "hold" => {
            shared.may_answer.acquire().await.unwrap().forget();
            (StatusCode::OK, headers, domain.to_string())
        }
        _ => (StatusCode::OK, headers, domain.to_string()),
    }
}

async fn answer_on_port43(client: TcpStream, shared: Arc<Shared>) {
    let mut client = BufReader::new(client);
    let mut question = String::new();
    client.read_line(&mut question).await.unwrap();
    let name = question.strip_suffix("\r\n").unwrap_or("not a line").to_owned();
    shared.record("whois", &name);
    match name.rsplit_once('-').map_or(label(&name), |(_, of_whois)| label(of_whois)) {
        "late" => std::future::pending().await,
        // It ends once the client closes the connection.
        "long" => while client.write_all(&[b'x'; 4096]).await.is_ok() {},
        "cut" => {}
        kind => client.write_all(text_about(&name, kind).as_bytes()).await.unwrap(),
    }
}

fn text_about(name: &str, kind: &str) -> String {
    match kind {
        "free" => format!("No match for {name}\r\n"),
        "limited" => "Query rate limit exceeded\r\n".to_owned(),
        "garbage" => "\0\0<html>\x1b".to_owned(),
        _ => format!("Domain Name: {name}\r\nRegistrar: <b>Example & Co</b>\r\n"),
    }
}

/// The first label of a name, up to a hyphen.
fn label(name: &str) -> &str {
    name.split(['.', '-']).next().unwrap_or_default()
}
