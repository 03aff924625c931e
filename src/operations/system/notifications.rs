//! Notifications to the operator's endpoints.

use super::Result;
use crate::database::writer::Subject;
use crate::operations::{Context, modules};
use crate::outbox::notifications::{self, Notification};
use crate::store;

/// Sends a notification to all active endpoints in the settings that want its identifier; there may be none.
pub async fn notify(mut context: Context<'_>, notification: &Notification) -> Result<()> {
    let inactive = modules::inactive_notifications(&mut context).await?;
    let wanting = |(name, setting): (&String, &crate::config::Notification)| {
        (setting.wants(&notification.identifier) && !inactive.contains(name)).then(|| name.clone())
    };
    let endpoints: Vec<String> = context.settings.notifications.iter().filter_map(wanting).collect();

    let mut tx = context.write(Subject::Staff).await?;
    for endpoint in &endpoints {
        notifications::send(&mut tx, endpoint, notification).await?;
    }
    let line = format!("Notification Triggered - Identifier: {} - {}", notification.identifier, notification.title);
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(())
}
