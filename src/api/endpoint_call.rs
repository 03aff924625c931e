//! Has endpoints of the operator carry out custom actions. No database connection is held while an endpoint is waited for.
//!
//! A write whose client has chosen an idempotency key has a row before its endpoint is asked, and the row gets the reply after
//! that. So a repeated call gets the same reply, and while it is not known what the first call has caused, the endpoint is asked again
//! with the same id only, by one call at a time.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Map, Value as Json};
use sqlx::MySqlConnection;
use tokio::time::sleep;
use tracing::warn;

use super::idempotency::{self, IdempotentRequest};
use super::{Api, MAX_RECONNECT_BACKOFF_MS, RequestState, backoff};
use crate::auth::Caller;
use crate::config::Settings;
use crate::custom::{self, Answer, Argument, CustomAction, EndpointAction, RequestBody};
use crate::database::Access;
use crate::database::errors::{Retry, retry_policy};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::writer::RequestKey;
use crate::endpoint::{EndpointError, Endpoints, is_rejection};
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::observability::current_call;
use crate::store::system::requests::{self, KeptBody, NewRequest, Reservation, RowOwner};
use crate::wire::{Encoded, Encoder};

/// Maximum size of an answer.
const MAX_RESPONSE_BYTES: usize = 1 << 20;
/// How much longer than a request may take its row is reserved for it.
const MARGIN_SECONDS: u64 = 30;
/// Attempts at storing what an endpoint has answered, with delays of up to half a second between them.
const MAX_ATTEMPTS: u32 = 40;

/// Returns the endpoints of custom actions.
pub(super) fn endpoints(settings: &Settings) -> Result<Endpoints> {
    let actions = settings.actions.iter();
    let endpoints = actions.filter_map(|(name, action)| Some((name.clone(), action.endpoint()?))).collect();
    Ok(Endpoints::new(&endpoints, MAX_RESPONSE_BYTES)?)
}

impl Api {
    pub(super) async fn ask_endpoint(
        &self,
        custom: &CustomAction,
        endpoint: &EndpointAction,
        arguments: &[(&str, Argument)],
        request: &RequestState,
        caller: &Caller,
    ) -> Result<Encoded> {
        let slot = endpoint.take_slot().ok_or(Error::Busy)?;
        let sent = &request.parameters;
        let identity = match endpoint.access {
            Access::Read => IdempotentRequest::random()?,
            Access::Write => {
                let keyring = &request.config.keyring;
                IdempotentRequest::from_parameters(&caller.name, &custom.name, sent, request.style, keyring)?
            }
        };
        let exchange = self.exchange(custom, arguments, request, caller, &identity)?;
        if endpoint.access == Access::Read {
            return exchange.ask().await.map_err(Failure::of_read);
        }
        let reservation = match identity.has_client_key {
            true => match self.claim(&custom.name, &identity, request).await? {
                RowOwner::Own(reservation) => Some(reservation),
                RowOwner::Other(earlier) => {
                    return identity.stored_reply(earlier.ok_or(Error::InProgress)?, &request.config.keyring);
                }
            },
            false => None,
        };
        // From here on the call may have an effect, whatever becomes of it.
        request.is_commit_uncertain.store(true, Ordering::Relaxed);
        let asking = async move {
            let _slot = slot;
            let asked = exchange.ask().await;
            match reservation {
                Some(reservation) => exchange.keep(&identity, reservation, asked).await,
                None => asked,
            }
        };
        // In a task that goes on if the call's time is over.
        let asked = self.tasks.spawn(current_call::within(current_call::current(), asking)).await;
        asked.map_err(|panic| internal(&panic))?.map_err(Failure::of_write)
    }

    fn exchange(
        &self,
        custom: &CustomAction,
        arguments: &[(&str, Argument)],
        request: &RequestState,
        caller: &Caller,
        identity: &IdempotentRequest,
    ) -> Result<Exchange> {
        let sent = &request.parameters;
        let id = id(identity);
        let body = RequestBody {
            id: &id,
            action: &custom.name,
            caller: &caller.name,
            idempotencykey: idempotency::key(sent).ok().flatten(),
            params: custom::params(&custom.parameters, arguments, &sent.values),
        };
        let body = serde_json::to_string(&body).map_err(|error| internal(&error))?;
        Ok(Exchange {
            endpoints: Arc::clone(&self.endpoints),
            hosts: Arc::clone(&self.hosts),
            keyring: Arc::clone(&request.config.keyring),
            encoder: request.encoder.clone(),
            name: custom.name.clone(),
            id,
            body,
        })
    }

    /// Makes the row of a call, or finds that of an earlier one.
    async fn claim(&self, name: &str, identity: &IdempotentRequest, request: &RequestState) -> Result<RowOwner> {
        let seconds = self.endpoints.timeout(name).as_secs() + MARGIN_SECONDS;
        let new = NewRequest { key: &identity.key, fingerprint: &identity.fingerprint, now: request.now };
        let claimed = RowChange::Claim { new, seconds }.apply(&self.hosts).await;
        claimed.map_err(|error| if may_succeed_later(&error) { Error::Busy } else { error.into() })
    }
}

/// A request to an endpoint, with what is needed to make its answer the reply.
struct Exchange {
    endpoints: Arc<Endpoints>,
    hosts: Arc<Hosts>,
    keyring: Arc<Keyring>,
    encoder: Encoder,
    /// The name of the action.
    name: String,
    id: String,
    body: String,
}

/// Why there is no reply.
#[derive(Debug)]
enum Failure {
    /// The endpoint says that it has done nothing, or the caller may repeat the call in any case.
    Settled(Error),
    /// This request had no effect, for this reason. An earlier one with the same id may have had one.
    Undelivered(String),
    /// The endpoint may have acted. Holds the reason.
    Unknown(String),
}

impl Failure {
    fn of_read(self) -> Error {
        match self {
            Failure::Settled(error) => error,
            Failure::Undelivered(why) | Failure::Unknown(why) => {
                Error::ActionFailed(format!("The endpoint of this action {why}"))
            }
        }
    }

    fn of_write(self) -> Error {
        match self {
            Failure::Settled(error) => error,
            Failure::Undelivered(why) => {
                Error::ActionFailed(format!("The endpoint of this action {why}. Nothing was changed"))
            }
            Failure::Unknown(_) => Error::OutcomeUnknown,
        }
    }

    /// The failure of a call that has taken over the row of an earlier one, of which it is not known what it has caused: only what
    /// the endpoint itself says settles that.
    fn after_unknown(self) -> Failure {
        match self {
            Failure::Undelivered(why) => Failure::Unknown(why),
            other => other,
        }
    }
}

impl Exchange {
    async fn ask(&self) -> Result<Encoded, Failure> {
        match self.endpoints.post_for_bytes(&self.name, &self.id, self.body.clone()).await {
            Ok(body) => self.read(&body),
            Err(error) => Err(self.without_answer(&error)),
        }
    }

    fn read(&self, body: &[u8]) -> Result<Encoded, Failure> {
        match Answer::read(body) {
            Answer::Success(fields) => self.encode(fields),
            Answer::Refusal(message) => Err(Failure::Settled(Error::RefusedAs { code: "endpoint_refused", message })),
            Answer::Unreadable => Err(self.unknown("gave an answer that is not a JSON object with a result")),
        }
    }

    fn encode(&self, fields: Map<String, Json>) -> Result<Encoded, Failure> {
        let encoded = self.encoder.success(&Json::Object(fields));
        encoded.map_err(|error| self.unknown(&format!("gave an answer that cannot be written: {error}")))
    }

    fn without_answer(&self, error: &EndpointError) -> Failure {
        let why = match error {
            EndpointError::NotConfigured => "is not in the settings".to_owned(),
            EndpointError::NotReached => "could not be reached".to_owned(),
            EndpointError::TimedOut(limit) => format!("did not answer within {} s", limit.as_secs()),
            EndpointError::Interrupted => "ended the connection without an answer".to_owned(),
            EndpointError::Status { code, .. } => format!("answered with HTTP status {code}"),
            EndpointError::TooLong(_) => format!("gave an answer of more than {MAX_RESPONSE_BYTES} bytes"),
        };
        match error {
            EndpointError::NotConfigured | EndpointError::NotReached => self.undelivered(why),
            // An endpoint may be busy with an earlier request of this call, or with too many.
            EndpointError::Status { code: 409 | 425 | 429, .. } => self.unknown(&why),
            EndpointError::Status { code, .. } if is_rejection(*code) => self.undelivered(why),
            _ => self.unknown(&why),
        }
    }

    fn undelivered(&self, why: String) -> Failure {
        warn!(action = self.name, id = self.id, "the endpoint of a custom action {why}");
        Failure::Undelivered(why)
    }

    fn unknown(&self, why: &str) -> Failure {
        warn!(action = self.name, id = self.id, "the endpoint of a custom action {why}");
        Failure::Unknown(why.to_owned())
    }

    /// Stores what has become of a request in the row of the call, and returns what the caller learns.
    async fn keep(
        &self,
        identity: &IdempotentRequest,
        reservation: Reservation,
        asked: Result<Encoded, Failure>,
    ) -> Result<Encoded, Failure> {
        let asked = asked.map_err(|failure| if reservation.is_taken_over { failure.after_unknown() } else { failure });
        let key = &identity.key;
        let body = asked.as_ref().map(|reply| reply.body.whole()).unwrap_or_default();
        let sealed = match self.keyring.is_empty() {
            // What an endpoint answers may have secrets. Without keys it is kept all the same, because a repeated call must
            // get it.
            true => None,
            false => Some(identity.sealed(&body, &self.keyring).map_err(Failure::Settled)?),
        };
        let kept = sealed.as_deref().map_or(KeptBody::Plain(&body), KeptBody::Sealed);
        let change = match &asked {
            Ok(reply) => RowChange::Keep { key, reservation, format: reply.format.name(), body: kept },
            Err(Failure::Settled(_) | Failure::Undelivered(_)) => RowChange::Withdraw { key, reservation },
            Err(Failure::Unknown(_)) => RowChange::Release { key, reservation },
        };
        match (change.apply(&self.hosts).await, &asked) {
            // The endpoint was asked twice, with the same id.
            (Ok(RowOwner::Other(Some(earlier))), Ok(_)) => {
                identity.stored_reply(earlier, &self.keyring).map_err(Failure::Settled)
            }
            (Ok(RowOwner::Other(None)), Ok(_)) => Err(self.unknown("has answered, but the row of the call is gone")),
            (Err(error), Ok(_)) => Err(self.unknown(&format!("has answered, which could not be stored: {error}"))),
            (Err(error), Err(_)) => {
                warn!(%error, id = self.id, "the row of a call could not be changed: its key is taken for some time");
                asked
            }
            (Ok(_), _) => asked,
        }
    }
}

/// A change of the row of a call, in statements that may be run twice.
#[derive(Clone, Copy)]
enum RowChange<'r> {
    /// Reserves the row for some seconds. If the connection is lost meanwhile, the call may find its own row and count as in progress,
    /// so that the endpoint is not asked.
    Claim { new: NewRequest<'r>, seconds: u64 },
    /// Stores the reply.
    Keep { key: &'r RequestKey, reservation: Reservation, format: &'r str, body: KeptBody<'r> },
    /// Deletes the row, because nothing was done.
    Withdraw { key: &'r RequestKey, reservation: Reservation },
    /// Lets another call with the same key ask.
    Release { key: &'r RequestKey, reservation: Reservation },
}

impl RowChange<'_> {
    /// Runs the statements until they succeed or fail for good.
    async fn apply(self, hosts: &Arc<Hosts>) -> sqlx::Result<RowOwner> {
        let mut attempt = 1;
        loop {
            let error = match Lease::acquire(hosts).await {
                Ok(mut lease) => match self.run(&mut lease).await {
                    Ok(owner) => {
                        lease.release();
                        return Ok(owner);
                    }
                    Err(error) => {
                        lease.discard(&error);
                        error
                    }
                },
                Err(_) => sqlx::Error::PoolTimedOut,
            };
            if attempt == MAX_ATTEMPTS || !may_succeed_later(&error) {
                return Err(error);
            }
            warn!(%error, attempt, "changing the row of a call to an endpoint again");
            sleep(backoff(attempt, MAX_RECONNECT_BACKOFF_MS).unwrap_or_default()).await;
            attempt += 1;
        }
    }

    async fn run(self, db: &mut MySqlConnection) -> sqlx::Result<RowOwner> {
        match self {
            RowChange::Claim { new, seconds } => requests::claim(db, new, seconds).await,
            RowChange::Keep { key, reservation, format, body } => {
                match requests::keep_answer(db, key, format, body).await? {
                    true => Ok(RowOwner::Own(reservation)),
                    false => requests::committed(db, key).await.map(RowOwner::Other),
                }
            }
            RowChange::Withdraw { key, reservation } => {
                requests::withdraw(db, key, reservation).await.map(|()| RowOwner::Own(reservation))
            }
            RowChange::Release { key, reservation } => {
                requests::release(db, key, reservation).await.map(|()| RowOwner::Own(reservation))
            }
        }
    }
}

fn may_succeed_later(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut) || retry_policy(error) != Retry::Never
}

/// The id of a call as its endpoint is told.
fn id(identity: &IdempotentRequest) -> String {
    identity.id().iter().fold("call-".to_owned(), |mut id, byte| {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

fn internal(error: &dyn std::fmt::Display) -> Error {
    Error::Internal(error.to_string().into())
}
