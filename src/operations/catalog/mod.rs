//! What is for sale: products and promotions.

pub mod promotions;
