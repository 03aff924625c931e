//! Runs custom actions. Their statements run on connections of their own: whatever becomes of a statement, the connections of
//! other calls and the health of their hosts are not affected.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::timeout;
use tracing::warn;

use super::read::run_blocking;
use super::{Api, RequestState, memory_budget};
use crate::actions::Catalogue;
use crate::auth::Caller;
use crate::config::Settings;
use crate::custom::{Argument, CustomAction, CustomKind, InvalidAction, SqlAction, SqlReply};
use crate::database::errors::{self, Retry};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::page::Page;
use crate::database::select::SelectError;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::param::reading;
use crate::wire::Encoded;

/// How long the database may take to end a statement after its time is over.
const MARGIN: Duration = Duration::from_secs(1);
/// The number of times that a statement is tried before the server counts as busy.
const MAX_ATTEMPTS: u32 = 2;
/// How long the database may take to check a statement when the server starts.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// Opens pools for the statements of custom actions, without connecting. `None` if no action has any.
pub(super) fn hosts(
    catalogue: &Catalogue,
    settings: &Settings,
    main: &Hosts,
    replica: Option<&Hosts>,
) -> Result<Option<Arc<Hosts>>> {
    if !catalogue.custom().any(|custom| custom.as_sql().is_some()) {
        return Ok(None);
    }
    let replicas = replica.into_iter().flat_map(Hosts::servers).cloned();
    let servers = settings.database.statement_servers(replicas, main.servers().cloned())?;
    Ok(Some(Hosts::for_statements(servers, settings.database.actions_connections)))
}

impl Api {
    /// The hosts on which statements of custom actions run, if there are any.
    pub fn sql_hosts(&self) -> Option<&Hosts> {
        self.sql_hosts.as_deref()
    }

    /// Has the database check the statements of custom actions. It is an error if it rejects one, or the account. A database that is
    /// busy or unavailable checks them when they are first called.
    pub async fn check_statements(&self) -> Result<(), InvalidAction> {
        let Some(hosts) = &self.sql_hosts else { return Ok(()) };
        for custom in self.catalogue.custom() {
            let Some(sql) = custom.as_sql() else { continue };
            let mut connection = match hosts.acquire().await {
                Ok(taken) => taken.connection,
                Err(error) => return check_without_connection(&custom.name, &error),
            };
            match timeout(CHECK_TIMEOUT, sql.check(&mut connection)).await {
                Ok(Ok(())) => connection.release(),
                Ok(Err(SelectError::Unfit(why))) => {
                    return Err(InvalidAction::new(&custom.name, format!("sql: {why}")));
                }
                Ok(Err(error)) => warn!(%error, action = custom.name, "a custom action could not be checked"),
                Err(_) => {
                    warn!(action = custom.name, "checking custom actions takes too long: the server starts without");
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Runs a custom action. The connection on which the caller was authenticated is released first.
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
        let page = sql.page(&request.parameters.values);
        let (lease, reply) = self.select(name, sql, arguments, page).await?;
        // The connection is kept until there is memory, so that no more rows wait for it than there are connections.
        let permit = self.memory_budget.acquire_for(reply.bytes()).await?;
        lease.release_clean();
        let encode = async { request.encoder.success(&reply) };
        let encoded = match &permit {
            Some(permit) if memory_budget::is_long_running(permit) => run_blocking(encode).await,
            _ => encode.await,
        };
        encoded.map_err(|error| Error::Internal(format!("encoding the reply of {name}: {error}").into()))
    }

    /// Runs a statement, and returns its connection with the reply.
    async fn select<'s>(
        &self,
        name: &str,
        sql: &'s SqlAction,
        arguments: &[(&str, Argument)],
        page: Option<Page>,
    ) -> Result<(Lease, SqlReply<'s>)> {
        let hosts = self.sql_hosts.as_ref().ok_or(Error::Internal("there are no hosts for statements".into()))?;
        for attempt in 1..=MAX_ATTEMPTS {
            let mut lease = Lease::acquire(hosts).await?;
            let read = timeout(sql.timeout + MARGIN, sql.read(&mut lease, arguments, page)).await;
            let error = match read.unwrap_or(Err(SelectError::TimedOut { is_ended: false })) {
                Ok(reply) => return Ok((lease, reply)),
                Err(error) => error,
            };
            match (retry(&error), &error) {
                // Its host gets no more statements if the error means that.
                (Retry::NewConnection, SelectError::Database(error)) => lease.discard(error),
                (Retry::SameConnection, _) => lease.release(),
                _ => {
                    // A connection that is neither released nor discarded is closed.
                    if error.leaves_connection_usable() {
                        lease.release();
                    }
                    return failure(name, sql, &error);
                }
            }
            warn!(%error, action = name, attempt, "the database could not run a custom action");
        }
        Err(Error::Busy)
    }
}

/// Decides whether a server starts that gets no connection to check this action and those after it.
fn check_without_connection(name: &str, error: &sqlx::Error) -> Result<(), InvalidAction> {
    if let Some(why) = errors::verdict(error) {
        return Err(InvalidAction::new(name, format!("the database rejects its account: {why}")));
    }
    warn!(%error, action = name, "custom actions cannot be checked now: the server starts without");
    Ok(())
}

/// Whether and how a statement is tried again.
fn retry(error: &SelectError) -> Retry {
    match error {
        // This is the fault of the statement, not of the host.
        SelectError::Database(error) if errors::is_forbidden_write(error) => Retry::Never,
        SelectError::Database(error) => errors::retry_policy(error),
        _ => Retry::Never,
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
        SelectError::Database(_) | SelectError::Unfit(_) => {
            warn!(%error, action = name, "the statement of a custom action failed");
            Err(Error::ActionFailed("The statement of this action failed. The server's log says why".to_owned()))
        }
    }
}
