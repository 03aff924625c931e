//! Commands that cannot be taken back: registrations, transfers, renewals and releases.

use super::{DomainChoice, Refusal, Result, find, lock_client};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::OrderId;
use crate::domain::idn_language;
use crate::domain::registrar::Command;
use crate::operations::Context;
use crate::store::domains::registered::Registered;
use crate::store::domains::registrar_commands::{self, Payload};

/// What a command is told besides the domain.
#[derive(Debug, Clone, Default)]
pub struct CommandArguments {
    /// The years of a renewal, or 0 for the domain's own period.
    pub years: u32,
    /// The code of a transfer, or empty for the order's.
    pub epp_code: String,
    /// The language of an internationalized name, or empty for the domain's own.
    pub idn_language: String,
    /// The tag to which a domain is released.
    pub new_tag: String,
}

/// Queues a command to a domain's registrar, which is sent after the commit. The domain changes only once the registrar has
/// carried it out.
pub async fn send(
    mut context: Context<'_>,
    choice: &DomainChoice,
    command: Command,
    mut arguments: CommandArguments,
) -> Result<()> {
    let domain = find(&mut context, choice).await?;
    if !arguments.idn_language.is_empty() {
        let language = idn_language::parse(&arguments.idn_language).ok_or(Refusal::InvalidIdnLanguage)?;
        language.clone_into(&mut arguments.idn_language);
    }
    lock_client(&mut context, domain.client).await?;
    let client = domain.client;
    let mut tx = context.write(Subject::Client(client)).await?;
    add(&mut tx, &domain, command, None, arguments).await
}

/// Queues a command to a domain's registrar. An order is accepted once all its items are active.
pub async fn add(
    tx: &mut Writer<'_>,
    domain: &Registered,
    command: Command,
    order: Option<OrderId>,
    arguments: CommandArguments,
) -> Result<()> {
    let CommandArguments { years, epp_code, idn_language, new_tag } = arguments;
    let order = order.map_or(0, |order| order.0);
    let payload = Payload { order, years, epp_code, idn_language, new_tag, ..Payload::new(command, tx) };
    let summary = format!("{} {}", command.title(), domain.name);
    match registrar_commands::add(tx, domain.id, &domain.registrar, &summary, &payload).await? {
        true => Ok(()),
        false => Err(Refusal::RegistrarBusy.into()),
    }
}

/// Queues the commands that register and transfer an order's pending domains.
pub async fn add_all_of_order(tx: &mut Writer<'_>, order: OrderId, domains: &[Registered]) -> Result<()> {
    for domain in domains {
        let command = if domain.kind == "Transfer" { Command::Transfer } else { Command::Register };
        add(tx, domain, command, Some(order), CommandArguments::default()).await?;
    }
    Ok(())
}

/// Withdraws the queued commands of an order's domains, and rejects the call if one of them is being carried out.
pub async fn withdraw(tx: &mut Writer<'_>, order: OrderId) -> Result<()> {
    match registrar_commands::withdraw(tx, order).await? {
        true => Ok(()),
        false => Err(Refusal::RegistrarBusy.into()),
    }
}
