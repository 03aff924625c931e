//! Takes over the entries of servers of version 0.1: those they have left in their own tables, and those they write
//! while they run beside this server.
//!
//! An entry that such a server has claimed is left to it until the claim expires. An entry that is not due yet is not
//! moved, because the older server may finish it first.

use tracing::{Instrument, debug_span, warn};

use super::attempts::{Engine, random_claim};
use super::mail::delivery::INTERRUPTED;
use crate::database::errors::transact;
use crate::database::lease::Lease;
use crate::domain::module::Command;
use crate::fault::{Fault, Result};
use crate::store::services::module_calls;
use crate::store::system::emails::{self, DeliveryStatus};
use crate::store::system::older_outboxes::{self, MovedMail, OldCall, OldMail};

/// Moves the due entries of a kind. If this server does not attempt them (`is_attempted_here`), they are left to an
/// older server that may.
pub(super) async fn run(engine: &Engine, kind: &'static str, is_attempted_here: bool) {
    let moving = async {
        match kind {
            emails::KIND => mails(engine, is_attempted_here).await,
            module_calls::KIND => commands(engine).await,
            _ => Ok(()),
        }
    };
    if let Err(error) = moving.instrument(debug_span!("outbox", part = kind)).await {
        warn!(kind, %error, "the outbox of servers of version 0.1 could not be taken over");
    }
}

async fn mails(engine: &Engine, is_attempted_here: bool) -> Result<()> {
    let now = engine.clock.now().utc();
    let mails = engine.with_database(async |db| older_outboxes::mails(db, now, is_attempted_here).await).await?;
    for mail in mails {
        move_mail(engine, &mail).await?;
    }
    Ok(())
}

async fn move_mail(engine: &Engine, mail: &OldMail) -> Result<()> {
    let now = engine.clock.now().utc();
    let payload = emails::Payload {
        sender_name: mail.sender_name.clone(),
        sender_address: mail.sender_address.clone(),
        is_plain: mail.is_plain,
        token: String::new(),
        reply_to: String::new(),
    };
    let payload = payload.to_json()?;
    // The server that claimed it failed or got no answer: the mail may have arrived.
    let is_unknown = mail.is_sending || mail.failure_reason.starts_with(INTERRUPTED);
    let moved = MovedMail {
        summary: &emails::summary(&mail.to, &mail.subject),
        payload: &payload,
        state: match (is_unknown, mail.is_failed) {
            (true, _) if mail.is_failed || mail.is_sending => "unknown",
            (_, true) => "failed",
            _ => "pending",
        },
        error: if mail.is_sending { INTERRUPTED } else { &mail.failure_reason },
    };
    let claim = random_claim().ok_or_else(|| Fault::internal("no randomness"))?;
    let mut lease = Lease::acquire_to_write(&engine.hosts).await?;
    let ended = transact!(
        async {
            if mail.is_sending {
                let note = DeliveryStatus { is_failed: true, reason: INTERRUPTED, attempts: None };
                emails::set_delivery_status(&mut lease, mail.email, &note, now).await?;
            }
            let is_moved = older_outboxes::move_mail(&mut lease, mail, &moved, claim, now).await?;
            end(&mut lease, is_moved).await
        }
        .await
    );
    release(lease, ended)
}

/// Ends the transaction that has moved an entry, or found that another server has.
async fn end(lease: &mut Lease, is_moved: bool) -> sqlx::Result<()> {
    match is_moved {
        true => lease.commit().await,
        false => lease.roll_back().await,
    }
}

fn release(lease: Lease, ended: sqlx::Result<()>) -> Result<()> {
    match ended {
        Ok(()) => lease.release_clean(),
        Err(error) => {
            lease.discard(&error);
            return Err(error.into());
        }
    }
    Ok(())
}

async fn commands(engine: &Engine) -> Result<()> {
    let now = engine.clock.now().utc();
    for call in engine.with_database(async |db| older_outboxes::calls(db, now).await).await? {
        let is_outdated = engine.with_database(async |db| older_outboxes::supersede_outdated(db, &call).await).await?;
        if !is_outdated {
            move_command(engine, &call).await?;
        }
    }
    Ok(())
}

async fn move_command(engine: &Engine, call: &OldCall) -> Result<()> {
    let payload = module_calls::Payload {
        request_id: Some(format!("module-call-{}", call.id)),
        function: call.command.clone(),
        order: call.order,
        arguments: serde_json::from_str(&call.arguments).unwrap_or_default(),
        admin: call.admin,
        user: call.user.clone(),
        address: call.address.clone(),
    };
    let payload = payload.to_json()?;
    let summary = Command::parse(&call.command).map_or(&*call.command, |command| command.title());
    let claim = random_claim().ok_or_else(|| Fault::internal("no randomness"))?;
    let mut lease = Lease::acquire_to_write(&engine.hosts).await?;
    let ended = transact!(
        async {
            let is_moved = older_outboxes::move_call(&mut lease, call, summary, &payload, claim).await?;
            end(&mut lease, is_moved).await
        }
        .await
    );
    release(lease, ended)
}
