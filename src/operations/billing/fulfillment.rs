//! Fulfillment of paid invoice lines: what they give besides credit.

use crate::database::writer::Writer;
use crate::domain::domains::registrar::Command;
use crate::domain::id::DomainId;
use crate::domain::settlement::{Kind, NewEntry};
use crate::fault;
use crate::outbox::kind::random_request_id;
use crate::store::domains::registrar_commands::{self, PaidLine};

/// Fulfills the invoice line of a new settlement entry, or undoes that if the entry reverses an earlier one. It is
/// called once for each entry, with the id of its row, in the transaction of the payment.
///
/// Domains are registered, transferred and renewed by their registrars. Services, addons and upgrades are fulfilled by
/// staff today, who accept the order. Operations that provision on payment will be called from here.
#[expect(clippy::match_same_arms, reason = "an arm for each operation that will be called here")]
pub(super) async fn fulfill(tx: &mut Writer<'_>, entry: &NewEntry, id: i64) -> fault::Result<()> {
    match entry.kind {
        Kind::Hosting | Kind::Addon => Ok(()),
        Kind::DomainRegister => fulfill_domain(tx, entry, id, Command::Register).await,
        Kind::DomainTransfer => fulfill_domain(tx, entry, id, Command::Transfer).await,
        Kind::Domain => fulfill_domain(tx, entry, id, Command::Renew).await,
        Kind::Upgrade => Ok(()),
        // These change only the client's balance, which is a separate step of the plan.
        Kind::AddFunds | Kind::Invoice | Kind::Overpayment | Kind::Waiver => Ok(()),
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
