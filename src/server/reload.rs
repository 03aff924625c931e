//! Reads the settings again while the server runs: on SIGHUP, and when `whmcs-api reload` asks for it.
//!
//! The settings are applied whole or not at all. Settings that need a restart keep their values.

use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info};

use super::control::{ControlSocket, ReloadRequest};
use crate::api::Api;
use crate::config::{Changes, Loaded, Source};

/// Sets the levels of the log.
pub type SetLogLevels = Box<dyn Fn(&str) -> anyhow::Result<()> + Send>;

/// The setting that names the file of keys, which is read again with the settings.
const KEYS: &str = "keys.file";

/// Reads settings again, and applies them to a server.
pub struct Reloader {
    source: Source,
    /// The settings that are in force.
    current: Loaded,
    set_log_levels: SetLogLevels,
    hangups: Signal,
    control: Option<ControlSocket>,
}

impl Reloader {
    /// Begins to listen for requests. They are answered once [`Reloader::run`] is called.
    pub fn open(source: Source, current: Loaded, set_log_levels: SetLogLevels) -> anyhow::Result<Reloader> {
        let hangups = signal(SignalKind::hangup())?;
        let data_dir = &current.settings.data_dir;
        let control = ControlSocket::open(data_dir).inspect_err(|error| {
            let folder = data_dir.display();
            info!(%error, "no control socket can be made in {folder}: the settings are read again on SIGHUP only");
        });
        Ok(Reloader { source, current, set_log_levels, hangups, control: control.ok() })
    }

    /// Handles requests for ever.
    pub async fn run(mut self, api: Arc<Api>) {
        loop {
            let request = tokio::select! {
                _ = self.hangups.recv() => None,
                request = next_request(self.control.as_ref()) => Some(request),
            };
            let outcome = self.reload(&api);
            match &outcome {
                Ok(changes) => info!("settings were read again: {}", describe(changes).join("; ")),
                Err(error) => error!("settings were read again, and not applied: {error:#}"),
            }
            if let Some(request) = request {
                let text = outcome.map(|changes| describe(&changes).join("\n") + "\n");
                request.answer(text.map_err(|error| format!("{error:#}"))).await;
            }
        }
    }

    fn reload(&mut self, api: &Api) -> anyhow::Result<Changes> {
        let (new, mut changes) = self.current.reloaded(&self.source.read()?)?;
        let has_other_keys = !changes.applied.iter().any(|name| name == KEYS) && api.has_other_keys(&new.settings);
        changes.applied.extend(has_other_keys.then(|| KEYS.to_owned()));
        if !changes.applied.is_empty() {
            api.reload(&new.settings)?;
            (self.set_log_levels)(&new.settings.log)?;
            self.current = new;
        }
        Ok(changes)
    }
}

async fn next_request(control: Option<&ControlSocket>) -> ReloadRequest {
    match control {
        Some(control) => control.next_request().await,
        None => std::future::pending().await,
    }
}

/// Says what has changed, by the names of the settings only: their values may be secret.
fn describe(changes: &Changes) -> Vec<String> {
    let line = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")));
    let applied = line("changed:", &changes.applied);
    let lines = [applied.or(Some("nothing has changed".to_owned())), line("needs a restart:", &changes.needs_restart)];
    lines.into_iter().flatten().collect()
}
