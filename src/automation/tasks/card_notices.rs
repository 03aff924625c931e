//! Notices that stored cards end.

use tracing::warn;

use super::counted;
use crate::automation::task::{Day, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::fault;
use crate::operations::Context;
use crate::operations::billing::{due_card_notices, send_card_notice};

pub struct CardNotices;

impl Task for CardNotices {
    const NAME: &'static str = "card_notices";
    const SUMMARY: &'static str = "Tells clients that their stored cards end with the next month.";
    const COUNTS: &'static [&'static str] = &["sent"];
    const IS_OF_TODAY: bool = true;

    fn is_on(&self, settings: &Automation) -> bool {
        settings.card_notice_day > 0
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        let due = due_card_notices(db, settings, day.date).await?;
        if due.is_none() {
            let template = &settings.card_notice_template;
            warn!(template, "notices about cards are not sent: their template is not there, or disabled");
        }
        Ok(due.unwrap_or_default())
    }

    /// The unit is a pay method.
    async fn carry_out(&self, context: Context<'_>, day: &Day, unit: i64) -> UnitResult {
        Ok(counted("sent", send_card_notice(context, unit, day.date).await?))
    }
}
