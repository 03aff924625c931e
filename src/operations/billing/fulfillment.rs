//! Fulfillment of paid invoice lines: what they give besides credit.

use crate::database::writer::Writer;
use crate::domain::settlement::{Kind, NewEntry};
use crate::fault;

/// Fulfills the invoice line of a new settlement entry, or undoes that if the entry reverses an earlier one. It is
/// called once for each entry, in the transaction of the payment.
///
/// Services, addons, domains and upgrades are fulfilled by staff today: they accept the order, and register and renew
/// its domains. Operations that provision and renew on payment will be called from here.
#[expect(clippy::match_same_arms, reason = "an arm for each operation that will be called here")]
pub(super) async fn fulfill(_tx: &mut Writer<'_>, entry: &NewEntry) -> fault::Result<()> {
    match entry.kind {
        Kind::Hosting | Kind::Addon => Ok(()),
        Kind::DomainRegister | Kind::DomainTransfer | Kind::Domain => Ok(()),
        Kind::Upgrade => Ok(()),
        // These change only the client's balance, which is a separate step of the plan.
        Kind::AddFunds | Kind::Invoice | Kind::Overpayment | Kind::Waiver => Ok(()),
    }
}
