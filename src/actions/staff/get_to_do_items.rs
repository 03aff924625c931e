//! `GetToDoItems`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::config::ToDoWrapper;
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::staff::to_do::{ItemFilter, ItemRow};

/// Returns a page of the to-do list of staff, what is due first at the front. An unknown status matches no item.
///
/// The documentation does not show the shape of `items`: `compat.todo_wrapper` chooses it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetToDoItems {
    #[serde(flatten)]
    paging: Paging,
    /// `New`, `Pending`, `In Progress`, `Completed` or `Postponed`, or `Incomplete` for all but completed ones.
    status: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetToDoItemsReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    items: Items,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
enum Items {
    Wrapped { item: Vec<Item> },
    Flat(Vec<Item>),
}

#[derive(Debug, JsonSchema, Serialize)]
struct Item {
    id: i64,
    date: String,
    title: String,
    description: String,
    /// The id of the member of staff, or 0 for nobody.
    admin: i64,
    status: String,
    /// `0000-00-00` for never.
    duedate: String,
}

const INCOMPLETE: &str = "Incomplete";

impl Action for GetToDoItems {
    const NAME: &'static str = "GetToDoItems";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"status": "Incomplete", "limitnum": 2}"#;
    type Reply = GetToDoItemsReply;

    async fn run(self, call: Call<'_>) -> Result<GetToDoItemsReply> {
        let filter = match self.status.lenient() {
            None => ItemFilter::All,
            Some(status) if status.trim().eq_ignore_ascii_case(INCOMPLETE) => ItemFilter::Incomplete,
            Some(status) => ItemFilter::Status(status.trim().to_owned()),
        };
        let page = self.paging.page();
        let listed = store::staff::to_do::list(call.db, &filter, page).await?;
        let items: Vec<Item> = listed.rows.into_iter().map(Item::from).collect();
        Ok(GetToDoItemsReply {
            totalresults: listed.total,
            startnumber: page.start,
            numreturned: items.len(),
            items: match call.compat.todo_wrapper {
                ToDoWrapper::Item => Items::Wrapped { item: items },
                ToDoWrapper::Flat => Items::Flat(items),
            },
        })
    }
}

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Item {
        Item {
            id: row.id,
            date: row.date,
            title: row.title,
            description: row.description,
            admin: row.admin,
            status: row.status,
            duedate: row.due,
        }
    }
}
