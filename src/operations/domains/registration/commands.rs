//! Commands that cannot be taken back: registrations, transfers, renewals and releases.

use super::{DomainChoice, Refusal, Result, find, lock_client};
use crate::database::writer::{Subject, Writer};
use crate::domain::domains::idn_language;
use crate::domain::domains::registrar::Command;
use crate::domain::id::OrderId;
use crate::operations::Context;
use crate::outbox::kind::random_request_id;
use crate::store::domains::registered::Registered;
use crate::store::domains::registrar_commands::{self, Payload, Payment};

/// The arguments of a command besides the domain.
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
    let new = NewCommand::read(&mut context, domain, command).await?;
    let mut tx = context.write(Subject::Client(client)).await?;
    add(&mut tx, &new, None, arguments).await
}

/// A command to a domain's registrar, with what was paid for it.
#[derive(Debug)]
pub struct NewCommand {
    domain: Registered,
    command: Command,
    payment: Option<Payment>,
}

impl NewCommand {
    /// Reads what was paid for the command, if an earlier one that it supersedes was not carried out.
    pub async fn read(context: &mut Context<'_>, domain: Registered, command: Command) -> Result<NewCommand> {
        let payment = registrar_commands::payment(context.db, domain.id, command).await?;
        Ok(NewCommand { domain, command, payment })
    }

    /// The command that registers or transfers a domain that was ordered.
    pub async fn of_order(context: &mut Context<'_>, domain: Registered) -> Result<NewCommand> {
        let command = if domain.kind == "Transfer" { Command::Transfer } else { Command::Register };
        NewCommand::read(context, domain, command).await
    }
}

/// Queues a command to a domain's registrar. An order is accepted once all its items are active.
pub async fn add(
    tx: &mut Writer<'_>,
    new: &NewCommand,
    order: Option<OrderId>,
    arguments: CommandArguments,
) -> Result<()> {
    let NewCommand { domain, command, payment } = new;
    let CommandArguments { years, epp_code, idn_language, new_tag } = arguments;
    let paid_years = payment.and_then(|payment| u32::try_from(payment.years).ok()).unwrap_or_default();
    let payload = Payload {
        order: order.map_or(0, |order| order.0),
        invoice: payment.map_or(0, |payment| payment.invoice),
        line: payment.map_or(0, |payment| payment.line),
        years: if years > 0 { years } else { paid_years },
        epp_code,
        idn_language,
        new_tag,
        ..Payload::new(random_request_id()?, *command, tx)
    };
    let summary = format!("{} {}", command.title(), domain.name);
    match registrar_commands::add(tx, domain.id, &domain.registrar, &summary, &payload).await? {
        true => Ok(()),
        false => Err(Refusal::RegistrarBusy.into()),
    }
}

/// Withdraws the queued commands of an order's domains, also those that were paid for. Rejects the call if one of them is
/// being carried out, or if it is unknown what one has done.
pub async fn withdraw(tx: &mut Writer<'_>, order: OrderId) -> Result<()> {
    idle(registrar_commands::withdraw(tx, order, false).await?)
}

/// Withdraws the queued commands of an order that is accepted, except for those that were paid for: these accept the order once
/// they have succeeded. Otherwise as [`withdraw`].
pub async fn withdraw_unpaid(tx: &mut Writer<'_>, order: OrderId) -> Result<()> {
    idle(registrar_commands::withdraw(tx, order, true).await?)
}

fn idle(is_idle: bool) -> Result<()> {
    match is_idle {
        true => Ok(()),
        false => Err(Refusal::RegistrarBusy.into()),
    }
}
