//! A running server: listeners, background tasks and graceful stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use sqlx::mysql::MySqlConnectOptions;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::faults::Faults;
use crate::api::Api;
use crate::config::{Entities, PasswordStorage, Settings};
use crate::console::PREFIX;
use crate::database::hosts::Hosts;
use crate::database::migrations;
use crate::domain::time::Clock;
use crate::observability::metrics::Connections;
use crate::server::{self, Listener};
use crate::store;
use crate::store::system::inspection;
use crate::tls::CurrentCertificate;

/// Time limit for finishing connections, and then for finishing calls, when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Time after which calls that are passed to the upstream are answered, so that the answers arrive before that limit.
const PASSING_STOP_TIMEOUT: Duration = Duration::from_secs(8);
/// Time limit for outbox attempts that are still running after that, such as a mail whose acceptance the mail server
/// has not confirmed yet.
const OUTBOX_STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// A server whose sockets are open. It handles connections once [`Serving::run`] is called.
pub struct Serving {
    settings: Settings,
    hosts: Arc<Hosts>,
    replica: Option<Arc<Hosts>>,
    api: Arc<Api>,
    router: Router,
    listener: Listener,
    certificate: Option<Arc<CurrentCertificate>>,
    address: SocketAddr,
    metrics: Option<TcpListener>,
    /// The console's own listener.
    console: Option<Listener>,
    console_url: Option<String>,
    /// Cancelled once the database has ended for good.
    database_ended: CancellationToken,
}

impl Serving {
    /// Connects to the database, whose tables must exist, and listens.
    pub async fn open(
        mut settings: Settings,
        servers: Vec<MySqlConnectOptions>,
        clock: Clock,
    ) -> anyhow::Result<Serving> {
        // Before anything takes time: a wrong certificate is known at once.
        let is_tls = settings.tls.is_enabled();
        let certificate = is_tls.then(|| CurrentCertificate::load(&settings.tls)).transpose()?.map(Arc::new);
        let OpenedApi { hosts, replica, api } = OpenedApi::open(&mut settings, servers, clock).await?;
        let context = || format!("listening on {}", settings.listen);
        let socket = TcpListener::bind(settings.listen).await.with_context(context)?;
        let address = socket.local_addr()?;
        let listener = match &certificate {
            Some(certificate) => Listener::with_tls(socket, Arc::clone(certificate))?,
            None => socket.into(),
        };
        let metrics = listen_for_metrics(&settings).await?;
        let (console, own_address) = listen_for_console(&settings, certificate.as_ref()).await?.unzip();
        let is_served = settings.console.enabled && !settings.read_only;
        let console_url =
            is_served.then(|| format!("{}://{}{PREFIX}", settings.scheme(), own_address.unwrap_or(address)));
        let router = server::router(Arc::clone(&api), &settings);
        let serving = Serving {
            settings,
            hosts,
            replica,
            api,
            router,
            listener,
            certificate,
            address,
            metrics,
            console,
            console_url,
            database_ended: CancellationToken::new(),
        };
        info!("listening at {}", serving.url());
        if let Some(url) = &serving.console_url {
            info!("the console is at {url}");
        }
        if let Some(warning) = serving.settings.clear_text_warning() {
            warn!("{warning}");
        }
        Ok(serving)
    }

    /// The URL of the API.
    pub fn url(&self) -> String {
        format!("{}://{}/includes/api.php", self.settings.scheme(), self.address)
    }

    /// The URL of the console, if it is served.
    pub fn console_url(&self) -> Option<&str> {
        self.console_url.as_deref()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn api(&self) -> &Arc<Api> {
        &self.api
    }

    /// Adds fault injection.
    #[must_use]
    pub fn with_faults(mut self, faults: Arc<Faults>) -> Serving {
        self.router = faults.wrap(self.router);
        self
    }

    /// Stops the server once this token says that its database has ended for good. Calls in progress are answered.
    #[must_use]
    pub fn with_database(mut self, ended: CancellationToken) -> Serving {
        self.database_ended = ended;
        self
    }

    /// Handles calls until `stop` completes, then finishes those in progress.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Serving { settings, hosts, replica, api, router, listener, certificate, metrics, console, .. } = self;
        let database = tokio::spawn(give_up_without_database(Arc::clone(&api), self.database_ended));
        if let Some(listener) = metrics {
            spawn_metrics_server(listener, &api, &settings);
        }
        if let Some(listener) = console {
            spawn_server(listener, server::console_router(Arc::clone(&api), &settings), &settings);
        }
        let stopping = CancellationToken::new();
        let maintenance = tokio::spawn({
            let (api, stopping) = (Arc::clone(&api), stopping.clone());
            async move { api.run_maintenance(stopping).await }
        });
        let automation = tokio::spawn({
            let (api, stopping) = (Arc::clone(&api), stopping.clone());
            async move { api.run_automation(stopping).await }
        });
        let count_exchange = tokio::spawn({
            let (api, stopping) = (Arc::clone(&api), stopping.clone());
            async move { api.run_count_exchange(stopping).await }
        });
        let outbox = tokio::spawn({
            let (api, stopping) = (Arc::clone(&api), stopping.clone());
            async move { api.run_outbox(stopping).await }
        });
        let webhooks = tokio::spawn({
            let (api, stopping) = (Arc::clone(&api), stopping.clone());
            async move { api.run_webhooks(stopping).await }
        });
        let drained = async {
            stop.await;
            api.start_draining();
            sleep(Duration::from_secs(api.config().settings.drain_seconds)).await;
        };
        let closing = CancellationToken::new();
        let stop = async {
            tokio::select! {
                () = drained => {}
                () = api.given_up() => {}
            }
            closing.cancel();
        };
        tokio::select! {
            () = server::serve(listener, router, &settings, api.connections(), stop, STOP_TIMEOUT) => {}
            () = hosts.watch() => {}
            () = watch(replica.as_deref()) => {}
            () = Box::pin(watch(api.sql_hosts())) => {}
            () = watch_certificate(certificate.as_deref(), api.connections()) => {}
            () = end_passed_calls(&api, &closing) => {}
        }
        stopping.cancel();
        let finish = async {
            let _ = timeout(STOP_TIMEOUT, maintenance).await;
            let _ = timeout(STOP_TIMEOUT, automation).await;
            let _ = timeout(STOP_TIMEOUT, count_exchange).await;
            let _ = timeout(STOP_TIMEOUT, webhooks).await;
            if timeout(OUTBOX_STOP_TIMEOUT, outbox).await.is_err() {
                warn!("stopping while attempts of the outbox are running: their outcome is unknown");
            }
            api.shut_down(STOP_TIMEOUT).await;
        };
        tokio::select! {
            () = finish => {}
            // Nothing that remains to be done can be recorded.
            () = api.given_up() => {}
        }
        // From now on the database may end.
        database.abort();
    }
}

async fn give_up_without_database(api: Arc<Api>, ended: CancellationToken) {
    ended.cancelled().await;
    error!("the database has ended: calls are answered with 503 or 504, and the server stops");
    api.give_up();
}

/// An API with its connections to the database, which is ready for calls.
pub struct OpenedApi {
    pub hosts: Arc<Hosts>,
    pub replica: Option<Arc<Hosts>>,
    pub api: Arc<Api>,
}

impl OpenedApi {
    /// Connects to the database, whose tables must exist. What the database decides is set in the settings.
    pub async fn open(
        settings: &mut Settings,
        servers: Vec<MySqlConnectOptions>,
        clock: Clock,
    ) -> anyhow::Result<OpenedApi> {
        let connections = settings.database.connections;
        let hosts = match settings.read_only {
            true => Hosts::open_to_read(servers, connections).await,
            false => Hosts::open(servers, connections).await,
        };
        let hosts = hosts.context("connecting to the database")?;
        match settings.read_only {
            true => migrations::refuse_unfinished_restore(&mut hosts.acquire().await?.connection).await?,
            false => migrations::require(&mut hosts.acquire().await?.connection).await?,
        }
        if !store::system::credentials::any_exist(&mut hosts.acquire().await?.connection).await? {
            warn!(
                "no API credential exists in this database, so every call will be rejected: create one with \
                 `whmcs-api role create` and `whmcs-api credential create`, also while this is running"
            );
        }
        adapt_to_database(settings, &hosts).await?;
        let replicas = settings.database.replica_url.servers().context("database.replica_url")?;
        let replica = match replicas.is_empty() {
            true => None,
            false => Some(Hosts::open_replicas(replicas, connections).await),
        };
        if settings.fossbilling && !settings.read_only {
            let secret = random_secret()?;
            store::fossbilling::keys::keep_secret(&mut hosts.acquire().await?.connection, secret).await?;
        }
        let api = Api::new(Arc::clone(&hosts), replica.clone(), settings, clock)?;
        api.check_statements().await?;
        if !settings.read_only {
            api.relay_events().await.context("reading who listens for events")?;
        }
        Ok(OpenedApi { hosts, replica, api })
    }
}

/// Makes the secret for the hashes of invoices, which is kept if there is none yet.
fn random_secret() -> anyhow::Result<[u8; 32]> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(secret)
}

/// Decides what depends on whether this is the database of a WHMCS: how texts and passwords are stored.
async fn adapt_to_database(settings: &mut Settings, hosts: &Hosts) -> anyhow::Result<()> {
    let (entities, passwords) = (settings.compat.entities, settings.crypto.mode);
    if entities != Entities::Auto && passwords != PasswordStorage::Auto {
        return Ok(());
    }
    let version = inspection::whmcs_version(&mut hosts.acquire().await?.connection).await?;
    settings.compat.entities = entities.in_database(version.is_some());
    settings.crypto.mode = passwords.in_database(version.is_some());
    if let Some(version) = version {
        info!(
            "this is the database of WHMCS {version}: compat.entities is {:?}, crypto.mode is {:?}",
            settings.compat.entities, settings.crypto.mode
        );
    }
    Ok(())
}

async fn listen_for_metrics(settings: &Settings) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = settings.metrics.address().context("metrics.listen")? else { return Ok(None) };
    Ok(Some(TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?))
}

/// Opens the console's own listener, if there is to be one, with the certificate of the API's.
async fn listen_for_console(
    settings: &Settings,
    certificate: Option<&Arc<CurrentCertificate>>,
) -> anyhow::Result<Option<(Listener, SocketAddr)>> {
    let Some(address) = settings.console.address().context("console.listen")? else { return Ok(None) };
    let socket = TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
    let address = socket.local_addr()?;
    let listener = match certificate {
        Some(certificate) => Listener::with_tls(socket, Arc::clone(certificate))?,
        None => socket.into(),
    };
    Ok(Some((listener, address)))
}

/// Serves metrics until the process ends, including while it stops.
fn spawn_metrics_server(listener: TcpListener, api: &Arc<Api>, settings: &Settings) {
    if let Ok(address) = listener.local_addr() {
        info!("metrics are at http://{address}/metrics");
    }
    spawn_server(listener.into(), server::metrics_router(Arc::clone(api)), settings);
}

/// Serves a further listener until the process ends.
fn spawn_server(listener: Listener, router: Router, settings: &Settings) {
    let settings = settings.clone();
    tokio::spawn(async move {
        let (connections, no_stop) = (Connections::default(), std::future::pending());
        server::serve(listener, router, &settings, &connections, no_stop, Duration::ZERO).await;
    });
}

/// Ends the calls that are passed, some time after connections begin to be closed.
async fn end_passed_calls(api: &Api, closing: &CancellationToken) {
    closing.cancelled().await;
    sleep(PASSING_STOP_TIMEOUT).await;
    api.end_passed_calls();
    std::future::pending::<()>().await;
}

async fn watch(hosts: Option<&Hosts>) {
    match hosts {
        Some(hosts) => hosts.watch().await,
        None => std::future::pending().await,
    }
}

async fn watch_certificate(certificate: Option<&CurrentCertificate>, metrics: &Connections) {
    match certificate {
        Some(certificate) => certificate.watch(&metrics.certificate_expiry).await,
        None => std::future::pending().await,
    }
}
