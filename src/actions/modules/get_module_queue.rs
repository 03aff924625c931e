//! `GetModuleQueue`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::param::{Param, schema};
use crate::store;
use crate::store::services::module_queue::{QueueFilter, QueuedCommand};

/// Returns the commands to modules and registrars that have failed and that nobody has completed since, by id. This server
/// retries them as its settings say (`module_queue`), unlike WHMCS.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GetModuleQueue {
    /// The id of the service, addon or domain; only with `serviceType`.
    related_id: Param<u32>,
    /// `service`, `addon` or `domain`.
    service_type: Param<String>,
    /// The name of the module or registrar, such as `cpanel`.
    module_name: Param<String>,
    /// The command, such as `CreateAccount`.
    module_action: Param<String>,
    /// Only commands that were last attempted since then, `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`.
    #[schemars(with = "schema::DateTime")]
    since: Param<NaiveDateTime>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetModuleQueueReply {
    count: usize,
    queue: Vec<Item>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: i64,
    /// `service`, `addon` or `domain`.
    service_type: String,
    service_id: i64,
    module_name: String,
    module_action: String,
    last_attempt: String,
    last_attempt_error: String,
    num_retries: i64,
    /// Always 0.
    completed: i64,
    created_at: String,
    updated_at: String,
}

impl Action for GetModuleQueue {
    const NAME: &'static str = "GetModuleQueue";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"serviceType": "service"}"#;
    type Reply = GetModuleQueueReply;

    async fn run(self, call: Call<'_>) -> Result<GetModuleQueueReply> {
        let subject = self.service_type.lenient();
        let subject_id = match self.related_id {
            Param::Absent => None,
            // A malformed id matches no row.
            Param::Malformed(_) => Some(-1),
            Param::Given(id) => Some(i64::from(id)),
        };
        let since = match self.since {
            since if !since.is_sent() => None,
            Param::Malformed(_) => Some(NaiveDateTime::MAX),
            since => since.lenient(),
        };
        let filter = QueueFilter {
            subject_id: subject_id.filter(|_| subject.is_some()),
            subject,
            module: self.module_name.lenient(),
            function: self.module_action.lenient(),
            since,
        };
        let queue = match filter.since {
            Some(NaiveDateTime::MAX) => Vec::new(),
            _ => store::services::module_queue::open_commands(call.db, filter).await?,
        };
        let queue: Vec<Item> = queue.into_iter().map(Item::from).collect();
        Ok(GetModuleQueueReply { count: queue.len(), queue })
    }
}

impl From<QueuedCommand> for Item {
    fn from(command: QueuedCommand) -> Item {
        Item {
            id: command.id,
            service_type: command.subject,
            service_id: command.subject_id,
            module_name: command.module,
            module_action: command.function,
            last_attempt: command.last_attempt,
            last_attempt_error: command.error,
            num_retries: command.retries,
            completed: 0,
            created_at: command.created,
            updated_at: command.updated,
        }
    }
}
