//! What operators decide about entries of the outbox in the console, in the name of a person.

use super::super::Api;
use super::{Sender, Surroundings, Work};
use crate::database::lease::Lease;
use crate::database::writer::{RequestKey, Subject, Writer};
use crate::error::Result;
use crate::operations::OperationError;
use crate::operations::billing::Ledger;
use crate::outbox::operator::{self, GiveUpResult, Resolution, ResolveResult, RetryResult};
use crate::store::authentication::console::SentForm;
use crate::store::system::activity;

/// What an operator decides about an entry of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryDecision {
    Retry,
    GiveUp,
    Resolve(Resolution),
}

impl Api {
    /// Carries out an operator's decision about an entry of the outbox. A refusal is told in words.
    pub async fn decide_entry(
        &self,
        id: i64,
        decision: EntryDecision,
        sender: impl Into<Sender>,
    ) -> Result<std::result::Result<(), String>> {
        let surroundings = self.surroundings_of(sender)?;
        let now = surroundings.now;
        let decided = self.commit(&Deciding { surroundings, id, decision }, now).await?;
        self.config().outbox.wake();
        Ok(decided)
    }
}

struct Deciding {
    surroundings: Surroundings,
    id: i64,
    decision: EntryDecision,
}

impl Work for Deciding {
    type Done = ();
    type Refusal = String;

    fn form(&self) -> Option<SentForm> {
        self.surroundings.form
    }

    async fn run(&self, lease: &mut Lease, key: &RequestKey) -> std::result::Result<(), OperationError<String>> {
        let Deciding { surroundings: Surroundings { config, now, author, .. }, id, decision } = self;
        let (id, now) = (*id, *now);
        let refused = |reason: String| Err(OperationError::Refused(reason));
        lease.lock(Subject::Staff).await?;
        let what = match decision {
            EntryDecision::Retry => match operator::retry_within(lease, id, now.utc()).await? {
                RetryResult::Scheduled => "Retried",
                obstacle => return refused(obstacle.explained(id)),
            },
            EntryDecision::GiveUp => match operator::give_up_within(lease, id, now.utc()).await? {
                GiveUpResult::GivenUp => "Given Up",
                obstacle => return refused(obstacle.explained(id)),
            },
            EntryDecision::Resolve(resolution) => {
                let books = Ledger(config.settings.clone());
                match operator::resolve_within(lease, id, resolution, &books, &config.compat, now).await? {
                    ResolveResult::Resolved if *resolution == Resolution::NotDone => "Resolved as Not Done",
                    ResolveResult::Resolved => "Resolved as Done",
                    obstacle => return refused(obstacle.explained(id)),
                }
            }
        };
        let mut tx = Writer::begin(lease, author, now, key, Subject::Staff).await?;
        activity::log(&mut tx, None, &format!("Outbox Entry {what} - Outbox ID: {id}")).await?;
        Ok(())
    }
}
