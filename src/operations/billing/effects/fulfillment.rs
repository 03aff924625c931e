//! Fulfillment of paid invoice lines: what they give besides credit.

use super::commissions::Commissions;
use crate::database::writer::Writer;
use crate::domain::domains::registrar::Command;
use crate::domain::id::{ClientId, DomainId};
use crate::domain::settlement::{Kind, NewEntry};
use crate::fault;
use crate::outbox::kind::random_request_id;
use crate::store;
use crate::store::domains::registrar_commands::{self, PaidLine};

/// Fulfills the invoice line of a new settlement entry, or undoes that if the entry reverses an earlier one. It is
/// called once for each entry, with the id of its row, in the transaction of the payment.
///
/// Domains are registered, transferred and renewed by their registrars, and services are upgraded. Further terms are not given
/// here: they begin once the whole invoice is paid.
pub(super) async fn fulfill(
    tx: &mut Writer<'_>,
    client: ClientId,
    entry: &NewEntry,
    id: i64,
    commissions: &mut Commissions,
) -> fault::Result<()> {
    match entry.kind {
        Kind::Hosting => commissions.settle(tx, client, entry, id).await,
        Kind::DomainRegister => fulfill_domain(tx, entry, id, Command::Register).await,
        Kind::DomainTransfer => fulfill_domain(tx, entry, id, Command::Transfer).await,
        Kind::Domain => fulfill_domain(tx, entry, id, Command::Renew).await,
        Kind::Upgrade => fulfill_upgrade(tx, client, entry).await,
        // The others change only the client's balance, which is a separate step of the plan.
        Kind::Addon | Kind::AddFunds | Kind::Invoice | Kind::Overpayment | Kind::Waiver => Ok(()),
    }
}

/// Queues the command that a paid line is for. Whether payments send commands to the domain's registrar is known to the
/// server that attempts it. A reversal withdraws what was not carried out; what a registrar has done stays done.
async fn fulfill_domain(tx: &mut Writer<'_>, entry: &NewEntry, id: i64, command: Command) -> fault::Result<()> {
    let NewEntry { invoice, line, kind, related, reverses, .. } = *entry;
    let domain = DomainId(related);
    match reverses {
        Some(_) => registrar_commands::withdraw_paid(tx, domain, line).await?,
        None => {
            let paid = PaidLine { domain, command, invoice, line, kind: kind.name(), entry: id };
            registrar_commands::add_paid(tx, paid, random_request_id()?).await?;
        }
    }
    Ok(())
}

/// Carries out the upgrade that a paid line is for, together with the others of its order. What was carried out stays so if the
/// payment is reversed.
async fn fulfill_upgrade(tx: &mut Writer<'_>, client: ClientId, entry: &NewEntry) -> fault::Result<()> {
    if entry.reverses.is_none() && entry.related > 0 {
        carry_out_upgrade(tx, client, entry.related).await?;
    }
    Ok(())
}

/// Carries out an upgrade for which nothing more is to be paid, together with the others of its order.
pub async fn carry_out_upgrade(tx: &mut Writer<'_>, client: ClientId, upgrade: i64) -> fault::Result<()> {
    store::webhooks::each::upgraded(tx, upgrade).await?;
    if !store::sales::upgrades::carry_out(tx, upgrade, random_request_id()?).await? {
        return Ok(());
    }
    let line = format!("Upgrade Completed - Upgrade ID: {upgrade}");
    Ok(store::system::activity::log(tx, Some(client), &line).await?)
}
