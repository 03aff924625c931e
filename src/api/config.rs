//! What follows from the settings. It is replaced as a whole when the settings are read again; a call uses the same from
//! its beginning to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Api;
use super::reply_cache::ReplyCache;
use crate::actions::Catalogue;
use crate::auth::Authenticator;
use crate::auth::bans::ApiBans;
use crate::auth::failures::PasswordFailures;
use crate::auth::rate_limits::CallLimits;
use crate::config::{self, Compat, Settings};
use crate::database::hosts::Hosts;
use crate::documents::Renderer;
use crate::domain::time::Clock;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::observability::api_log::ApiLog;
use crate::observability::metrics::Metrics;
use crate::observability::refused_calls::RefusedCallBudget;
use crate::operations::billing::Ledger;
use crate::outbox::fraud::FraudChecks;
use crate::outbox::gateways::Gateways;
use crate::outbox::modules::Modules;
use crate::outbox::registrars::Registrars;
use crate::outbox::{Outbox, Receivers};
use crate::store::system::api_log::Indexing;
use crate::upstream::Upstream;
use crate::whois::Whois;

pub struct ApiConfig {
    pub settings: Settings,
    pub compat: Arc<Compat>,
    pub attachments: Arc<config::Attachments>,
    /// Time limit of a whole call.
    pub time_limit: Duration,
    /// The rate limits of callers that have none of their own.
    pub call_limits: CallLimits,
    pub authenticator: Authenticator,
    pub bans: ApiBans,
    pub password_failures: Arc<PasswordFailures>,
    pub(super) replies: ReplyCache,
    pub log: ApiLog,
    /// What may be recorded about callers who were not let in.
    pub refused_calls: RefusedCallBudget,
    pub modules: Arc<Modules>,
    pub registrars: Arc<Registrars>,
    pub gateways: Arc<Gateways>,
    pub fraud: FraudChecks,
    pub outbox: Arc<Outbox>,
    pub whois: Whois,
    /// The WHMCS to which calls are passed.
    pub upstream: Option<Arc<Upstream>>,
    /// The operator's keys.
    pub keyring: Arc<Keyring>,
    /// What renders documents.
    pub documents: Renderer,
}

/// What a server has whatever its settings are.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'s> {
    pub hosts: &'s Arc<Hosts>,
    pub clock: Clock,
    pub metrics: &'s Metrics,
    pub catalogue: &'s Catalogue,
}

impl Api {
    /// What follows from the settings that are in force.
    pub fn config(&self) -> Arc<ApiConfig> {
        Arc::clone(&self.config.borrow())
    }

    /// Replaces the settings for all calls that begin from now on. If that fails, nothing has changed.
    pub fn reload(&self, settings: &Settings) -> Result<()> {
        let (clock, metrics, catalogue) = (self.clock, &self.metrics, &self.catalogue);
        let surroundings = Surroundings { hosts: &self.hosts, clock, metrics, catalogue };
        let config = self.config().reloaded(settings, surroundings)?;
        self.config.send_replace(Arc::new(config));
        Ok(())
    }

    /// Whether the file of keys differs from what this server has read of it.
    pub fn has_other_keys(&self, settings: &Settings) -> bool {
        !keyring(settings).is_ok_and(|keyring| keyring == *self.config().keyring)
    }

    /// Carries out the entries of the outbox until `stopping` is cancelled; attempts in progress are finished. With other
    /// settings another outbox takes over.
    pub async fn run_outbox(&self, stopping: CancellationToken) {
        if self.is_read_only {
            return;
        }
        let (mut configs, running) = (self.config.subscribe(), TaskTracker::new());
        while !stopping.is_cancelled() {
            let (outbox, replaced) = (Arc::clone(&configs.borrow_and_update().outbox), stopping.child_token());
            running.spawn({
                let (outbox, replaced) = (Arc::clone(&outbox), replaced.clone());
                async move { outbox.run(replaced).await }
            });
            tokio::select! {
                _ = configs.wait_for(|config| !Arc::ptr_eq(&config.outbox, &outbox)) => {}
                () = stopping.cancelled() => {}
            }
            replaced.cancel();
        }
        running.close();
        running.wait().await;
    }
}

impl ApiConfig {
    pub(super) fn new(settings: &Settings, surroundings: Surroundings<'_>) -> Result<ApiConfig> {
        let Surroundings { hosts, metrics, catalogue, .. } = surroundings;
        let upstream = Upstream::new(&settings.upstream, catalogue)?;
        let receivers = receivers(settings, surroundings)?;
        // Who has no console has no use for the index, which costs the database more work than the log itself.
        let indexing = if settings.console.enabled { Indexing::On } else { Indexing::Off };
        let lost = metrics.lost_records.clone();
        let log = ApiLog::start(settings.api_log(), Arc::clone(hosts), lost, settings.read_only, indexing);
        let authenticator = Authenticator::new(settings.access.clone(), hosts.own_tables())?;
        let password_failures = Arc::new(PasswordFailures::new(&settings.access));
        let config = ApiConfig::with_parts(settings, authenticator, password_failures, log, receivers)?;
        Ok(ApiConfig { upstream, ..config })
    }

    /// Returns what follows from other settings, with the same counts of failures, cached log-ins, and queue of the API log.
    /// The outbox is the same unless its settings have changed.
    pub(super) fn reloaded(&self, settings: &Settings, surroundings: Surroundings<'_>) -> Result<ApiConfig> {
        let (old, mut new) = (&self.settings, settings.clone());
        // This is decided when the server starts, because the database tells what `auto` means.
        new.compat.entities = old.compat.entities;
        let is_same_outbox = of_outbox(old) == of_outbox(&new) && keyring(&new)? == *self.keyring;
        let receivers = match is_same_outbox {
            true => (self.receivers(), Arc::clone(&self.outbox)),
            false => receivers(&new, surroundings)?,
        };
        let authenticator = self.authenticator.with_access(new.access.clone(), surroundings.hosts.own_tables());
        let password_failures = match old.access.has_same_failure_limits(&new.access) {
            true => Arc::clone(&self.password_failures),
            false => Arc::new(PasswordFailures::new(&new.access)),
        };
        let log = self.log.with_settings(new.api_log());
        let upstream = match old.upstream == new.upstream {
            true => self.upstream.clone(),
            false => Upstream::new(&new.upstream, surroundings.catalogue)?,
        };
        let config = ApiConfig::with_parts(&new, authenticator, password_failures, log, receivers)?;
        Ok(ApiConfig { upstream, ..config })
    }

    fn receivers(&self) -> Receivers {
        Receivers {
            modules: Arc::clone(&self.modules),
            registrars: Arc::clone(&self.registrars),
            gateways: Arc::clone(&self.gateways),
            keyring: Arc::clone(&self.keyring),
        }
    }

    fn with_parts(
        settings: &Settings,
        authenticator: Authenticator,
        password_failures: Arc<PasswordFailures>,
        log: ApiLog,
        (receivers, outbox): (Receivers, Arc<Outbox>),
    ) -> Result<ApiConfig> {
        let Receivers { modules, registrars, gateways, keyring } = receivers;
        Ok(ApiConfig {
            // The lists of servers are read again, too.
            whois: Whois::new(&settings.whois)?,
            compat: Arc::new(settings.compat.clone()),
            attachments: Arc::new(settings.attachments()),
            time_limit: Duration::from_secs(settings.limits.call_seconds),
            call_limits: CallLimits::of(&settings.limits),
            bans: ApiBans::new(settings),
            replies: ReplyCache::new(settings),
            refused_calls: RefusedCallBudget::new(&settings.api_log),
            settings: settings.clone(),
            authenticator,
            password_failures,
            log,
            modules,
            registrars,
            gateways,
            fraud: FraudChecks::new(&settings.fraud)?,
            outbox,
            upstream: None,
            keyring,
            documents: Renderer::new(&settings.pdf)?,
        })
    }
}

fn keyring(settings: &Settings) -> Result<Keyring> {
    Keyring::load(&settings.keys.file).map_err(|error| Error::Internal(format!("{error:#}").into()))
}

/// The settings on which the outbox depends.
fn of_outbox(settings: &Settings) -> impl PartialEq {
    let Settings {
        mail,
        modules,
        registrars,
        gateways,
        notifications,
        webhooks,
        module_queue,
        affiliates,
        automation,
        compat,
        ..
    } = settings;
    let invoices = (&settings.invoices, &settings.links);
    let domains = (&compat.released_domain_status, compat.renewal_due_date);
    let renewals = (compat.tax_compound, compat.tax_per_line, compat.paid_twice);
    (
        mail,
        modules,
        registrars,
        gateways,
        (notifications, webhooks),
        module_queue,
        affiliates,
        automation,
        invoices,
        domains,
        renewals,
    )
}

/// Returns those who get commands by the settings, and the outbox that sends them.
fn receivers(settings: &Settings, surroundings: Surroundings<'_>) -> Result<(Receivers, Arc<Outbox>)> {
    let Surroundings { hosts, clock, metrics, .. } = surroundings;
    let receivers = Receivers {
        modules: Arc::new(Modules::new(&settings.modules)?),
        registrars: Arc::new(Registrars::new(&settings.registrars)?),
        gateways: Arc::new(Gateways::new(&settings.gateways)?),
        keyring: Arc::new(keyring(settings)?),
    };
    let outbox = Outbox::new(hosts, settings, &receivers, Ledger(settings.clone()), clock, metrics.count_attempts())?;
    Ok((receivers, outbox))
}
