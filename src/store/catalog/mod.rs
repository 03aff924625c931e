//! The catalog: products, their options, prices and promotions, and domain extensions.
//!
//! What clients have bought is never changed here, but in `services`.

pub mod domain_prices;
pub mod extensions;
pub mod fingerprints;
pub mod order_form;
pub mod pricing;
pub mod product_options;
pub mod products;
pub mod promotions;
