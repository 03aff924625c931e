//! The catalog: products, their options, prices and promotions.

pub mod order_form;
pub mod pricing;
pub mod product_options;
pub mod products;
pub mod promotions;
