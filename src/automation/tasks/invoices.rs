//! Invoices for services, addons, domains and billable items that fall due.

use crate::automation::task::{Counts, Day, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::ClientId;
use crate::fault;
use crate::operations::Context;
use crate::operations::renewals::{Horizon, Request, Selection, invoice_due};
use crate::store::system::configuration;

pub struct Invoices;

impl Task for Invoices {
    const NAME: &'static str = "invoices";
    const SUMMARY: &'static str = "Invoices services, addons, domains and billable items that fall due.";
    const COUNTS: &'static [&'static str] = &["created"];

    fn is_on(&self, _: &Automation) -> bool {
        true
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        let configuration = configuration::read(db).await?;
        Ok(Horizon::new(settings, &configuration, day.date).clients(db).await?)
    }

    /// The unit is a client.
    async fn carry_out(&self, context: Context<'_>, _: &Day, unit: i64) -> UnitResult {
        let request = Request { selection: Selection::Due, sends_mail: true };
        let invoices = invoice_due(context, &[ClientId(unit)], &request).await?;
        Ok(Counts::from([("created", invoices.len() as u64)]))
    }
}
