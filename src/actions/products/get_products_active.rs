//! `GetProductsActive`, which WHMCS lacks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::product_list::{self, Product, Products, Selection};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::config::ProductsShape;
use crate::database::fingerprint::FingerprintQuery;
use crate::error::Result;

/// Returns what GetProducts does, without hidden products.
///
/// Retired products are included, as in the script that this action replaces.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetProductsActive {
    #[serde(flatten)]
    selection: Selection,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetProductsActiveReply {
    totalresults: usize,
    startnumber: usize,
    numreturned: usize,
    products: ProductList,
}

/// The documented reply, or that of the original script; `compat.products_active` decides.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
enum ProductList {
    Wrapped(Products),
    Flat(Vec<Product>),
}

impl Action for GetProductsActive {
    const NAME: &'static str = "GetProductsActive";
    const ACCESS: Access = Access::Read;
    const FINGERPRINT: Option<fn(&Self) -> FingerprintQuery> = Some(|action| action.selection.fingerprint(true));
    const IS_DOCUMENTED: bool = false;
    const EXAMPLE: &'static str = r#"{"pid": 1}"#;
    type Reply = GetProductsActiveReply;

    async fn run(self, call: Call<'_>) -> Result<GetProductsActiveReply> {
        let shape = call.compat.products_active;
        let products = product_list::read(call, &self.selection, true).await?;
        Ok(GetProductsActiveReply {
            totalresults: products.product.len(),
            startnumber: 0,
            numreturned: products.product.len(),
            products: match shape {
                ProductsShape::Wrapped => ProductList::Wrapped(products),
                ProductsShape::Flat => ProductList::Flat(products.product),
            },
        })
    }
}
