//! Acceptance of orders that are paid, if the operator wants that.

use crate::automation::task::{Counts, Day, Schedule, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::OrderId;
use crate::fault;
use crate::operations::Context;
use crate::operations::orders::accept::{Acceptance, PendingOrder, accept};
use crate::store::orders::order_acceptance::{self, OrderAssignment};

pub struct PaidOrders;

impl Task for PaidOrders {
    const NAME: &'static str = "paid_orders";
    const SUMMARY: &'static str = "Accepts orders that are paid.";
    const COUNTS: &'static [&'static str] = &["accepted"];
    const SCHEDULE: Schedule = Schedule::EachRun;

    fn is_on(&self, settings: &Automation) -> bool {
        settings.accept_paid_orders
    }

    async fn due(&self, db: &mut Lease, _: &Automation, _: &Day) -> fault::Result<Vec<i64>> {
        Ok(order_acceptance::paid(db).await?)
    }

    /// The unit is an order. Its domains have been registered with the payment.
    async fn carry_out(&self, mut context: Context<'_>, _: &Day, unit: i64) -> UnitResult {
        let order = PendingOrder::lock(&mut context, OrderId(unit)).await?;
        if !order_acceptance::paid(context.db).await?.contains(&unit) {
            return Ok(Counts::new());
        }
        let assigned = OrderAssignment::default();
        let acceptance = Acceptance { assigned, registers_domains: false, creates_services: None, sends_welcome: true };
        accept(context, &order, &acceptance).await?;
        Ok(Counts::from([("accepted", 1)]))
    }
}
