//! `GetProducts`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::product_list::{self, Products, Selection};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::fingerprint::FingerprintQuery;
use crate::error::Result;

/// Returns products with their prices, custom fields and configurable options, for order forms.
///
/// Hidden products are included, as in WHMCS. The number of statements is the same for any number of products.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetProducts {
    #[serde(flatten)]
    selection: Selection,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetProductsReply {
    totalresults: usize,
    startnumber: usize,
    numreturned: usize,
    products: Products,
}

impl Action for GetProducts {
    const NAME: &'static str = "GetProducts";
    const ACCESS: Access = Access::Read;
    const FINGERPRINT: Option<fn(&Self) -> FingerprintQuery> = Some(|action| action.selection.fingerprint(false));
    const EXAMPLE: &'static str = r#"{"pid": 7}"#;
    type Reply = GetProductsReply;

    async fn run(self, call: Call<'_>) -> Result<GetProductsReply> {
        let products = product_list::read(call, &self.selection, false).await?;
        let count = products.product.len();
        Ok(GetProductsReply { totalresults: count, startnumber: 0, numreturned: count, products })
    }
}
