//! Sessions, which methods of the modules `client`, `cart` and `profile` begin and end.

use crate::auth::sessions::{CallSession, Session};
use crate::call::Call;
use crate::error::Error;
use crate::fossbilling::words::Failure;
use crate::operations::authentication::{PlannedSession, SessionOf};

/// Plans the session that a call begins, in place of the one that it has.
pub async fn plan(call: &mut Call<'_>, whose: SessionOf) -> Result<PlannedSession, Failure> {
    let session = of(call)?;
    let replaced = session.found().map(|found| (found.id, found.cart.clone()));
    Ok(PlannedSession::plan(call.db, session.begin()?, whose, &call.author.address, replaced).await?)
}

pub fn of<'c>(call: &Call<'c>) -> Result<&'c CallSession, Failure> {
    let none = || Error::Internal("a method of FOSSBilling's API was called without a session".into());
    Ok(call.session.ok_or_else(none)?)
}

/// The session of a call, unless it is another client's, whose key the caller does not have.
pub fn found<'c>(call: &Call<'c>) -> Option<&'c Session> {
    let session = call.session?.found()?;
    let is_own = |client| call.rights.client().is_none_or(|caller| caller == client);
    Some(session).filter(|session| session.client.is_none_or(is_own))
}
