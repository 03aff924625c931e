//! The catalog: products, their options, prices and promotions.
//!
//! What clients have bought is never changed here, but in `services`.

pub mod fingerprints;
pub mod order_form;
pub mod pricing;
pub mod product_options;
pub mod products;
pub mod promotions;
