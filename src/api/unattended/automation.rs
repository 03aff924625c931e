//! The daily automation while a server runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, info, warn};

use crate::api::Api;
use crate::automation::{Automation, Refused, Tools};
use crate::config::AutomationRun;
use crate::documents::Renderer;
use crate::error::Result;

/// Delay before the first run, so that a server that is restarted often does not run each time.
const FIRST_RUN: Duration = Duration::from_secs(30);
/// Interval between runs.
const INTERVAL: Duration = Duration::from_mins(5);

impl Api {
    /// Returns the automation with the settings that are in force.
    pub fn automation(&self) -> Result<Automation> {
        let config = self.config();
        Ok(Automation::new(Tools {
            hosts: Arc::clone(&self.hosts),
            settings: config.settings.clone(),
            modules: Arc::clone(&config.modules),
            registrars: Arc::clone(&config.registrars),
            gateways: Arc::clone(&config.gateways),
            keyring: Arc::clone(&config.keyring),
            attachments: Arc::clone(&config.attachments),
            documents: Renderer::new(&config.settings.pdf)?,
            sends_mail: config.outbox.sends_mail(),
        })?)
    }

    /// Runs the automation every five minutes until `stopping` is cancelled. The unit in progress is finished.
    pub async fn run_automation(&self, stopping: CancellationToken) {
        if self.is_read_only {
            return;
        }
        let mut ticks = interval_at(Instant::now() + FIRST_RUN, INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = None;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stopping.cancelled() => return,
            }
            let refused = self.automate(&stopping).instrument(debug_span!("automation", part = "automation")).await;
            if let Some(refused) = refused.as_ref().filter(|refused| told.as_ref() != Some(*refused)) {
                info!("the automation does not run: {refused}");
            }
            told = refused;
        }
    }

    /// Runs what is due now. Returns what keeps it from that, apart from another server that does it.
    pub async fn automate(&self, stopping: &CancellationToken) -> Option<Refused> {
        if self.config().settings.automation.run == AutomationRun::Never {
            return None;
        }
        let ran = match self.automation() {
            Ok(automation) => automation.run_scheduled(self.clock.now(), stopping).await,
            Err(error) => {
                warn!(%error, "the automation cannot run");
                return None;
            }
        };
        match ran {
            Ok(Ok(_)) => {
                self.metrics.automation_time.set(chrono::Utc::now().timestamp());
                self.config().outbox.wake();
                None
            }
            Ok(Err(refused)) => Some(refused).filter(|refused| *refused != Refused::OnAnotherServer),
            Err(error) => {
                warn!(%error, "the automation failed; it goes on at the next run");
                None
            }
        }
    }
}
