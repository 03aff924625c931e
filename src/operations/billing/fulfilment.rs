//! What a line gives beside credit.

use crate::database::writer::Writer;
use crate::domain::settlement::{Kind, NewEntry};
use crate::fault;

/// Hands over what a line sells once it is paid, or takes it back where the entry reverses an earlier one. It is called once
/// for each amount that is paid, in the transaction of the payment.
///
/// Services, addons, domains and upgrades are handed over by staff today: they accept the order, and register and renew
/// what it has. The operations that will provision and renew on payment are called from here.
#[expect(clippy::match_same_arms, reason = "an arm for each operation that will stand here")]
pub(super) async fn hand_over(_books: &mut Writer<'_>, entry: &NewEntry) -> fault::Result<()> {
    match entry.kind {
        Kind::Hosting | Kind::Addon => Ok(()),
        Kind::DomainRegister | Kind::DomainTransfer | Kind::Domain => Ok(()),
        Kind::Upgrade => Ok(()),
        // These change the client's balance, which is a step of its own.
        Kind::AddFunds | Kind::Invoice | Kind::Overpayment | Kind::Waiver => Ok(()),
    }
}
