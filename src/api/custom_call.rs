//! Runs custom actions. Their statements run on connections of their own: whatever becomes of a statement, the connections of
//! other calls and the health of their hosts are not affected.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::timeout;
use tracing::warn;

use super::{Api, RequestState};
use crate::actions::Catalogue;
use crate::auth::Caller;
use crate::config::Settings;
use crate::custom::{Argument, CustomAction, CustomKind, InvalidAction, SqlAction, SqlReply};
use crate::database::errors;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::page::Page;
use crate::database::select::SelectError;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::param::reading;
use crate::wire::Encoded;

/// How long the database may take to end a statement after its time is over.
const MARGIN: Duration = Duration::from_secs(1);
/// The number of connections on which a statement is tried before the server counts as busy.
const MAX_ATTEMPTS: u32 = 2;

/// Returns the hosts on which statements of the settings run: those with an account of their own; or else the replica, and the
/// main hosts while there is none that is usable. `None` if there are no statements.
pub(super) fn hosts(
    catalogue: &Catalogue,
    settings: &Settings,
    main: &Hosts,
    replica: Option<&Hosts>,
) -> Option<Arc<Hosts>> {
    catalogue.custom().find(|custom| custom.as_sql().is_some())?;
    let own = settings.database.actions_url.servers().unwrap_or_default();
    let servers = match own.is_empty() {
        true => replica.into_iter().chain([main]).flat_map(Hosts::servers).cloned().collect(),
        false => own,
    };
    Some(Hosts::for_statements(servers, settings.database.actions_connections))
}

impl Api {
    /// The hosts on which statements of the settings run, if there are any.
    pub fn sql_hosts(&self) -> Option<&Hosts> {
        self.sql_hosts.as_deref()
    }

    /// Has the database prepare the statements of the settings. It is an error if it rejects one, or the account; a host that is not
    /// there now is none.
    pub async fn check_statements(&self) -> Result<(), InvalidAction> {
        let Some(hosts) = &self.sql_hosts else { return Ok(()) };
        for custom in self.catalogue.custom() {
            let Some(sql) = custom.as_sql() else { continue };
            let checked = Lease::with_connection(hosts, async |db| sql.check(db).await).await;
            match checked {
                Ok(checked) => checked.map_err(|why| InvalidAction::new(&custom.name, why))?,
                Err(error) => match hosts.acquire().await {
                    Err(sqlx::Error::Database(rejected)) => {
                        let why = format!("the database rejects its account: {}", rejected.message());
                        return Err(InvalidAction::new(&custom.name, why));
                    }
                    _ => warn!(%error, action = custom.name, "the statement of a custom action could not be checked"),
                },
            }
        }
        Ok(())
    }

    /// Runs an action of the settings. The connection on which the caller was authenticated is released first.
    pub(super) async fn run_custom(
        &self,
        mut lease: Lease,
        custom: &Arc<CustomAction>,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<Encoded> {
        request.attempts.store(1, Ordering::Relaxed);
        let values = &request.parameters.values;
        let reading = async {
            let arguments = custom.parameters.read(values);
            match reading::learn_date_format(&mut lease).await? {
                true => custom.parameters.read(values),
                false => arguments,
            }
        };
        let arguments = reading::within(&request.config.compat, request.now, reading).await;
        match &arguments {
            Err(Error::Database(error)) => lease.discard(error),
            _ => lease.release_clean(),
        }
        let arguments = arguments?;
        match &custom.kind {
            CustomKind::Sql(sql) => self.run_sql(&custom.name, sql, &arguments, request).await,
            CustomKind::Endpoint(endpoint) => self.ask_endpoint(custom, endpoint, &arguments, request, caller).await,
        }
    }

    async fn run_sql(
        &self,
        name: &str,
        sql: &SqlAction,
        arguments: &[(&str, Argument)],
        request: &RequestState,
    ) -> Result<Encoded> {
        let entry = request.entry.as_deref();
        let _memory = match entry.and_then(|entry| self.memory_budget.estimated_kilobytes(entry)) {
            Some(kilobytes) => Some(self.memory_budget.acquire(kilobytes).await?),
            None => None,
        };
        let reply = self.select(name, sql, arguments, sql.page(&request.parameters.values)).await?;
        let encoded = request.encoder.success(&reply);
        encoded.map_err(|error| Error::Internal(format!("encoding the reply of {name}: {error}").into()))
    }

    async fn select<'s>(
        &self,
        name: &str,
        sql: &'s SqlAction,
        arguments: &[(&str, Argument)],
        page: Option<Page>,
    ) -> Result<SqlReply<'s>> {
        let hosts = self.sql_hosts.as_ref().ok_or(Error::Internal("there are no hosts for statements".into()))?;
        for _ in 0..MAX_ATTEMPTS {
            let mut lease = Lease::acquire(hosts).await?;
            let read = timeout(sql.timeout + MARGIN, sql.read(&mut lease, arguments, page)).await;
            // A connection that is neither released nor discarded is closed.
            let error = match read.unwrap_or(Err(SelectError::TimedOut { is_ended: false })) {
                Ok(reply) => {
                    lease.release_clean();
                    return Ok(reply);
                }
                Err(error) => error,
            };
            match error {
                SelectError::Database(error) if error.as_database_error().is_none() => {
                    warn!(%error, action = name, "a statement lost its connection");
                    lease.discard(&error);
                }
                error => {
                    if error.leaves_connection_usable() {
                        lease.release();
                    }
                    return failure(name, sql, &error);
                }
            }
        }
        Err(Error::Busy)
    }
}

/// Returns what the caller learns of a statement that has failed.
fn failure<T>(name: &str, sql: &SqlAction, error: &SelectError) -> Result<T> {
    match error {
        SelectError::TimedOut { .. } => {
            let seconds = sql.timeout.as_secs();
            refuse_as(
                "too_slow",
                format!("This takes longer than the {seconds} s that the action allows: ask for less"),
            )
        }
        SelectError::TooManyRows => {
            let most = sql.limits.rows;
            refuse_as(
                "too_many_rows",
                format!("There are more than the {most} rows that the action allows: ask for fewer"),
            )
        }
        SelectError::TooLarge => {
            let most = sql.limits.bytes;
            refuse_as("too_large", format!("The rows exceed the {most} bytes that the action allows: ask for fewer"))
        }
        SelectError::Database(error) if errors::is_invalid_value(error) || errors::is_out_of_range(error) => {
            refuse("A value is too large, too long or has characters that the database cannot hold")
        }
        SelectError::Database(error) => {
            warn!(%error, action = name, "the statement of a custom action failed");
            Err(Error::ActionFailed("The statement of this action failed. The server's log says why".to_owned()))
        }
    }
}
