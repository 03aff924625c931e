//! `GetTicketPredefinedCats`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::store;
use crate::store::support::predefined;

/// Returns the categories of predefined replies, of all levels, by name.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetTicketPredefinedCats {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetTicketPredefinedCatsReply {
    totalresults: usize,
    categories: Categories,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Categories {
    category: Vec<Category>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Category {
    id: String,
    /// The category that contains it, or `0`.
    parentid: String,
    name: String,
    /// The number of replies directly in it.
    replycount: String,
}

impl Action for GetTicketPredefinedCats {
    const NAME: &'static str = "GetTicketPredefinedCats";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetTicketPredefinedCatsReply;

    async fn run(self, call: Call<'_>) -> Result<GetTicketPredefinedCatsReply> {
        let categories = store::support::predefined::categories(call.db).await?;
        let category: Vec<Category> = categories.into_iter().map(Category::from).collect();
        Ok(GetTicketPredefinedCatsReply { totalresults: category.len(), categories: Categories { category } })
    }
}

impl From<predefined::Category> for Category {
    fn from(category: predefined::Category) -> Category {
        Category {
            id: category.id.to_string(),
            parentid: category.parent.to_string(),
            name: category.name,
            replycount: category.replies.to_string(),
        }
    }
}
