//! What registrars are asked at once, and the changes there that can be repeated without harm.
//!
//! An operation that only reads gives its database connection back and asks. One that also writes here asks before its first
//! write: [`crate::outbox::questions`] says how.

use std::collections::BTreeMap;

use super::{DomainChoice, Refusal, Result, described, find, lock_client};
use crate::database::writer::Subject;
use crate::operations::{Context, OperationError};
use crate::outbox::registrars::{Answer, Change, Contacts, Nameservers, Question, Read, Report};
use crate::store;
use crate::store::domains::registered::Registered;

/// Returns a domain's name servers.
pub async fn nameservers(context: Context<'_>, choice: &DomainChoice) -> Result<Nameservers> {
    let answer = read(context, choice, Read::Nameservers).await?;
    Ok(answer.nameservers())
}

/// Returns whether a domain is locked against transfers; `None` if its registrar cannot tell.
pub async fn lock_status(context: Context<'_>, choice: &DomainChoice) -> Result<Option<bool>> {
    match read(context, choice, Read::Lock).await {
        Ok(answer) => Ok(answer.is_locked()),
        Err(OperationError::Refused(Refusal::NotSupported)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns a domain's contacts as its registrar has them.
pub async fn contact_details(context: Context<'_>, choice: &DomainChoice) -> Result<Contacts> {
    Ok(read(context, choice, Read::ContactDetails).await?.contacts())
}

/// Requests a domain's transfer code; `None` if the registrar sends it to the registrant.
pub async fn request_transfer_code(mut context: Context<'_>, choice: &DomainChoice) -> Result<Option<String>> {
    let domain = find(&mut context, choice).await?;
    let code = change(&mut context, &domain, Change::RequestTransferCode).await?.transfer_code();
    log(context, &domain, "EPP Code Requested").await?;
    Ok(code)
}

/// Sets a domain's name servers. Nothing is stored here but a line in the activity log.
pub async fn save_nameservers(mut context: Context<'_>, choice: &DomainChoice, names: &Nameservers) -> Result<()> {
    let domain = find(&mut context, choice).await?;
    send_nameservers(&mut context, &domain, names).await?;
    log(context, &domain, "Nameservers Changed").await
}

/// Sends name servers to a domain's registrar, for operations that write more than this: before their first write.
pub async fn send_nameservers(context: &mut Context<'_>, domain: &Registered, names: &Nameservers) -> Result<()> {
    super::require_registrar(context.registrars, domain)?;
    change(context, domain, Change::Nameservers(names)).await.map(|_| ())
}

/// Locks a domain against transfers, or unlocks it.
pub async fn save_lock(mut context: Context<'_>, choice: &DomainChoice, is_locked: bool) -> Result<()> {
    let domain = find(&mut context, choice).await?;
    change(&mut context, &domain, Change::Lock(is_locked)).await?;
    log(context, &domain, if is_locked { "Locked" } else { "Unlocked" }).await
}

/// Replaces contacts of a domain.
pub async fn save_contact_details(
    mut context: Context<'_>,
    choice: &DomainChoice,
    contacts: &BTreeMap<String, Vec<(String, String)>>,
) -> Result<()> {
    let domain = find(&mut context, choice).await?;
    change(&mut context, &domain, Change::ContactDetails(contacts)).await?;
    log(context, &domain, "Contact Details Changed").await
}

/// Has a domain's registrar hide or show the registrant's data, and stores that.
pub async fn toggle_id_protection(mut context: Context<'_>, choice: &DomainChoice, is_protected: bool) -> Result<()> {
    let domain = find(&mut context, choice).await?;
    change(&mut context, &domain, Change::IdProtection(is_protected)).await?;
    lock_client(&mut context, domain.client).await?;
    let mut tx = context.write(Subject::Client(domain.client)).await?;
    store::domains::registered::protect_identity(&mut tx, domain.id, is_protected).await?;
    let line = line(&domain, if is_protected { "ID Protection Enabled" } else { "ID Protection Disabled" });
    store::system::activity::log(&mut tx, Some(domain.client), &line).await?;
    Ok(())
}

/// Asks for something; a registrar without that function is asked for all that it knows of the domain.
async fn read(mut context: Context<'_>, choice: &DomainChoice, wanted: Read) -> Result<Report> {
    let domain = find(&mut context, choice).await?;
    let described = described(&mut context, domain.id).await?;
    let (registrar, registrars) = (&domain.registrar, context.ask_outside()?.registrars);
    let answer = Question::to_read(registrar, &described, wanted).ask(registrars).await?;
    let answer = match (answer, Question::instead(registrar, &described, wanted)) {
        (Answer::NotSupported, Some(question)) => question.ask(registrars).await?,
        (answer, _) => answer,
    };
    usable(answer)
}

/// Asks for a change.
async fn change(context: &mut Context<'_>, domain: &Registered, wanted: Change<'_>) -> Result<Report> {
    let described = described(context, domain.id).await?;
    usable(context.questions.ask(Question::to_change(&domain.registrar, &described, wanted))?)
}

fn usable(answer: Answer) -> Result<Report> {
    Err(match answer {
        Answer::Yes(report) => return Ok(report),
        Answer::No(reason) => Refusal::RefusedByRegistrar { reason },
        Answer::NotSupported => Refusal::NotSupported,
        Answer::NotAsked(reason) | Answer::Unclear(reason) => Refusal::NoAnswer { reason },
    }
    .into())
}

async fn log(mut context: Context<'_>, domain: &Registered, what: &str) -> Result<()> {
    lock_client(&mut context, domain.client).await?;
    let mut tx = context.write(Subject::Client(domain.client)).await?;
    Ok(store::system::activity::log(&mut tx, Some(domain.client), &line(domain, what)).await?)
}

fn line(domain: &Registered, what: &str) -> String {
    format!("Domain {what} - Domain ID: {} - Domain: {}", domain.id, domain.name)
}
