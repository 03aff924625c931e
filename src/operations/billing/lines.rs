//! What a line of an invoice can be for. Surfaces check the kind and the amount as they read each line, so that the errors of
//! several lines come in their order; before anything is written, all is checked together.

use sqlx::MySqlConnection;

use super::Refusal;
use crate::domain::id::{ClientId, DomainId, ServiceId};
use crate::domain::invoice::{Line, LineKind};
use crate::domain::money::Money;
use crate::operations::Result;
use crate::store;
use crate::store::support::parties;

/// Rejects a line that refers to something, although it is of a kind that is for nothing.
pub fn check_purpose(kind: LineKind, related: i64) -> Result<(), Refusal> {
    let is_for_nothing = matches!(kind, LineKind::Plain | LineKind::AddFunds);
    if is_for_nothing && related != 0 { Err(Refusal::LineForNothing.into()) } else { Ok(()) }
}

/// Rejects a line with which a client would buy no credit, or lose some.
pub fn check_amount(kind: LineKind, amount: Money) -> Result<(), Refusal> {
    match kind {
        LineKind::AddFunds if amount.is_zero() => Err(Refusal::NoCreditToBuy.into()),
        LineKind::AddFunds if !amount.is_positive() => Err(Refusal::NegativeCreditToBuy.into()),
        _ => Ok(()),
    }
}

/// Rejects a line that cannot be on an invoice of this client: also one for a service, addon or domain of somebody else.
pub(super) async fn check_line(db: &mut MySqlConnection, client: ClientId, line: &Line) -> Result<(), Refusal> {
    let Line { kind, related, amount, .. } = *line;
    check_purpose(kind, related)?;
    check_amount(kind, amount)?;
    let is_of_client = match kind {
        LineKind::Hosting | LineKind::Setup => parties::has_service(db, client, ServiceId(related)).await?,
        LineKind::Addon => store::services::addons::is_of_client(db, related, client).await?,
        LineKind::DomainRegister | LineKind::DomainTransfer | LineKind::Domain => {
            parties::has_domain(db, client, DomainId(related)).await?
        }
        _ => true,
    };
    if is_of_client { Ok(()) } else { Err(Refusal::LineNotOfClient { kind, related }.into()) }
}
