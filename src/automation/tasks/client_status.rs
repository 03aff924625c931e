//! Whether clients are Active.

use super::counted;
use crate::automation::task::{Day, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::ClientId;
use crate::fault;
use crate::operations::Context;
use crate::operations::clients::refresh_status;
use crate::store::automation::upkeep;

pub struct ClientStatus;

impl Task for ClientStatus {
    const NAME: &'static str = "client_status";
    const SUMMARY: &'static str = "Makes clients Inactive who have nothing active, and Active again.";
    const COUNTS: &'static [&'static str] = &["changed"];

    fn is_on(&self, settings: &Automation) -> bool {
        settings.client_status
    }

    async fn due(&self, db: &mut Lease, _: &Automation, _: &Day) -> fault::Result<Vec<i64>> {
        Ok(upkeep::clients_to_change(db).await?)
    }

    /// The unit is a client.
    async fn carry_out(&self, context: Context<'_>, _: &Day, unit: i64) -> UnitResult {
        Ok(counted("changed", refresh_status(context, ClientId(unit)).await?))
    }
}
